"""The figures show the tables' numbers: read back from the axes of the drawn figures."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

import draw_figures
from support import hand_tables
from support.drawn import drawn, gids, note_of, points, reason
from support.imports import SCRIPTS
from support.records import write_study
from wattlab.figures.listing import FIGURES, figures_of
from wattlab.figures.points import swarm
from wattlab.figures.style import log_axis
from wattlab.foundation.errors import InputError
from wattlab.foundation.members import load_member
from wattlab.tables.listing import OF_FLOPS, TABLES
from wattlab.tables.reading import read_tables

ALL = list(figures_of(TABLES))
G = "emissions_g_per_1000"
REPEATS = "95 % interval over the repeats\n(not seen: smaller than its marker)"


def legend_of(figure: Figure) -> list[str]:
    """The words of all legends."""
    return [text.get_text() for legend in figure.findobj(Legend) for text in legend.get_texts()]


def segments(axes: Axes, gid: str, along: int = 1) -> np.ndarray:
    """Per vertical line (`along=0`: horizontal): where it stands, low, high."""
    (found,) = [one for one in axes.collections if one.get_gid() == gid]
    return np.array([[line[0][1 - along], line[0][along], line[1][along]] for line in found.get_segments()])


@pytest.mark.slow
def test_tasks_ascend_and_hold_the_tables_means_and_intervals() -> None:
    tables = hand_tables.tables()
    tables["tasks"] = hand_tables.with_interval(tables["tasks"])
    figure = drawn("tasks", tables)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()][:3] == [
        "image classification (1)",
        "text classification (8)",
        "fill mask (1)",
    ]
    assert axes.get_xscale() == "log" and axes.get_ylim()[0] > axes.get_ylim()[1]
    # Only text classification has several models: mean 0.085 g, interval +- 30 %. The mean of one model is its circle.
    means = points(axes, "means")
    assert means[:, 0] == pytest.approx([0.085])
    assert segments(axes, "intervals", along=0) == pytest.approx(np.array([[means[0, 1], 0.0595, 0.1105]]))
    assert "95 % interval over the models" in legend_of(figure)


@pytest.mark.slow
def test_below_five_models_the_points_alone_are_drawn() -> None:
    figure = drawn("tasks", hand_tables.tables())
    assert "intervals" not in gids(figure.axes[0]) and len(points(figure.axes[0], "models")) == 11
    assert not any("interval" in text for text in legend_of(figure))
    note = note_of("tasks", hand_tables.tables())
    assert (
        "Lines: no 95 % intervals: over the models they need at least 5 models; 1 task of 2 models: the range" in note
    )
    assert "9 tasks of one model alone, which stands for no other." in note


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "means", "style"),
    [
        ("modalities", "lowest to highest dataset", "dotted"),
        ("multipurpose_vs_specific", "lowest to highest dataset", "dotted"),
        ("multipurpose_by_task", "lowest to highest dataset", "dotted"),
        ("multipurpose_vs_specific_by_dataset", REPEATS, "solid"),
        ("output_length", REPEATS, "solid"),
    ],
)
def test_the_figure_itself_says_what_its_lines_are_and_draws_each_kind_alike(name: str, means: str, style: str) -> None:
    figure = drawn(name, hand_tables.tables())
    assert [text for text in legend_of(figure) if "interval" in text or "dataset" in text] == [means]
    lines = [
        one for axes in figure.axes for one in axes.collections if str(one.get_gid()).startswith(("interval", "range"))
    ]
    assert lines and all((line.get_linestyle()[0][1] is None) == (style == "solid") for line in lines)


def test_an_axis_within_a_decade_has_numbers_to_read() -> None:
    axes = Figure().add_subplot()
    log_axis(axes, "y", [0.21, 0.32])
    low, high = axes.get_ylim()
    shown = [tick for tick in axes.yaxis.get_majorticklocs() if low <= tick <= high]
    assert len(shown) >= 3 and axes.yaxis.get_major_formatter()(shown[0])
    log_axis(axes, "y", [0.02, 4.0])  # two decades and a half: 0.02, 0.05, 0.1 … would touch in a flat panel
    low, high = axes.get_ylim()
    shown = [tick for tick in axes.yaxis.get_majorticklocs() if low <= tick <= high]
    assert shown == pytest.approx([0.03, 0.1, 0.3, 1.0, 3.0])


def test_a_figure_with_nothing_to_compare_is_a_sentence() -> None:
    tables = hand_tables.tables()
    one_model = tables["cells"][tables["cells"]["model"] != "google--flan-t5-base"]
    said = reason("multipurpose_by_task", tables | {"cells": one_model})
    assert said == "One multi-purpose model has a value, bigscience--bloomz-560m: there are no sizes to compare."
    alike = tables["output_lengths"].assign(n_output_units_per_inference=15.0)
    said = reason("output_length", tables | {"output_lengths": alike})
    assert said == "All 9 cells have one output length, 15 units per answer: there is no relation to show."


def test_tasks_shows_each_model_as_the_mean_of_its_cells() -> None:
    axes = drawn("tasks", hand_tables.tables()).axes[0]
    values = sorted(points(axes, "models")[:, 0])
    assert values == pytest.approx(sorted(g for models in hand_tables.MODELS.values() for *_, g in models))


@pytest.mark.slow
def test_unselected_cells_stay_out_of_every_figure() -> None:
    tables = hand_tables.tables()
    assert (tables["cells"][G] == 777.0).sum() == 1  # the variant, far above everything that is selected
    for name in ALL:
        for axes in drawn(name, tables).axes:
            for collection in axes.collections:
                assert not np.isclose(np.asarray(collection.get_offsets()), 777.0).any(), name


@pytest.mark.slow
def test_modalities_has_published_parameters_and_mean_emissions() -> None:
    axes = drawn("modalities", hand_tables.tables()).axes[0]
    assert points(axes, "text-to-image") == pytest.approx(np.array([[447_000_000, 8.4]]))
    assert len(points(axes, "text-to-category")) == 4
    assert segments(axes, "range/text-to-image")[0] == pytest.approx([447_000_000, 0.9 * 8.4, 1.1 * 8.4])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


@pytest.mark.slow
def test_multipurpose_vs_specific_has_a_panel_per_task() -> None:
    figure = drawn("multipurpose_vs_specific", hand_tables.tables())
    assert [axes.get_title() for axes in figure.axes] == ["text classification", "question answering", "summarization"]
    first, _, last = figure.axes
    assert points(first, "encoder/task-specific")[:, 1] == pytest.approx([0.06, 0.11])
    assert points(first, "seq2seq/multi-purpose") == pytest.approx(np.array([[247_577_856, 0.25]]))
    assert points(last, "decoder/multi-purpose") == pytest.approx(np.array([[559_214_592, 3.5]]))
    assert (first.get_xscale(), first.get_yscale()) == ("log", "log")


@pytest.mark.slow
def test_by_dataset_has_each_cell_with_the_interval_of_its_repeats() -> None:
    figure = drawn("multipurpose_vs_specific_by_dataset", hand_tables.tables())
    axes = figure.axes[2]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["cnn-dailymail", "samsum", "xsum"]
    decoder = points(axes, "decoder/multi-purpose")
    assert decoder[:, 1] == pytest.approx([3.15, 3.5, 3.85])
    assert list(np.round(decoder[:, 0])) == [0, 1, 2]
    lines = segments(axes, "interval/decoder/multi-purpose")
    assert lines[:, 1] == pytest.approx(0.96 * decoder[:, 1]) and lines[:, 2] == pytest.approx(1.04 * decoder[:, 1])


@pytest.mark.slow
def test_multipurpose_by_task_orders_models_by_size() -> None:
    axes = drawn("multipurpose_by_task", hand_tables.tables()).axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["flan-t5-base\n248 M", "bloomz-560m\n559 M"]
    assert points(axes, "summarization/seq2seq")[0, 1] == pytest.approx(1.2)
    assert points(axes, "summarization/decoder")[0, 1] == pytest.approx(3.5)
    assert round(points(axes, "question-answering/decoder")[0, 0]) == 1


@pytest.mark.slow
def test_output_length_says_that_lengths_are_set() -> None:
    tables = hand_tables.tables()
    figure = drawn("output_length", tables)
    assert points(figure.axes[1], "seq2seq/task-specific") == pytest.approx(np.array([[15.0, 1.3]]))
    assert all("lengths set, not produced" in axes.get_xlabel() for axes in figure.axes)
    assert "Summarization: lengths set, not produced." in note_of("output_length", tables)
    produced = tables | {"output_lengths": tables["output_lengths"].assign(lengths="produced")}
    figure = drawn("output_length", produced)
    assert not any("not produced" in axes.get_xlabel() for axes in figure.axes)


@pytest.mark.slow
def test_comparison_shows_both_energies_their_spreads_and_lines_of_one_ratio() -> None:
    tables = hand_tables.tables()
    axes = drawn("comparison", tables).axes[0]
    energies = ["paper_energy_kwh_per_1000", "energy_kwh_per_1000"]
    table = tables["comparison"].sort_values(energies)
    assert points(axes, "tasks") == pytest.approx(table[energies].to_numpy())
    for line in axes.lines:
        if str(line.get_gid()).startswith("ratio/"):
            ratio = float(str(line.get_gid()).partition("/")[2])
            assert np.asarray(line.get_ydata()) == pytest.approx(ratio * np.asarray(line.get_xdata()))
    assert "ratio/1" in {line.get_gid() for line in axes.lines}
    spans = [np.log10(high / low) for low, high in (axes.get_xlim(), axes.get_ylim())]
    assert spans[0] == pytest.approx(spans[1])
    mean, sd = table["paper_energy_kwh_per_1000"], table["sd_paper_energy_kwh_per_1000"]
    lines = segments(axes, "deviation/x", along=0)
    assert lines[:, 2] == pytest.approx(mean + sd)
    # Where the spread reaches 0 the line goes to the edge, and is marked there.
    reaches = (mean <= sd).to_numpy()
    assert lines[~reaches, 1] == pytest.approx((mean - sd)[~reaches]) and reaches.sum() == 1
    assert lines[reaches, 1] == pytest.approx(axes.get_xlim()[0])
    assert points(axes, "beyond/deviation/x")[:, 1] == pytest.approx(table["energy_kwh_per_1000"][reaches])


@pytest.mark.slow
def test_the_papers_own_logs_are_not_set_beside_the_paper() -> None:
    logs = {"source": "logs", "logs": {"path": None, "mapping": "m.yaml"}}
    said = reason("comparison", hand_tables.tables(), **logs)
    assert said.startswith(
        "These are the paper's own logs: that they order the tasks as its Table 2 does is no finding."
    )
    assert drawn("comparison", hand_tables.tables(), source="logs", logs={"path": "own", "mapping": "m.yaml"})


@pytest.mark.slow
def test_an_interval_that_reaches_0_goes_to_the_edge_and_the_legend_says_so() -> None:
    tables = hand_tables.tables()
    cells = tables["cells"]
    assert "goes on below the axis" not in legend_of(drawn("multipurpose_vs_specific_by_dataset", tables))
    below = (cells["cell"] == "summarization/xsum/bigscience--bloomz-560m").to_numpy()
    cells.loc[below, f"ci95_low_{G}"] = -0.5
    figure = drawn("multipurpose_vs_specific_by_dataset", tables)
    axes = figure.axes[2]
    assert segments(axes, "interval/decoder/multi-purpose")[2, 1] == pytest.approx(axes.get_ylim()[0])
    assert points(axes, "beyond/interval/decoder/multi-purpose")[:, 1] == pytest.approx([axes.get_ylim()[0]])
    assert legend_of(figure)[-1] == "goes on below the axis"


def test_models_of_one_value_stand_side_by_side() -> None:
    tables = hand_tables.tables()
    cells = tables["cells"]
    cells.loc[(cells["task"] == "text-classification") & (cells["purpose"] == "task-specific"), G] = 0.2
    models = points(drawn("tasks", tables).axes[0], "models")
    alike = models[np.isclose(models[:, 0], 0.2)]
    assert len(alike) == 2 and abs(alike[0, 1] - alike[1, 1]) > 0.1
    assert swarm([1.0, 1.0, 2.0, 1.01], touching=0.05, lane=0.2) == [0.0, -0.2, 0.0, 0.2]


@pytest.mark.slow
def test_energy_in_the_place_of_emissions_by_a_key_of_the_study() -> None:
    tables = hand_tables.tables()
    for name in ("tasks", "modalities", "multipurpose_vs_specific", "multipurpose_by_task"):
        grams, energies = (drawn(name, tables, figures=shown) for shown in ("emissions", "energy"))
        along = 0 if name == "tasks" else 1
        for one, other in zip(grams.axes, energies.axes, strict=True):
            for gid in gids(one) - {gid for gid in gids(one) if gid.startswith(("range", "interval"))}:
                of_grams, of_energies = points(one, gid)[:, along], points(other, gid)[:, along]
                assert of_grams / of_energies == pytest.approx(138.75)
        labels = [axes.get_xlabel() if name == "tasks" else axes.get_ylabel() for axes in energies.axes]
        assert labels[0].startswith("kWh per 1,000 inferences\n(energy modelled")
    assert "figures" not in hand_tables.study().config.model_dump(mode="json")


@pytest.mark.slow
def test_a_device_beside_the_papers_node_has_no_line_of_equality() -> None:
    tables = hand_tables.tables()
    device = tables["cells"].assign(energy_device_kwh_per_1000=tables["cells"]["energy_kwh_per_1000"])
    tables |= {"cells": device, "comparison": tables["comparison"].assign(scope="device")}
    figure = drawn("comparison", tables)
    assert not any(str(line.get_gid()).startswith("ratio") for line in figure.axes[0].lines)
    assert "The paper's energies are the node's: no line of equal ones." in note_of("comparison", tables)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_the_caption_states_method_weights_data_device_and_grid(name: str) -> None:
    note = note_of(name, hand_tables.tables())
    assert note.startswith(
        "Energy modelled (CPU load model, constant RAM power), node (CPU and RAM), gross; random weights, surrogate data; "
        "on CPU (Example Silicon 9000); grid 138.75 g CO₂eq/kWh (us-oregon-2023-codecarbon)."
    )


@pytest.mark.slow
def test_the_caption_of_a_gpu_with_counters_says_what_is_modelled() -> None:
    tables = hand_tables.tables()
    cells = tables["cells"].assign(
        energy_gpu_method="counter", modelled_share=0.124, device="cuda", weights="hub", data="hub"
    )
    tables |= {"cells": cells, "provenance": hand_tables.provenance(gpu_names="NVIDIA A100, NVIDIA A100")}
    note = note_of("tasks", tables)
    assert note.startswith(
        "Energy partly modelled (GPU counter, CPU load model, constant RAM power; modelled share 12 %), "
        "node (all GPUs, CPU and RAM), gross; published weights, published data; on GPU (NVIDIA A100)"
    )
    tables["cells"] = cells.assign(headline_scope="device", energy_device_method="counter")
    note = note_of("tasks", tables)
    assert note.startswith("Energy measured (GPU counter), device (one GPU), gross;")


@pytest.mark.slow
def test_the_note_says_what_the_lines_are_and_rest_on() -> None:
    tables = hand_tables.tables()
    cox = "Lines: 95 % interval of the mean by Cox's method with Student's t over the models (8 models); 9 tasks of one model"
    assert cox in note_of("tasks", tables | {"tasks": hand_tables.with_interval(tables["tasks"])})
    for name in ("multipurpose_vs_specific_by_dataset", "output_length"):
        note = note_of(name, tables)
        assert "Lines: 95 % interval by Student's t over the repeats (3 valid repeats)." in note
    assert "Lines:" not in note_of("modalities", tables)


@pytest.mark.slow
def test_missing_values_are_counted_and_never_drawn() -> None:
    tables = hand_tables.tables()
    cells = tables["cells"].copy()
    gone = (cells["task"] == "summarization") & (cells["dataset"] == "xsum")
    cells.loc[gone, [G, f"ci95_low_{G}", f"ci95_high_{G}"]] = np.nan
    tables |= {"cells": cells, "tasks": hand_tables.tasks(cells)}
    figure = drawn("output_length", tables)
    assert [axes.get_title() for axes in figure.axes] == ["cnn-dailymail", "samsum"]
    assert "3 cells without a value are left out." in note_of("output_length", tables)
    assert "1 cell without a value is left out." in note_of("tasks", tables)
    # bart's mean is over its two cells that have a value: 0.95 of 1.3 g
    models = points(drawn("tasks", tables).axes[0], "models")
    assert np.isclose(models[:, 0], 0.95 * 1.3).sum() == 1


@pytest.mark.slow
def test_an_unknown_interval_draws_no_line() -> None:
    tables = hand_tables.tables()
    tables["cells"].loc[:, [f"ci95_low_{G}", f"ci95_high_{G}"]] = np.nan
    figure = drawn("multipurpose_vs_specific_by_dataset", tables)
    assert not any(gid.startswith("interval") for axes in figure.axes for gid in gids(axes))


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_nothing_to_show_is_a_sentence_that_says_why(name: str) -> None:
    tables = hand_tables.tables()
    cells = tables["cells"].copy()
    cells.loc[:, [column for column in cells if "per_1000" in column]] = np.nan
    empty = tables | {"cells": cells, "tasks": tables["tasks"][:0], "comparison": tables["comparison"][:0]}
    said = reason(name, empty | {"output_lengths": tables["output_lengths"][:0]})
    assert "has a value yet; tables/missing.csv says why." in said
    none = empty | {"cells": cells[:0], "output_lengths": tables["output_lengths"][:0]}
    assert "The study 'laptop' has no selected" in reason(name, none)


def test_a_grid_of_zero_is_said_and_not_drawn() -> None:
    tables = hand_tables.tables()
    tables["cells"][G], tables["tasks"][G] = 0.0, 0.0
    assert "The study's grid is 0 g/kWh" in reason("tasks", tables, grid=0.0)


@pytest.mark.slow
def test_the_verb_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    study = write_study(tmp_path, hand_tables.study())
    folder = hand_tables.write(tmp_path / "tables", hand_tables.tables())
    for out in ("a", "b"):
        given = ["--study", str(study), "--tables", str(folder), "--figure", "tasks", "--figures", str(tmp_path / out)]
        assert draw_figures.main(given) == 0
    files = {f"tasks{form}.{kind}" for form in ("", "_column") for kind in ("pdf", "png", "svg")} | {
        "tasks.md",
        "tasks.tex",
    }
    assert {path.name for path in (tmp_path / "a").iterdir()} == files
    for name in files:
        content = (tmp_path / "a" / name).read_bytes()
        assert content == (tmp_path / "b" / name).read_bytes()
        assert content.startswith({"pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<?xml", "md": b"**", "tex": b"\\caption"}[name.rpartition(".")[2]])  # fmt: skip


def test_an_unknown_figure_is_one_message_with_near_names(tmp_path: Path) -> None:
    given = ["--study", "s", "--tables", "t", "--figure", "modalites", "--figures", str(tmp_path)]
    with pytest.raises(InputError, match="did you mean 'modalities'"):
        draw_figures.main(given)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    hand_tables.write(tmp_path, {"cells": hand_tables.cells()})
    with pytest.raises(InputError, match="tasks.csv: no such table"):
        read_tables(tmp_path, ["cells", "tasks"])


def test_tables_come_back_from_csv_to_the_last_bit(tmp_path: Path) -> None:
    table = pd.DataFrame({"model": ["null", "NA"], "energy_kwh": [0.1 + 0.2, None]})
    back = read_tables(hand_tables.write(tmp_path, {"cells": table}), ["cells"])["cells"]
    assert list(back["model"]) == ["null", "NA"]
    assert back["energy_kwh"][0] == 0.1 + 0.2 and np.isnan(back["energy_kwh"][1])


def test_a_figure_is_drawn_where_its_tables_are() -> None:
    assert ALL == [
        name for name in FIGURES if name not in ("flops", "quality", "factors", "then_and_now", "decomposition")
    ]
    assert set(figures_of({"quality", "cells", "provenance"})) == {
        "quality",
        "modalities",
        "multipurpose_vs_specific",
        "multipurpose_vs_specific_by_dataset",
        "multipurpose_by_task",
    }


def test_the_listing_reads_what_the_figures_say_and_imports_none_of_them() -> None:
    for name, figure in figures_of({*TABLES, *OF_FLOPS, "quality", "decomposition"}).items():
        assert replace(load_member(FIGURES[name]), draw=None) == figure
    heavy = (
        "import sys; from wattlab.figures.listing import figures_of; figures_of(['cells']); "
        "print([m for m in ('matplotlib', 'pandas', 'torch') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", heavy], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
