"""Adapters of narrow models, loaded on the CPU."""

from typing import Any, cast

import torch

from support.tiny_models import source_of
from wattlab.study.cells import Spec
from wattlab.tasks import adapter_for

CPU = torch.device("cpu")


def ready(spec: Spec) -> Any:
    """The spec's adapter, its model loaded."""
    adapter = cast(Any, adapter_for(spec)(spec, source_of(spec), CPU))
    adapter.load()
    adapter.transfer()
    return adapter
