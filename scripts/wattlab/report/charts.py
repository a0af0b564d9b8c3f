"""The page's charts as Vega-Lite, by Altair. They hold no numbers: the page's script gives rows, titles and domains.

What the script fills in stands in the specification as a token, `$value` (the title of the energy, gram or time axis)
and the like, or as a domain `["$tasks"]`. Rows have the fields `value`, `low`, `high` (in the unit of the title) and
the text fields of their tooltip.
"""

import json
from typing import Any

import altair as alt

from wattlab.figures.palette import BLACK, BLUE, GREY, SKY, VERMILION
from wattlab.foundation.quantities import ENERGY, QUANTITIES

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
_CELL = ("model", "task", "dataset", "purpose", "shown", "interval", "n", "method", "flags")
_NAMES = {"shown": "value", "interval": "spread", "n": "valid repeats", "method": "energy from"}
_SCALES = ("log", "linear")

#: What Altair calls the result of setting a layered chart's size.
Layered = alt.LayerChart | alt.FacetChart

#: Altair's marks for the two purposes; the static figures have a circle and a diamond too.
_SHAPES = alt.Scale(domain=["task-specific", "multi-purpose"], range=["circle", "diamond"])


def charts() -> dict[str, dict[str, Any]]:
    """Chart -> scale of its value axis (`log`, `linear`) -> Vega-Lite specification."""
    drawn = {
        "tasks": _tasks,
        "models": _models,
        "datasets": _datasets,
        "lengths": _lengths,
        "quality": _quality,
        "parity": _parity,
        "comparison": _comparison,
        "totals": _totals,
    }
    return {name: {scale: _plain(draw(scale)) for scale in _SCALES} for name, draw in drawn.items()}


def _plain(chart: Layered) -> dict[str, Any]:
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    themed = chart.properties(width="container", background="white", autosize=fit).configure(
        font=_FONT,
        axis=alt.AxisConfig(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", gridColor="#ececec", domainColor="#888888",
            tickColor="#888888", labelColor="#1c1c1c", titleColor="#1c1c1c", labelLimit=240, labelOverlap="greedy", labelSeparation=6,
        ),
        legend=alt.LegendConfig(
            orient="bottom", labelFontSize=12, titleFontSize=12, titleFontWeight="normal", columns=4, labelLimit=220,
            symbolSize=80,
        ),
        view=alt.ViewConfig(stroke=None),
        aria=False,
    )  # fmt: skip
    specification = dict(json.loads(themed.to_json()))
    # Altair does not know this property of Vega's: legends one below the other, so that a narrow window cuts none.
    specification["config"]["legend"]["layout"] = {"bottom": {"direction": "vertical", "anchor": "start", "offset": 8}}
    return specification


def _tooltip(fields: tuple[str, ...]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field, type="nominal", title=_NAMES.get(field, field)) for field in fields]


def _scale(scale: str) -> alt.Scale:
    """A logarithmic axis fits its values; a linear one starts at zero."""
    return alt.Scale(type="log", nice=False, padding=12) if scale == "log" else alt.Scale(type="linear", zero=True)


def _value(channel: type[alt.X] | type[alt.Y], scale: str, field: str = "value", title: str = "$value") -> Any:
    axis = alt.Axis(format=",.6~g", tickCount=6)
    return channel(field, type="quantitative", title=title, scale=_scale(scale), axis=axis)


def _rows(name: str = "rows") -> alt.Chart:
    return alt.Chart(alt.NamedData(name))


def _tasks(scale: str) -> Layered:
    """Models as circles, the task's mean with its interval as a diamond."""
    y = alt.Y("title", type="nominal", title=None, scale=alt.Scale(domain=["$tasks"]))
    fields = ("task", "shown", "interval", "n_models", "n", "method")
    models = _rows("models").mark_point(size=45, color=BLUE, filled=False, yOffset=-6).encode(
        x=_value(alt.X, scale), y=y, tooltip=_tooltip(("model", "task", "n_cells", "shown", "method"))
    )  # fmt: skip
    interval = _rows().mark_rule(color=BLACK, strokeWidth=2, yOffset=6).encode(
        x=_value(alt.X, scale, "low"), x2="high:Q", y=y
    )  # fmt: skip
    means = _rows().mark_point(shape="diamond", size=110, color=BLACK, filled=True, opacity=1, yOffset=6).encode(
        x=_value(alt.X, scale), y=y, tooltip=_tooltip(fields)
    )  # fmt: skip
    return alt.layer(models, interval, means).properties(height={"step": 34})


def _colour() -> alt.Color:
    return alt.Color(
        "colour",
        type="nominal",
        title="$colour",
        scale=alt.Scale(domain=["$colours_domain"], range=["$colours_range"]),
    )


def _shape() -> alt.Shape:
    return alt.Shape("purpose", type="nominal", title=None, scale=_SHAPES)


