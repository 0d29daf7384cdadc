"""Is the SQL right: exact match, execution of untrusted SQL, verdicts and scores."""
