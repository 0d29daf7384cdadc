"""What was gained and lost: benchmarks, significance, trade-off, report."""
