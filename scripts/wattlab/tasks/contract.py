"""The contract of a task with the protocol of a cell. One module of this folder and one entry of catalog/tasks.yaml are a task.

    load()      the model, into host memory               the load window
    transfer()  copy it to the device                     the transfer window
    prepare()   row of the dataset -> sample              outside every window
    infer()     samples -> their answers                  a batch of inferences, inside the query window

Inside an inference: tokenising, the image processor, the copy to the device, forward or generate, decoding of tokens,
boxes or spans. Outside: reading, decoding of image files, resizing to the protocol's size, cutting of words, prompts.
Nothing in an inference writes to the terminal, and each is a function of its sample and the protocol's seed alone: its
answer is that of any other batch within the arithmetic's tolerance, but for sampled text, whose draws a batch shares.

Importing this module loads no torch. `inputs` has the text and image sides of an input, `generation` the generated text.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wattlab.foundation.schema import OutputUnit
from wattlab.study.cells import Spec

if TYPE_CHECKING:
    import torch
    from torch import nn

    from wattlab.models.source import Source


class Uncounted(Exception):
    """Why the FLOPs of a cell can not be counted."""


#: Units in which an adapter counts its samples; of a task that draws images what it draws. Megapixel: 10^6 pixels.
INPUT_UNITS = ("input_token", "image", "megapixel")


@dataclass(frozen=True)
class Answer:
    """What one inference gave: a JSON value or a PIL image, and its length in the adapter's unit.

    `thought`: what a model wrote before it; where the value is null, the answer was cut inside it. `tokens`: what a model
    wrote, where it did.
    """

    value: Any
    n_output_units: int
    thought: str = ""
    tokens: Sequence[int] = field(default=(), compare=False)


def finite(value: Any) -> Any:
    """A JSON value with null for what is no number (NaN, infinity); an image as it is."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Pass:
    """A forward pass of an inference, `call(**inputs)`, and how often it runs: not whole where a length is a mean."""

    part: str
    call: Callable[..., Any]
    inputs: dict[str, Any]
    times: float = 1.0


class Adapter(ABC):
    """A task's way from a row of a dataset to an answer. See the module's docstring for the order of the calls."""

    #: Unit of `Answer.n_output_units`.
    output_unit: OutputUnit

    model: Any

    def __init__(self, spec: Spec, source: "Source", device: "torch.device") -> None:
        self.spec = spec
        self.source = source
        self.device = device

    def load(self) -> None:
        """The model into host memory."""
        silence()
        self.model = self.source.model()

    def transfer(self) -> None:
        """Copy the model to the device."""
        self.model = self.model.to(self.device)

    @abstractmethod
    def prepare(self, row: dict[str, Any]) -> Any:
        """The sample of a row: the dataset's own columns, images as PIL in RGB. Outside every window."""

    @abstractmethod
    def infer(self, samples: list[Any]) -> list[Answer]:
        """A batch of inferences, in their order; samples as `prepare` gives them. A batch of one is padded nowhere."""

    def is_finite(self, sample: Any, answer: Answer) -> bool:
        """Whether an answer was read from numbers, where it may hide NaN or infinity: no box, no entity, a text, a black image.

        Such an answer is computed again, outside every window. What stands in the value itself is not asked.
        """
        return True

    def words_read(self, row: dict[str, Any]) -> int | None:
        """Words that reach the model of what a row has to be read (a text, a question's context), where the model's own
        length cuts them; null: all that the protocol gave it. Outside every window."""
        return None

    def hindrance(self, samples: list[Any]) -> str | None:
        """Why the library can not run these samples in batches; null where it can. After `load`."""
        return None

    def counts(self, samples: list[Any]) -> dict[str, float]:
        """What all samples together are, by input unit (`INPUT_UNITS`). Outside every window."""
        return {}

    def size(self, sample: Any) -> Hashable:
        """What of a sample says how much there is to compute: input tokens, or width and height. 0: nothing runs."""
        raise Uncounted(f"{type(self).__name__} describes no forward passes")

    def passes(self, size: Any, new_tokens: float | None) -> Iterator[Pass]:
        """The forward passes of one inference of a sample of this size; after `load`.

        `new_tokens`: mean length of a generated answer; null: what the generation config sets.
        """
        raise Uncounted(f"{type(self).__name__} describes no forward passes")

    @property
    def parameters(self) -> int:
        """Distinct parameters of what runs; after `load`."""
        return sum(parameter.numel() for network in self.networks() for parameter in network.parameters())

    @property
    def active_parameters(self) -> int | None:
        """Parameters that one token meets, of a mixture of experts; after `load`."""
        from torch.nn import ModuleList

        from wattlab.models.random_weights.build import count_active

        return count_active(ModuleList(self.networks()))

    def networks(self) -> "list[nn.Module]":
        """What runs, as torch modules; after `load`."""
        return [self.model]

    @property
    def labels(self) -> list[str] | None:
        """Classes of the model's head in the order of their numbers, of a task that answers by them; after `load`."""
        if self.output_unit not in ("label", "box"):
            return None
        return [name for _, name in sorted(self.model.config.id2label.items())]

    @property
    def generation(self) -> dict[str, Any] | None:
        """How the model writes, where it does; after `load`."""
        return None

    def texts(self, rows: list[dict[str, Any]]) -> list[str]:
        """What the tokenizer is given for these rows, before it is cut."""
        return []

    def parameters_as_published(self, count_as: str | None, counted_components: list[str] | None) -> int | None:
        """Parameters as the authors counted them: "task" is what runs, else as the source counts; null: not stated."""
        if count_as is None:
            return None
        return self.parameters if count_as == "task" else self.source.count_as_published(count_as, counted_components)

    def field(self, row: dict[str, Any], role: str) -> Any:
        """The value that a row has in a role (text, question, image, …)."""
        return row[self.spec.dataset.fields[role]]


def silence() -> None:
    """No warnings and no progress bars of the libraries while a model loads and runs."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
