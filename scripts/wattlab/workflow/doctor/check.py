"""Five minutes with this machine: what its meters read while it idles, and while it does work of three sizes."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, pstdev
from typing import Any

from wattlab.foundation.clock import utc_now
from wattlab.foundation.files import free_bytes
from wattlab.machine.checked import host_sha256
from wattlab.machine.describe import describe_machine
from wattlab.machine.locks import gpu_lease
from wattlab.meters.accelerators import computing, on_machine
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.meters.contract import Accelerator
from wattlab.meters.rapl import RaplCounters
from wattlab.records.record import Machine, Window
from wattlab.runs.device_state import effective_cores
from wattlab.tables.energies import components, gpu_j
from wattlab.workflow.doctor.costs import BYTES_PER_GB, available_memory_gb
from wattlab.workflow.doctor.report import locks
from wattlab.workflow.doctor.verdicts import Ratio, Verdict, as_json, of_time, ratio_of, sentence, verdict_of

#: Rounds of all three sizes, and the length of the smallest (s); with the idle windows about four minutes.
ROUNDS, SMALLEST_S, SIZES = 4, 5.0, (1, 2, 4)
IDLE_S, POLL_S = 5.0, 2.0

#: No fourth round begins after this time (s): a machine that others use too takes longer, and five minutes are promised.
ENOUGH_S = 190.0


@dataclass
class Bench:
    """The meter, and work that takes about a second of the device that computes."""

    meter: CodeCarbonMeter
    work: Callable[[], None]
    sleep: Callable[[float], None] = time.sleep

    def window(self, do: Callable[[], None]) -> Window:
        """A measured window of it."""
        self.meter.begin()
        start = time.perf_counter()
        do()
        return self.meter.end(time.perf_counter() - start)


def matrix_work(accelerator: Accelerator) -> Callable[[], None]:
    """Matrix products on the device, one thread on a CPU: about a second of them, always the same number."""
    import torch

    torch.set_num_threads(1)
    factor = torch.randn(1024, 1024, device=accelerator.torch_device)

    def products(n: int) -> None:
        for _ in range(n):
            torch.mm(factor, factor)
        accelerator.synchronise()

    products(10)
    start = time.perf_counter()
    products(50)
    n = max(1, round(50 / (time.perf_counter() - start)))
    return lambda: products(n)


def check(device: str, results: Path, n_seconds: float = SMALLEST_S, idle_s: float = IDLE_S) -> dict[str, Any]:
    """The content of `results/machine-check.json`; takes the machine for about four minutes."""
    machine, accelerator = describe_machine(device), on_machine(device)
    with _leased(computing(machine.device), machine.device) as gpu_index:
        return _checked(machine, accelerator, gpu_index, results, n_seconds, idle_s)


@contextmanager
def _leased(computer: Accelerator, device: str) -> Iterator[int | None]:
    """Place of a GPU that nothing else computes on, and the only one that torch, not imported yet, sees; null on a CPU."""
    if device == "cpu":
        yield None
        return
    with gpu_lease(computer) as gpu:
        shown = computer.environment(gpu)
        before = {name: os.environ.get(name) for name in shown}
        os.environ.update(shown)
        try:
            yield gpu.index
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                os.environ.update({} if value is None else {name: value})


def _checked(
    machine: Machine, accelerator: Accelerator, gpu_index: int | None, results: Path, n_seconds: float, idle_s: float
) -> dict[str, Any]:
    computer = computing(machine.device)
    bench = Bench(CodeCarbonMeter(gpu_index, accelerator), matrix_work(computer))
    wall_s, steady_s = time.time(), time.perf_counter()
    idle: list[Window] = []
    rounds: list[list[Window]] = []
    while len(rounds) < ROUNDS and (len(rounds) < ROUNDS - 1 or time.perf_counter() - steady_s < ENOUGH_S):
        idle.append(bench.window(lambda: bench.sleep(idle_s)))
        rounds.append([bench.window(lambda n=size: _repeat(bench.work, n * n_seconds)) for size in SIZES])  # type: ignore[misc]
    drift_s = (time.time() - wall_s) - (time.perf_counter() - steady_s)
    times = _doubled(rounds, lambda window: window.duration_s)
    verdicts = [of_time(times), *_cpu_and_ram(rounds), _gpu(rounds, accelerator, gpu_index, bench)]
    now = utc_now()
    return {
        "checked_at_utc": now,
        "host_sha256": host_sha256(),
        "machine": machine.model_dump(mode="json", exclude={"gpu_uuids", "host_sha256"}),
        "verdicts": [as_json(one) for one in verdicts],
        "facts": {
            **_facts(idle, [one for row in rounds for one in row], machine, results),
            **_clock(drift_s, steady_s),
        },
        "twice_the_work": {"duration": [vars(one) for one in times]},
        "sentence": sentence(verdicts, now[:10], times),
    }


def _repeat(work: Callable[[], None], n: float) -> None:
    for _ in range(max(1, round(n))):
        work()


def _doubled(rounds: list[list[Window]], value: Callable[[Window], float]) -> list[Ratio]:
    """Twice the work over the work, for each pair of neighbouring sizes."""
    by_size = [[value(row[place]) for row in rounds] for place in range(len(SIZES))]
    return [ratio_of(single, double) for single, double in zip(by_size, by_size[1:], strict=False)]


def _cpu_and_ram(rounds: list[list[Window]]) -> Iterator[Verdict]:
    rapl, first = RaplCounters(), rounds[0][0]
    energies = _doubled(rounds, lambda window: window.energy_cpu_j or float("nan"))
    yield verdict_of("CPU", first.energy_cpu_method, refresh_s(lambda: rapl.read_j()), energies)
    yield verdict_of("RAM", first.energy_ram_method, None, [])


def _gpu(rounds: list[list[Window]], accelerator: Accelerator, index: int | None, bench: Bench) -> Verdict:
    first = rounds[0][0]
    if index is None or first.energy_gpu_method == "absent":
        return verdict_of("GPU", first.energy_gpu_method, None, [])
    gpu = accelerator.gpus[index]
    energies = _doubled(rounds, lambda window: (window.energy_gpu_j or [float("nan")] * (index + 1))[index])
    with _in_background(bench.work):
        refreshed_s, ratio = refresh_s(lambda: accelerator.energy_j(gpu)), _counter_over_power(accelerator, index)
    return verdict_of("GPU", first.energy_gpu_method, refreshed_s, energies, ratio)


@contextmanager
def _in_background(work: Callable[[], None]) -> Iterator[None]:
    done = threading.Event()

    def on() -> None:
        while not done.is_set():
            work()

    thread = threading.Thread(target=on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def refresh_s(read: Callable[[], Any]) -> float | None:
    """Median time between two values of a counter (s), by reading it for two seconds; null where it does not move."""
    changes, last, begun = [], read(), time.perf_counter()
    while (now := time.perf_counter()) - begun < POLL_S:
        value = read()
        if value != last:
            changes.append(now)
            last = value
    gaps = [after - before for before, after in zip(changes, changes[1:], strict=False)]
    return median(gaps) if gaps else None


def _counter_over_power(accelerator: Accelerator, index: int, seconds: float = 10.0) -> float | None:
    """Energy by the counter over the power readings' integral, under load; null where one is not known."""
    gpu, begun = accelerator.gpus[index], time.perf_counter()
    before, powers = accelerator.energy_j(gpu), []
    while time.perf_counter() - begun < seconds:
        powers.append(accelerator.reading(gpu).power_w)
        time.sleep(0.05)
    after, lasted_s = accelerator.energy_j(gpu), time.perf_counter() - begun
    known = [power_w for power_w in powers if power_w is not None]
    if before is None or after is None or not known:
        return None
    return (after - before) / (fmean(known) * lasted_s)


