"""A window of the meter around some work, and whether a repeat with it would count."""

from typing import Any

from support import measurements, records
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.records.record import Observed, Window
from wattlab.records.store import StoredCell
from wattlab.runs.validity import judge_all


def window(meter: CodeCarbonMeter, work: Any = lambda: None) -> Window:
    meter.begin()
    work()
    made = meter.end(duration_s=0.0)
    assert made is not None
    return made


def verdict(made: Window, others: Window | None = None, **spec: Any) -> list[str]:
    """Reasons that a repeat with this window is invalid; two more of its cell had the window `others`."""
    resolved = records.resolved_cell(protocol_values={"invalid_below_s": 0.0})

    def observed(index: int, one: Window) -> Observed:
        idle = {"idle_before": None, "idle_after": None}
        counts = {"index": index, "session": "s1", "n_inferences": 1, "n_output_units": 1, "output_unit": "label"}
        return Observed.model_validate({**one.model_dump(), "duration_s": one.window_s, **idle, **counts})

    repeats = [observed(index, one) for index, one in enumerate([made, *([others] * 2 if others else [])])]
    cell = StoredCell(sessions=[measurements.session()], observed=repeats, passes=1, done={})
    return judge_all(cell, resolved.spec.model_copy(update=spec))[0].reasons
