"""What was gained and lost: estimates, intervals, tables, plots and the report's files."""
