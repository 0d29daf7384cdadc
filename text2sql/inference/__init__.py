"""Inference: greedy decoding and log-likelihoods in batches that share prefixes."""
