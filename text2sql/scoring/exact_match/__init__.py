"""Exact set match of two queries, as Spider's official evaluation defines it."""
