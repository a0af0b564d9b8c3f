"""Figures that only published logs have: the numbers of their tables, read back from the axes."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from support import hand_tables
from support.drawn import drawn, note_of, points, reason
from wattlab.figures.style import LAYOUTS, ONE_COLUMN, Layout
from wattlab.tables.reading import Tables

pytestmark = pytest.mark.slow

SHARES = ("gpu_above_idle_share", "gpu_idle_share", "ram_share", "cpu_share")
METRICS = {"sciq": "accuracy", "squad": "F1", "squad-v2": "F1, has answer"}


def quality(cells: pd.DataFrame) -> pd.DataFrame:
    """A score for every cell of the three tasks that models of both kinds answer: 0.50, 0.51, ..."""
    shared = ("text-classification", "question-answering", "summarization")
    rows = cells[cells["task"].isin(shared) & cells["selected"].astype(bool)].reset_index(drop=True)
    kept = ["task", "dataset", "model", "purpose", "structure", "parameters_as_published", "energy_kwh_per_1000"]
    scores = 0.5 + 0.01 * rows.index
    return rows[kept].assign(
        metric=[METRICS.get(dataset, "accuracy") for dataset in rows["dataset"]],
        quality_score=scores,
        selected=True,
        headline=True,
        variant=None,
    )


def decomposition() -> pd.DataFrame:
    """Two tasks, one of them also multi-purpose, the row over all, and a cell."""
    rows = [
        ("cell", "fill-mask", "task-specific", 9.0, 0.9, 0.1, 0.0, 0.0, 0.5, 0.5),
        ("task", "text-to-image", "task-specific", 3.0, 0.25, 0.35, 0.36, 0.04, 0.27, 0.68),
        ("task", "text-classification", "multi-purpose", 0.02, 0.15, 0.41, 0.4, 0.04, 0.2, 0.64),
        ("task", "fill-mask", "task-specific", 0.003, 0.07, 0.46, 0.43, 0.04, 0.12, 0.61),
        ("all", None, None, 1.0, 0.22, 0.38, 0.38, 0.02, 0.26, 0.67),
    ]
    columns = ["level", "task", "purpose", "energy_kwh_per_1000", *SHARES, "one_gpu_share", "codecarbon3_ram_ratio"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def tables() -> Tables:
    made = hand_tables.tables()
    return made | {"quality": quality(made["cells"]), "decomposition": decomposition()}


def panel(figure: Figure, label: str) -> Axes:
    (found,) = [axes for axes in figure.axes if axes.get_label() == label]
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_quality_has_a_panel_per_dataset_with_energy_size_and_frontier(tables: Tables, layout: Layout) -> None:
    figure, table = drawn("quality", tables, layout), tables["quality"]
    assert figure.get_size_inches()[1] <= 6.5
    assert len([axes for axes in figure.axes if axes.axison]) == 9
    for (task, dataset), rows in table.groupby(["task", "dataset"]):
        axes = panel(figure, f"{task}/{dataset}")
        for (structure, purpose), group in rows.groupby(["structure", "purpose"]):
            shown = points(axes, f"{structure}/{purpose}")
            assert shown == pytest.approx(group[["energy_kwh_per_1000", "quality_score"]].to_numpy()), (task, dataset)
            low, high = axes.get_ylim()
            assert (shown[:, 1] > low).all() and (shown[:, 1] < high).all()
        assert axes.get_xscale() == "log"
    # Areas go by the powers of ten above a million: of bloomz-560m and bart with 139 M parameters as 2.75 to 2.14.
    xsum = panel(figure, "summarization/xsum")
    bloomz, bart = (
        next(one for one in xsum.collections if one.get_gid() == gid).get_sizes()
        for gid in ("decoder/multi-purpose", "seq2seq/task-specific")
    )
    assert bloomz / bart == pytest.approx(np.log10(559.214592) / np.log10(139.420416))


def test_the_frontier_joins_the_cells_that_no_cheaper_one_matches(tables: Tables) -> None:
    """On samsum flan-t5-base takes 1.2 g, bart 1.3 and bloomz 3.5: bart's lower score is off the frontier."""
    table = tables["quality"].copy()
    scores = {"google--flan-t5-base": 0.3, "ainize--bart-base-cnn": 0.2, "bigscience--bloomz-560m": 0.4}
    samsum = table["dataset"] == "samsum"
    table.loc[samsum, "quality_score"] = table.loc[samsum, "model"].map(scores)
    figure = drawn("quality", tables | {"quality": table})
    axes = panel(figure, "summarization/samsum")
    (line,) = [one for one in axes.lines if one.get_gid() == "frontier"]
    assert line.get_drawstyle() == "steps-post" and list(line.get_ydata()) == [0.3, 0.4, 0.4]
    kwh = [1.2 / 138.75, 3.5 / 138.75, axes.get_xlim()[1]]
    assert list(line.get_xdata()) == pytest.approx(kwh)
    (legend,) = figure.findobj(matplotlib.legend.Legend)
    texts = [text.get_text() for text in legend.get_texts()]
    assert "frontier: no cheaper model\nhas as high a score" in texts and "100 M parameters" in texts


