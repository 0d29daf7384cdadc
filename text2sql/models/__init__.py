"""Models: the device, the tokenizer, loading, adapters, and packed attention."""
