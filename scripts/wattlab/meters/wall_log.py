"""The CSV of a meter at the wall, read into one trace: mean powers of stretches of time, in UTC.

A smart plug, a PDU or a power analyser logs powers, or an energy that adds up. Of an energy the rises are read: between two
of them nothing is known, so that a coarse one (1 Wh) has few samples however often it was asked.
"""

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wattlab.foundation.errors import InputError, near_matches, plain
from wattlab.foundation.units import J_PER_KWH
from wattlab.records.record import Method
from wattlab.study.config import MeterColumns

Floats = NDArray[np.float64]

#: Unit -> its size in watts, or in joules.
POWERS_W = {"mW": 1e-3, "W": 1.0, "kW": 1e3}
ENERGIES_J = {"J": 1.0, "Wh": J_PER_KWH / 1000, "kWh": J_PER_KWH}

#: Rows that are further apart than so many usual distances have a gap between them.
GAP = 3.0

#: A time as a number: seconds since 1970 up to the first bound, then milliseconds, then microseconds, then nanoseconds.
_EPOCHS = ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6), (1e20, 1e-9))

#: Whole numbers up to this one are exact as float64.
_EXACT = 2.0**53

_SEPARATOR = re.compile(r"sep=(.)\s*$")
_OFFSET = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")


@dataclass(frozen=True)
class Trace:
    """Mean power (W) from `begin_s` to `end_s` (s since 1970, the meter's clock), ascending; `at_s`: when each was read.

    `breaks`: from when to when nothing is known, and why. `interval_s`: usual distance of two rows. `step`: the last digit
    (W of a power, J of an energy).
    """

    name: str
    method: Method
    begin_s: Floats
    end_s: Floats
    power_w: Floats
    at_s: Floats
    breaks: tuple[tuple[float, float, str], ...]
    interval_s: float
    step: float

    @property
    def covered(self) -> tuple[float, float]:
        """First and last moment of it (s since 1970)."""
        return float(self.begin_s[0]), float(self.end_s[-1])


def read_trace(path: Path, mapping: MeterColumns, name: str) -> Trace:
    """The log at `path`, called `name` in messages. Raises `InputError` with line or column where it can not be read."""
    table, separator = _rows(path, mapping, name)
    texts = _plain_texts(table, mapping.value, separator, name)
    values = pd.to_numeric(texts, errors="coerce").replace([np.inf, -np.inf], np.nan)
    known = values.notna()
    if known.sum() < 2:
        raise InputError(
            f"{name}: column {mapping.value!r} holds fewer than two numbers ({plain(table[mapping.value].iloc[0], 40)!r} is its "
            "first value); name the column of the power or the energy under mapping.value"
        )
    if (values < 0).any():
        raise InputError(
            f"{name}: line {_line(values < 0)}: {mapping.value} is below zero; log what the machine takes, and nothing that feeds in"
        )
    at_s = _times_s(table.loc[known, mapping.time], mapping, name)
    scale = POWERS_W.get(mapping.unit) or ENERGIES_J[mapping.unit]
    numbers = values[known].to_numpy(dtype=np.float64)
    is_power = mapping.unit in POWERS_W
    # Rows of one moment: powers are averaged, and an energy that adds up is as high as its highest.
    rows = pd.Series(numbers * scale).groupby(at_s, sort=True).agg("mean" if is_power else "max")
    if len(rows) < 2:
        raise InputError(f"{name}: all rows have one time; a log needs two or more")
    step = _step(texts[known]) * scale
    make = _of_powers if is_power else _of_energies
    return make(name, rows.index.to_numpy(dtype=np.float64), rows.to_numpy(dtype=np.float64), step)


