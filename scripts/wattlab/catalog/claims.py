"""Schemas of the claims: what the paper found, each as a small typed test that any study can be put to."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wattlab.foundation.schema import Closed, Purpose, Structure, TaskName, fact

Statistic = Literal["geometric mean", "mean"]


class Group(Closed):
    """Models whose cells are compared, by what they answer and what they are."""

    title: str = fact("words for it in a sentence: image generation, decoder-only models, …")
    task: list[TaskName] = fact("tasks, each with the same weight; all of them have to be there", min_length=1)
    purpose: Purpose = fact("purpose of the models", "task-specific")
    structure: Structure | None = fact("only models of this structure", None)


class GroupRatio(Closed):
    """What one group takes divided by what another one takes."""

    kind: Literal["group-ratio"]
    first: Group = fact("numerator")
    second: Group = fact("denominator")
    statistic: Statistic = fact("over the models of a task", "geometric mean")

    @model_validator(mode="after")
    def _is_of_unlike_models(self) -> "GroupRatio":
        for group in (self.first, self.second):
            if group.purpose == "multi-purpose" and len(group.task) > 1:
                raise ValueError("multi-purpose models answer several tasks; name one task, or take kind: same-models")
        return self


class SameModels(Closed):
    """The same models at two tasks: geometric mean over the models of the ratio."""

    kind: Literal["same-models"]
    first: Group = fact("numerator")
    second: Group = fact("denominator")


class GapRatio(Closed):
    """How much wider the gap from task-specific to multi-purpose models is at some tasks than at another: the least wide."""

    kind: Literal["gap-ratio"]
    wide: list[TaskName] = fact("tasks at which the gap is to be wider", min_length=1)
    narrow: TaskName = fact("the task at which it is to be narrower")


class RankTop(Closed):
    """What one task takes divided by what each other task of the study takes: the least of these ratios."""

    kind: Literal["rank-top"]
    top: TaskName = fact("the task that is to be above all others")
    statistic: Statistic = fact("over the models of a task", "geometric mean")


class Spread(Closed):
    """The costliest divided by the cheapest, of the tasks' means or of the models."""

    kind: Literal["spread"]
    of: Literal["task", "model"] = fact("of tasks: over their models; of models: these alone, over their repeats")


class Level(Closed):
    """The mean of each task of a group, in kWh per 1,000 inferences: the one that is nearest to breaking the claim."""

    kind: Literal["level"]
    group: Group = fact("tasks")


class SizeSlope(Closed):
    """Exponent of the energy in the number of parameters, common to families that each have their own level."""

    kind: Literal["size-slope"]
    group: Group = fact("models")


class EqualSize(Closed):
    """What one structure takes divided by what another one takes, at the same number of parameters."""

    kind: Literal["equal-size"]
    group: Group = fact("models of both structures")
    first: Structure = fact("numerator")
    second: Structure = fact("denominator")


class TaskSpread(Closed):
    """A model's costliest task over its cheapest: the models' geometric mean of one structure over that of another."""

    kind: Literal["task-spread"]
    group: Group = fact("models and the tasks that each answers")
    first: Structure = fact("numerator")
    second: Structure = fact("denominator")


class LengthSlope(Closed):
    """Exponent of the energy in the length of the output, model by model; or the difference of two structures in it."""

    kind: Literal["length-slope"]
    group: Group = fact("models")
    first: Structure | None = fact("this structure's exponent minus that of `second`; null: the exponent itself", None)
    second: Structure | None = fact("the structure that is subtracted", None)

    @model_validator(mode="after")
    def _is_one_or_two(self) -> "LengthSlope":
        if (self.first is None) != (self.second is None):
            raise ValueError("needs both first and second, or none of them")
        return self


class TrainingParity(Closed):
    """Inferences of the study's own models until they have used as much as training: the one nearest to breaking it."""

    kind: Literal["training-parity"]


class ParitySlope(Closed):
    """Exponent, in the number of parameters, of the inferences that take what training took; over the study's own models."""

    kind: Literal["parity-slope"]


Test = Annotated[
    GroupRatio
    | SameModels
    | GapRatio
    | RankTop
    | Spread
    | Level
    | SizeSlope
    | EqualSize
    | TaskSpread
    | LengthSlope
    | TrainingParity
    | ParitySlope,
    Field(discriminator="kind"),
]


class ClaimEntry(Closed):
    """A claim: an entry of `catalog/claims.yaml`."""

    text: str = fact("the claim in one line, without a full stop")
    test: Test = fact("what decides it")
    direction: Literal["above", "below"] = fact("on which side of the threshold the claim lies")
    threshold: float = fact("in the unit of the test's effect: a ratio, an exponent, kWh per 1,000, inferences")
    needs_produced_lengths: bool = fact(
        "rests on the length of the output: where the protocol sets it, the study's design decides it", False
    )
    refutable: bool = fact(
        "whether other models can refute it: the span of the paper's own models they can reach, and not deny", True
    )
    section: str = fact("section or table of the paper")
    quote: str = fact("the paper's words")

    @model_validator(mode="after")
    def _has_a_threshold_of_its_scale(self) -> "ClaimEntry":
        if self.threshold <= 0 and self.test.kind not in ("size-slope", "length-slope", "parity-slope"):
            raise ValueError(f"threshold: {self.threshold:g} is no {self.test.kind}; give a number above zero")
        return self