def test_quality_names_dataset_and_metric_and_labels_the_outer_axes(tables: Tables) -> None:
    figure = drawn("quality", tables)
    upper = panel(figure, "question-answering/squad-v2")
    lower = panel(figure, "summarization/samsum")
    assert upper.get_title() == "squad-v2\nF1, has answer"
    assert [bool(label.get_visible() and label.get_text()) for label in upper.get_xticklabels()].count(True) == 0
    assert any(label.get_visible() and label.get_text() == "0.01" for label in lower.get_xticklabels())
    assert lower.get_xlabel().startswith("kWh per 1,000 inferences")


def test_the_energy_of_a_score_has_the_interval_of_its_cell(tables: Tables) -> None:
    axes = panel(drawn("quality", tables), "summarization/xsum")
    (lines,) = [one for one in axes.collections if one.get_gid() == "interval/decoder/multi-purpose"]
    ((start, end),) = lines.get_segments()
    cells = tables["cells"].set_index("cell")
    cell = cells.loc["summarization/xsum/bigscience--bloomz-560m"]
    assert (start[0], end[0]) == pytest.approx(
        (cell["ci95_low_energy_kwh_per_1000"], cell["ci95_high_energy_kwh_per_1000"])
    )
    assert start[0] < cell["energy_kwh_per_1000"] < end[0]


def test_a_score_without_energy_or_selection_is_not_drawn(tables: Tables) -> None:
    table = tables["quality"].copy()
    table.loc[0, "energy_kwh_per_1000"] = np.nan
    table.loc[1, "selected"] = False
    figure = drawn("quality", tables | {"quality": table})
    assert "1 score without a value is left out." in note_of("quality", tables | {"quality": table})
    shown = {
        round(float(y), 9)
        for axes in figure.axes
        for one in axes.collections
        if not str(one.get_gid()).startswith("interval")
        for _, y in np.asarray(one.get_offsets())
    }
    assert shown == {round(score, 9) for score in table["quality_score"][2:]}


def test_decomposition_stacks_the_shares_from_0_to_100(tables: Tables) -> None:
    figure = drawn("decomposition", tables)
    left = figure.axes[0]
    assert [label.get_text() for label in left.get_yticklabels()] == [
        "fill mask",
        "text to image",
        "text classification (multi)",
        "all selected cells",
    ]
    expected = tables["decomposition"].iloc[[3, 1, 2, 4]]
    ends = np.zeros(4)
    assert [str(bars.get_label()) for bars in left.containers] == list(SHARES)
    for column, bars in zip(SHARES, left.containers, strict=True):
        assert [bar.get_x() for bar in bars] == pytest.approx(ends)
        assert [bar.get_width() for bar in bars] == pytest.approx(list(expected[column]))
        ends = ends + expected[column].to_numpy()
    assert ends == pytest.approx(1.0)
    assert [text.get_text() for text in left.texts] == [
        *("7", "25", "15", "22"),
        *("46", "35", "41", "38"),
        *("43", "36", "40", "38"),
        *("4", "4", "4", ""),
    ]