def _rows(path: Path, mapping: MeterColumns, name: str) -> tuple[pd.DataFrame, str]:
    """The two columns as texts, by the number of their line, and what separates columns."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: the copy of {name} is missing; `snakemake tables` copies the meter's log and builds the tables from it"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: it can not be read as UTF-8 text ({plain(error)}); export it as CSV") from error
    lines = text.splitlines(keepends=True)
    told = _SEPARATOR.match(lines[0]) if lines else None  # as Excel writes it
    separator = told[1] if told else max(",;\t", key=(lines or [""])[0].count)
    reader = csv.reader(lines[1:] if told else lines, delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = {reader.line_num + bool(told): fields for fields in reader if any(fields)}
    except csv.Error as error:
        raise InputError(f"{name}: line {reader.line_num + bool(told)}: no CSV ({plain(error)})") from error
    if not rows:
        raise InputError(f"{name}: no CSV with a line of column names first (it is empty)")
    names = [one.strip() for one in rows.pop(min(rows))]
    if not rows:
        raise InputError(f"{name}: it has no row")
    for line, fields in rows.items():
        if any(fields[len(names) :]):
            raise InputError(
                f"{name}: line {line} has more fields than the line of column names; numbers with a decimal comma need "
                "semicolons between the columns"
            )
    columns = {
        key: _place(names, key, column, name) for key, column in (("time", mapping.time), ("value", mapping.value))
    }
    cut = {names[at]: [fields[at] if at < len(fields) else "" for fields in rows.values()] for at in columns.values()}
    return pd.DataFrame(cut, index=list(rows), dtype=str), separator


def _place(names: list[str], key: str, column: str, name: str) -> int:
    """Where a column stands. Raises `InputError` where it does not, or twice."""
    if column not in names:
        raise InputError(f"{name}: meter_log.mapping.{key} = {column!r}: no such column; {near_matches(column, names)}")
    if names.count(column) > 1:
        raise InputError(
            f"{name}: meter_log.mapping.{key} = {column!r}: {names.count(column)} columns have this name; rename one"
        )
    return names.index(column)


def _plain_texts(table: pd.DataFrame, column: str, separator: str, name: str) -> "pd.Series[str]":
    """A column's texts with a dot for a decimal comma. Raises `InputError` where one has digits and is no number.

    A comma is a decimal one where commas do not separate the columns and no number has a dot.
    """
    texts = table[column].str.strip()
    digits = texts.str.contains(r"\d")
    if separator != "," and not texts[digits].str.contains(".", regex=False).any():
        texts = texts.str.replace(",", ".", regex=False)
    wrong = digits & ~np.isfinite(pd.to_numeric(texts, errors="coerce"))
    if wrong.any():
        raise InputError(
            f"{name}: line {_line(wrong)}: {column} = {plain(table[column][wrong].iloc[0], 40)!r} is no number; export numbers without "
            "a unit and without separators of thousands, with a dot for decimals"
        )
    return texts


def _step(texts: "pd.Series[str]") -> float:
    """The last digit that differs from 0 in any of the column's numbers, as 0.1; 1 for whole ones."""
    exponents = (Decimal(text).normalize().as_tuple().exponent for text in texts.unique())
    return float(10.0 ** min(0, *(int(one) for one in exponents)))


def _times_s(texts: "pd.Series[str]", mapping: MeterColumns, name: str) -> Floats:
    """Seconds since 1970. A clock that is set back in autumn tells an hour twice: the order of the rows says which is which."""
    stripped = texts.str.strip()
    numbers: Any = pd.to_numeric(stripped, errors="coerce")
    are_numbers = numbers.notna().mean() > 0.5
    if are_numbers:
        usual = float(numbers.median())
        found = numbers * next((scale for bound, scale in _EPOCHS if usual < bound), 1.0)
    else:
        parsed: Any = pd.to_datetime(stripped, format="ISO8601", utc=True, errors="coerce")
        found = parsed.dt.as_unit("us").astype("int64").where(parsed.notna()) / 1e6
    wrong = ~found.between(0, _EPOCHS[0][0], inclusive="left")
    if wrong.any():
        raise InputError(
            f"{name}: line {_line(wrong)}: {mapping.time} = {plain(texts[wrong].iloc[0], 40)!r} is no time; give ISO 8601 "
            "(2026-05-04T13:00:00) or seconds since 1970 in all lines"
        )
    if not are_numbers and not _say_offset(stripped, mapping, name):
        found = _in_zone(parsed.dt.tz_localize(None), mapping, name).dt.as_unit("us").astype("int64") / 1e6
    return np.asarray(found, dtype=np.float64)


