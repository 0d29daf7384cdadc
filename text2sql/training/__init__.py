"""Training an adapter: plan, settings, trainer, checks of labels, and the run's record."""
