"""Attention over packed rows, as an implementation that transformers calls by name."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.backends.cuda import SDPAParams, can_use_flash_attention
from torch.nn.attention.bias import causal_lower_right
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PretrainedConfig, PreTrainedModel

from text2sql.models.device import head_sizes
from text2sql.models.packed_rows import PackedLayout

ATTENTION = "shared_prefix"  # the name in transformers' AttentionInterface
MODEL_TYPES = ("gemma", "llama", "mistral", "qwen2", "qwen3")  # each is tested


def supports_packed_attention(config: PretrainedConfig) -> bool:
    """Return whether the model is of a tested type and each token attends to all before it."""
    layer_types = set(getattr(config, "layer_types", None) or ["full_attention"])
    windowed = getattr(config, "sliding_window", None) is not None
    plain = layer_types == {"full_attention"} and not windowed and has_static_rope(config)
    return config.model_type in MODEL_TYPES and plain


def has_static_rope(config: PretrainedConfig) -> bool:
    """Return whether the rotation of a position is independent of the text's length."""
    rope = getattr(config, "rope_parameters", None) or {}
    settings = [rope, *(value for value in rope.values() if isinstance(value, dict))]
    return not {"dynamic", "longrope"} & {setting.get("rope_type") for setting in settings}


def supports_flash_attention(model: PreTrainedModel) -> bool:
    """Return whether the flash kernel can train this model on its device, in its precision."""
    heads, key_value_heads, head_dim = head_sizes(model.config)
    query, key = (
        torch.empty(1, n, 8, head_dim, device=model.device, dtype=model.dtype, requires_grad=True)
        for n in (heads, key_value_heads)
    )
    return can_use_flash_attention(SDPAParams(query, key, key, None, 0.0, True, True))


def use_packed_attention(model: PreTrainedModel) -> None:
    """Make the model compute packed rows, each with its layout, and nothing else."""
    AttentionInterface.register(ATTENTION, attend_to_shared_prefix)
    model.set_attn_implementation(ATTENTION)  # no mask is registered by that name: none is built


@contextmanager
def packed_attention(model: PreTrainedModel) -> Iterator[None]:
    """Make the model compute packed rows within the block."""
    previous = model.config._attn_implementation
    use_packed_attention(model)
    try:
        yield
    finally:
        model.set_attn_implementation(previous)


def attend_to_shared_prefix(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    *,
    shared_prefix: PackedLayout,
    scaling: float | None = None,
    dropout: float = 0.0,
    **settings: object,
) -> tuple[torch.Tensor, None]:
    """Return the attention output of a packed row, (1, tokens, heads, head_dim).

    `query`, `key` and `value` are (1, heads, tokens, head_dim). The signature is that of
    transformers' AttentionInterface; a batch without a layout raises `TypeError`.
    """
    flash = SDPAParams(query, key, value, None, dropout, True, True)
    attend = attend_with_flash if can_use_flash_attention(flash) else attend_by_segment
    return attend(query, key, value, shared_prefix, scaling, dropout), None


def attend_with_flash(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    layout: PackedLayout,
    scaling: float | None,
    dropout: float,
) -> torch.Tensor:
    """Attend with the flash kernel for segments of any length, which needs no mask."""
    query, key, value = (x[0].transpose(0, 1) for x in (query, key, value))
    # The operator below torch.nn.attention.varlen, whose own signature changes between releases.
    attended: torch.Tensor = torch.ops.aten._flash_attention_forward(
        query,
        key.index_select(0, layout.keys),
        value.index_select(0, layout.keys),
        layout.cu_seqlens_q,
        layout.cu_seqlens_k,
        layout.max_seqlen_q,
        layout.max_seqlen_k,
        dropout,
        is_causal=True,  # aligned so that the last query of a segment sees its last key
        return_debug_mask=False,
        scale=scaling,
    )[0]
    return attended[None]


def attend_by_segment(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    layout: PackedLayout,
    scaling: float | None,
    dropout: float,
) -> torch.Tensor:
    """Attend segment by segment, on devices and in precisions that the flash kernel lacks."""
    num_groups = query.shape[1] // key.shape[1]
    key, value = (x.repeat_interleave(num_groups, dim=1) for x in (key, value))
    attended = []
    for segment in (segment for segment in layout.segments if segment.length):
        own = slice(segment.start, segment.start + segment.length)
        prefix = slice(segment.prefix_start, segment.prefix_start + segment.prefix_length)
        attended.append(
            scaled_dot_product_attention(
                query[:, :, own],
                torch.cat([key[:, :, prefix], key[:, :, own]], dim=2),
                torch.cat([value[:, :, prefix], value[:, :, own]], dim=2),
                causal_lower_right(segment.length, segment.num_keys),
                dropout,
                scale=scaling,
            )
        )
    return torch.cat(attended, dim=2).transpose(1, 2)