def _cloud(scale: str, x: alt.X) -> Layered:
    """Cells as points with the interval of their repeats."""
    interval = _rows().mark_rule(strokeWidth=1.2, opacity=0.7).encode(
        x=x, y=_value(alt.Y, scale, "low"), y2="high:Q", color=_colour()
    )  # fmt: skip
    points = _rows().mark_point(size=70, filled=True, opacity=0.85, cursor="pointer").encode(
        x=x, y=_value(alt.Y, scale), color=_colour(), shape=_shape(), tooltip=_tooltip(_CELL)
    )  # fmt: skip
    return alt.layer(interval, points).properties(height=380)


def _models(scale: str) -> Layered:
    axis = alt.Axis(format="~s", tickCount=6, labelExpr="replace(datum.label, 'G', 'B')")
    x = alt.X("parameters", type="quantitative", title="$parameters", axis=axis, scale=_scale("log"))
    return _cloud(scale, x)


def _lengths(scale: str) -> Layered:
    axis = alt.Axis(format=",.6~g", tickCount=8)
    return _cloud(scale, alt.X("length", type="quantitative", title="$length", axis=axis, scale=_scale("linear")))


def _quality(scale: str) -> Layered:
    whole = alt.Scale(zero=False, padding=12)
    return _cloud(scale, alt.X("score", type="quantitative", title="$score", scale=whole))


def _datasets(scale: str) -> Layered:
    """A line of points per dataset: task-specific above, multi-purpose below."""
    y = alt.Y("title", type="nominal", title=None, scale=alt.Scale(domain=["$datasets"]))
    offset = alt.YOffset("purpose:N", scale=alt.Scale(domain=["task-specific", "multi-purpose"], paddingOuter=0.4))
    points = _rows().mark_point(size=70, filled=True, opacity=0.8, cursor="pointer").encode(
        x=_value(alt.X, scale), y=y, yOffset=offset, color=_colour(), shape=_shape(), tooltip=_tooltip(_CELL)
    )  # fmt: skip
    interval = _rows().mark_rule(strokeWidth=1.2, opacity=0.7).encode(
        x=_value(alt.X, scale, "low"), x2="high:Q", y=y, yOffset=offset, color=_colour()
    )  # fmt: skip
    return alt.layer(interval, points).properties(height={"step": 32})


def _parity(scale: str) -> Layered:
    """Energy of all inferences until a day, beside the energy of training."""
    x = alt.X("day", type="quantitative", title="days of deployment", scale=_scale(scale), axis=alt.Axis(format="~s"))
    y = alt.Y("kwh", type="quantitative", title="kWh", scale=_scale(scale), axis=alt.Axis(format="~s", tickCount=6))
    line = _rows().mark_line(color=BLUE, strokeWidth=2).encode(x=x, y=y)
    training = _rows("training").mark_rule(color=VERMILION, strokeWidth=2, strokeDash=[6, 3]).encode(y="kwh:Q")
    crossing = _rows("crossing").mark_rule(color=GREY, strokeWidth=1.5).encode(x="day:Q")
    span = _rows("crossing").mark_rect(color=SKY, opacity=0.35).encode(x="low:Q", x2="high:Q")
    text = _rows("labels").mark_text(align="left", dx=4, dy=-7, fontSize=12).encode(x="day:Q", y="kwh:Q", text="text:N")
    return alt.layer(span, line, training, crossing, text).properties(height=280)


def _comparison(scale: str) -> Layered:
    """A line of points per task: the paper, this study, and the studies beside it, one below the other."""
    domain = ["$studies_domain"]
    y = alt.Y("title", type="nominal", title=None, scale=alt.Scale(domain=["$tasks"]))
    offset = alt.YOffset("study:N", scale=alt.Scale(domain=domain, paddingOuter=0.6))
    points = _rows().mark_point(size=70, filled=True, opacity=1).encode(
        x=_value(alt.X, scale, "value", QUANTITIES[ENERGY].unit),
        y=y,
        yOffset=offset,
        color=alt.Color("study", type="nominal", title=None, scale=alt.Scale(domain=domain, range=["$studies_range"])),
        shape=alt.Shape("study", type="nominal", title=None, scale=alt.Scale(domain=domain, range=["$studies_shapes"])),
        tooltip=_tooltip(("task", "study", "shown", "printed", "ratio")),
    )  # fmt: skip
    return alt.layer(points).properties(height={"step": 30})


def _totals(scale: str) -> Layered:
    y = alt.Y("title", type="nominal", title=None, scale=alt.Scale(domain=["$phases"]))
    bars = _rows().mark_bar(color=BLUE, height=16).encode(
        x=alt.X("value", type="quantitative", title="$value", axis=alt.Axis(format=",.6~g", tickCount=6)),
        y=y,
        tooltip=_tooltip(("phase", "shown", "windows")),
    )  # fmt: skip
    return alt.layer(bars).properties(height={"step": 26})
