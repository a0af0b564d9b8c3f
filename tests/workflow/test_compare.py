"""`make compare`: ratios with their bounds, refusals with their reasons, and how often it is wrong."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import compare_studies
from support.whole_studies import few_cells, measured_study
from wattlab.foundation.errors import InputError
from wattlab.foundation.files import write_json
from wattlab.tables.ratios import Spread, log_ratio, q_values, ratio_of, spread_between

ROOT = Path(__file__).resolve().parents[2]


def benchmark() -> Any:
    """The program that makes the tables of docs/compare.md."""
    spec = importlib.util.spec_from_file_location("comparison_power", ROOT / "benchmarks/comparison_power.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


comparison_power = benchmark()


def run(tmp_path: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, numbers and page of B over A, of `tmp_path / a` and `b`."""
    places = [str(tmp_path / side / "results/laptop") for side in "ab"]
    files = ["--json", str(tmp_path / "out.json"), "--markdown", str(tmp_path / "out.md")]
    code = compare_studies.main([*places, *files, *options])
    return code, json.loads((tmp_path / "out.json").read_text()), (tmp_path / "out.md").read_text()


@pytest.mark.slow
def test_a_cell_that_costs_more_is_found_and_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured_study(tmp_path / "a", few_cells())
    measured_study(tmp_path / "b", few_cells(), seed=1, factors=[1, 1, 1, 1, 1, 1.3])
    code, numbers, page = run(tmp_path, "--fail-above", "1.05")
    assert code == compare_studies.ABOVE_EXIT == 3
    differing = [row["name"] for row in numbers["rows"] if row["differs"]]
    assert "summarization/xsum/ainize--bart-base-cnn" in differing and numbers["above"]
    rows = {row["name"]: row for row in numbers["rows"]}
    cell = rows["summarization/xsum/ainize--bart-base-cnn"]
    # 60 W x 1.3 + 10 W over 70 W
    assert cell["energy_ratio"] == pytest.approx(88 / 70, rel=0.02)
    assert cell["low_energy_ratio"] < 88 / 70 < cell["high_energy_ratio"] and cell["bounds"] == "interval"
    assert rows["fill-mask"]["n_cells"] == 3 and not rows["fill-mask"]["differs"]
    assert rows["all cells"]["n_repeats_a"] == 60
    assert capsys.readouterr().out == page
    assert "Repeats of one session share its conditions" in page and "Above 1.05 beyond doubt: " in page
    assert "CPU load model" in page and "| fill-mask | 3 | 30, 30 |" in page


@pytest.mark.slow
def test_the_same_truth_is_no_alarm(tmp_path: Path) -> None:
    measured_study(tmp_path / "a", few_cells())
    measured_study(tmp_path / "b", few_cells(), seed=1)
    code, numbers, page = run(tmp_path, "--fail-above", "1.05")
    assert code == 0 and numbers["above"] == [] and not any(row["differs"] for row in numbers["rows"])
    assert "0 of 10 tested ratios differ from 1" in page and "Above 1.05 beyond doubt: none." in page


@pytest.mark.slow
def test_below_five_repeats_there_is_a_range_and_no_alarm(tmp_path: Path) -> None:
    cells = few_cells(repeats=3)[:3]
    measured_study(tmp_path / "a", cells)
    measured_study(tmp_path / "b", cells, seed=1, factors=[2, 2, 2])
    code, numbers, page = run(tmp_path, "--fail-above", "1.05")
    assert code == 0 and {row["bounds"] for row in numbers["rows"]} == {"range"}
    assert all(row["q"] is None and row["low_energy_ratio"] > 1.5 for row in numbers["rows"])
    assert "Nothing was tested" in page and numbers["spread_of_sessions"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"protocol_values": {"dtype": "float16"}}, "spec.protocol.dtype = float32 in A, float16 in B"),
        ({"protocol_values": {"prompt": "x" * 90 + "y"}}, "spec.protocol.prompt = null in A"),
        ({"device": "cuda"}, "spec.device = auto in A, cuda in B"),
    ],
)
def test_unlike_specs_are_refused_field_by_field(tmp_path: Path, values: dict[str, Any], reason: str) -> None:
    measured_study(tmp_path / "a", few_cells()[:2])
    one_like, one_unlike = few_cells()[0], few_cells(**values)[1]
    measured_study(tmp_path / "b", [one_like, one_unlike], seed=1)
    code, numbers, page = run(tmp_path)
    assert code == 0 and list(numbers["refused"]) == [one_unlike.cell.id]
    assert reason in "; ".join(numbers["refused"][one_unlike.cell.id]) and "Not compared: 1 cell." in page


def edit(folder: Path, change: Any) -> None:
    """Change every record of a study."""
    for path in folder.rglob("runs/*/*/*.json"):
        record = json.loads(path.read_text())
        change(record)
        write_json(path, record)


def beside_other_work(record: dict[str, Any]) -> None:
    """Every second repeat without a quarter of its core."""
    for repeat in record["repeats"][::2]:
        repeat["flags"], repeat["other_load_cores"] = ["throttled_cores"], 1.5


