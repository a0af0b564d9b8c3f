"""Stands in for `wattlab.runs.worker`: the real store and protocol, with an adapter and a meter that cost milliseconds.

A test copies this file over `scripts/wattlab/runs/worker.py` of its copy of the project. The parent, Snakemake, the store,
the locks and the records stay what they are.

`WATTLAB_JOURNAL` names a file that gets a line for each repeat *after* the store has it: what was reported finished.
`WATTLAB_FAULTS` names a JSON file `{cell: [fault, n]}`: the cell's worker meets that fault in the repeat after so many
finished ones (with one warm-up inference and one inference a repeat; see `meet`).
`WATTLAB_DISK` names a folder on the disk that the fault `full disk` fills.
"""

import atexit
import contextlib
import json
import os
import random
import signal
import sys
import time
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from wattlab import METHOD_VERSION
from wattlab.foundation.clock import utc_now
from wattlab.foundation.processes import boot_id
from wattlab.foundation.verbs import tell
from wattlab.machine.describe import describe_machine
from wattlab.meters.contract import Meter
from wattlab.records.record import Machine, Session, Window
from wattlab.records.store import StoreWriter, open_store, read_store, store_path
from wattlab.runs.fingerprint import fingerprint_of, identity
from wattlab.runs.inputs import load_inputs
from wattlab.runs.job import Job, job_verb
from wattlab.runs.places import input_paths
from wattlab.runs.session import Bench, run_session, session_header
from wattlab.runs.validity import is_settled

INFERENCE_S = float(os.environ.get("WATTLAB_INFERENCE_S", "0.02"))


#: What torch 2.13 says on a GPU of 80 GB.
DEVICE_MEMORY = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.25 GiB of which 1.93 GiB is "
    "free. Including non-PyTorch memory, this process has 77.31 GiB memory in use. Of the allocated memory 76.80 GiB is "
    "allocated by PyTorch, and 12.47 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is "
    "large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for "
    "Memory Management  (https://docs.pytorch.org/docs/stable/notes/cuda.html#environment-variables)"
)


def meet(fault: str) -> None:
    """Die as workers do."""
    if fault == "memory":
        raise MemoryError
    if fault == "device memory":
        # By name what torch raises, without the second that it takes to import it.
        raise type("OutOfMemoryError", (RuntimeError,), {"__module__": "torch"})(DEVICE_MEMORY)
    if fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "terminated":
        os.kill(os.getpid(), signal.SIGTERM)
    if fault == "hang":
        time.sleep(600)
    if fault == "pause":
        while not Path(os.environ["WATTLAB_FAULTS"]).with_name("go").exists():
            time.sleep(0.05)
        return
    if fault.startswith("full disk"):
        fill(Path(os.environ["WATTLAB_DISK"]) / "ballast", for_all=fault == "full disk for all")
        return
    raise RuntimeError(fault)


def fill(ballast: Path, for_all: bool) -> None:
    """Take all the space that is left, for as long as this process lives, or until somebody frees it."""
    if not for_all:
        atexit.register(ballast.unlink)
    with ballast.open("wb", buffering=0) as handle, contextlib.suppress(OSError):
        while True:
            handle.write(bytes(4096))


class FakeAdapter:
    """One sleep is one inference; one of them may meet a fault."""

    output_unit = "label"

    def __init__(self, fault: str | None, after: int) -> None:
        self.fault, self.after, self.done = fault, after, 0

    def load(self) -> None:
        time.sleep(INFERENCE_S)

    def transfer(self) -> None:
        return

    def prepare(self, row: dict[str, Any]) -> Any:
        return row

    def hindrance(self, samples: list[Any]) -> None:
        return

    def counts(self, samples: list[Any]) -> dict[str, float]:
        return {}

    def infer(self, samples: list[Any]) -> list[SimpleNamespace]:
        self.done += 1
        if self.fault is not None and self.done == 1 + self.after + 1:
            meet(self.fault)
        time.sleep(INFERENCE_S)
        return [SimpleNamespace(value=0, n_output_units=1) for _ in samples]


class FakeMeter(Meter):
    """Windows whose energies no other window has, so that a number says which repeat it comes from."""

    def __init__(self) -> None:
        self.random = random.Random(uuid.uuid4().int)

    def begin(self) -> None:
        self.started_at_utc = utc_now()

    def end(self, duration_s: float) -> Window:
        return Window(
            started_at_utc=self.started_at_utc,
            window_s=duration_s + 1e-4,
            duration_s=duration_s,
            energy_cpu_j=self.random.uniform(1, 2),
            energy_ram_j=self.random.uniform(1, 2),
            energy_gpu_j=None,
            gpu_count=0,
            energy_cpu_method="model",
            energy_ram_method="constant",
            energy_gpu_method="absent",
        )


class ReportingStore(StoreWriter):
    """Reports each repeat once it stands in the store."""

    def append(self, event: str, **content: Any) -> None:
        super().append(event, **content)
        if event == "repeat" and "WATTLAB_JOURNAL" in os.environ:
            line = {"store": self.path.as_posix(), "index": content["index"], "energy_cpu_j": content["energy_cpu_j"]}
            with Path(os.environ["WATTLAB_JOURNAL"]).open("a") as journal:
                journal.write(json.dumps(line) + "\n")


def _session(study: str, attempt: int, machine: Machine) -> Session:
    return Session(
        session=uuid.uuid4().hex,
        started_at_utc=utc_now(),
        boot_id=boot_id(),
        attempt=attempt,
        study=study,
        machine=machine,
        software={"python": sys.version.split()[0]},
        code_sha256="0" * 64,
        method_version=METHOD_VERSION,
        ended="killed",
    )


def faults() -> dict[str, Any]:
    path = Path(os.environ.get("WATTLAB_FAULTS", "none"))
    return json.loads(path.read_text()) if path.exists() else {}


def measure(job: Job) -> None:
    spec = job.cell.spec
    machine = describe_machine(spec.device)
    content = identity(spec, machine, load_inputs(input_paths(job.results, job.cell)).contents)
    path = store_path(job.results, spec.cell.id, fingerprint_of(content))
    fault, after = faults().get(spec.cell.id, (None, 0))
    with open_store(path, content):
        stored = read_store(path)
        if is_settled(stored, spec):
            return
        store = ReportingStore(path)
        session = _session(job.folder.name, len(stored.sessions) + 1, machine)
        store.append("session", **session_header(session))
        bench = Bench(
            spec=spec, adapter=FakeAdapter(fault, after), meter=FakeMeter(), store=store, session=session.session
        )
        run_session(bench, [{}] * spec.protocol.n_inferences)


main = job_verb(measure)


if __name__ == "__main__":
    tell(main)
