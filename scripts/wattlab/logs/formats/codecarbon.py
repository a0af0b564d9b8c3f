"""Rows of CodeCarbon's CSV files, whatever its version: columns are found by the header, and what is damaged is named.

2.x and 3.x differ in the order of columns and in those that exist (`task_name`, `pue`, `wue`, `water_consumed`,
`experiment_id`, utilisation); only what is used here has to be there. Energies are kWh, durations seconds,
emissions kg.
"""

import csv
import io
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from wattlab.foundation.errors import near_matches

#: Columns without which a row is no window.
WINDOW_COLUMNS = ("timestamp", "run_id", "duration", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")

#: Share by which the parts of a row may miss its total: CodeCarbon adds them up in double precision.
SUM_TOLERANCE = 1e-6

#: The mean power (energy / duration) may differ from the stated powers by this factor; kWh taken for Wh differ by 1,000.
POWER_FACTOR = 5.0

_CONTEXT = (
    "codecarbon_version",
    "python_version",
    "region",
    "country_iso_code",
    "cpu_model",
    "gpu_model",
    "ram_total_size",
    "tracking_mode",
)


@dataclass(frozen=True)
class Problem:
    """Something in the logs that was not taken, or not without saying so."""

    file: str
    problem: str
    remedy: str
    line: int | None = None
    run_id: str | None = None
    cell: str | None = None
    n_rows: int = 0
    """Rows that were left out for it."""


@dataclass(frozen=True)
class Row:
    """One row: a task of a run, or a whole run (`task` is None)."""

    file: str
    line: int
    run_id: str
    name: str | None
    task: str | None
    ended_at: datetime
    duration_s: float
    cpu_kwh: float | None
    gpu_kwh: float | None
    ram_kwh: float | None
    total_kwh: float
    emissions_kg: float | None
    stated_power_w: float | None
    gpu_count: int
    pue: float
    context: dict[str, str] = field(default_factory=dict)

    @property
    def reading(self) -> tuple[Any, ...]:
        """What was measured: equal for a row that is there twice."""
        return (self.run_id, self.task, self.ended_at, self.duration_s, self.cpu_kwh, self.gpu_kwh, self.ram_kwh)


class Damaged(Exception):
    """A file or a row that can not be read; its text says why."""


@dataclass
class Parsed:
    """What a file holds."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    n_rows: int = 0
    """Rows in the file, readable or not."""
    readable: bool = True


def table_of(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header, and the rows with their line numbers; raises `Damaged` for what is no CSV text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damaged(f"not UTF-8 text (byte {error.start})") from error
    if "\0" in text:
        raise Damaged("binary content, no CSV text")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise Damaged(f"no CSV text ({error})") from error
    if not header or header == [""]:
        raise Damaged("empty")
    return [column.strip() for column in header], rows


def parse_windows(file: str, content: bytes, model_column: str) -> Parsed:
    """The windows of one file; every row that is not read is counted in a problem."""
    try:
        header, rows = table_of(content)
    except Damaged as error:
        return Parsed(problems=[Problem(file, f"the file is {error}", "fetch it again")], readable=False)
    parsed = Parsed(n_rows=len(rows))
    lacking = [column for column in (*WINDOW_COLUMNS, model_column) if column not in header]
    if lacking:
        parsed.readable = False
        told = f"the column {lacking[0]!r} is missing; {near_matches(lacking[0], header)}"
        parsed.problems.append(Problem(file, told, "log with CodeCarbon 2.x or 3.x", n_rows=len(rows)))
        return parsed
    for line, values in rows:
        try:
            parsed.rows.append(_row(file, line, dict(zip(header, values, strict=False)), values, header, model_column))
        except Damaged as error:
            remedy = "fetch the file again, or repair the row"
            parsed.problems.append(Problem(file, str(error), remedy, line=line, n_rows=1))
    return parsed


def _row(file: str, line: int, cells: dict[str, str], values: list[str], header: list[str], model_column: str) -> Row:
    if len(values) != len(header):
        raise Damaged(f"{len(values)} values under {len(header)} columns: the row is truncated or torn")
    if not cells["run_id"]:
        raise Damaged("run_id is empty")
    duration_s, total_kwh = _number(cells, "duration"), _number(cells, "energy_consumed")
    if duration_s is None or duration_s <= 0:
        raise Damaged(f"duration = {cells['duration']!r} is no time above 0")
    if total_kwh is None:
        raise Damaged("energy_consumed is empty")
    return Row(
        file=file,
        line=line,
        run_id=cells["run_id"],
        name=cells[model_column] or None,
        task=cells.get("task_name") or None,
        ended_at=_time(cells["timestamp"]),
        duration_s=duration_s,
        cpu_kwh=_number(cells, "cpu_energy"),
        gpu_kwh=_number(cells, "gpu_energy"),
        ram_kwh=_number(cells, "ram_energy"),
        total_kwh=total_kwh,
        emissions_kg=_number(cells, "emissions"),
        stated_power_w=_stated_power(cells),
        gpu_count=int(_number(cells, "gpu_count") or 0),
        pue=_number(cells, "pue") or 1.0,
        context={key: cells[key] for key in _CONTEXT if cells.get(key)},
    )


def _number(cells: dict[str, str], column: str) -> float | None:
    """A number; None where the cell is empty or the column is not there; raises `Damaged`."""
    written = cells.get(column, "").strip()
    if not written:
        return None
    try:
        value = float(written)
    except ValueError as error:
        raise Damaged(f"{column} = {written!r} is no number") from error
    if not math.isfinite(value):
        raise Damaged(f"{column} = {written!r} is no number")
    return value


def _stated_power(cells: dict[str, str]) -> float | None:
    parts = [_number(cells, f"{part}_power") for part in ("cpu", "gpu", "ram")]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _time(written: str) -> datetime:
    """`2023-10-02T20:20:22`, with a blank, fractions or an offset; without an offset it is taken for UTC."""
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise Damaged(f"timestamp = {written!r} is no ISO 8601 time") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def faults(row: Row, max_node_power_w: float) -> list[str]:
    """Why a row's energies can not be right; empty for a sound one."""
    parts = {"cpu_energy": row.cpu_kwh, "gpu_energy": row.gpu_kwh, "ram_energy": row.ram_kwh}
    found = [f"{name} is negative" for name, value in parts.items() if value is not None and value < 0]
    if row.gpu_count > 0 and not row.gpu_kwh:
        found.append(f"{row.gpu_count} GPUs, but no GPU energy")
    power_w = row.total_kwh * 3.6e6 / row.duration_s
    if power_w <= 0:
        found.append("energy_consumed is not above 0")
    elif power_w > max_node_power_w:
        found.append(f"a mean power of {power_w:.4g} W is above {max_node_power_w:g} W: another unit than kWh and s?")
    elif row.stated_power_w and not 1 / POWER_FACTOR < power_w / row.stated_power_w < POWER_FACTOR:
        found.append(
            f"a mean power of {power_w:.4g} W beside {row.stated_power_w:.4g} W stated: another unit than kWh?"
        )
    return found + _sum_fault(row)


def _sum_fault(row: Row) -> list[str]:
    total = sum(value for value in (row.cpu_kwh, row.gpu_kwh, row.ram_kwh) if value is not None)
    if any(math.isclose(row.total_kwh, total * factor, rel_tol=SUM_TOLERANCE) for factor in (1.0, row.pue)):
        return []
    return [f"cpu, gpu and ram energy add up to {total:.6g} kWh, energy_consumed is {row.total_kwh:.6g}"]