@pytest.mark.slow
def test_other_work_beside_the_measurements_is_said_first(tmp_path: Path) -> None:
    cells = few_cells(repeats=6)[:2]
    measured_study(tmp_path / "a", cells)
    measured_study(tmp_path / "b", cells, seed=1)
    for side in "ab":
        edit(tmp_path / side, lambda record: [repeat.update(other_load_cores=0.1) for repeat in record["repeats"]])
    _, quiet, page = run(tmp_path)
    assert "Not quiet" not in page and "throttled_cores" not in quiet["flagged_cells"]["b"]
    edit(tmp_path / "b", beside_other_work)
    _, numbers, page = run(tmp_path)
    assert "**Not quiet**: 0 of 2 cells of A and 2 of B have the flag `throttled_cores`" in page
    assert numbers["flagged_cells"]["b"]["throttled_cores"] == 2
    assert "in cores (mean over the repeats) | 0.10 | 0.80 |" in page
    assert "| cells with the flag `throttled_cores` | 0 of 2 | 2 of 2 |" in page


def other_cpu(record: dict[str, Any]) -> None:
    record["sessions"][0]["machine"]["cpu_model"] = "Another CPU"


def other_power(record: dict[str, Any]) -> None:
    record["sessions"][0]["meter"]["cpu_tdp_w"] = 50.0


def other_method(record: dict[str, Any]) -> None:
    for repeat in record["repeats"]:
        repeat["energy_cpu_method"] = "counter"


def other_rows(record: dict[str, Any]) -> None:
    record["samples_sha256"] = "0" * 64


def failed(record: dict[str, Any]) -> None:
    record["status"] = "failed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (other_cpu, "machine.cpu_model = Example CPU in A, Another CPU in B"),
        (other_power, "meter.cpu_tdp_w = 100.0 in A, 50.0 in B"),
        (other_method, "energy_cpu_method = model in A, counter in B"),
        (other_rows, "samples_sha256 = "),
        (failed, "not complete in B: failed"),
    ],
)
def test_what_can_not_be_compared_is_refused_with_the_reason(tmp_path: Path, change: Any, reason: str) -> None:
    measured_study(tmp_path / "a", few_cells()[:2])
    measured_study(tmp_path / "b", few_cells()[:2], seed=1)
    edit(tmp_path / "b", change)
    with pytest.raises(InputError, match="none of the 2 cells that A and B share can be compared") as caught:
        run(tmp_path)
    assert reason in str(caught.value)


@pytest.mark.slow
def test_two_studies_of_one_store_are_no_two_measurements(tmp_path: Path) -> None:
    measured_study(tmp_path / "a", few_cells()[:2])
    folder = str(tmp_path / "a/results")
    with pytest.raises(InputError, match="2 x the same repeats: both studies took them from one store"):
        compare_studies.main([folder, folder])


@pytest.mark.parametrize(("arguments", "message"), [
    (["nowhere", "nowhere"], "nowhere: no study with tables lies there"),
    (["nowhere", "nowhere", "--fail-above", "0"], "FAIL_ABOVE=0.0: give a ratio above zero"),
])  # fmt: skip
def test_bad_input_is_one_message(arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare_studies.main(arguments)


def test_numbers_of_a_ratio() -> None:
    a, b = [1.0, 1.1, 0.9, 1.0, 1.0], [2.0, 2.2, 1.8, 2.0, 2.0]
    cell = log_ratio(a, b)
    ratio = ratio_of([cell], Spread())
    error = np.sqrt(2 * np.var(a, ddof=1) / 5)
    assert ratio.value == pytest.approx(2.0) and ratio.error == pytest.approx(error)
    assert ratio.freedom == pytest.approx(8) and ratio.low == pytest.approx(2 * np.exp(-2.306004 * error))
    assert (cell.least, cell.greatest) == pytest.approx((1.8 / 1.1, 2.2 / 0.9))
    assert ratio.p(2.0) == pytest.approx(1.0) and ratio.p() < 1e-5
    # four tests: 0.01 x 4, 0.02 x 4 / 2, 0.03 x 4 / 3, 0.5
    assert list(q_values([0.01, 0.02, float("nan"), 0.03, 0.5])) == pytest.approx(
        [0.04, 0.04, np.nan, 0.04, 0.5], nan_ok=True
    )
    swapped = ratio_of([log_ratio(b, a)], Spread())
    assert (1 / swapped.high, 1 / swapped.low) == pytest.approx((ratio.low, ratio.high))


def test_the_spread_of_sessions_is_recovered() -> None:
    generator = np.random.default_rng(3)
    same = np.ones(400)
    for session_sd in (0.0, 0.03):
        a, b = comparison_power.draw(generator, 400, 10, same, session_sd)
        found = spread_between([log_ratio(*pair) for pair in zip(a, b, strict=True)])
        assert np.sqrt(found.variance) == pytest.approx(session_sd * np.sqrt(2), abs=0.004)


@pytest.mark.slow
@pytest.mark.parametrize("n_cells", [1, 12])
def test_one_truth_gives_at_most_seven_alarms_in_a_hundred(n_cells: int) -> None:
    assert comparison_power.false_alarms(n_cells, 10, 0.0, draws=1000) <= 0.07


def test_sessions_that_differ_are_no_alarm_but_would_be_by_the_repeats_alone() -> None:
    assert comparison_power.false_alarms(12, 10, 0.02, draws=300) <= 0.15  # 8 % in docs/compare.md
    assert comparison_power.false_alarms(12, 10, 0.02, with_sessions=False, draws=100) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("n_cells", "n_changed"), [(1, 1), (12, 12)])
def test_five_percent_at_two_is_found(n_cells: int, n_changed: int) -> None:
    assert comparison_power.power(n_cells, 10, 0.05, n_changed, draws=1000) >= 0.9
