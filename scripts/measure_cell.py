"""Measure one cell and write its record. From samples and weights to `results/{study}/runs/{cell}.json`.

This is the small parent: it decides whether there is anything to measure, takes the machine (or a GPU), blocks on the
worker, and makes the record from the repeat store. A failure is a result: where the worker died by itself or met the
cell's time limit, the record says so and the exit code is 0, so that tables and figures of the rest still come.
SIGINT and SIGTERM stop the worker and leave no record (exit 130 or 143); the next call resumes.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from wattlab.foundation.clock import utc_now
from wattlab.foundation.errors import InputError, Unavailable
from wattlab.foundation.verbs import tell
from wattlab.hub.local import in_own_words
from wattlab.machine.cgroups import available_cores
from wattlab.machine.describe import describe_machine
from wattlab.machine.locks import GPU_INDEX, gpu_lease, machine_lock
from wattlab.meters.accelerators import CPU, computing
from wattlab.models.environments import interpreter, is_this, missing_environment
from wattlab.records.record import Record
from wattlab.records.store import end_dead_sessions, read_store, wait_for_writer
from wattlab.runs.assembly import measured_record, unmeasured_record, write_record
from wattlab.runs.deaths import STOPPING, Death, death_of, overdue, unavailable_by, was_killed
from wattlab.runs.fingerprint import store_of
from wattlab.runs.inputs import Inputs, load_inputs
from wattlab.runs.job import Job, job_verb
from wattlab.runs.memory_check import too_large
from wattlab.runs.needs import beyond_cores
from wattlab.runs.places import input_paths
from wattlab.runs.validity import is_settled
from wattlab.workflow.progress import progress_line

LOG_TAIL_LINES = 12
PR_SET_PDEATHSIG = 1

#: Ends a message that says what to do.
_RETRY = "then `make retry`"


class Stopped(BaseException):
    """A signal asked this process to stop."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number


def _raise_stopped(number: int, _frame: object) -> NoReturn:
    # Only raises: waiting for the worker inside the handler would deadlock `Popen.wait`.
    raise Stopped(number)


def _raise_timeout(number: int, _frame: object) -> NoReturn:
    raise TimeoutError


