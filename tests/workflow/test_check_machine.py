"""`make check-machine`: verdicts by what a counter does, and the whole check through its program."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import check_machine
from support import measurements
from support.meters_trace import Clock, traced_nvml, traced_rapl
from wattlab.machine.checked import checked
from wattlab.meters.accelerators.nvidia import Nvidia
from wattlab.meters.contract import Accelerator
from wattlab.tables.provenance import TABLE
from wattlab.workflow.doctor import check as examined
from wattlab.workflow.doctor.report import _check_line
from wattlab.workflow.doctor.verdicts import Ratio, ratio_of, verdict_of

TWO, THREE = Ratio(2.0, 1.99, 2.01), Ratio(3.0, 2.9, 3.1)


@pytest.mark.parametrize(
    ("method", "refresh_s", "energies", "power_ratio", "words"),
    [
        ("counter", 0.001, [TWO, TWO], None, "trust"),
        ("counter", 0.1, [TWO, TWO], 1.02, "trust above 10 s"),
        ("sampled", None, [TWO], None, "trust above 100 s"),
        ("counter", 0.1, [TWO, Ratio(1.93, 0.41, 3.46)], None, "do not trust"),
        ("counter", 0.1, [TWO, THREE], 1.0, "do not trust"),
        ("counter", 0.1, [TWO, TWO], 1.6, "do not trust"),
        ("counter", 0.1, [TWO, TWO], float("nan"), "do not trust"),
        ("counter", None, [TWO, TWO], None, "do not trust"),
        ("model", None, [TWO], None, "model only"),
        ("absent", None, [], None, "absent"),
    ],
)
def test_verdicts(
    method: str, refresh_s: float | None, energies: list[Ratio], power_ratio: float | None, words: str
) -> None:
    assert str(verdict_of("CPU", method, refresh_s, energies, power_ratio)) == words


def test_the_interval_of_twice_the_work_is_students() -> None:
    """Ratios 2.0, 2.1, 1.9: mean 2, sd 0.1, t(0.975, 2) = 4.303: 2 -+ 0.2484."""
    found = ratio_of([1.0, 1.0, 1.0], [2.0, 2.1, 1.9])
    assert (found.low, found.high) == (pytest.approx(1.7516, abs=1e-4), pytest.approx(2.2484, abs=1e-4))


@pytest.mark.slow
def test_a_gpu_whose_counter_moves_every_tenth_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a machine with a fake H100 and RAPL: the clock is a test's, the work 100 W more for a second."""
    clock = Clock(monkeypatch)
    nvml = traced_nvml(monkeypatch, clock, n_gpus=1, refresh_s=0.1, latency_s=0.0005)
    traced_rapl(monkeypatch, tmp_path, clock, packages=1)
    monkeypatch.setattr(examined, "RaplCounters", lambda: None)
    monkeypatch.setattr(Nvidia, "torch_version", lambda _: "12.8")
    monkeypatch.setattr(examined, "refresh_s", lambda read: 0.1)
    monkeypatch.setattr(examined, "_counter_over_power", lambda accelerator, index: 1.01)
    monkeypatch.setattr(examined, "matrix_work", lambda accelerator: work)
    monkeypatch.setattr(examined, "Bench", partial(examined.Bench, sleep=clock.sleep))

    def work() -> None:
        nvml.set(0, 155.5)
        time.sleep(1.0)
        nvml.set(0, 55.5)

    monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / "locks"))
    found = examined.check("cuda", tmp_path, 10.0, 5.0)
    by = {one["component"]: one["words"] for one in found["verdicts"]}
    assert (by["time"], by["RAM"], by["GPU"]) == ("trust", "model only", "trust above 10 s")
    ratios = found["twice_the_work"]["duration"]
    assert [one["ratio"] for one in ratios] == pytest.approx([2.0, 2.0], rel=0.02)
    assert "GPU trust above 10 s (counter)" in found["sentence"]
    assert float(found["facts"]["idle power of the GPUs"].split()[0]) == pytest.approx(55.5, rel=0.05)


def test_a_refresh_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def read() -> int:
        clock.sleep(0.001)
        return int(clock.now() / 0.05)

    assert examined.refresh_s(read) == pytest.approx(0.05, rel=0.1)
    monkeypatch.setattr(examined, "POLL_S", 0.01)
    assert examined.refresh_s(lambda: 1) is None


@pytest.mark.slow
def test_the_program_writes_what_doctor_and_records_refer_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The work of a second is done once; that of three rounds takes a twentieth of one."""
    real = examined.matrix_work

    def work(accelerator: Accelerator) -> Callable[[], None]:
        real(accelerator)()
        return lambda: time.sleep(0.05)

    monkeypatch.setattr(examined, "matrix_work", work)
    monkeypatch.setattr(examined, "ROUNDS", 3)
    monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / "locks"))
    assert "make check-machine" in _check_line(tmp_path)
    assert check_machine.main(["--results", str(tmp_path), "--device", "cpu", "--seconds", "0.2"]) in (0, None)
    said = capsys.readouterr().out
    content = json.loads((tmp_path / "machine-check.json").read_text())
    assert {one["component"]: one["words"] for one in content["verdicts"]}["RAM"] == "model only"
    assert "| CPU | " in said and said == (tmp_path / "machine-check.md").read_text()
    assert _check_line(tmp_path) == content["sentence"] == checked(tmp_path)["machine_check"]
    other = content | {"host_sha256": "another machine's"}
    (tmp_path / "machine-check.json").write_text(json.dumps(other))
    assert checked(tmp_path) == {}


def test_the_page_and_the_methods_have_its_sentence() -> None:
    from wattlab.report.methods import _checks

    row = {"aspect": "meter.machine_check", "value": "the machine was checked", "n_cells": 3, "mixed": False}
    assert _checks(TABLE.frame([row | {"intended": False}])) == ["the machine was checked"]
    assert measurements.session().meter is None or "machine_check" not in (measurements.session().meter or {})
