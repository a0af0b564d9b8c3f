"""Floating-point operations of one inference, two per multiply-add, from the forward passes that its adapter describes.

Nothing is measured here, and no window is open. Counted are products of matrices, convolutions and attention, by the
formulas of torch.utils.flop_counter; what else computes is named, not counted.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop

from wattlab.tasks.contract import Adapter, Pass, Uncounted

_ATEN = torch.ops.aten

#: What torch 2.13 computes and has no formula for, from shapes: attention on the CPU by query, key and value; the experts of a
#: mixture, each token's row (n_rows, k) with one of the matrices (n_experts, k, n).
_FORMULAS = {
    _ATEN._scaled_dot_product_flash_attention_for_cpu: lambda q, k, v, *_, **__: sdpa_flop(q, k, v),
    _ATEN._grouped_mm: lambda rows, matrices, *_, **__: 2 * prod(rows) * matrices[-1],
}

#: What moves, makes or names values and computes none, by the operator's name.
_MOVES = frozenset(
    "_to_copy _unsafe_view arange as_strided_scatter bitwise_and bitwise_not bitwise_or cat clone constant_pad_nd copy_ "
    "embedding empty empty_like eq fill_ full full_like ge gather gt index index_put index_put_ index_select item le lt "
    "lift_fresh logical_and logical_not logical_or masked_fill masked_fill_ ne new_empty new_full new_ones new_zeros ones "
    "ones_like repeat roll scalar_tensor scatter slice_scatter stack tril triu upsample_nearest2d where zeros zeros_like "
    "detach_ _local_scalar_dense unique_consecutive nonzero".split()
)


class _NoValues(TorchDispatchMode):
    """On the meta device nothing has a value: what asks whether there is any (LED: a token of global attention) is told no.

    What has values (Qwen-VL: places in a grid of patches) loses them where it meets what has none.
    """

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is _ATEN._local_scalar_dense.default and args[0].is_meta and args[0].dtype == torch.bool:
            return False
        given = (args, kwargs or {})
        tensors = [one for one in tree_leaves(given) if isinstance(one, torch.Tensor)]
        if len({tensor.is_meta for tensor in tensors}) > 1:
            given = tree_map_only(torch.Tensor, lambda tensor: tensor.to("meta"), given)
        return func(*given[0], **given[1])


class OperationCounter(FlopCounterMode):
    """Counts within its context; `uncounted`: operators that compute and have no formula."""

    def __init__(self) -> None:
        super().__init__(display=False, custom_mapping=_FORMULAS)
        # What it tells of modules is not asked for, and its hooks break in DeBERTa without gradients.
        self.mod_tracker: Any = nullcontext()
        self.flops = 0
        self.uncounted: set[str] = set()

    def _count_flops(self, func_packet: Any, out: Any, args: Any, kwargs: Any) -> Any:
        if func_packet in self.flop_registry:
            self.flops += self.flop_registry[func_packet](*args, **kwargs, out_val=out)
        elif (name := func_packet.__name__) not in _MOVES and not _is_view(func_packet):
            self.uncounted.add(name)
        return out


def _is_view(packet: Any) -> bool:
    """Whether an operator gives its input under another shape: it says so by an alias that it does not write to."""
    returns = getattr(packet, packet.overloads()[0])._schema.returns
    return any(one.alias_info is not None and not one.alias_info.is_write for one in returns)


@dataclass
class Count:
    """Floating-point operations, by part of the inference, and the operators without a formula."""

    parts: Counter[str] = field(default_factory=Counter)
    uncounted: set[str] = field(default_factory=set)

    @property
    def flops(self) -> float:
        """Of all parts."""
        return sum(self.parts.values())

    def add(self, other: "Count", weight: float) -> None:
        """Add another count, so many times."""
        for part, flops in other.parts.items():
            self.parts[part] += weight * flops  # type: ignore[assignment]
        self.uncounted |= other.uncounted


def _run(one: Pass) -> None:
    try:
        one.call(**one.inputs)
    except RuntimeError as error:
        raise Uncounted(f"the part {one.part!r} does not run on shapes alone: {str(error).splitlines()[0]}") from error


def count_passes(passes: Iterable[Pass]) -> Count:
    """What these passes compute. Raises `Uncounted` for what does not run on shapes alone."""
    total = Count()
    with torch.no_grad(), _NoValues():
        for one in passes:
            with OperationCounter() as counter:
                _run(one)
            total.add(Count(Counter({one.part: counter.flops}), counter.uncounted), one.times)
    return total


def count_inference(
    adapter: Adapter,
    sizes: Iterable[Hashable],
    new_tokens: float | None = None,
    known: dict[Hashable, Count] | None = None,
) -> Count:
    """The mean over inferences of these sizes: one inference that stands for all.

    Between the shortest and the longest input the work is taken for a parabola through three counts: attention between
    all tokens makes it one. Up to three lengths, and all sizes of images, are counted each. `known`: counts of this model
    so far, which is added to.
    """
    mean, total, known = Count(), Counter(sizes), {} if known is None else known
    for size, weight in _weights(total).items():
        if (size, new_tokens) not in known:
            known[size, new_tokens] = count_passes(adapter.passes(size, new_tokens))
        mean.add(known[size, new_tokens], weight / total.total())
    return mean


def _weights(sizes: Counter[Any]) -> dict[Any, float]:
    """How often each size that is counted stands in the sum over all of them. What has no size (0) computes nothing."""
    there: dict[Any, float] = {size: times for size, times in sizes.items() if size}
    if len(there) <= 3 or not all(isinstance(size, int) for size in there):
        return there
    low, high = 1 << (min(there).bit_length() - 1), 1 << (max(there) - 1).bit_length()
    nodes = (low, (low + high) // 2, high)  # powers of two around the lengths, which datasets share
    weights = dict.fromkeys(nodes, 0.0)
    for node in nodes:  # Lagrange's form
        first, second = (other for other in nodes if other != node)
        for length, times in there.items():
            weights[node] += times * (length - first) * (length - second) / ((node - first) * (node - second))
    return weights
