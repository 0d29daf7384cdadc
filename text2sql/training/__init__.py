"""How an adapter is made: the trainer, what the loss sees, what a run records of itself."""
