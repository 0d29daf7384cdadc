"""What a model answers: many texts at once, greedily or scored, what they share computed once."""
