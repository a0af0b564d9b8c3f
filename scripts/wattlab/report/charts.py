"""The page's charts as Vega-Lite, by Altair. They hold no numbers: the page's script gives rows, titles and domains.

What the script fills in stands in the specification as a token, `$beside` (the title of an axis), `$ink` (a colour) and
the like, or as a domain `["$tasks"]`. Energies are in Wh per 1,000 inferences. The marks that are read out one by one are
named `points`; `metered`, 0 to 1, is how far a point is filled.
"""

import json
from typing import Any

import altair as alt

from wattlab.figures.palette import BLUE, GREY, ORANGE, PURPLE, SKY, VERMILION

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
_NAMES = {"shown": "energy", "how": "it is", "of": "of the whole"}
_WH = "Wh per 1,000 inferences"

#: What Altair calls the result of setting a layered chart's size.
Layered = alt.LayerChart | alt.FacetChart

#: Part of an energy, as `assets/sections/energy.js` names it -> its colour.
PART_COLOURS = {
    "GPUs above their lowest": BLUE,
    "GPUs at their lowest": SKY,
    "GPUs": PURPLE,
    "RAM": ORANGE,
    "CPU": GREY,
}


def charts() -> dict[str, dict[str, Any]]:
    """Chart -> scale of its other axis (`log`, `linear`) -> Vega-Lite specification."""
    return {
        "tasks": {"log": _plain(_tasks())},
        "choose": {scale: _plain(_choose(scale)) for scale in ("log", "linear")},
        "energy": {"linear": _plain(_energy())},
        "training": {"log": _plain(_training())},
        "comparison": {"log": _plain(_comparison())},
        "factors": {"log": _plain(_factors())},
        "flops": {"log": _plain(_flops())},
    }


def _plain(chart: Layered) -> dict[str, Any]:
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    themed = chart.properties(background="transparent", autosize=fit).configure(
        font=_FONT,
        axis=alt.AxisConfig(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=240, labelOverlap="greedy", labelSeparation=6,
        ),
        legend=alt.LegendConfig(
            orient="bottom", labelFontSize=12, titleFontSize=12, titleFontWeight="normal", columns=5, labelLimit=260,
            symbolSize=80,
        ),
        view=alt.ViewConfig(stroke=None),
        aria=False,
    )  # fmt: skip
    return dict(json.loads(themed.to_json()))


def _tooltip(fields: tuple[str, ...]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field, type="nominal", title=_NAMES.get(field, field)) for field in fields]


def _scale(scale: str) -> alt.Scale:
    """A logarithmic axis fits its values; a linear one starts at zero."""
    return alt.Scale(type="log", nice=False, padding=12) if scale == "log" else alt.Scale(type="linear", zero=True)


def _wh(field: str = "value") -> alt.X:
    axis = alt.Axis(format=",.6~g", tickCount=6)
    return alt.X(field, type="quantitative", title=_WH, scale=_scale("log"), axis=axis)


def _lines(domain: str) -> alt.Y:
    return alt.Y("title", type="nominal", title=None, scale=alt.Scale(domain=[domain]))


def _rows(name: str = "rows") -> alt.Chart:
    return alt.Chart(alt.NamedData(name))


def _points() -> alt.Chart:
    return alt.Chart(alt.NamedData("rows"), name="points")


def _metered() -> alt.FillOpacity:
    return alt.FillOpacity("metered", type="quantitative", scale=None)


def _kinds(legend: alt.Legend | None) -> alt.Shape:
    """What a model is: of which purpose, or one that carries another one's energy."""
    scale = alt.Scale(domain=["$kinds"], range=["$shapes"])
    return alt.Shape("kind", type="nominal", title=None, scale=scale, legend=legend)


def _tasks() -> Layered:
    """Models as circles, filled as far as they were metered; of several, the mean as a tick and its interval as a line."""
    y = _lines("$tasks")
    spans = _rows("spans").mark_rule(color="$ink", strokeWidth=1.5, yOffset=9).encode(x=_wh("low"), x2="high:Q", y=y)
    means = _rows("means").mark_tick(color="$ink", thickness=2, size=16, yOffset=9).encode(x=_wh(), y=y)
    models = _points().mark_point(size=70, stroke="$blue", fill="$blue", strokeWidth=1.5, opacity=1, yOffset=-3, cursor="pointer").encode(
        x=_wh(), y=y, fillOpacity=_metered(), shape=_kinds(None), tooltip=_tooltip(("model", "title", "shown", "how"))
    )  # fmt: skip
    return alt.layer(spans, means, models).properties(height={"step": 34})


def _choose(scale: str) -> Layered:
    """Models at a task, what the reader sets beside their energy, and the frontier."""
    axis = alt.Axis(format="~s", labelExpr="replace(datum.label, 'G', 'B')") if scale == "log" else alt.Axis()
    whole = alt.Scale(zero=False, padding=14) if scale == "linear" else _scale(scale)
    y = alt.Y("y", type="quantitative", title="$beside", scale=whole, axis=axis)
    line = _rows("line").mark_line(color=GREY, strokeWidth=1.5, interpolate="step-after").encode(x=_wh(), y=y)
    span = _rows().mark_rule(color="$blue", strokeWidth=1.2, opacity=0.6).encode(x=_wh("low"), x2="high:Q", y=y)
    points = _points().mark_point(size=90, stroke="$blue", fill="$blue", strokeWidth=1.5, opacity=1, cursor="pointer").encode(
        x=_wh(), y=y, fillOpacity=_metered(), shape=_kinds(alt.Legend()),
        tooltip=_tooltip(("model", "shown", "beside", "kind", "flags")),
    )  # fmt: skip
    names = _rows().mark_text(align="left", baseline="bottom", dx=6, dy=-5, fontSize=11, limit=190, color="$ink").encode(
        x=_wh(), y=y, text="label:N"
    )  # fmt: skip
    return alt.layer(line, span, points, names).properties(height=340)


