"""What goes wrong with RAPL in the plain way of CodeCarbon 3.3.2: what may not be read, wraps, mirrors and memory."""

import time
from pathlib import Path
from typing import Any

import pytest

from support.meter_windows import verdict, window
from support.meters_fake import FakeRapl, fake_rapl
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.meters.rapl import RaplCounters


def test_unreadable_rapl_is_a_model_from_the_start_and_says_so(monkeypatch: pytest.MonkeyPatch, rapl: FakeRapl) -> None:
    rapl.deny(monkeypatch, 0, 1)
    meter = CodeCarbonMeter()
    made = window(meter, lambda: time.sleep(0.05))
    assert made.energy_cpu_method == "model"
    assert made.reference_energy_cpu_j is None
    assert meter.describe()["cpu_mode"] == "cpu_load"
    assert verdict(made) == []
    assert verdict(made, require_counters=True) == ["energy_cpu_j is by model, and require_counters is true"]


def test_a_package_that_can_not_be_read_is_not_left_out_in_silence(
    monkeypatch: pytest.MonkeyPatch, rapl: FakeRapl
) -> None:
    """One of two packages is no CPU: it is modelled, and the doctor says why."""
    rapl.deny(monkeypatch, 1)
    meter = CodeCarbonMeter()
    made = window(meter, lambda: [rapl.add_j(0, 40.0), time.sleep(0.05)])
    assert (made.energy_cpu_method, made.reference_energy_cpu_j) == ("model", None)
    assert verdict(made) == []
    assert meter.describe()["cpu_power_source"] in ("nameplate", "default")
    (unread,) = meter._rapl.unreadable
    assert str(unread) == "energy_uj of intel-rapl:1 may not be read by this user" and "chmod" in str(unread.remedy)


@pytest.mark.parametrize(("content", "why"), [(None, "is not there"), ("0", "is 0"), ("?", "can not be read")])
def test_a_range_that_is_not_known_is_no_counter(rapl: FakeRapl, content: str | None, why: str) -> None:
    """A wrap could not be corrected, and a range of 0 would let the thread of the splits run without a pause."""
    path = rapl.root / "intel-rapl:0" / "max_energy_range_uj"
    path.unlink() if content is None else path.write_text(content)
    meter = CodeCarbonMeter()
    assert [str(one) for one in meter._rapl.unreadable] == [f"max_energy_range_uj of intel-rapl:0 {why}"]
    assert meter._rapl.unreadable[0].remedy is None
    busy_s = time.process_time()
    made = window(meter, lambda: [rapl.add_j(0, 40.0), time.sleep(0.3)])
    assert (made.energy_cpu_method, verdict(made)) == ("model", [])
    assert time.process_time() - busy_s < 0.2
    assert meter._splits.interval_s == 60.0


@pytest.mark.parametrize("packages", [(0,), (1,), (0, 1)])
def test_permissions_lost_within_a_cell_make_the_repeat_invalid(
    monkeypatch: pytest.MonkeyPatch, rapl: FakeRapl, packages: tuple[int, ...]
) -> None:
    meter = CodeCarbonMeter()
    first = window(meter, lambda: [rapl.add_j(0, 40.0), rapl.add_j(1, 20.0)])
    assert (first.energy_cpu_j, verdict(first)) == (pytest.approx(60.0), [])

    def lose() -> None:
        rapl.add_j(0, 40.0)
        rapl.add_j(1, 20.0)
        rapl.deny(monkeypatch, *packages)

    for work in (lose, lambda: None):  # while it works, and ever after
        broken = window(meter, work)
        assert broken.energy_cpu_method == "counter"
        assert broken.reference_energy_cpu_j is None
        reasons = "; ".join(verdict(broken, first))
        assert all(f"intel-rapl:{package}" in reasons for package in packages)
        assert "chmod" in reasons


@pytest.mark.slow
def test_a_window_longer_than_many_wraps_loses_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = fake_rapl(monkeypatch, tmp_path, packages=2, range_uj=30_000_000)
    meter = CodeCarbonMeter()
    splits = meter._splits
    assert splits.interval_s == pytest.approx(0.03)

    def work() -> None:
        for _ in range(10):  # 200 J and 50 J through counters of 30 J
            small.add_j(0, 20.0)
            small.add_j(1, 5.0)
            for _ in range(2):  # the first reading may have begun before the joules came
                seen_s, deadline = time.perf_counter(), time.monotonic() + 20
                while splits._last_s <= seen_s and time.monotonic() < deadline:
                    time.sleep(0.005)

    made = window(meter, work)
    assert made.energy_cpu_j == pytest.approx(250.0, rel=1e-6)
    assert made.reference_energy_cpu_j == pytest.approx(250.0, rel=1e-6)
    assert verdict(made) == []
    assert window(meter, lambda: small.add_j(0, 7.0)).energy_cpu_j == pytest.approx(7.0, rel=1e-6)


