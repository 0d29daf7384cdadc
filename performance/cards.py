"""Smaller cards, emulated on a large one by a cap on the memory that torch may allocate."""

CONTEXT_GIB = 0.5  # that CUDA takes of a card beside what torch allocates
GIB = 2**30


def cap_memory(gib: float | None) -> None:
    """Limit this process to the memory of a card of `gib`; None lifts the limit."""
    import torch

    if torch.cuda.is_available():
        total = torch.cuda.get_device_properties(0).total_memory
        share = 1.0 if gib is None else (gib - CONTEXT_GIB) * GIB / total
        torch.cuda.set_per_process_memory_fraction(share)
