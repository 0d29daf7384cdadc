"""Execution of untrusted SQL in killable processes, and the comparison of results."""
