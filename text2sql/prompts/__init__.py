"""Prompts: the schema as text, few-shot examples, the chat, and the token budget."""
