"""Packages that ask for torch's compiler as they are imported, made to load it when they use it.

bitsandbytes compiles some functions of its backend for CPUs in this way, and so imports 500 modules
of the compiler, which takes longer than the rest of it.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

PACKAGES = ("bitsandbytes",)


def compile_late() -> None:
    """Import `PACKAGES` in this way from now on, whoever imports them."""
    if not any(isinstance(finder, LateCompilationFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, LateCompilationFinder())


class LateCompilationFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in PACKAGES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LateCompilationLoader(spec.loader)
        return spec


class LateCompilationLoader(importlib.abc.Loader):
    """Loads as `loader` does, while `torch.compile` does nothing yet."""

    def __init__(self, loader: Any):
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self.loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        with compiling_late():
            self.loader.exec_module(module)

    def __getattr__(self, name: str) -> Any:  # get_source, is_package, ...
        return getattr(self.loader, name)


@contextmanager
def compiling_late() -> Iterator[None]:
    """Let what is given to `torch.compile` within the block be compiled at its first call."""
    import torch

    compile_now = torch.compile

    def compile_at_first_call(model: Any = None, **settings: Any) -> Any:
        if not callable(model):
            return lambda function: compile_at_first_call(function, **settings)
        return CompiledAtFirstCall(lambda: compile_now(model, **settings))

    torch.compile = compile_at_first_call
    try:
        yield
    finally:
        torch.compile = compile_now


class CompiledAtFirstCall:
    def __init__(self, compile_now: Callable[[], Callable[..., Any]]):
        self.compile_now = compile_now
        self.compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        if self.compiled is None:
            self.compiled = self.compile_now()
        return self.compiled(*arguments, **settings)
