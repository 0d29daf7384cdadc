"""General benchmarks: the tasks of lm-evaluation-harness, run on the loaded model."""
