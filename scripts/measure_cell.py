"""Measure one cell and write its record. From samples and weights to `results/{study}/runs/{cell}.json`.

This is the small parent: it decides whether there is anything to measure, takes the machine (or a GPU), blocks on the
worker, and makes the record from the repeat store. A failure is a result: where the worker died by itself or met the
cell's time limit, the record says so and the exit code is 0, so that tables and figures of the rest still come.
SIGINT and SIGTERM stop the worker and leave no record (exit 130 or 143); the next call resumes.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import InputError, NoDevice, near_matches, tell
from wattlab.hub.snapshots import FilesGone
from wattlab.machine.describe import describe_machine
from wattlab.machine.locks import gpu_lease, machine_lock
from wattlab.meters.nvml import list_gpus
from wattlab.models.environments import interpreter, is_this, missing_environment
from wattlab.records.record import Record
from wattlab.records.store import end_dead_sessions, read_store, store_path
from wattlab.runs.assembly import measured_record, unmeasured_record, write_record
from wattlab.runs.deaths import STOPPING, Death, death_of, overdue
from wattlab.runs.fingerprint import fingerprint_of, identity
from wattlab.runs.inputs import cell_inputs, contents_of, unavailable
from wattlab.runs.memory_check import too_large
from wattlab.runs.validity import is_settled
from wattlab.study.cells import ResolvedCell, ResolvedStudy
from wattlab.study.resolve import read_study
from wattlab.workflow.progress import progress_line

LOG_TAIL_LINES = 12
PR_SET_PDEATHSIG = 1


class Stopped(BaseException):
    """A signal asked this process to stop."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number


def _raise_stopped(number: int, _frame: object) -> NoReturn:
    # Only raises: waiting for the worker inside the handler would deadlock `Popen.wait`.
    raise Stopped(number)


def _die_with_parent() -> None:
    """In the worker, before it starts: a killed parent must not leave a measurement running."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(frozen=True)
class Job:
    """A cell to measure and where its files lie."""

    study_path: Path
    study: ResolvedStudy
    resolved: ResolvedCell

    @property
    def results(self) -> Path:
        """The folder of all studies."""
        return self.study_path.parents[1]

    def path(self, kind: str, suffix: str) -> Path:
        """`results/{study}/{kind}/{cell}{suffix}`."""
        return self.study_path.parent / kind / f"{self.resolved.cell.id}{suffix}"


def record_of(job: Job) -> Record:
    """The record of the cell, measured as far as this machine can."""
    try:
        return measure(job)
    except (NoDevice, FilesGone) as error:
        return unmeasured_record(job.results, job.resolved, "failed", str(error), "then `make retry`")


def measure(job: Job) -> Record:
    """Measure what the cell lacks and return its record."""
    spec = job.resolved.spec
    assert spec is not None
    missing = missing_environment(spec)
    if missing:
        return unmeasured_record(job.results, job.resolved, "waiting", *missing)
    inputs = cell_inputs(job.results, job.study.config.study, spec)
    lacking = unavailable(inputs)
    if lacking:
        return unmeasured_record(job.results, job.resolved, "unavailable", *lacking)
    contents = contents_of(inputs)
    machine = describe_machine(spec.device)
    fingerprint = fingerprint_of(identity(spec, machine, contents))
    store = store_path(job.results, spec.cell.id, fingerprint)
    log = job.path("logs/measure_cell", ".log")
    died = None
    stored = read_store(store)
    if not is_settled(stored, spec):
        unfitting = too_large(job.resolved, inputs, machine.device)
        if unfitting:
            return unmeasured_record(job.results, job.resolved, "unavailable", *unfitting)
        with _hardware(spec.exclusive, machine.device) as environment:
            died = run_worker(job, log, environment)
        if died:
            end_dead_sessions(store, {session.session for session in stored.sessions}, died.reason)
    outputs = job.path("outputs", ".jsonl.gz")
    return measured_record(
        job.results, job.resolved, fingerprint, contents.samples_sha256, outputs, died, _tail(log) if died else []
    )


@contextlib.contextmanager
def _hardware(exclusive: bool, device: str) -> Iterator[dict[str, str]]:
    """Hold the machine (exclusive) and a GPU (on one); yields what the worker's environment must say."""
    with contextlib.ExitStack() as held:
        if exclusive:
            held.enter_context(machine_lock())
        environment: dict[str, str] = {}
        if device == "cuda":
            gpu = held.enter_context(gpu_lease(list_gpus()))
            # By index in NVML's order: CodeCarbon mistakes UUIDs for MIG slices.
            environment = {
                "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
                "CUDA_VISIBLE_DEVICES": str(gpu.index),
                "WATTLAB_GPU_INDEX": str(gpu.index),
            }
        yield environment


