"""Windows, repeats and sessions for the tests, with the energies that a test gives them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from wattlab import METHOD_VERSION
from wattlab.records.record import Machine, Phase, Repeat, Session, Window


def utc(seconds: float) -> str:
    """ISO 8601 time so many seconds after the start of 2024."""
    return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()


def _measured(cpu_j: float | None, ram_j: float | None, gpu_j: Sequence[float] | None, **extra: Any) -> dict[str, Any]:
    gpus = None if gpu_j is None else list(gpu_j)
    return {
        "energy_cpu_j": cpu_j,
        "energy_ram_j": ram_j,
        "energy_gpu_j": gpus,
        "gpu_count": len(gpus or []),
        "energy_cpu_method": "model",
        "energy_ram_method": "constant",
        "energy_gpu_method": "absent" if gpus is None else "counter",
        **extra,
    }


def window(
    *,
    start_s: float = 0.0,
    window_s: float = 1.0,
    cpu_j: float | None = 8.0,
    ram_j: float | None = 20.0,
    gpu_j: Sequence[float] | None = None,
    **extra: Any,
) -> Window:
    """A window that begins `start_s` after the start of 2024. `extra` sets any field (methods, references …)."""
    measured = _measured(cpu_j, ram_j, gpu_j, **{"duration_s": window_s, **extra})
    return Window(started_at_utc=utc(start_s), window_s=window_s, **measured)


def phase(name: str, *, start_s: float, window_s: float = 1.0, cpu_j: float = 8.0, **extra: Any) -> Phase:
    """A load, transfer or warmup window."""
    plain = window(start_s=start_s, window_s=window_s, cpu_j=cpu_j, **extra)
    return Phase(phase=name, **plain.model_dump())


def repeat(
    index: int,
    *,
    cpu_j: float | None = 3600.0,
    ram_j: float | None = 0.0,
    gpu_j: Sequence[float] | None = None,
    n_inferences: int = 10,
    window_s: float = 10.0,
    idle_w: float | None = 28.0,
    idle_gpu_w: Sequence[float] | None = None,
    session: str = "s1",
    n_output_units: int | None = 10,
    output_unit: str | None = "token",
    valid: bool = True,
    reasons: Sequence[str] = (),
    **extra: Any,
) -> Repeat:
    """One repeat: 10 inferences in 10 s by default, with an idle second of `idle_w` (CPU) before and after it.

    Repeat k begins at 100 k + 1 s; its idle windows begin at 100 k and 100 (k + 1) s: neighbours share one.
    `idle_w` None: no idle baseline was measured.
    """
    idle: list[Window | None] = [None, None]
    if idle_w is not None:
        gpu_idle = idle_gpu_w if idle_gpu_w is not None else (None if gpu_j is None else [50.0] * len(gpu_j))
        idle = [
            window(start_s=100.0 * place, window_s=1.0, cpu_j=idle_w, ram_j=0.0, gpu_j=gpu_idle)
            for place in (index, index + 1)
        ]
    given = {
        "started_at_utc": utc(100.0 * index + 1),
        "window_s": window_s,
        "duration_s": window_s,
        "short": False,
        "idle_before": idle[0],
        "idle_after": idle[1],
        **_measured(cpu_j, ram_j, gpu_j),
        **extra,
    }
    return Repeat(
        index=index,
        session=session,
        n_inferences=n_inferences,
        n_output_units=n_output_units,
        output_unit=output_unit,
        valid=valid,
        reasons=list(reasons),
        **given,
    )


def session(
    name: str = "s1", *, study: str = "laptop", gpu_index: int | None = None, phases: bool = True, **extra: Any
) -> Session:
    """A session that ended well, on a CPU unless it leases a GPU; load at -30 s, transfer at -20 s, warm-up at -10 s."""
    machine = Machine(
        cpu_model="Example CPU",
        cpu_cores=2,
        ram_gb=16.0,
        gpu_names=[] if gpu_index is None else ["Example GPU"] * 2,
        host_sha256="0" * 64,
        device="cpu" if gpu_index is None else "cuda",
    )
    windows = {
        key: phase(key, start_s=start_s) if phases else None
        for key, start_s in (("load", -30.0), ("transfer", -20.0), ("warmup", -10.0))
    }
    given: dict[str, Any] = {
        "started_at_utc": utc(-40),
        "boot_id": "boot",
        "attempt": 1,
        "machine": machine,
        "software": {"torch": "2.13.0", "codecarbon": "3.3.2"},
        "code_sha256": "c" * 64,
        "method_version": METHOD_VERSION,
        "ended": "done",
        **windows,
        **extra,
    }
    return Session(session=name, study=study, gpu_index=gpu_index, **given)
