"""One seeded pool of normal numbers, in the place of torch's random initialisation."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from wattlab.models.environments import is_this

#: Values in the pool: a prime, so that no row of a matrix repeats another (4 MB in float32: it stays in the cache).
POOL_SIZE = 1_048_573


class Pool:
    """Seeded normal numbers, handed out in order and from the start again when they are used up."""

    def __init__(self, seed: int) -> None:
        self._normal = torch.randn(POOL_SIZE, generator=torch.Generator().manual_seed(seed))
        self._next = 0
        self._copies: dict[tuple[torch.device, torch.dtype], torch.Tensor] = {}

    @torch.no_grad()
    def fill(self, tensor: torch.Tensor, std: float, mean: float = 0.0) -> torch.Tensor:
        """Overwrite a tensor in place with pool values of this standard deviation and mean."""
        if tensor.is_meta or tensor.numel() == 0:
            return tensor
        target = tensor.view(-1) if tensor.is_contiguous() else tensor.new_empty(tensor.numel())
        source = self._on(tensor)
        place = 0
        while place < target.numel():
            length = min(POOL_SIZE - self._next, target.numel() - place)
            piece = target[place : place + length]
            torch.mul(source[self._next : self._next + length], std, out=piece)
            if mean:
                piece.add_(mean)
            place += length
            self._next = (self._next + length) % POOL_SIZE
        if not tensor.is_contiguous():
            tensor.copy_(target.view(tensor.shape))
        return tensor

    def _on(self, tensor: torch.Tensor) -> torch.Tensor:
        key = (tensor.device, tensor.dtype)
        if key not in self._copies:
            self._copies[key] = self._normal.to(*key)
        return self._copies[key]


def fans(tensor: torch.Tensor) -> tuple[int, int]:
    """Inputs and outputs of one element of a weight of shape (out, in, *kernel)."""
    receptive = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive, tensor.shape[0] * receptive


def _draws(pool: Pool) -> dict[str, Callable[..., torch.Tensor]]:
    """The random functions of `torch.nn.init`, drawing from the pool with the standard deviation of each."""

    def normal(tensor: torch.Tensor, mean: float = 0.0, std: float = 1.0, **_: Any) -> torch.Tensor:
        return pool.fill(tensor, std, mean)

    def uniform(tensor: torch.Tensor, a: float = 0.0, b: float = 1.0, **_: Any) -> torch.Tensor:
        return pool.fill(tensor, (b - a) / math.sqrt(12), (a + b) / 2)

    def xavier(tensor: torch.Tensor, gain: float = 1.0, **_: Any) -> torch.Tensor:
        return pool.fill(tensor, gain * math.sqrt(2 / sum(fans(tensor))))

    def kaiming(
        tensor: torch.Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", **_: Any
    ) -> torch.Tensor:
        fan = fans(tensor)[0 if mode == "fan_in" else 1]
        return pool.fill(tensor, nn.init.calculate_gain(nonlinearity, a) / math.sqrt(fan))  # type: ignore[arg-type]

    return {
        "normal_": normal,
        "trunc_normal_": normal,
        "uniform_": uniform,
        "xavier_normal_": xavier,
        "xavier_uniform_": xavier,
        "kaiming_normal_": kaiming,
        "kaiming_uniform_": kaiming,
    }


@contextmanager
def drawing_from(pool: Pool, seed: int) -> Iterator[None]:
    """Within: torch's and transformers' random initialisation draws from the pool; what bypasses it is seeded.

    transformers 4 keeps no functions of its own; its models draw by the tensors' methods, which are seeded.
    """
    draws: dict[str, Any] = _draws(pool)
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.enter_context(patch.multiple(nn.init, **draws))
        if is_this("main"):
            from transformers import initialization

            stack.enter_context(patch.dict(initialization.TORCH_INIT_FUNCTIONS, draws))
        torch.manual_seed(seed)
        yield