def run_worker(job: Job, log: Path, environment: dict[str, str]) -> Death | None:
    """Run the worker to its end. Null when it finished, else why it did not; raises `Stopped` where both were told to."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "wattlab.runs.worker",
        "--study",
        str(job.study_path),
        "--cell",
        job.resolved.cell.id,
    ]
    with log.open("a") as output:
        print(f"# {utc_now()} {job.resolved.cell.id}", file=output, flush=True)
        begun = output.tell()
        worker = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=os.environ | python_path() | offline() | environment,
            preexec_fn=_die_with_parent,
        )
        try:
            code = worker.wait(timeout=job.resolved.time_limit_s)
        except subprocess.TimeoutExpired:
            return overdue(job.resolved.time_limit_s or 0)
        finally:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
    if -code in STOPPING:
        raise Stopped(-code)  # a scheduler signals every process of a job, and the worker's end may be seen first
    return None if code == 0 else death_of(code, log.read_bytes()[begun:].decode(errors="replace").splitlines())


def python_path() -> dict[str, str]:
    """Environment in which the worker finds the package, which lies beside this program."""
    others = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *([others] if others else [])])}


def offline() -> dict[str, str]:
    """Environment of a measurement: nothing is fetched, nothing reports home, no progress bars."""
    return {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
    }


def _tail(log: Path) -> list[str]:
    if not log.exists():
        return []
    return log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]


def find_job(study_path: Path, cell_id: str, spec_sha256: str) -> Job:
    """The cell as the study has it now; an `InputError` where it is not what Snakemake planned."""
    study = read_study(study_path)
    try:
        resolved = study.cell(cell_id)
    except KeyError as error:
        raise InputError(
            f"{study_path}: no cell {cell_id!r}; {near_matches(cell_id, [c.cell.id for c in study.cells])}"
        ) from error
    if resolved.spec is None or resolved.spec.sha256 != spec_sha256:
        raise InputError(
            f"{study_path}: the spec of {cell_id} is not the one that was planned: the study changed meanwhile; call snakemake again"
        )
    return Job(study_path, study, resolved)


def _move_to_its_environment(job: Job) -> None:
    """Go on in the interpreter of the cell's environment, where that is another one and is installed.

    Parent and worker both: the fingerprint has the versions of the packages that measure.
    """
    assert job.resolved.spec is not None
    environment = job.resolved.spec.model.environment
    python = None if is_this(environment) else interpreter(environment)
    if python is not None:
        os.execv(python, [str(python), __file__, *sys.argv[1:]])


def main(argv: list[str] | None) -> int:
    """Measure one cell of a study and write its record."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/study.json")
    parser.add_argument("--cell", required=True, help="task/dataset[@variant]/model")
    parser.add_argument("--spec-sha256", required=True, help="hash of the cell's spec as planned")
    arguments = parser.parse_args(argv)
    signal.signal(signal.SIGINT, _raise_stopped)
    signal.signal(signal.SIGTERM, _raise_stopped)
    job = find_job(arguments.study, arguments.cell, arguments.spec_sha256)
    _move_to_its_environment(job)
    try:
        record = record_of(job)
        write_record(job.path("runs", ".json"), record)
    except Stopped as stopped:
        print(f"{job.resolved.cell.id}: stopped; what it finished is kept, the next call goes on", file=sys.stderr)
        return stopped.exit_code
    print(progress_line(job.study, job.study_path.parent, record), flush=True)
    return 0


if __name__ == "__main__":
    tell(main)