def test_decomposition_sets_the_other_readings_beside(tables: Tables) -> None:
    right = drawn("decomposition", tables).axes[1]
    expected = tables["decomposition"].iloc[[3, 1, 2, 4]]
    for column in ("one_gpu_share", "codecarbon3_ram_ratio"):
        assert points(right, column)[:, 0] == pytest.approx(list(expected[column]))
        assert list(points(right, column)[:, 1]) == [0, 1, 2, 3]


def test_a_node_without_gpus_is_ram_and_cpu(tables: Tables) -> None:
    table = decomposition().assign(ram_share=0.9, cpu_share=0.1)
    gpus = ["gpu_above_idle_share", "gpu_idle_share", "one_gpu_share", "codecarbon3_ram_ratio"]
    figure = drawn("decomposition", tables | {"decomposition": table.assign(**dict.fromkeys(gpus, np.nan))})
    (axes,) = figure.axes
    assert [str(bars.get_label()) for bars in axes.containers] == ["ram_share", "cpu_share"]
    assert [bar.get_x() for bar in axes.containers[1]] == pytest.approx([0.9] * 4)


def test_gpus_of_unknown_idle_power_are_one_part(tables: Tables) -> None:
    table = decomposition().assign(gpu_above_idle_share=np.nan, gpu_idle_share=np.nan, one_gpu_share=np.nan)
    left = drawn("decomposition", tables | {"decomposition": table}).axes[0]
    assert [str(bars.get_label()) for bars in left.containers] == ["gpu_unsplit_share", "ram_share", "cpu_share"]
    assert left.containers[0][0].get_width() == pytest.approx(1 - 0.43 - 0.04)


def test_a_column_has_the_readings_below_the_shares(tables: Tables) -> None:
    figure = drawn("decomposition", tables, ONE_COLUMN)
    shares, readings = figure.axes
    for axes in (shares, readings):
        assert [label.get_text() for label in axes.get_yticklabels()][2:] == [
            "text classification (multi)",
            "all selected cells",
        ]
        assert axes.get_ylim() == (3.6, -0.6)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ("quality", "decomposition"))
def test_nothing_overlaps_or_reaches_beyond_the_page(name: str, layout: Layout, tables: Tables) -> None:
    figure = drawn(name, tables, layout)
    figure.draw_without_rendering()
    page = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    width, height = figure.get_size_inches()
    assert page.x0 >= 0 and page.y0 >= 0 and page.x1 <= width and page.y1 <= height
    apart = [legend.get_window_extent() for legend in figure.findobj(matplotlib.legend.Legend)]
    drawn_axes = [axes for axes in figure.axes if axes.axison]
    labels = [text for axes in drawn_axes for text in (axes.title, axes.xaxis.label) if text.get_text()]
    check_apart(apart + [text.get_window_extent() for text in labels])
    # Axes without the widths of their titles and labels, which may reach over a neighbour's.
    check_apart(apart + [axes.get_tightbbox(for_layout_only=True) for axes in drawn_axes])
    assert all(text.get_fontsize() >= 7 for text in figure.findobj(matplotlib.text.Text))


def check_apart(apart: list[Bbox]) -> None:
    for place, box in enumerate(apart):
        for other in apart[place + 1 :]:
            common = Bbox.intersection(box, other)
            assert common is None or common.width * common.height <= 1


@pytest.mark.parametrize("name", ("quality", "decomposition"))
def test_nothing_to_show_is_a_sentence_that_says_why(name: str, tables: Tables) -> None:
    assert "has no selected cells with" in reason(name, tables | {name: tables[name][:0]})
    columns = ["energy_kwh_per_1000", *(column for column in SHARES if column in tables[name])]
    assert reason(name, tables | {name: tables[name].assign(**dict.fromkeys(columns, np.nan))})
