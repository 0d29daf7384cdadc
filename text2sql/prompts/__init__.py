"""What the model reads: schema as text, few-shot choice, chat within a token budget."""
