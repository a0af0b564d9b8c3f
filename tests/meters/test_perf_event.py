"""RAPL by `perf_event`: what the kernel lists, and the call itself."""

from pathlib import Path

import pytest

from support.conformance import fake_perf
from support.meter_windows import window
from support.meters_fake import FakeRapl
from wattlab.meters import rapl_perf
from wattlab.meters.accelerators import on_machine
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.meters.rapl import RaplCounters
from wattlab.meters.rapl_perf import open_counter, perf_packages
from wattlab.workflow.doctor.components import components


def test_the_packages_are_added_and_named(monkeypatch: pytest.MonkeyPatch, rapl: FakeRapl) -> None:
    rapl.deny(monkeypatch, 0, 1)
    read_j = [10.0, 2000.0]
    fake_perf(monkeypatch, rapl, [lambda: read_j[0], lambda: read_j[1]])
    meter = CodeCarbonMeter()

    def work() -> None:
        read_j[:] = [read_j[0] + 40.0, read_j[1] + 25.0]

    made = window(meter, work)
    assert made.energy_cpu_j == pytest.approx(65.0) and made.energy_cpu_method == "counter"
    assert made.reference_energy_cpu_j is None and made.problems == []
    described = meter.describe()
    assert (described["cpu_mode"], described["cpu_tdp_w"]) == ("perf_event", None)
    monkeypatch.setattr(
        "wattlab.workflow.doctor.components.RaplCounters", lambda root: RaplCounters(rapl.root, rapl.pmu)
    )
    assert "RAPL by perf_event, 2 package(s)" in components(made, described, on_machine("cpu"))[0].meaning


def test_powercap_comes_first(monkeypatch: pytest.MonkeyPatch, rapl: FakeRapl) -> None:
    fake_perf(monkeypatch, rapl, [lambda: 1.0])
    assert not RaplCounters(rapl.root, rapl.pmu).by_perf


@pytest.mark.parametrize(("name", "text"), [("events/energy-pkg.unit", "uJ"), ("type", "?"), ("cpumask", "")])
def test_what_is_not_as_the_kernel_says_is_no_counter(
    monkeypatch: pytest.MonkeyPatch, rapl: FakeRapl, name: str, text: str
) -> None:
    fake_perf(monkeypatch, rapl, [lambda: 1.0])
    assert len(perf_packages(rapl.pmu)) == 1
    (rapl.pmu / name).write_text(text)
    assert perf_packages(rapl.pmu) == []


def test_a_counter_that_stands_still_is_not_offered(monkeypatch: pytest.MonkeyPatch, rapl: FakeRapl) -> None:
    """As of a virtual machine that lists the event and counts nothing: every window would be a repeat that is invalid."""
    rapl.deny(monkeypatch, 0, 1)
    fake_perf(monkeypatch, rapl, [lambda: 1.0, lambda: 1.0])
    monkeypatch.setattr(rapl_perf, "open_counter", lambda kind, config, cpu: lambda: 0)
    assert perf_packages(rapl.pmu) == [] and not RaplCounters(rapl.root, rapl.pmu).by_perf
    assert CodeCarbonMeter().describe()["cpu_mode"] != "perf_event"


def test_the_call_is_the_kernels() -> None:
    """The kernel's own CPU clock (type 1, event 0) counts nanoseconds; a type that it lacks is refused."""
    with pytest.raises(OSError, match="(?i)no such|not permitted|permission|not implemented"):
        open_counter(4711, 0, 0)
    if Path("/proc/sys/kernel/perf_event_paranoid").exists():
        try:
            read = open_counter(1, 0, 0)
        except PermissionError:
            return
        first, second = read(), read()
        assert 0 < first < second < first + 10**10