def test_splits_come_before_a_wrap_and_only_on_rapl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_rapl(monkeypatch, tmp_path, packages=1, range_uj=65_532_610_987)  # 32 bits of 15.3 uJ
    meter = CodeCarbonMeter()
    assert meter._splits.interval_s == 60.0
    meter.begin()
    assert meter._splits._thread is not None
    meter.end(duration_s=0.0)
    assert meter._splits._thread is None


def mirrored(monkeypatch: pytest.MonkeyPatch, root: Path, packages: int, apart_j: float = 0.0) -> FakeRapl:
    """Packages whose counters show the same at first, or some joules more each."""
    rapl = fake_rapl(monkeypatch, root, packages=packages)
    for number in range(packages):
        counter = rapl.root / f"intel-rapl:{number}" / "energy_uj"
        counter.write_text(str(5_000_000_000 + round(number * apart_j * 1e6)))
    return rapl


def test_dies_that_mirror_one_counter_are_counted_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rapl = mirrored(monkeypatch, tmp_path, 2)
    meter = CodeCarbonMeter()
    for _ in range(3):
        made = window(meter, lambda: [rapl.add_j(0, 25.0), rapl.add_j(1, 25.0)])
        assert made.energy_cpu_j == pytest.approx(25.0)
        assert made.reference_energy_cpu_j == pytest.approx(25.0)


@pytest.mark.parametrize("apart_j", [0.0, 0.5])
def test_two_sockets_are_told_from_mirrors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, apart_j: float) -> None:
    """A joule apart at the start and alike while idle, as on a machine that has just booted; then at 25 W and 40 W."""
    rapl = mirrored(monkeypatch, tmp_path, 2, apart_j)
    meter = CodeCarbonMeter()
    window(meter, lambda: [rapl.add_j(0, 0.4), rapl.add_j(1, 0.4)])
    for _ in range(3):
        made = window(meter, lambda: [rapl.add_j(0, 25.0), rapl.add_j(1, 40.0)])
        assert made.energy_cpu_j == pytest.approx(65.0)
        assert made.reference_energy_cpu_j == pytest.approx(65.0)


def test_two_sockets_that_meet_again_are_still_two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CodeCarbon looks at each window alone; what was told apart once is not one."""
    rapl = mirrored(monkeypatch, tmp_path, 2)
    meter = CodeCarbonMeter()
    window(meter, lambda: rapl.add_j(0, 10.0))
    rapl.add_j(1, 10.0)
    same = window(meter, lambda: [rapl.add_j(0, 30.0), rapl.add_j(1, 30.0)])
    assert same.energy_cpu_j == pytest.approx(60.0)
    assert same.reference_energy_cpu_j == pytest.approx(60.0)


def test_sockets_whose_counters_stand_still_at_first_are_two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rapl = mirrored(monkeypatch, tmp_path, 2)
    for number in range(2):
        (rapl.root / f"intel-rapl:{number}" / "energy_uj").write_text("0")
    made = window(CodeCarbonMeter(), lambda: [rapl.add_j(0, 25.0), rapl.add_j(1, 40.0)])
    assert made.energy_cpu_j == pytest.approx(65.0)
    assert made.reference_energy_cpu_j == pytest.approx(65.0)


def test_mirrors_that_are_read_one_after_the_other_stay_mirrors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Four dies of a socket at 400 W; some readings lie 10 ms apart, 4 J."""
    rapl = mirrored(monkeypatch, tmp_path, 4)
    counters = RaplCounters(rapl.root)
    energy_j, real = [5000.0], Path.read_text

    def counted(path: Path, *rest: Any) -> str:
        if path.name != "energy_uj":
            return real(path, *rest)
        energy_j[0] += 4.0
        return str(round(energy_j[0] * 1e6))

    monkeypatch.setattr(Path, "read_text", counted)
    for _ in range(50):
        counters.read_j()
    assert counters.distinct == [0]


def test_memory_is_not_added_to_the_package(rapl: FakeRapl) -> None:
    dram = rapl.add_domain("dram", "intel-rapl:0:0", 5_000_000)

    def work() -> None:
        rapl.add_j(0, 30.0)
        dram.write_text(str(5_000_000 + 100_000_000))

    made = window(CodeCarbonMeter(), work)
    assert made.energy_cpu_j == pytest.approx(30.0)
    assert made.reference_energy_cpu_j == pytest.approx(30.0)


def test_a_counter_of_the_whole_platform_alone_is_no_package_and_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """CodeCarbon falls back to `psys`; this package lists none, and divides by none."""
    rapl = fake_rapl(monkeypatch, tmp_path, packages=1)
    (rapl.root / "intel-rapl:0" / "name").write_text("psys\n")
    meter = CodeCarbonMeter()
    assert meter._rapl.packages == []
    made = window(meter, lambda: [rapl.add_j(0, 40.0), time.sleep(0.3)])
    assert (made.energy_cpu_method, made.energy_cpu_j) == ("counter", pytest.approx(40.0)) and verdict(made) == []
