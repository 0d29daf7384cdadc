"""Pieces of Python, each run in a process of its own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run_python(code: str, **options) -> subprocess.CompletedProcess:
    options = {"capture_output": True, "text": True, "cwd": ROOT, "timeout": 60} | options
    return subprocess.run([sys.executable, "-c", code], **options)
