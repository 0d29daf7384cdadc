"""Smaller cards, emulated on a large one by a cap on the memory that torch may take."""

CONTEXT_GIB = 0.5  # of a card that CUDA takes beside what torch allocates
GIB = 2**30


def cap_memory(gib: float | None) -> None:
    """Let this process take no more of the GPU than a card of so many GiB gives; None: all."""
    import torch

    if torch.cuda.is_available():
        total = torch.cuda.get_device_properties(0).total_memory
        share = 1.0 if gib is None else (gib - CONTEXT_GIB) * GIB / total
        torch.cuda.set_per_process_memory_fraction(share)
