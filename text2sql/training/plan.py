"""From free memory to the execution plan of a training step that fits and is fastest.

A plan changes where and in which pieces a step is computed, never what it computes: the
effective batch, the NF4-rounded weights and the optimizer remain those of the recipe.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from text2sql.counts import how_many
from text2sql.errors import UserError
from text2sql.models.device import GIB, NF4_BYTES, Device, ModelShape, Precision
from text2sql.processes import world_size
from text2sql.training.adapted_layers import NO_ADAPTER, AdapterSize

# What a plan sets, under TRL's names.
PLAN_FLAGS = (
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "gradient_checkpointing",
)

SAFETY = 1.15  # fragmentation and the allocator's own blocks

# As measured on an H200 and two H100; few plans depend on them (docs/PERFORMANCE.md).
FIXED_TOKENS = 1500  # cost of launching the kernels of a pass, in tokens of computation
GRAPH_TOKENS = 800  # the same with CUDA graphs
DEQUANTISING_TOKENS = 1500  # cost of dequantising NF4 weights in a pass

GRAPH_STEPS = 400  # in shorter runs, making the graphs takes longer than they save
GRAPH_SPARE = 1.75  # of the expected memory, for what graphs of different shapes do not share

ADAPTER_BYTES = 16  # of a parameter: in float32, with its gradient and both states of AdamW
SCRATCH_GIB = 0.8  # CUDA context, cuBLAS workspaces, logits of the supervised tokens


@dataclass(frozen=True)
class ExecutionPlan:
    """How a training step is divided and computed."""

    per_device_train_batch_size: int
    gradient_accumulation_steps: int
    gradient_checkpointing: bool
    dequantize: bool
    precision: Precision
    packed: bool = False  # a micro-batch is one row that shares what its prompts have in common
    fused: bool = False  # norms, rotary embeddings and gated MLPs by Liger's kernels
    cuda_graphs: bool = False  # the layers of a step are launched at once, as CUDA graphs
    sharded: bool = False  # each process holds a part of the weights and gathers them by layer
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
            f"{', weights sharded' if self.sharded else ''}"
        )


@dataclass(frozen=True)
class Workload:
    """What a training step has to compute, whatever the plan."""

    effective_batch_size: int  # examples per step, over all processes
    num_steps: int
    longest_row: int  # tokens of the longest example
    tokens_per_micro_batch: Callable[[int], int]  # typical tokens of n examples at once
    load_in_4bit: bool
    world_size: int = 1
    packed: bool = False
    fused: bool = False
    sharded: bool = False  # whatever fits; else weights are sharded only where nothing else fits
    adapter: AdapterSize = NO_ADAPTER

    @property
    def examples_per_process(self) -> int:
        return self.effective_batch_size // self.world_size


@dataclass(frozen=True)
class FixedByUser:
    """What the user or the paper fixes of a plan; None leaves it open."""

    micro_batch_size: int | None = None
    gradient_accumulation_steps: int | None = None
    gradient_checkpointing: bool | None = None
    precision: Precision | None = None


def plan_training(
    shape: ModelShape, device: Device, workload: Workload, fixed: FixedByUser
) -> list[ExecutionPlan]:
    """Return the plans that fit the device, the fastest first, or the smallest if none does.

    A `UserError` reports an effective batch that cannot be divided evenly.
    """
    micro_batch = fixed_micro_batch(workload, fixed)
    smallest = ExecutionPlan(
        per_device_train_batch_size=micro_batch or 1,
        gradient_accumulation_steps=workload.examples_per_process // (micro_batch or 1),
        gradient_checkpointing=bool(fixed.gradient_checkpointing),
        dequantize=False,
        precision=fixed.precision or ("bf16" if device.supports_bf16 else "float32"),
        packed=workload.packed,
        fused=workload.fused,
        sharded=workload.sharded,
    )
    if device.free_bytes is None:
        return [plan_for_cpu(smallest, workload, micro_batch)]
    possible = [
        replace(plan, expected_gib=expected_bytes(shape, plan, workload) / GIB)
        for plan in candidates(smallest, workload, micro_batch)
        if fixed.gradient_checkpointing in (None, plan.gradient_checkpointing)
    ]
    fitting = [plan for plan in possible if plan.expected_gib * GIB <= device.free_bytes]
    if not fitting:
        return [min(possible, key=lambda plan: plan.expected_gib)]
    fitting.sort(
        key=lambda plan: (plan.sharded, relative_cost(plan, workload.tokens_per_micro_batch))
    )
    return [
        replace(plan, cuda_graphs=use_cuda_graphs(plan, workload, device.free_bytes))
        for plan in fitting
    ]


def fixed_micro_batch(workload: Workload, fixed: FixedByUser) -> int | None:
    """Return the examples per micro-batch that `fixed` leaves possible; None if it leaves several.

    A `UserError` if the effective batch cannot be divided that way.
    """
    divisor = fixed.gradient_accumulation_steps or fixed.micro_batch_size or 1
    if workload.effective_batch_size % (workload.world_size * divisor):
        by_steps = ("accumulation step", "accumulation steps")
        by_examples = ("example at once", "examples at once")
        unit = by_steps if fixed.gradient_accumulation_steps else by_examples
        raise UserError(
            f"An effective batch of {workload.effective_batch_size} is not divisible by "
            f"{how_many(workload.world_size, 'process', 'processes')} times "
            f"{how_many(divisor, *unit)}. Choose numbers whose product divides it."
        )
    if fixed.gradient_accumulation_steps:
        return workload.examples_per_process // fixed.gradient_accumulation_steps
    return fixed.micro_batch_size


def use_cuda_graphs(plan: ExecutionPlan, workload: Workload, free_bytes: int) -> bool:
    """Return whether graphs pay: many steps, each of one row, and memory to spare for them."""
    one_row = plan.packed and plan.gradient_accumulation_steps == 1
    plain_layers = not plan.gradient_checkpointing and plan.precision != "float32"
    plain_layers &= not plan.sharded
    plain_weights = plan.dequantize or not workload.load_in_4bit
    has_spare_memory = GRAPH_SPARE * plan.expected_gib * GIB <= free_bytes
    is_long = workload.num_steps >= GRAPH_STEPS
    return is_long and one_row and plain_layers and plain_weights and has_spare_memory


def plan_for_cpu(
    smallest: ExecutionPlan, workload: Workload, micro_batch: int | None
) -> ExecutionPlan:
    """Return one packed row per step, or one example at a time where padding would cost more."""
    examples = workload.examples_per_process
    micro_batch = micro_batch or (examples if smallest.packed else 1)
    return replace(
        smallest,
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=examples // micro_batch,
        dequantize=workload.load_in_4bit and not workload.sharded,
    )


def candidates(
    smallest: ExecutionPlan, workload: Workload, micro_batch: int | None
) -> list[ExecutionPlan]:
    """Return the plans of every size, with and without checkpointing and dequantised weights.

    Sharded weights are never dequantised: what is gathered for each layer would be four times as
    much.
    """
    examples = workload.examples_per_process
    micro_batches = [examples // parts for parts in (1, 2, 4, 8) if examples % parts == 0]
    may_shard = (False, True) if workload.world_size > 1 else (False,)
    return [
        replace(
            smallest,
            sharded=sharded,
            per_device_train_batch_size=size,
            gradient_accumulation_steps=examples // size,
            gradient_checkpointing=checkpointing,
            dequantize=dequantize,
        )
        for checkpointing in (False, True)
        for size in (micro_batches if micro_batch is None else [micro_batch])
        for sharded in ((True,) if workload.sharded else may_shard)
        for dequantize in ((True, False) if workload.load_in_4bit and not sharded else (False,))
    ]


def relative_cost(plan: ExecutionPlan, tokens_per_micro_batch: Callable[[int], int]) -> float:
    """Return the time of a step, in tokens passed through the layers forwards or backwards."""
    tokens = tokens_per_micro_batch(plan.per_device_train_batch_size)
    tokens += GRAPH_TOKENS if plan.cuda_graphs else FIXED_TOKENS
    if not plan.dequantize:
        tokens += DEQUANTISING_TOKENS
    passes = 3 if plan.gradient_checkpointing else 2
    return passes * plan.gradient_accumulation_steps * tokens


def gain_of_larger_batch(plan: ExecutionPlan, workload: Workload, factor: int) -> float:
    """Return how many times as many examples/s micro-batches `factor` times as large would train.

    A process whose share of the effective batch is small spends much of a step on fixed costs.
    """
    size = factor * plan.per_device_train_batch_size
    larger = replace(plan, per_device_train_batch_size=size)
    cost, larger_cost = (
        relative_cost(each, workload.tokens_per_micro_batch) for each in (plan, larger)
    )
    return factor * cost / larger_cost


def expected_bytes(shape: ModelShape, plan: ExecutionPlan, workload: Workload) -> float:
    """Return the memory that a step needs, in bytes: the expected peak and a margin.

    That is the weights, the adapter, and what the backward pass keeps of the largest micro-batch.
    What a layer keeps was read off its forward pass and checked on a GPU (docs/PERFORMANCE.md). Of
    sharded weights a process has its part, and gathers the head and two layers, of which one is
    computed.
    """
    width = 4 if plan.precision == "float32" else 2
    is_nf4 = workload.load_in_4bit and not plan.dequantize
    embeddings: float = shape.num_embedding_parameters * width
    layers = shape.num_linear_parameters * (NF4_BYTES if is_nf4 else width)
    weights = embeddings + layers
    if plan.sharded:
        gathered = shape.vocab_size * shape.hidden_size * width + 2 * layers / shape.num_layers
        weights = weights / workload.world_size + gathered
    tokens = plan.per_device_train_batch_size * workload.longest_row  # if nothing is shared
    inner = 2 if plan.fused else 3
    layer: float = tokens * width * (inner * shape.intermediate_size + 8 * shape.hidden_size)
    # These 8 include what LoRA keeps for q and v: the input after dropout, and dropout's mask.
    other_inputs = workload.adapter.input_features / shape.num_layers - 2 * shape.hidden_size
    layer += tokens * (width + 1) * max(other_inputs, 0)
    if plan.gradient_checkpointing:
        kept = layer + shape.num_layers * tokens * width * shape.hidden_size
    else:
        kept = layer * shape.num_layers
    trained = ADAPTER_BYTES * workload.adapter.parameters
    return SAFETY * (weights + kept + trained + SCRATCH_GIB * GIB)
