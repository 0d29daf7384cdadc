"""Scoring SQL: exact match, execution of untrusted SQL, verdicts and scores."""
