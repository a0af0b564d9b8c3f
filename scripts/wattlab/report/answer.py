"""The first screen: what 1,000 inferences take, task by task, with intervals and a comparison that has a source."""

import math
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from wattlab.catalog.entries import EquivalentEntry
from wattlab.figures.palette import task_title
from wattlab.foundation import wording
from wattlab.foundation.quantities import ENERGY, RANGE
from wattlab.report.numbers import grams, interval_words, three_digits
from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import OWN_LOGS
from wattlab.study.other_rows import other_rows
from wattlab.tables import words
from wattlab.tables.columns import range_of
from wattlab.tables.reading import Tables

Equivalents = dict[str, EquivalentEntry]


@dataclass(frozen=True)
class TaskAnswer:
    """One task. `left`, `width` and `at` place its bounds and mean on a logarithmic strip, in percent.

    The bounds are what `spread` says: an interval, or (`is_range`) a range. `equivalents`: title and number of each entry
    of `catalog/equivalents.yaml`.
    """

    task: str
    title: str
    energy: str
    spread: str
    energy_bounds: str | None
    emissions: Markup
    emissions_bounds: Markup | None
    equivalents: list[tuple[str, str | Markup]]
    method: str
    n_models: int
    n_cells: int
    n_planned: int
    models: str
    is_range: bool
    at: float
    left: float
    width: float


def answers(study: ResolvedStudy, tables: Tables, equivalents: Equivalents) -> list[TaskAnswer]:
    """The tasks that have a value, the costliest first. Energies of the headline scope, gross, kWh per 1,000."""
    table = tables["tasks"]
    rows = table[pd.to_numeric(table[ENERGY]) > 0].sort_values(ENERGY, ascending=False, kind="stable")
    if rows.empty:
        return []
    bounds = pd.concat([rows[name] for name in range_of(ENERGY)]).dropna()
    low, high = (math.log10(float(bound)) for bound in (bounds[bounds > 0].min(), bounds.max()))
    span = max(high - low, 1e-9)

    def place(kwh: float) -> float:
        return 2 + 96 * (math.log10(kwh) - low) / span if kwh > 0 else 0.0

    return [_answer(row, study, tables["cells"], equivalents, place) for row in rows.to_dict("records")]


def equivalent(kwh: float, entry: EquivalentEntry, intensity_g_per_kwh: float) -> str | Markup:
    """How many of these an energy is; of those that are known by their emissions, as many as the grid makes them."""
    if entry.energy_kwh is not None:
        return three_digits(kwh / entry.energy_kwh)
    return grams(kwh, intensity_g_per_kwh, entry.emissions_g)


def _answer(row, study: ResolvedStudy, cells: pd.DataFrame, equivalents: Equivalents, place) -> TaskAnswer:  # type: ignore[no-untyped-def]
    n_models, is_range = int(row["n_models"]), row["interval_kind"] == RANGE
    ends = ("min_models_", "max_models_") if is_range else ("ci95_low_", "ci95_high_")
    mean, low, high = (float(row[f"{end}{ENERGY}"]) for end in ("", *ends))
    intensity = study.grid.intensity_g_per_kwh
    bounded = not (math.isnan(low) or math.isnan(high))
    own = words.behind("tasks", pd.DataFrame([row]), cells)
    return TaskAnswer(
        task=row["task"],
        title=task_title(row["task"]),
        energy=three_digits(mean),
        spread=words.spread(n_models),
        energy_bounds=interval_words(low, high) if bounded else None,
        emissions=grams(mean, intensity),
        emissions_bounds=grams(low, intensity) + " to " + grams(high, intensity) if bounded else None,
        equivalents=[(entry.title, equivalent(mean, entry, intensity)) for entry in equivalents.values()],
        method=words.verdict(words.methods(own)),
        n_models=n_models,
        n_cells=int(row["n_cells"]),
        n_planned=int(row["n_cells_planned"]),
        models=str(own["model"].iloc[0]) if n_models == 1 else wording.count(n_models, "model"),
        is_range=is_range,
        at=place(mean),
        left=place(low) if bounded else place(mean),
        width=place(high) - place(low) if bounded else 0.0,
    )


def labels(study: ResolvedStudy, cells: pd.DataFrame) -> list[tuple[str, str]]:
    """Words that stand beside the numbers, each with what it means: weights, data, how the energy was obtained.

    Of a study whose models and data are stand-ins: that, instead of weights and data.
    """
    other = {"data": other_rows(study, set(cells["dataset"]))}
    found = [
        (f"{name}: {word}", full + other.get(name, ""))
        for name, meanings in words.GROUND.items()
        for word, (_, full) in meanings.items()
        if word in set(cells[name])
    ]
    if study.config.no_result or study.config.origin == OWN_LOGS:
        found = [("no result", study.config.no_result)] if study.config.no_result else []
    if study.config.origin:
        found.append((study.config.origin, "read again, nothing was measured for this page"))
    by = words.methods(cells)
    return [*found, (f"energy: {words.verdict(by)}", words.means(by))]


def headline(found: list[TaskAnswer]) -> Markup:
    """The answer in a sentence: the costliest and the cheapest task."""
    if not found:
        return Markup("No task has a value yet. What is missing, and why, stands below.")
    most, least = found[0], found[-1]
    text = Markup("1,000 inferences of <strong>{}</strong> ({}) take {} kWh ({} g CO₂eq): {}.").format(
        most.title, _of(most), most.energy, most.emissions, _either(most.equivalents)
    )
    if most.task == least.task:
        return text
    return text + Markup(" The cheapest task, <strong>{}</strong> ({}), takes {} kWh ({} g).").format(
        least.title, _of(least), least.energy, least.emissions
    )


def _of(answer: TaskAnswer) -> str:
    """What the number of a task is: `2 models, energy modelled`; a single model by its name."""
    alone = "one model alone, " if answer.n_models == 1 else ""
    return f"{alone}{answer.models}, energy {answer.method}"


def _either(amounts: list[tuple[str, str | Markup]]) -> Markup:
    """`2.75 smartphone charges, 0.612 kettles or 0.0344 km by car`."""
    parts = [Markup("{} {}").format(number, title) for title, number in amounts]
    return Markup(" or ").join([Markup(", ").join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def without_value(tables: Tables, found: list[TaskAnswer]) -> list[str]:
    """Titles of the study's tasks that have no value."""
    have = {answer.task for answer in found}
    own = tables["cells"]
    specific = own[own["purpose"] == "task-specific"]
    return [task_title(task) for task in dict.fromkeys(specific["task"]) if task not in have]
