"""The report's libraries, imported in a thread before the report is due."""

import subprocess
import sys

IMPORT_AHEAD = """
import sys
from text2sql.report.libraries import LIBRARIES, import_ahead
import_ahead().join()
assert set(LIBRARIES) <= sys.modules.keys(), set(LIBRARIES) - sys.modules.keys()
"""
END_MEANWHILE = "from text2sql.report.libraries import import_ahead; import_ahead(); print('ended')"


def test_libraries_are_imported_ahead():
    subprocess.run([sys.executable, "-c", IMPORT_AHEAD], check=True)


def test_a_command_may_end_meanwhile():
    ended = subprocess.run(
        [sys.executable, "-c", END_MEANWHILE], capture_output=True, text=True, check=True
    )
    assert (ended.stdout, ended.stderr) == ("ended\n", "")