def _say_offset(texts: "pd.Series[str]", mapping: MeterColumns, name: str) -> bool:
    """Whether times say their offset from UTC. Raises `InputError` where only some do, or none does and no zone is named."""
    says = texts.str.contains(_OFFSET) & texts.str.contains(":", regex=False)
    if says.any() and not says.all():
        raise InputError(f"{name}: line {_line(~says)}: {mapping.time} says no offset from UTC, and other lines do")
    if not says.any() and mapping.timezone is None:
        raise InputError(
            f"{name}: {mapping.time} = {plain(texts.iloc[0], 40)!r} says no offset from UTC; name the zone of the meter's clock, "
            "for example meter_log.mapping.timezone: Europe/Berlin, or UTC"
        )
    return bool(says.all())


def _in_zone(local: Any, mapping: MeterColumns, name: str) -> Any:
    newest_first = len(local) > 1 and local.iloc[0] > local.iloc[-1]
    ordered = local.iloc[::-1] if newest_first else local
    try:
        return ordered.dt.tz_localize(mapping.timezone, ambiguous="infer").sort_index()
    except ValueError as error:
        raise InputError(
            f"{name}: its times can not be told apart where the clock of {mapping.timezone} is changed ({plain(error)}); "
            "export it in UTC, or with an offset"
        ) from error


def _of_powers(name: str, at_s: Floats, power_w: Floats, step_w: float) -> Trace:
    """A reading stands for the time that is nearer to it than to its neighbours, in a gap for half a usual distance."""
    distances = np.diff(at_s)
    usual_s = float(np.median(distances))
    middles = at_s[:-1] + np.minimum(distances, usual_s * GAP) / 2
    after = np.where(distances > usual_s * GAP, at_s[1:] - usual_s / 2, middles)
    middles = np.where(distances > usual_s * GAP, at_s[:-1] + usual_s / 2, middles)
    begin_s, end_s = np.append(at_s[0] - usual_s / 2, after), np.append(middles, at_s[-1] + usual_s / 2)
    return Trace(name, "sampled", begin_s, end_s, power_w, at_s, _gaps(at_s, usual_s), usual_s, step_w)


def _of_energies(name: str, at_s: Floats, energy_j: Floats, step_j: float) -> Trace:
    """Between two rises, the mean power; a fall (a reset, a new day) is a break."""
    usual_s = float(np.median(np.diff(at_s)))
    back = np.flatnonzero(np.diff(energy_j) < 0)
    resets = tuple((float(at_s[i]), float(at_s[i + 1]), "the meter's energy was set back") for i in back)
    # The last row before a reset and the first one after it stay, else a rise from the old height would be one from the new.
    keep = np.append(True, np.diff(energy_j) != 0)
    times, heights = at_s[keep], energy_j[keep]
    if len(times) < 3:
        raise InputError(f"{name}: its energy rises less than twice; is it the column of an energy that adds up?")
    rises = np.diff(heights) > 0
    # What all rises are whole multiples of: a coarse meter may be written with digits that it does not have.
    multiples = np.rint(np.diff(heights)[rises] / step_j)
    if multiples.max() < _EXACT:
        step_j *= int(np.gcd.reduce(multiples.astype(np.int64)))
    power_w = (np.diff(heights) / np.diff(times))[rises]
    begin_s, end_s = times[:-1][rises], times[1:][rises]
    breaks = tuple(sorted((*_gaps(at_s, usual_s), *resets)))
    return Trace(name, "counter", begin_s, end_s, power_w, end_s, breaks, usual_s, step_j)


def _gaps(at_s: Floats, usual_s: float) -> tuple[tuple[float, float, str], ...]:
    long = np.flatnonzero(np.diff(at_s) > usual_s * GAP)
    return tuple(
        (float(at_s[i]), float(at_s[i + 1]), f"the log has a gap of {at_s[i + 1] - at_s[i]:.3g} s") for i in long
    )


def _line(wrong: "pd.Series[bool]") -> int:
    """Line of the first row that is wrong."""
    return int(wrong[wrong].index[0])


def spoken_time(time_s: float) -> str:
    """A time (s since 1970) for people."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
