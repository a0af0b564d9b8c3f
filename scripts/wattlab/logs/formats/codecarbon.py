"""CodeCarbon's CSV files, whatever its version: columns are found by the header, and what is damaged is named.

2.x and 3.x differ in the order of columns and in those that exist (`task_name`, `pue`, `wue`, `water_consumed`,
`experiment_id`, utilisation); only what is used here has to be there. Energies are kWh, durations seconds,
emissions kg. A row says neither how an energy was obtained nor when its window began, only its end and duration.
"""

import csv
import io
import itertools
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from wattlab.foundation.clock import moment
from wattlab.foundation.errors import near_matches
from wattlab.foundation.quantities import PROCESS
from wattlab.foundation.units import J_PER_KWH
from wattlab.logs.formats.contract import Damaged, Listed, LogFormat, LoggedWindow, Problem

#: Columns without which a row is no window.
WINDOW_COLUMNS = ("timestamp", "run_id", "duration", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")

#: Share by which the parts of a row may miss its total: CodeCarbon adds them up in double precision.
SUM_TOLERANCE = 1e-6

#: The stated powers are the last sample, so that the mean (energy / duration) differs from them by much where a run ends
#: idle: a factor that is flagged, and one that only another unit explains (Wh and kWh differ by 1,000).
DOUBTFUL_FACTOR, UNIT_FACTOR = 3.0, 100.0

_SOFTWARE = {"codecarbon": "codecarbon_version", "python": "python_version"}
_FACTS = ("region", "country_iso_code", "cpu_model", "gpu_model", "ram_total_size", "tracking_mode")

_REPAIR = "repair the row, or take it out; the file is read again at the next call"
_OTHER_TOOL = "log with CodeCarbon 2.x or 3.x"

#: An accelerator whose second half always reads 0 W in CodeCarbon's logs: AMD's sensor counts on the first die alone.
_HALF_READ = "MI250"

Cells = dict[str, str]


class CodeCarbon(LogFormat):
    """`emissions.csv` and the like: a row per task of a run, or a row per run."""

    model_column = "project_name"

    def looks_like(self, content: bytes) -> bool:
        """A header with run ids."""
        return b"run_id" in content.partition(b"\n")[0]

    def windows(self, file: str, content: bytes) -> Iterator[LoggedWindow | Problem]:
        """A window per row; see the base class."""
        for line, header, values in self._table(content, WINDOW_COLUMNS):
            try:
                yield _window(file, line, _cells(header, values), self.model_column)
            except Damaged as error:
                yield Problem(file, str(error), _REPAIR, line=line, n_rows=1)

    def runs(self, file: str, content: bytes) -> Iterator[Listed | Problem]:
        """The runs of the rows, whose energies are not looked at: the windows may lie in other files."""
        seen: set[tuple[str, str]] = set()
        for line, header, values in self._table(content, ("run_id",)):
            try:
                cells = _cells(header, values)
            except Damaged as error:
                yield Problem(file, f"{error}: no run is named here", _REPAIR, line=line)
                continue
            named = (cells["run_id"], cells[self.model_column])
            if named not in seen:
                seen.add(named)
                yield Listed(*named, file, line)

    def _table(self, content: bytes, needed: tuple[str, ...]) -> list[tuple[int, list[str], list[str]]]:
        """Line, header and values of every row; raises `Damaged` where a column is missing."""
        headers, rows = _table_of(content)
        for column, header in itertools.product((*needed, self.model_column), headers):
            if column not in header:
                message = f"the column {column!r} is missing; {near_matches(column, header)}"
                remedy = _OTHER_TOOL
                if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
                    message = "the columns are not separated by commas"
                    remedy = "save it as CodeCarbon writes it: commas between the columns, points in the numbers"
                raise Damaged(message, remedy, len(rows))
        return rows


def _table_of(content: bytes) -> tuple[list[list[str]], list[tuple[int, list[str], list[str]]]]:
    """Headers, and the rows with line number and header; raises `Damaged` for what is no CSV text.

    Logs that were joined have a header for each: a row that repeats the names of columns is one.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # an editor's: a region, a name
    if "\0" in text:
        raise Damaged("the file is not text in UTF-8, but UTF-16 or binary", "save it as CSV in UTF-8")
    headers: list[list[str]] = []
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for values in reader:
            if not headers or "run_id" in values and "timestamp" in values:
                headers.append([column.strip() for column in values])
            elif values:
                rows.append((reader.line_num, headers[-1], values))
    except csv.Error as error:
        raise Damaged(f"the file is no CSV text ({error})") from error
    if not headers or headers[0] in ([], [""]):
        raise Damaged("the file is empty")
    return headers, rows


def _cells(header: list[str], values: list[str]) -> Cells:
    """Column -> value of a row that is whole and has a run id; raises `Damaged`."""
    if len(values) != len(header):
        dropped = ", or CodeCarbon 3.0 to 3.2 left empty columns out" if len(values) < len(header) else ""
        raise Damaged(f"{len(values)} values under {len(header)} columns: the row is truncated or torn{dropped}")
    cells = {column: value.strip() for column, value in zip(header, values, strict=True)}
    if not cells["run_id"]:
        raise Damaged("run_id is empty")
    return cells


def _window(file: str, line: int, cells: Cells, model_column: str) -> LoggedWindow:
    duration_s, total_kwh = _number(cells, "duration"), _number(cells, "energy_consumed")
    if duration_s is None or duration_s <= 0:
        raise Damaged(f"duration = {cells['duration']!r} is no time above 0")
    if total_kwh is None:
        raise Damaged("energy_consumed is empty")
    cpu_kwh, gpu_kwh, ram_kwh = (_number(cells, f"{part}_energy") for part in ("cpu", "gpu", "ram"))
    gpu_count = int(_number(cells, "gpu_count") or 0) or (1 if gpu_kwh else 0)
    faults, flags = _doubts(cells, total_kwh, [cpu_kwh, gpu_kwh, ram_kwh], duration_s)
    emissions_kg, unreadable = _emissions(cells)
    return LoggedWindow(
        file=file,
        line=line,
        run_id=cells["run_id"],
        name=cells[model_column] or None,
        part=cells.get("task_name") or None,
        started_at=_time(cells["timestamp"]) - timedelta(seconds=duration_s),
        duration_s=duration_s,
        energy_cpu_kwh=cpu_kwh,
        energy_ram_kwh=ram_kwh,
        energy_gpu_kwh=gpu_kwh if gpu_count else None,
        energy_node_kwh=total_kwh,
        # Its rows do not say. The memory is a power by its size, a GPU its counter; a CPU's may be RAPL, a load or a constant.
        energy_cpu_method="unrecorded",
        energy_ram_method="constant",
        energy_gpu_method="counter" if gpu_count else "absent",
        gpu_count=gpu_count,
        emissions_kg=emissions_kg,
        software={name: cells[column] for name, column in _SOFTWARE.items() if cells.get(column)},
        facts={column: cells[column] for column in _FACTS if cells.get(column)},
        faults=tuple(faults),
        flags=(*flags, *unreadable),
    )


def _emissions(cells: Cells) -> tuple[float | None, list[str]]:
    """Emissions (kg), and a flag where no number is written: no energy depends on them."""
    try:
        return _number(cells, "emissions"), []
    except Damaged as error:
        return None, [f"{error}: not logged"]


def _number(cells: Cells, column: str) -> float | None:
    """A number; None where the cell is empty or the column is not there; raises `Damaged`."""
    written = cells.get(column, "")
    try:
        value = float(written) if written else None
    except ValueError as error:
        raise Damaged(f"{column} = {written!r} is no number") from error
    if value is not None and not math.isfinite(value):
        raise Damaged(f"{column} = {written!r} is no number")
    return value


def _time(written: str) -> datetime:
    """`2023-10-02T20:20:22`, with a blank, fractions or an offset; without an offset it is taken for UTC."""
    try:
        return moment(written).astimezone(UTC)
    except ValueError as error:
        raise Damaged(f"timestamp = {written!r} is no ISO 8601 time") from error


def _doubts(
    cells: Cells, total_kwh: float, parts_kwh: list[float | None], duration_s: float
) -> tuple[list[str], list[str]]:
    """What makes the energies of a row wrong, and what a reader should know of them."""
    faults, flags = [], []
    power_w = total_kwh * J_PER_KWH / duration_s
    stated_w = sum(_number(cells, f"{part}_power") or 0.0 for part in ("cpu", "gpu", "ram"))
    factor = max(power_w / stated_w, stated_w / power_w) if power_w > 0 and stated_w > 0 else 1.0
    if factor > UNIT_FACTOR:
        faults.append(
            f"the mean power is about {10 ** round(math.log10(factor)):,} times off the stated: another unit than kWh?"
        )
    elif factor > DOUBTFUL_FACTOR:
        short = ", or the duration is the last task's (CodeCarbon 3.0)" if power_w > stated_w else ""
        flags.append(
            f"a mean power of {power_w:.4g} W beside {stated_w:.4g} W stated: that is the last sample, of another load{short}"
        )
    if _HALF_READ in cells.get("gpu_model", ""):
        flags.append(f"an {_HALF_READ} reads 0 W on its second die: half of its energy may be missing")
    if cells.get("tracking_mode") == "process":
        flags.append(PROCESS)
    pue = _number(cells, "pue") or 1.0
    if pue != 1.0:
        flags.append(f"a PUE of {pue:g} is inside the energies")
    sum_kwh = sum(value for value in parts_kwh if value is not None)
    if not any(math.isclose(total_kwh, sum_kwh * of, rel_tol=SUM_TOLERANCE) for of in (1.0, pue)):
        faults.append(f"cpu, gpu and ram energy add up to {sum_kwh:.6g} kWh, energy_consumed is {total_kwh:.6g}")
    if parts_kwh[1] and not _number(cells, "gpu_count"):
        flags.append("GPU energy is logged and no number of GPUs: taken for one")
    return faults, flags