def _energy() -> Layered:
    """A bar of parts per task, as shares of the recorded energy, with its sum."""
    y = _lines("$titles")
    x = alt.X(
        "share",
        type="quantitative",
        title="share of the recorded energy",
        axis=alt.Axis(format="%", values=["$ticks"]),
        scale=alt.Scale(domain=["$shares"], nice=False),
    )
    scale = alt.Scale(domain=["$parts"], range=["$colours"])
    bars = _points().mark_bar(height=18).encode(
        x=x, y=y, color=alt.Color("part", type="nominal", title=None, scale=scale, sort=None),
        order=alt.Order("at", type="quantitative"), tooltip=_tooltip(("title", "part", "shown", "of")),
    )  # fmt: skip
    sums = _rows("totals").mark_text(align="left", dx=5, fontSize=12, color="$ink").encode(x=x, y=y, text="text:N")
    return alt.layer(bars, sums).properties(height={"step": 26})


def _training() -> Layered:
    """Energy of all inferences until a day, beside the energy of training."""
    x = alt.X("day", type="quantitative", title="days", scale=_scale("log"), axis=alt.Axis(format="~s"))
    y = alt.Y("kwh", type="quantitative", title="kWh", scale=_scale("log"), axis=alt.Axis(format="~s", tickCount=6))
    line = _rows().mark_line(color="$blue", strokeWidth=2).encode(x=x, y=y)
    training = _rows("training").mark_rule(color=VERMILION, strokeWidth=2, strokeDash=[6, 3]).encode(y="kwh:Q")
    crossing = _rows("crossing").mark_rule(color=GREY, strokeWidth=1.5).encode(x="day:Q")
    span = _rows("crossing").mark_rect(color=SKY, opacity=0.35).encode(x="low:Q", x2="high:Q")
    text = (
        _rows("labels")
        .mark_text(align="left", dx=4, dy=-7, fontSize=12, color="$ink")
        .encode(x="day:Q", y="kwh:Q", text="text:N")
    )
    return alt.layer(span, line, training, crossing, text).properties(height=280)


def _comparison() -> Layered:
    """A line of points per task: the paper, this study, and the studies beside it, one below the other."""
    domain = ["$studies_domain"]
    offset = alt.YOffset("study:N", scale=alt.Scale(domain=domain, paddingOuter=0.6))
    points = _points().mark_point(size=70, filled=True, opacity=1).encode(
        x=_wh(), y=_lines("$tasks"), yOffset=offset,
        color=alt.Color("study", type="nominal", title=None, scale=alt.Scale(domain=domain, range=["$studies_range"])),
        shape=alt.Shape("study", type="nominal", title=None, scale=alt.Scale(domain=domain, range=["$studies_shapes"])),
        tooltip=_tooltip(("task", "study", "shown", "printed", "ratio")),
    )  # fmt: skip
    return alt.layer(points).properties(height={"step": 30})


def _coloured(field: str, name: str, legend: alt.Legend | None = None) -> alt.Color:
    scale = alt.Scale(domain=[f"${name}"], range=[f"${name}_range"])
    return alt.Color(field, type="nominal", title=None, scale=scale, legend=legend or alt.Legend())


def _factors() -> Layered:
    """A lane per task and setting: its cells as circles, their mean as a bar with its interval; a line at 1."""
    ratio = alt.Axis(format=",.3~g", tickCount=8)
    lane = alt.YOffset("lane:N", scale=alt.Scale(domain=["$lanes"], paddingOuter=0.8))
    colour, y = _coloured("setting", "settings"), _lines("$tasks")

    def x(field: str) -> alt.X:
        return alt.X(
            field, type="quantitative", title="energy over that under the protocol", scale=_scale("log"), axis=ratio
        )

    one = _rows("one").mark_rule(color=GREY, strokeDash=[6, 3], strokeWidth=1.2).encode(x=x("at"))
    spans = _rows("spans").mark_rule(strokeWidth=1.5).encode(x=x("low"), x2="high:Q", y=y, yOffset=lane, color=colour)
    levels = alt.Scale(domain=["a cell", "geometric mean of a task"], range=["circle", "M0-1.2L0 1.2"])
    points = _points().mark_point(size=60, strokeWidth=2, opacity=1, filled=False).encode(
        x=x("value"), y=y, yOffset=lane, color=colour,
        shape=alt.Shape("level", type="nominal", title=None, scale=levels),
        tooltip=_tooltip(("model", "task", "setting", "shown")),
    )  # fmt: skip
    return alt.layer(one, spans, points).properties(height={"step": 30})


def _flops() -> Layered:
    """Models by their FLOPs and their energy, a colour and a shape per task."""
    axis = alt.Axis(format="~s", tickCount=6)
    x = alt.X(
        "flops",
        type="quantitative",
        title="FLOPs of one inference (2 per multiply-add)",
        scale=_scale("log"),
        axis=axis,
    )
    y = alt.Y("value", type="quantitative", title=_WH, scale=_scale("log"), axis=alt.Axis(format=",.6~g", tickCount=6))
    shapes = alt.Scale(domain=["$tasks"], range=["$tasks_shapes"])
    points = _points().mark_point(size=70, strokeWidth=1.5, opacity=1, cursor="pointer").encode(
        x=x, y=y, color=_coloured("task", "tasks"), fill=_coloured("task", "tasks"), fillOpacity=_metered(),
        shape=alt.Shape("task", type="nominal", title=None, scale=shapes),
        tooltip=_tooltip(("model", "task", "shown", "operations")),
    )  # fmt: skip
    return alt.layer(points).properties(height=400)
