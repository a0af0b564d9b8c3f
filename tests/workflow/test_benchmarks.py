"""`make benchmarks`: a ratio beyond its tolerance fails it, and nothing else does."""

import json
import math
import sys
from typing import Any

import pytest

import run_all
from ratios import Ratio, paired
from support.imports import ROOT


def test_a_ratio_above_its_tolerance_is_told_and_a_smaller_one_is_not() -> None:
    committed = {"loop": {"value": 1.0, "tolerance": 0.02}, "gone": {"value": 1.0, "tolerance": 0.1}}
    for value, told in ((0.5, 0), (1.0199, 0), (1.0201, 1)):
        found = {"loop": Ratio("loop", value, 0.02).content, "new": Ratio("new", 9.0, 0.1).content}
        assert len(run_all.risen(found, committed)) == told
    (line,) = run_all.risen({"loop": Ratio("loop", 1.1, 0.02).content}, committed)
    assert line == "loop: 1.1, +10.0% above the committed 1; 2% are tolerated"


def test_the_interval_is_that_of_the_logarithms_of_the_pairs() -> None:
    ratio = paired("loop", [2.0, 4.0, 8.0], [1.0, 2.0, 2.0], 0.1)
    # Logarithms of 2, 2 and 4: mean 4/3 ln 2, standard error ln 2 / 3; Student's t with two degrees of freedom is 4.302653.
    half = 4.302653 * math.log(2) / 3
    assert ratio.value == pytest.approx(2 ** (4 / 3))
    assert (ratio.low, ratio.high) == pytest.approx((ratio.value * math.exp(-half), ratio.value * math.exp(half)))
    assert ratio.pairs == 3


def test_results_are_written_with_machine_and_commit_and_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    results = run_all.ROOT / "benchmarks/results.json"
    committed = json.loads(results.read_text())
    before = committed["comparison_power"]["ratios"]["false alarms over those allowed, at worst"]["value"]
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    monkeypatch.setattr(run_all, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(run_all, "git", lambda *words: json.dumps(committed) if words[0] == "show" else "0123")
    module = type(sys)("comparison_power")
    for value, code in ((before, 0), (before * 1.3, 1)):
        module.ratios = lambda value=value: [Ratio("false alarms over those allowed, at worst", value, 0.2)]
        monkeypatch.setitem(sys.modules, "comparison_power", module)
        monkeypatch.setattr(sys, "argv", ["run_all.py", "comparison_power"])
        assert run_all.main() == code
        written = json.loads((tmp_path / "results.json").read_text())["comparison_power"]
        assert written["machine"]["cpu_cores"] >= 1 and written["commit"].startswith("0123")
        assert written["ratios"]["false alarms over those allowed, at worst"]["value"] == value
    assert "+30.0% above the committed" in capsys.readouterr().out


def test_every_benchmark_gives_ratios() -> None:
    for name in run_all.BENCHMARKS:
        assert "\ndef ratios(" in (ROOT / f"benchmarks/{name}.py").read_text(), name
