"""Packages that call torch.compile as they are imported do not load the compiler for it."""

import subprocess
import sys

import torch

from text2sql.late_compilation import compiling_late

QUANTISE = """
import sys
from text2sql.late_compilation import compile_late
compile_late()
compile_late()
import bitsandbytes, torch
assert "torch._inductor.compile_fx" not in sys.modules, "the compiler was loaded"
assert torch.compile.__module__ == "torch"
assert bitsandbytes.__spec__.submodule_search_locations and bitsandbytes.__version__
weights = torch.randn(64, 64)
packed, state = bitsandbytes.functional.quantize_4bit(weights, quant_type="nf4")
error = (bitsandbytes.functional.dequantize_4bit(packed, state) - weights).abs().mean()
assert error < 0.1, error
"""


def test_bitsandbytes_is_imported_and_quantises_without_the_compiler():
    subprocess.run([sys.executable, "-c", QUANTISE], check=True)


def test_functions_are_compiled_at_their_first_call_and_once(monkeypatch):
    compiled = []

    def compile_now(function, **settings):
        compiled.append((function.__name__, settings))
        return function

    monkeypatch.setattr(torch, "compile", compile_now)
    with compiling_late():

        @torch.compile
        def plain(a):
            return a + 1

        @torch.compile(dynamic=True)
        def with_settings(a):
            return a + 2

    assert compiled == [] and torch.compile is compile_now
    assert [plain(1), plain(2), with_settings(a=1)] == [2, 3, 3]
    assert compiled == [("plain", {}), ("with_settings", {"dynamic": True})]
