"""Schemas of a protocol: how a cell is measured, the named sets of values, and exceptions to them."""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import TypeAdapter, ValidationError, model_validator

from wattlab.foundation.errors import near_matches, remedy_of
from wattlab.foundation.schema import Closed, Purpose, TaskName, fact

#: Lengths as the library's `max_length` counts them, with the token that a decoder starts from, and the protocol's
#: own of new tokens alone: the first less the start token, where the model has one.
WITH_START = {"max_length": "max_new_tokens", "min_length": "min_new_tokens"}


class Protocol(Closed):
    """How a cell is measured: every value resolved."""

    repeats: int = fact("valid repeats of a cell: one alone has no spread", unit="repeats", ge=2)
    max_redo: int = fact("repeats measured beyond `repeats`, per attempt", unit="repeats", ge=0)
    n_inferences: int = fact("samples drawn; one pass runs each once", unit="inferences", ge=1)
    min_window_s: float = fact("shortest intended window; 0: one pass", unit="s", ge=0)
    invalid_below_s: float = fact("a shorter window is invalid", unit="s", ge=0)
    warmup_inferences: int = fact("inferences before the first window", unit="inferences", ge=0)
    warmup_s: float = fact("time before the first window", unit="s", ge=0)
    idle_window_s: float = fact("idle baseline before and after every repeat", unit="s", ge=0)
    batch_size: int = fact("inferences at a time; the paper's is 1", unit="inferences", ge=1)
    dtype: Literal["float32", "float16", "bfloat16"] = fact("precision of the weights and the arithmetic")
    seed: int = fact("seed of samples, weights and generation", ge=0)
    cpu_threads: int = fact("threads of the measuring process", unit="threads", ge=1)
    max_other_load_cores: float | None = fact(
        "other load above this makes a node number invalid; null: recorded only", unit="cores", ge=0
    )
    max_input_words: int | None = fact(
        "text is cut to so many words before the prompt is put around it; null: uncut", unit="words", ge=1
    )
    image_size: list[int] | None = fact(
        "width and height: of input images after resizing (null: native) or of generated ones (null: the model's own)",
        unit="pixels",
        min_length=2,
        max_length=2,
    )
    steps: int | None = fact("denoising steps; null: the model's own", unit="steps", ge=1)
    max_new_tokens: int | None = fact("cap on new tokens; null: the model's own", unit="tokens", ge=1)
    min_new_tokens: int | None = fact("least new tokens; null: none", unit="tokens", ge=0)
    prompt: str | None = fact("template around the input of a multi-purpose model; null: no prompt")

    @model_validator(mode="after")
    def _is_consistent(self) -> "Protocol":
        if self.min_window_s > 0 and self.warmup_inferences < 1:
            raise ValueError(
                "min_window_s above 0 needs warmup_inferences of at least 1: the number of passes comes from the last warm-up inference"
            )
        if (
            self.min_new_tokens is not None
            and self.max_new_tokens is not None
            and self.min_new_tokens > self.max_new_tokens
        ):
            raise ValueError(f"min_new_tokens {self.min_new_tokens} is above max_new_tokens {self.max_new_tokens}")
        return self


class Where(Closed):
    """Which cells an exception holds for: each key a name or a list of names; a missing key matches all."""

    task: TaskName | list[TaskName] | None = fact("tasks", None)
    dataset: str | list[str] | None = fact("datasets", None)
    family: str | list[str] | None = fact("families of models", None)
    model: str | list[str] | None = fact("models", None)
    purpose: Purpose | None = fact("task-specific or multi-purpose", None)

    @property
    def names(self) -> dict[str, list[str]]:
        """The names of each key that is not missing."""
        return {key: wanted if isinstance(wanted, list) else [wanted] for key, wanted in self if wanted is not None}

    def matches(self, **cell: str) -> bool:
        """Whether a cell (`task, dataset, family, model, purpose`) is meant."""
        names = self.names
        return all(value in names.get(key, [value]) for key, value in cell.items())


@cache
def value_of(key: str) -> TypeAdapter[Any]:
    """What a single value of a protocol must be, its range included."""
    field = Protocol.model_fields[WITH_START.get(key, key)]
    wanted: Any = field.annotation
    for constraint in field.metadata:
        wanted = Annotated[wanted, constraint]
    return TypeAdapter(wanted)


class Override(Closed):
    """An exception to a protocol: the values to set, where."""

    where: Where = fact("cells that it holds for")
    set: dict[str, Any] = fact(
        "protocol keys and their values; max_length and min_length: max_new_tokens and min_new_tokens with the token that "
        "the decoder of a model for texts or images starts from",
        min_length=1,
    )

    @model_validator(mode="after")
    def _sets_known_keys(self) -> "Override":
        for key, value in self.set.items():
            if key not in (allowed := [*Protocol.model_fields, *WITH_START]):
                raise ValueError(f"set.{key}: '{key}' is no key of a protocol; {near_matches(key, allowed)}")
            try:
                value_of(key).validate_python(value, strict=True)
            except ValidationError as error:
                remedy = remedy_of(error.errors(include_url=False), Protocol, (WITH_START.get(key, key),))
                raise ValueError(f"set.{key} = {value!r}: {remedy}") from error
        return self


class ProtocolEntry(Closed):
    """A named set of protocol values, whole, and what depends on task, dataset, family, model or purpose."""

    description: str = fact("what it is for, and its sources")
    values: Protocol = fact("every value")
    overrides: list[Override] = fact("exceptions, in order; the later wins", [])
