"""What models write: tables of generations with the query that counts in each."""