def _facts(idle: list[Window], busy: list[Window], machine: Machine, results: Path) -> dict[str, str]:
    powers_w = [sum(part or 0.0 for part, _ in components(window)) / window.window_s for window in idle]
    gpu_w = [energy_j / window.window_s for window in idle if (energy_j := gpu_j(window)) is not None]
    slowed = {cause for window in busy if window.gpu_state for cause, s in window.gpu_state.slowed_s.items() if s > 0}
    cores = [found for window in busy if (found := effective_cores(window)) is not None]
    others = [window.other_load_cores or 0.0 for window in [*idle, *busy]]
    return {
        "idle power": f"{fmean(powers_w):.2f} W, standard deviation {pstdev(powers_w):.2f} W over {len(idle)} windows",
        **({"idle power of the GPUs": f"{fmean(gpu_w):.2f} W"} if gpu_w else {}),
        "other load": f"{fmean(others):.2f} cores, at most {max(others):.2f}",
        "throttling": f"{min(cores):.2f} to {max(cores):.2f} cores for one thread"
        + (f"; GPU slowed by {', '.join(sorted(slowed))}" if slowed else ""),
        "what went wrong": "; ".join(dict.fromkeys(p for window in [*idle, *busy] for p in window.problems))
        or "nothing",
        "locks": locks(results)[0],
        "disk": f"{free_bytes(results) / BYTES_PER_GB:.1f} GB free",
        "memory": f"{available_memory_gb():.1f} of {machine.ram_gb:g} GB free",
    }


def _clock(drift_s: float, since_s: float) -> dict[str, str]:
    lasted_s = time.perf_counter() - since_s
    return {"clock": f"the wall clock moved {1000 * drift_s:+.1f} ms against the steady one in {lasted_s:.0f} s"}
