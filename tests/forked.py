"""Run a command in several processes, as `torchrun` would; they are forks that share the imports.

    python forked.py 8 evaluate.py --data_dir processed_data ...

Eight processes that each import torch would take a minute of two cores.
"""

import os
import runpy
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    num_processes, script, *flags = sys.argv[1:]
    sys.path[:] = [str(ROOT), *sys.path[1:]]  # as for a script in the root
    sys.argv = [str(ROOT / script), *flags]
    import_what_commands_import()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), WORLD_SIZE=num_processes)
    children = [fork(rank) for rank in range(int(num_processes))]
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


def import_what_commands_import() -> None:
    import lm_eval.models.huggingface  # noqa: F401

    import text2sql.study.stages
    import text2sql.training.build  # noqa: F401


def fork(rank: int) -> int:
    if child := os.fork():
        return child
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank))
    runpy.run_path(sys.argv[0], run_name="__main__")
    return 0  # not reached: commands exit


if __name__ == "__main__":
    sys.exit(main())
