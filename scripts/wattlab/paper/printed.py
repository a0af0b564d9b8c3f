"""The numbers that a paper prints, as data: `catalog/published/printed.yaml`."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from wattlab.catalog.reading import read_tasks, read_yaml
from wattlab.foundation.errors import InputError, checked
from wattlab.foundation.schema import Closed, Purpose, TaskName, fact, task_context

Relation = Literal["equal", "over", "under", "within"]
Level = Literal["repeats", "cells", "models"]
Verdict = Literal["reproduced", "reproduced under another definition", "not reproduced", "not checkable from the logs"]


class Measure(Closed):
    """A statistic of the logs."""

    kind: Literal["measure"] = "measure"
    statistic: Literal["mean", "median", "sd", "min", "max"] = fact("statistic", "mean")
    of: Literal["energy", "emissions", "parameters"] = fact(
        "energy (kWh), emissions (g), both per 1,000; parameters", "energy"
    )
    over: Level = fact("what the statistic runs over", "repeats")
    task: TaskName | list[TaskName] | None = fact("tasks; null: all", None)
    dataset: str | list[str] | None = fact("datasets; null: all", None)
    model: str | list[str] | None = fact("models, by the names of the study; null: all", None)
    purpose: Purpose = fact("kind of cells", "task-specific")
    per_inference: bool = fact("per inference and not per 1,000", False)
    printed: str | None = fact("how the paper prints it, where another number is computed from the print", None)


class Constant(Closed):
    """A number from outside the logs."""

    kind: Literal["constant"] = "constant"
    value: float
    text: str = fact("what it is")


Operand = Annotated[Measure | Constant, Field(discriminator="kind")]


class Combination(Closed):
    """A ratio or a difference of two numbers, from exact values or from the printed ones."""

    kind: Literal["ratio", "difference"]
    first: Operand
    second: Operand
    scale: float = fact("100 for percent", 1.0)


class Total(Closed):
    """What the whole study cost."""

    kind: Literal["total"]
    of: Literal["energy", "emissions"]


class Count(Closed):
    """How many different values a column of the selected repeats has, or what its single value is."""

    kind: Literal["count"]
    column: Literal[
        "task",
        "modality",
        "model",
        "dataset",
        "task-dataset",
        "region",
        "gpu_count",
        "repeat",
        "model of a task",
        "dataset of a task",
        "structure",
        "GB of a GPU",
    ]
    purpose: Purpose | None = None
    structure: str | None = None
    without: list[str] = fact("values that are no answer, for a region", [])


class LoggedNames(Closed):
    """How many printed names are those of runs of their task, by the runs' own logs (the part after the owner)."""

    kind: Literal["logged-names"]
    names: dict[TaskName, list[str]]


class Intensity(Closed):
    """Carbon intensity that the logs applied: logged emissions / energy, g per kWh, its median over all runs."""

    kind: Literal["intensity"]


class LoggedName(Closed):
    """The name that the runs of a listed model carry in their own logs."""

    kind: Literal["logged-name"]
    task: TaskName
    model: str


class External(Closed):
    """A number that does not come from the logs."""

    kind: Literal["external"]
    source: str = fact("where the paper has it from, or why the logs can not say")


Definition = Annotated[
    Measure | Combination | Total | Count | Intensity | LoggedName | LoggedNames | External,
    Field(discriminator="kind"),
]


class Otherwise(Closed):
    """Another reading, tried after the systematic ones."""

    text: str = fact("what it is, for people")
    definition: Definition
    relation: Relation = "equal"


class Statement(Closed):
    """A number where it stands."""

    id: str = fact("name of the row: small letters, digits, dots and hyphens", pattern=r"^[a-z0-9.-]+$")
    place: str = fact("section, table or footnote")
    text: str = fact("the words around it")
    printed: str = fact("as printed, without thousands separators")
    bounds: list[float] | None = fact(
        "what a print in words can mean: from, and below", None, min_length=2, max_length=2
    )
    recalled: bool = fact("the print is recalled: nobody has checked it against the paper", False)
    unit: str = fact("unit; empty for a count")
    relation: Relation = fact("whether the print is the number, or a bound", "equal")
    definition: Definition = fact("what the paper says it is")
    otherwise: list[Otherwise] = fact("other readings, tried last", [])
    why: dict[Verdict, str] = fact("a sentence for a verdict, where the general one does not tell enough", {})

    @model_validator(mode="after")
    def _prints_a_number(self) -> "Statement":
        if (self.relation == "within") != (self.bounds is not None):
            raise ValueError("relation: within and bounds belong together; give both or neither")
        if self.definition.kind != "logged-name" and self.bounds is None:
            try:
                Decimal(self.printed)
            except InvalidOperation as error:
                raise ValueError(f"printed = {self.printed!r} is no number; write 1.0e-4, and no separators") from error
        return self

    @property
    def sure(self) -> str:
        """The print with the digits that it surely holds: the last zeros of a whole number may be none, but a count's."""
        number = Decimal(self.printed)
        exact = self.definition.kind in ("count", "logged-names") or number.as_tuple().exponent != 0
        return self.printed if exact else str(number.normalize())


class Printed(Closed):
    """The numbers of one paper."""

    covers: str = fact("which parts of the paper the statements are every number of")
    lacks: str = fact("parts of the paper that were not read")
    statements: list[Statement]


def load_printed(path: Path) -> Printed:
    """Read and check the printed numbers; raises `InputError`."""
    printed = checked(Printed, read_yaml(path), str(path), context=task_context(read_tasks()))
    seen: set[str] = set()
    for statement in printed.statements:
        if statement.id in seen:
            raise InputError(f"{path}: id = {statement.id!r} is there twice; give one of them another name")
        seen.add(statement.id)
    return printed


def rounded(value: float, printed: str) -> Decimal:
    """`value` with the digits of `printed`, rounded half up."""
    return Decimal(repr(float(value))).quantize(_quantum(printed), rounding=ROUND_HALF_UP)


def truncated(value: float, printed: str) -> Decimal:
    """`value` with the digits of `printed`, the rest cut off."""
    return Decimal(repr(float(value))).quantize(_quantum(printed), rounding=ROUND_DOWN)


def _quantum(printed: str) -> Decimal:
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(exponent)
