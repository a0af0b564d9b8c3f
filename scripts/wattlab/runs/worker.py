"""The process that measures one cell: `python -m wattlab.runs.worker`. Its parent (`measure_cell.py`) blocks on it.

It is the only process of a cell that imports torch. Everything that it finishes stands in the repeat store at once;
the parent makes the record from there, also when this process died.
"""

import base64
import gc
import gzip
import hashlib
import io
import json
import os
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from wattlab import METHOD_VERSION
from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import InputError, Unavailable
from wattlab.foundation.files import write_bytes
from wattlab.foundation.processes import boot_id
from wattlab.foundation.verbs import tell
from wattlab.machine.checked import checked
from wattlab.machine.describe import describe_machine
from wattlab.machine.locks import GPU_INDEX, other_measurements
from wattlab.machine.software import code_sha256, versions
from wattlab.meters.accelerators import CPU, computing, on_machine
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.meters.contract import Meter
from wattlab.records.record import Machine, Session
from wattlab.records.store import StoreWriter, answers_path, open_store, read_store
from wattlab.runs.fingerprint import store_of
from wattlab.runs.inputs import Inputs, load_inputs
from wattlab.runs.job import Job, job_verb
from wattlab.runs.places import input_paths
from wattlab.runs.session import Bench, run_session, session_header
from wattlab.runs.validity import is_settled
from wattlab.study.cells import CatalogFacts, Spec
from wattlab.tasks.contract import finite

if TYPE_CHECKING:
    from wattlab.tasks.contract import Adapter

THUMBNAIL_PX = (64, 64)

#: Share by which a count of parameters may differ from the published one: the paper's own agree to 0.5 %, but for three.
PARAMETERS_TOLERANCE = 0.005


def answer_line(row: int, answer: Any, words_read: int | None) -> dict[str, Any]:
    """One answer as a JSON object; an image as its SHA-256 (raw pixels) and a thumbnail. `words_read`: by `Adapter`."""
    value = finite(answer.value)
    if isinstance(value, Image.Image):
        thumbnail = value.copy()
        thumbnail.thumbnail(THUMBNAIL_PX)
        content = io.BytesIO()
        thumbnail.save(content, "PNG")
        value = {
            "sha256": hashlib.sha256(value.tobytes()).hexdigest(),
            "size": list(value.size),
            "thumbnail_png_base64": base64.b64encode(content.getvalue()).decode(),
        }
    thought = {"thought": answer.thought} if answer.thought else {}
    cut = {} if words_read is None else {"words_read": words_read}
    return {"row": row, "answer": value, "n_output_units": answer.n_output_units, **thought, **cut}


def write_answers(path: Path, answers: list[Any], words_read: list[int | None]) -> None:
    """The first repeat's answers, one JSON object a line."""
    answered = enumerate(zip(answers, words_read, strict=True))
    lines = "".join(json.dumps(answer_line(row, *of_row), ensure_ascii=False) + "\n" for row, of_row in answered)
    write_bytes(path, gzip.compress(lines.encode(), mtime=0))


def _set_threads(spec: Spec) -> None:
    import torch

    torch.set_num_threads(spec.protocol.cpu_threads)
    if torch.get_num_threads() != spec.protocol.cpu_threads:
        raise InputError(
            f"cpu_threads = {spec.protocol.cpu_threads}: torch took {torch.get_num_threads()}; "
            "set it to what the machine has"
        )


def _leased_gpu(machine: Machine) -> int | None:
    """Place of the GPU that the parent holds, in the vendor's order; null on a CPU."""
    leased = os.environ.get(GPU_INDEX)
    return int(leased) if machine.device != CPU and leased is not None else None


def _session(job: Job, attempt: int, machine: Machine, meter: Meter) -> Session:
    return Session(
        session=uuid.uuid4().hex,
        started_at_utc=utc_now(),
        boot_id=boot_id(),
        attempt=attempt,
        study=job.folder.name,
        machine=machine,
        software={"python": sys.version.split()[0], **versions()},
        code_sha256=code_sha256(),
        method_version=METHOD_VERSION,
        gpu_index=_leased_gpu(machine),
        meter={**meter.describe(), **checked(job.results)},
        ended="killed",
    )


def measure(job: Job) -> int | None:
    """Measure what a cell lacks, into its store; the exit code where its library can not."""
    spec, inputs = job.cell.spec, load_inputs(input_paths(job.results, job.cell))
    machine = describe_machine(spec.device)
    path, content = store_of(job.results, spec, machine, inputs.contents)
    with open_store(path, content) as store:
        if not is_settled(read_store(path), spec):
            try:
                _run(job, inputs, machine, store)
            except Unavailable as error:
                print(f"error: {error.reason}; {error.remedy}", file=sys.stderr)
                return os.EX_UNAVAILABLE
    return None


@contextmanager
def _without_collections() -> Iterator[None]:
    """No look for garbage while libraries are imported, which would be a fifth of that; one behind, before any window."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def _run(job: Job, inputs: Inputs, machine: Machine, store: StoreWriter) -> None:
    rows = inputs.rows
    # The meter waits for programs that look at the machine; the libraries are imported meanwhile, before any window.
    with _without_collections(), ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(CodeCarbonMeter, _leased_gpu(machine), on_machine(machine.device))
        import torch
        import transformers.modeling_utils  # noqa: F401

        from wattlab.models.choice import source_of
        from wattlab.tasks import adapter_for

        meter = coming.result()
    spec = job.cell.spec
    _set_threads(spec)
    accelerator = computing(machine.device)
    session = _session(job, len(read_store(store.path).sessions) + 1, machine, meter)
    store.append("session", **session_header(session))
    adapter = adapter_for(spec)(
        spec, source_of(spec, inputs.tokenizer, inputs.fetched), torch.device(accelerator.torch_device)
    )
    bench = Bench(
        spec=spec,
        adapter=adapter,
        meter=meter,
        store=store,
        session=session.session,
        synchronise=accelerator.synchronise,
        of_model=lambda: _of_model(adapter, job.cell.facts, inputs),
        keep_answers=lambda answers: write_answers(
            answers_path(store.path), answers, [adapter.words_read(row) for row in rows]
        ),
        has_answers=answers_path(store.path).exists,
        other_measurements=other_measurements if spec.exclusive else list,
    )
    run_session(bench, rows)


def _of_model(adapter: "Adapter", facts: CatalogFacts, inputs: Inputs) -> dict[str, Any]:
    """What the load's window says of the model: parameters, how it writes, and what a reader should know."""
    adapter.source.check(adapter.networks())
    counted = adapter.parameters_as_published(facts.count_as, facts.counted_components) if facts.count_as else None
    told = adapter.source.told(adapter.texts(inputs.rows))
    is_published = inputs.receipt is None or inputs.receipt.endpoint is None  # another hub may serve something else
    published = facts.published_parameters
    if counted and published and is_published and abs(counted / published - 1) > PARAMETERS_TOLERANCE:
        told["parameters_differ"] = (
            f"{counted} parameters, counted as {facts.count_as}, where the catalog has published_parameters = {published}"
        )
    return {
        "parameters": adapter.parameters,
        "parameters_as_published": counted,
        "active_parameters": adapter.active_parameters,
        "labels": None if inputs.receipt is None else adapter.labels,  # random weights have no classes
        "generation": adapter.generation,
        "flags": sorted(told),
        "notes": [told[flag] for flag in sorted(told)],
    }


main = job_verb(measure)


if __name__ == "__main__":
    tell(main)
