"""From free memory to the execution plan of a training step that fits and is fastest.

A plan changes where and in which pieces a step is computed, never what it computes: the
effective batch, the NF4-rounded weights and the optimizer remain those of the recipe.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.models.device import GIB, NF4_BYTES, Device, ModelShape, Precision, world_size

if TYPE_CHECKING:
    pass

# What an arrangement sets, under TRL's names.
PLAN_FLAGS = (
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "gradient_checkpointing",
)

SAFETY = 1.15  # fragmentation and the allocator's own blocks

# Both as an H200 has them; what they are decides few plans (docs/PERFORMANCE.md).
FIXED_TOKENS = 1500  # what starting the kernels of a pass takes, in tokens that it could compute

DEQUANTISING_TOKENS = 1500  # what dequantising NF4 weights anew takes in a pass

GRAPH_STEPS = 400  # below, making the graphs takes longer than they save

GRAPH_SPARE = 1.75  # of the expected memory, for what the graphs of several shapes do not share

SCRATCH_GIB = 0.8  # CUDA context, cuBLAS workspaces, logits of the supervised tokens


@dataclass(frozen=True)
class ExecutionPlan:
    per_device_train_batch_size: int
    gradient_accumulation_steps: int
    gradient_checkpointing: bool
    dequantize: bool
    precision: Precision
    packed: bool = False  # a micro-batch is one row that shares what its prompts have in common
    fused: bool = False  # norms, rotations and gates by Liger's kernels
    cuda_graphs: bool = False  # the layers of a step are started at once, as CUDA graphs
    expected_gib: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        processes = f" × {world_size()} processes" if world_size() > 1 else ""
        return (
            f"{self.per_device_train_batch_size} × {self.gradient_accumulation_steps}{processes}, "
            f"{self.precision}, "
            f"{'with' if self.gradient_checkpointing else 'no'} checkpointing, "
            f"{'weights dequantised from NF4' if self.dequantize else 'weights as loaded'}"
            f"{', packed' if self.packed else ''}{', fused layers' if self.fused else ''}"
            f"{', CUDA graphs' if self.cuda_graphs else ''}"
        )


def plan_training(
    shape: ModelShape,
    device: Device,
    *,
    effective_batch_size: int,
    longest_row: int,
    tokens_per_micro_batch: Callable[[int], int],
    load_in_4bit: bool,
    num_steps: int,
    world_size: int = 1,
    packed: bool = False,
    fused: bool = False,
    micro_batch_size: int | None = None,
    gradient_accumulation_steps: int | None = None,
    gradient_checkpointing: bool | None = None,
    precision: Precision | None = None,
) -> list[ExecutionPlan]:
    """Return the arrangements that fit, the fastest first, or the smallest where none does.

    The arguments that may be None fix what the user said; `longest_row` is in tokens, and
    `tokens_of` gives those that a micro-batch of so many examples has as a rule. A `UserError`
    tells of an effective batch that the processes cannot share evenly.
    """
    said = gradient_accumulation_steps or micro_batch_size or 1
    if effective_batch_size % (world_size * said):
        kind = "steps of accumulation" if gradient_accumulation_steps else "examples at once"
        raise UserError(
            f"An effective batch of {effective_batch_size} does not divide by {world_size} "
            f"process(es) and {said} {kind}; choose numbers that do."
        )
    if gradient_accumulation_steps:
        micro_batch_size = effective_batch_size // (world_size * said)
    share = effective_batch_size // world_size  # of one process, in examples
    micro_batch = micro_batch_size or 1
    smallest = ExecutionPlan(
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=share // micro_batch,
        gradient_checkpointing=bool(gradient_checkpointing),
        dequantize=False,
        precision=precision or ("bf16" if device.supports_bf16 else "float32"),
        packed=packed,
        fused=fused,
    )
    if not device.is_cuda:
        return [arrange_for_cpu(smallest, share, load_in_4bit, micro_batch_size)]
    possible = [
        replace(found, expected_gib=expected_bytes(shape, found, longest_row, load_in_4bit) / GIB)
        for found in candidates(smallest, share, load_in_4bit, micro_batch_size)
        if gradient_checkpointing in (None, found.gradient_checkpointing)
    ]
    fitting = [found for found in possible if found.expected_gib * GIB <= device.free_bytes]
    fastest_first = sorted(fitting, key=lambda found: relative_cost(found, tokens_per_micro_batch))
    if not fastest_first:
        return [min(possible, key=lambda found: found.expected_gib)]
    pays = num_steps >= GRAPH_STEPS and world_size == 1
    return [
        replace(found, cuda_graphs=pays and can_use_cuda_graphs(found, device, load_in_4bit))
        for found in fastest_first
    ]


def can_use_cuda_graphs(arrangement: ExecutionPlan, device: Device, load_in_4bit: bool) -> bool:
    """Say whether a step is one row, with memory to spare for the graphs of its shapes."""
    one_row = arrangement.packed and arrangement.gradient_accumulation_steps == 1
    plain = not arrangement.gradient_checkpointing and arrangement.precision != "float32"
    spare = GRAPH_SPARE * arrangement.expected_gib * GIB <= device.free_bytes
    return one_row and plain and spare and (arrangement.dequantize or not load_in_4bit)


def arrange_for_cpu(
    smallest: ExecutionPlan,
    share: int,
    load_in_4bit: bool,
    micro_batch_size: int | None,
) -> ExecutionPlan:
    """Return one packed row a step, or one example a time where padding would cost more."""
    micro_batch = micro_batch_size or (share if smallest.packed else 1)
    return replace(
        smallest,
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=share // micro_batch,
        dequantize=load_in_4bit,
    )


def candidates(
    smallest: ExecutionPlan, share: int, load_in_4bit: bool, micro_batch_size: int | None
) -> list[ExecutionPlan]:
    micro_batches = [share // parts for parts in (1, 2, 4, 8) if share % parts == 0]
    if micro_batch_size is not None:
        micro_batches = [micro_batch_size]
    return [
        replace(
            smallest,
            per_device_train_batch_size=micro_batch,
            gradient_accumulation_steps=share // micro_batch,
            gradient_checkpointing=checkpointing,
            dequantize=dequantize,
        )
        for checkpointing in (False, True)
        for micro_batch in micro_batches
        for dequantize in ((True, False) if load_in_4bit else (False,))
    ]


def relative_cost(
    arrangement: ExecutionPlan, tokens_per_micro_batch: Callable[[int], int]
) -> float:
    """Return the time of a step in tokens that pass through the layers, forwards or backwards."""
    tokens = tokens_per_micro_batch(arrangement.per_device_train_batch_size) + FIXED_TOKENS
    if not arrangement.dequantize:
        tokens += DEQUANTISING_TOKENS
    passes = 3 if arrangement.gradient_checkpointing else 2
    return passes * arrangement.gradient_accumulation_steps * tokens


def expected_bytes(
    shape: ModelShape,
    arrangement: ExecutionPlan,
    longest_row: int,
    load_in_4bit: bool,
) -> float:
    """Return the memory to have for a step, in bytes: the peak to expect, and some more.

    Weights, plus what the backward pass keeps of the largest micro-batch. What a layer keeps was
    read off its forward pass and checked on a GPU (docs/PERFORMANCE.md).
    """
    width = 4 if arrangement.precision == "float32" else 2
    still_packed = load_in_4bit and not arrangement.dequantize
    weights = shape.num_embedding_parameters * width
    weights += shape.num_linear_parameters * (NF4_BYTES if still_packed else width)
    tokens = arrangement.per_device_train_batch_size * longest_row  # where nothing is shared
    inner = 2 if arrangement.fused else 3
    layer = tokens * width * (inner * shape.intermediate_size + 8 * shape.hidden_size)
    if arrangement.gradient_checkpointing:
        kept = layer + shape.num_layers * tokens * width * shape.hidden_size
    else:
        kept = layer * shape.num_layers
    return SAFETY * (weights + kept + SCRATCH_GIB * GIB)