@contextlib.contextmanager
def _alarm_after(limit_s: float | None) -> Iterator[None]:
    """`TimeoutError` after so long (null: never). `Popen.wait(timeout)` would poll beside the measurement."""
    before = signal.signal(signal.SIGALRM, _raise_timeout)
    signal.setitimer(signal.ITIMER_REAL, limit_s or 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _die_with_parent() -> None:
    """In the worker, before it starts: a killed parent must not leave a measurement running."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def record_of(job: Job) -> Record:
    """The record of the cell, measured as far as this machine can; what stands in its way stands in the record."""
    hindrance = unavailable_by(job.died, job.path("logs/measure_cell", ".log"))
    if hindrance:
        hindrance = Unavailable(_kept(job, hindrance.reason), hindrance.remedy)
    # What killed this program from outside does not meet it again; an exception would.
    if hindrance and not was_killed(job.died):
        return unmeasured_record(job.cell, None, "failed", hindrance.reason, hindrance.remedy)
    try:
        inputs = load_inputs(input_paths(job.results, job.cell))
    except InputError as error:
        return unmeasured_record(job.cell, None, "failed", str(error), _RETRY)
    missing = missing_environment(job.cell.spec)
    if missing:
        return unmeasured_record(job.cell, inputs.receipt, "waiting", *missing)
    if inputs.lacking:
        return unmeasured_record(job.cell, inputs.receipt, "unavailable", *inputs.lacking)
    try:
        return measure(job, inputs, Death(hindrance.reason, hindrance.remedy) if hindrance else None)
    except Unavailable as error:  # a file of weights that an older receipt has, and that holds none
        return unmeasured_record(job.cell, inputs.receipt, "unavailable", error.reason, error.remedy)
    except InputError as error:
        return unmeasured_record(job.cell, inputs.receipt, "failed", str(error), _RETRY)


def measure(job: Job, inputs: Inputs, died: Death | None = None) -> Record:
    """Measure what the cell lacks and return its record. `inputs` are all there.

    Where it can not go on, the repeats that it has stay in its record. `died`: why it is not tried.
    """
    spec = job.cell.spec
    machine = describe_machine(spec.device)
    store, _ = store_of(job.results, spec, machine, inputs.contents)
    log = job.path("logs/measure_cell", ".log")
    if not died and not is_settled(read_store(store), spec):
        try:
            died = _go_on(job, inputs, store, machine.device)
        except (InputError, Unavailable) as error:
            if not read_store(store).observed:
                raise
            died = Death(error.reason, error.remedy) if isinstance(error, Unavailable) else Death(str(error), _RETRY)
    outputs, tail = job.path("outputs", ".jsonl.gz"), _lines(job, log)[-LOG_TAIL_LINES:] if died else []
    return measured_record(job.cell, inputs.receipt, store, inputs.contents.samples_sha256, outputs, died, tail)


def _go_on(job: Job, inputs: Inputs, store: Path, device: str) -> Death | None:
    """Measure what the store lacks; why the worker died, null where it did not. `Unavailable` where it can not fit."""
    wait_for_writer(store)
    stored = read_store(store)
    if is_settled(stored, job.cell.spec):
        return None
    unfitting = too_large(job.cell, inputs, device)
    if unfitting:
        raise Unavailable(*unfitting)
    for key, value, lacking in beyond_cores(job.cell, available_cores()):
        raise Unavailable(f"{key} = {value}: {lacking}", f"measure it on a larger machine, or lower {key}; {_RETRY}")
    with _hardware(job.cell.spec.exclusive, device) as environment:
        died = run_worker(job, job.path("logs/measure_cell", ".log"), environment)
    if died:
        end_dead_sessions(store, {session.session for session in stored.sessions}, died.reason)
    return died


@contextlib.contextmanager
def _hardware(exclusive: bool, device: str) -> Iterator[dict[str, str]]:
    """Hold the machine (exclusive) and a GPU (on one); yields what the worker's environment must say."""
    with contextlib.ExitStack() as held:
        if exclusive:
            held.enter_context(machine_lock())
        environment: dict[str, str] = {}
        if device != CPU:
            accelerator = computing(device)
            gpu = held.enter_context(gpu_lease(accelerator))
            environment = {**accelerator.environment(gpu), GPU_INDEX: str(gpu.index)}
        yield environment


def run_worker(job: Job, log: Path, environment: dict[str, str]) -> Death | None:
    """Run the worker to its end. Null when it finished, else why it did not; raises `Stopped` where a signal asked both to stop."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "wattlab.runs.worker", *job.arguments]
    with log.open("a") as output:
        print(f"# {utc_now()} {job.cell.cell.id}", file=output, flush=True)
        begun = output.tell()
        worker = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=os.environ | python_path() | offline() | environment,
            preexec_fn=_die_with_parent,
        )
        try:
            with _alarm_after(job.cell.time_limit_s):
                code = worker.wait()
        except TimeoutError:
            return overdue(job.cell.time_limit_s or 0)
        finally:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
    if -code in STOPPING:
        raise Stopped(-code)  # a scheduler signals every process of a job, and the worker's end may be seen first
    return None if code == 0 else death_of(code, _lines(job, log, begun))


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


def _lines(job: Job, log: Path, begun: int = 0) -> list[str]:
    """What the log says from this byte on, as a record may hold it."""
    return _kept(job, log.read_bytes()[begun:].decode(errors="replace")).splitlines() if log.exists() else []


def _kept(job: Job, text: str) -> str:
    """A message without the folder of a checkpoint of one's own."""
    model = job.cell.spec.model
    if model.source != "local":
        return text
    return in_own_words(text, job.results, model.revision, str(model.hub_id))


def _move_to_its_environment(job: Job) -> None:
    """Go on in the interpreter of the cell's environment, where that is another one and is installed.

    Parent and worker both: the fingerprint has the versions of the packages that measure.
    """
    environment = job.cell.spec.model.environment
    python = None if is_this(environment) else interpreter(environment)
    if python is not None:
        os.execv(python, [str(python), __file__, *sys.argv[1:]])


def _declare_answers(path: Path) -> None:
    """An empty file where the cell has no answers: the rule promises one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def measure_and_record(job: Job) -> int:
    """Measure one cell of a study and write its record."""
    signal.signal(signal.SIGINT, _raise_stopped)
    signal.signal(signal.SIGTERM, _raise_stopped)
    _move_to_its_environment(job)
    began_at_utc = utc_now()
    try:
        record = record_of(job)
        _declare_answers(job.path("outputs", ".jsonl.gz"))
        write_record(job.path("runs", ".json"), record)
    except Stopped as stopped:
        print(f"{job.cell.cell.id}: stopped; what it finished is kept, the next call goes on", file=sys.stderr)
        return stopped.exit_code
    print(progress_line(job.study, record, began_at_utc), flush=True)
    return 0


main = job_verb(measure_and_record)


if __name__ == "__main__":
    tell(main)
