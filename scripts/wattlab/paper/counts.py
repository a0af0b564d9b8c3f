"""Totals, counts, intensities and names of the logs: the printed numbers that are no statistic of the runs."""

import itertools
import re
from collections.abc import Iterator

import pandas as pd

from wattlab.paper.definitions import Candidate, Logs
from wattlab.paper.printed import Count, Intensity, LoggedName, LoggedNames, Total

#: g CO2eq per kWh: what the logs applied, and what the paper's text says.
INTENSITY_LOGS, INTENSITY_TEXT = 138.75, 297.6


def of_total(total: Total, logs: Logs) -> list[Candidate]:
    """Sums over every logged row, then over the runs of the cells; node, then components; intensities."""
    found = []
    for steps, (name, runs) in enumerate((("all", "every logged row"), ("of_cells", "the runs of the cells alone"))):
        logged = logs.account["logged"][name]
        if total.of == "energy":
            found.append(Candidate(logged["energy_node_kwh"], f"whole node, {runs}", steps))
            for part in ("gpu", "ram", "cpu"):
                text = f"{part.upper()} component alone, {runs}"
                found.append(Candidate(logged[f"energy_{part}_kwh"], text, steps + 1))
        else:
            found.append(Candidate(logged["emissions_kg"], f"emissions as logged, whole node, {runs}", steps))
            for intensity, scope in itertools.product((INTENSITY_LOGS, INTENSITY_TEXT), ("node", "gpu")):
                text = f"{scope} energy x {intensity} g/kWh, {runs}"
                found.append(Candidate(logged[f"energy_{scope}_kwh"] * intensity / 1000, text, steps + 1))
    return sorted(found, key=lambda candidate: candidate.steps)


def of_intensity(_: Intensity, logs: Logs) -> list[Candidate]:
    """Median over the runs of logged emissions / energy."""
    ratio = logs.repeats["emissions_g"] / logs.repeats["energy_node_kwh"]
    return [Candidate(float(ratio.median()), "logged emissions / logged energy, median over all runs", 0)]


def of_count(count: Count, logs: Logs) -> list[Candidate]:
    """Different values among the selected repeats, then among all logged ones."""
    if count.column == "region":
        regions = set(logs.account["logged"]["regions"]) - set(count.without)
        return [Candidate(float(len(regions)), "regions of every logged row", 0)]
    found = []
    for steps, (text, rows) in enumerate(
        (("selected", logs.repeats[logs.repeats["selected"]]), ("logged", logs.repeats))
    ):
        if count.purpose is not None:
            rows = rows[rows["purpose"] == count.purpose]
        if count.structure is not None:
            rows = rows[rows["structure"] == count.structure]
        values = sorted(set(_counted(count.column, rows)))
        found += [Candidate(float(value), f"{count.column}, {text} cells", steps + len(values) - 1) for value in values]
    return found


def _counted(column: str, rows: pd.DataFrame) -> Iterator[int]:
    """The count, or every value that a count per group takes."""
    if column == "gpu_count":
        yield from (int(value) for value in rows["gpu_count"].unique())
    elif column == "task-dataset":
        yield len(rows[["task", "dataset"]].drop_duplicates())
    elif column == "repeat":
        yield from (int(n) for n in rows.groupby(["task", "dataset", "variant", "model", "purpose"]).size().unique())
    elif column in ("model of a task", "dataset of a task"):
        yield from (int(n) for n in rows.groupby("task")[column.split()[0]].nunique().unique())
    elif column == "GB of a GPU":
        yield from (int(gb) for name in rows["gpu_model"].dropna().unique() for gb in re.findall(r"(\d+)GB", name))
    else:
        yield int(rows[column].nunique())


def of_names(wanted: LoggedNames, logs: Logs) -> list[Candidate]:
    """How many of the printed names a run of their task carries in its own log."""
    runs = {(task, _last(name)) for task, name in zip(logs.repeats["task"], logs.repeats["logged_name"], strict=True)}
    found = sum((task, _last(name)) in runs for task, names in wanted.names.items() for name in names)
    return [Candidate(float(found), "printed names that a run of the task carries in its own log", 0)]


def _last(name: object) -> str:
    """A model's name without its owner."""
    return str(name).rpartition("/")[2]


def logged_names(name: LoggedName, logs: Logs) -> list[str]:
    """The names in the runs' own logs; empty where no run is listed under the model."""
    rows = logs.repeats[(logs.repeats["model"] == name.model) & (logs.repeats["task"] == name.task)]
    return sorted({str(value) for value in rows["logged_name"]})
