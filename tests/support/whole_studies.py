"""A study on the disk as a work directory has it after its measurements: specs, samples, stores, records, tables.

Clocks run on from window to window and from cell to cell; every number follows from a seed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import build_tables
from support import measurements, records
from wattlab.foundation.files import write_bytes, write_json
from wattlab.foundation.hashing import sha256_of
from wattlab.records.record import Observed, Phase, Session
from wattlab.records.store import answers_path, open_store, phase_event, store_path
from wattlab.runs.assembly import measured_record, write_record
from wattlab.runs.fingerprint import comparable_spec, fingerprint_of
from wattlab.runs.session import session_header
from wattlab.samples.manifest import Manifest
from wattlab.samples.places import manifest_of
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.study.specs import write_specs, write_study

#: Powers that the meter states, and what the components draw (W): always below.
METER: dict[str, Any] = {"cpu_mode": "cpu_load", "cpu_tdp_w": 100.0, "ram_model": "codecarbon-3", "ram_power_w": 10.0}
CPU_W, RAM_W = 60.0, 10.0

#: How long a cell takes on the clock (s), and one of its repeats.
CELL_S, REPEAT_S = 1000.0, 10.0


def measured_study(
    root: Path,
    cells: Sequence[MeasuredCell],
    *,
    seed: int = 0,
    sd: float = 0.02,
    factors: Sequence[float] | None = None,
    name: str = "laptop",
) -> ResolvedStudy:
    """Write a study of these cells below `root/results`, each with its protocol's repeats about `factors` x 60 W."""
    results, generator = root / "results", np.random.default_rng(seed)
    study = records.resolved_study(cells, name)
    write_specs(results, study)
    path = write_study(results / name, study)
    for place, cell in enumerate(cells):
        factor = 1.0 if factors is None else factors[place]
        noise = factor * (1 + sd * generator.standard_normal(cell.spec.protocol.repeats))
        _measure(results, name, cell, CPU_W * noise, CELL_S * (place + len(cells) * seed), f"s{seed}")
    assert build_tables.main(["--study", str(path), "--tables", str(results / name / "tables")]) == 0
    return study


def _measure(results: Path, name: str, cell: MeasuredCell, powers_w: Any, start_s: float, session: str) -> None:
    """The store, answers, samples and record of a cell."""
    samples = Manifest.of(cell.spec.samples, 10, row_ids=list(range(10)), sha256=sha256_of(cell.cell.dataset))
    write_json(manifest_of(results, cell.spec.samples), samples.model_dump(mode="json"))
    header = _session(session, name, start_s)
    assert header.machine is not None
    content = {
        "spec": comparable_spec(cell.spec),
        "samples_sha256": samples.sha256,
        "tokenizer_sha256": None,
        "hub_endpoint": None,
        "device_kind": header.machine.kind,
        "versions": {"torch": "2.13.0"},
    }
    store = store_path(results, cell.cell.id, fingerprint_of(content))
    with open_store(store, content) as writer:
        writer.append("session", **session_header(header))
        for phase in (header.load, header.transfer, header.warmup):
            assert phase is not None
            writer.append("window", **phase_event(session, phase))
        writer.append("passes", session=session, passes=2, last_inference_s=0.5)
        for index, power_w in enumerate(powers_w):
            writer.append("repeat", **_repeat(index, session, float(power_w), start_s).model_dump(mode="json"))
        protocol = cell.spec.protocol
        ended = {"repeats": protocol.repeats, "max_redo": protocol.max_redo}
        writer.append(
            "ended", session=session, ended="done", ended_at_utc=measurements.utc(start_s + CELL_S - 1), **ended
        )
    write_bytes(answers_path(store), b"answers")
    for left in store.parent.glob("*.lock"):
        left.unlink()
    outputs = results / name / "outputs" / f"{cell.cell.id}.jsonl.gz"
    record = measured_record(cell, None, store, str(samples.sha256), outputs, None, [])
    write_record(results / name / "runs" / f"{cell.cell.id}.json", record)


def _session(name: str, study: str, start_s: float) -> Session:
    phases: dict[str, Phase] = {
        phase: measurements.phase(phase, start_s=start_s + after_s, cpu_j=30.0, ram_j=10.0, energy_ram_method="model")
        for phase, after_s in (("load", 1.0), ("transfer", 3.0), ("warmup", 5.0))
    }
    phases["warmup"] = phases["warmup"].model_copy(update={"n_inferences": 2})
    phases["load"] = phases["load"].model_copy(update={"parameters": 1000, "parameters_as_published": 1000})
    plain = measurements.session(name, study=study, started_at_utc=measurements.utc(start_s), meter=METER, **phases)
    return plain.model_copy(update={"ended_at_utc": measurements.utc(start_s + CELL_S - 1)})


def _repeat(index: int, session: str, power_w: float, start_s: float) -> Observed:
    begin_s = start_s + 10.0 + (REPEAT_S + 3.0) * index
    idle = [
        measurements.window(start_s=begin_s + after_s, cpu_j=20.0, ram_j=RAM_W, energy_ram_method="model")
        for after_s in (-2.0, REPEAT_S + 1.0)
    ]
    repeat = measurements.repeat(
        index,
        cpu_j=power_w * REPEAT_S,
        ram_j=RAM_W * REPEAT_S,
        n_inferences=20,
        window_s=REPEAT_S,
        session=session,
        started_at_utc=measurements.utc(begin_s),
        idle_before=idle[0],
        idle_after=idle[1],
        energy_ram_method="model",
    )
    return Observed.model_validate(repeat.model_dump(include=set(Observed.model_fields)))


def few_cells(repeats: int = 10, **values: Any) -> list[MeasuredCell]:
    """Six cells of three tasks."""
    places = [
        ("fill-mask", "c4", "google-bert--bert-base-uncased"),
        ("fill-mask", "oscar", "google-bert--bert-base-uncased"),
        ("fill-mask", "c4", "albert--albert-base-v2"),
        ("text-generation", "oscar", "openai-community--gpt2"),
        ("text-generation", "c4", "distilbert--distilgpt2"),
        ("summarization", "xsum", "ainize--bart-base-cnn"),
    ]
    return [records.resolved_cell(*place, repeats=repeats, **values) for place in places]
