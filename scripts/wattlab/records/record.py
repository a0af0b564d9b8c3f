"""Schemas of what a measurement leaves behind: window, repeat, session, record. Joules and seconds throughout.

A missing value is null, never zero. An imported record (published logs) may leave null what the logs do not hold.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, SerializerFunctionWrapHandler, model_serializer

from wattlab import SCHEMA_VERSION
from wattlab.catalog.protocols import Protocol
from wattlab.foundation.clock import UtcText
from wattlab.foundation.schema import Closed, Modality, OutputUnit, Purpose, Structure, TaskName, fact, is_missing
from wattlab.foundation.stored import read_json
from wattlab.study.cells import Spec, cell_id_of

#: How a component's energy was obtained. `counter`: an energy counter of the hardware. `sampled`: integrated power
#: readings. `model`: computed from load and a nameplate power. `constant`: a fixed power x time. `absent`: the machine
#: has no such component. `unrecorded`: a log does not say how.
Method = Literal["counter", "sampled", "model", "constant", "absent", "unrecorded"]
Status = Literal["complete", "failed", "waiting", "unavailable"]
Lengths = Literal["set", "produced", "published"]


class GpuState(Closed):
    """In which state the computing GPU was during a window, as its driver tells; null: it does not."""

    power_w: float | None = fact("power reading at the end", None, unit="W")
    power_limit_w: float | None = fact("power that the board keeps below", None, unit="W")
    sm_clock_mhz: int | None = fact("clock at the end", None, unit="MHz")
    sm_clock_limit_mhz: int | None = fact("highest clock that is set", None, unit="MHz")
    slowdowns: list[str] = fact("faults that hold the clock down at the end", [])
    slowed_s: dict[str, float] = fact("time with a lower clock during the window, by cause", {}, unit="s")


class Window(Closed):
    """Energy between two readings of every counter."""

    started_at_utc: UtcText = fact("ISO 8601")
    window_s: float = fact("time between the counter reads; what net energy uses", unit="s")
    duration_s: float = fact("own monotonic clock around the work alone", unit="s")
    energy_cpu_j: float | None = fact("CPU", unit="J")
    energy_ram_j: float | None = fact("RAM", unit="J")
    energy_gpu_j: list[float] | None = fact("one per GPU, in index order; imported: one sum", unit="J")
    gpu_count: int = fact("GPUs of the machine")
    energy_cpu_method: Method
    energy_ram_method: Method
    energy_gpu_method: Method
    reference_energy_gpu_j: list[float] | None = fact("independent reading: the GPUs' own counters", None, unit="J")
    reference_energy_cpu_j: float | None = fact("independent reading: RAPL", None, unit="J")
    process_cpu_s: float | None = fact("CPU time that the measuring process got", None, unit="s")
    other_load_cores: float | None = fact("mean load of everything else on the machine", None, unit="cores")
    gpu_state: GpuState | None = fact("the computing GPU; null without one", None)
    problems: list[str] = fact("what the meter saw go wrong: no number of this window is to be trusted", [])


#: Keys of a phase that came later.
_LATER = ("active_parameters", "generation", "labels", "flags", "notes")


class Phase(Window):
    """A window outside the means: load, transfer, warm-up."""

    phase: Literal["load", "transfer", "warmup"]
    n_inferences: int | None = fact("inferences done, for a warm-up", None)
    parameters: int | None = fact("parameters that run, for a load", None)
    parameters_as_published: int | None = fact("counted as the authors did, for a load", None)
    active_parameters: int | None = fact("those that one token meets, of a mixture of experts, for a load", None)
    labels: list[str] | None = fact("classes of a published model's head, in the order of their numbers", None)
    generation: dict[str, Any] | None = fact(
        "how the model writes (beams, sampling, lengths; its chat template), for a load", None
    )
    flags: list[str] = fact("what a reader should know of the loaded model", [])
    notes: list[str] = fact("the same in words", [])

    @model_serializer(mode="wrap")
    def _without_nothing_to_tell(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Older records lack these keys: where there is nothing to tell, one is written as then."""
        return {key: value for key, value in handler(self).items() if value or key not in _LATER}


#: Percentiles of a call's duration.
PERCENTILES = (50, 90, 99)


#: How the flag begins of a repeat whose own log names another model than the cell's.
OTHER_MODEL = "another model: "


class Observed(Window):
    """What a repeat's line in the store holds: observed, not judged."""

    index: int = fact("ascending; a redo takes the next one", ge=0)
    session: str = fact("session that measured it")
    n_inferences: int = fact("inferences done", unit="inferences", gt=0)
    n_output_units: int | None = fact("tokens, labels, boxes or images of all answers")
    output_unit: OutputUnit | None
    idle_before: Window | None = fact("idle baseline; neighbours share one")
    idle_after: Window | None
    foreign_processes: list[int] | None = fact("other processes seen on the device, by pid; null: not known", None)
    n_calls: int | None = fact("calls of the model, each a batch", None, exclude_if=is_missing)
    latency_s: dict[str, float] | None = fact("percentiles of a call's duration", None, unit="s", exclude_if=is_missing)
    inputs: dict[str, float] | None = fact("what went in, by unit; see `tasks.contract`", None, exclude_if=is_missing)


class Repeat(Observed):
    """A repeat judged with a study's limits (`validity.judge`)."""

    valid: bool
    short: bool = fact("below the recommended length of its counter: flagged, not dropped")
    flags: list[str] = fact("what a reader should know", [])
    reasons: list[str] = fact("why it is not valid", [])


class Unassigned(Window):
    """A line of `runs/unassigned.jsonl`: a window of imported logs that belongs to no cell."""

    session: str = fact("run id in the log")
    name: str | None = fact("name of the model or project in the log")
    phase: Literal["load", "transfer", "warmup", "query"]
    reason: str = fact("why it belongs to no cell")


class Machine(Closed):
    """The machine of a session. No host name, only its hash."""

    cpu_model: str
    cpu_cores: int
    ram_gb: float = fact("memory", unit="GB")
    gpu_names: list[str] = []
    gpu_uuids: list[str] = []
    gpu_driver: str | None = None
    host_sha256: str
    device: str = fact("resolved: cpu, or an accelerator (cuda)")

    @property
    def kind(self) -> dict[str, object]:
        """What of it enters the fingerprint: memory in whole GB, since a kernel update moves the rest."""
        kind = self.model_dump(include={"device", "cpu_model", "cpu_cores", "gpu_names"})
        return {**kind, "ram_gb": round(self.ram_gb)}


def _powers_are_numbers(said: dict[str, Any]) -> dict[str, Any]:
    for name, value in said.items():
        if name.endswith("_w") and not isinstance(value, int | float | None):
            raise ValueError(f"{name}: {value!r} is no power; give a number of W, or null")
    return said


class Session(Closed):
    """One process that measured (part of) a cell."""

    session: str
    started_at_utc: UtcText
    boot_id: str | None
    attempt: int = fact("1 for the first session of the fingerprint", ge=1)
    study: str = fact("study that paid for it")
    machine: Machine | None
    software: dict[str, str] | None = fact("versions by package")
    code_sha256: str | None
    method_version: int | None
    gpu_index: int | None = fact("place of the leased GPU in energy_gpu_j; null on a CPU", None)
    meter: Annotated[dict[str, Any], AfterValidator(_powers_are_numbers)] | None = fact(
        "what the meter says of itself: nameplate power, sources", None
    )
    load: Phase | None = None
    transfer: Phase | None = None
    warmup: Phase | None = None
    ended: Literal["done", "failed", "killed"]
    ended_at_utc: UtcText | None = fact("when it said so; null for a killed one", None)
    reason: str | None = fact("why it did not end `done`", None)


class Failure(Closed):
    """Why a cell has no full number of valid repeats."""

    reason: str
    remedy: str | None = None
    attempts: int = 0
    log_tail: list[str] = fact("last lines of the log", [])


class Record(Closed):
    """`results/{study}/runs/{task}/{dataset}/{model}[@{setting}].json`: one cell."""

    schema_version: int
    status: Status
    failure: Failure | None = None
    selected: bool
    unselected_because: str | None = None
    task: TaskName
    dataset: str
    variant: str | None = None
    model: str
    setting: str | None = fact("as in the cell's id; null: the protocol's own", None, exclude_if=is_missing)
    hub_id: str
    hub_revision: str | None = None
    family: str
    purpose: Purpose
    structure: Structure | None
    modality: Modality
    parameters: int | None = fact("parameters that run", None)
    parameters_as_published: int | None = fact("counted as the authors did", None)
    active_parameters: int | None = fact(
        "those that one token meets, of a mixture of experts", None, exclude_if=is_missing
    )
    weights: str
    data: str
    dtype: str | None = None
    device: str | None = None
    lengths: Lengths | None = fact("whether output lengths were set, produced or published", None)
    protocol: Protocol | None = None
    spec: Spec | None = None
    fingerprint: str | None = fact("name of the store's file, that of its first line", None, pattern=r"^[0-9a-f]{12}$")
    samples_sha256: str | None = None
    sessions: list[Session] = []
    repeats: list[Repeat] = []
    extra_repeats: list[Repeat] = []
    repeats_wanted: int | None = fact("runs that an imported cell should have", None, exclude_if=is_missing)
    outputs_sha256: str | None = None

    @property
    def cell_id(self) -> str:
        """As `Cell.id`."""
        return cell_id_of(self.task, self.dataset, self.variant, self.model, self.setting)

    @property
    def labels(self) -> list[str] | None:
        """Classes of the head of a published model, in the order of their numbers; None: it has none, or they are not known."""
        loads = [session.load for session in self.sessions if session.load is not None]
        return next((load.labels for load in reversed(loads) if load.labels), None)

    @property
    def valid_repeats(self) -> list[Repeat]:
        """The repeats that enter the means."""
        return [repeat for repeat in self.repeats if repeat.valid]

    @property
    def other_model(self) -> str | None:
        """The flag that says that valid repeats are another model's than the cell's; None: they are this one's."""
        flags = (flag for repeat in self.valid_repeats for flag in repeat.flags)
        return next((flag for flag in flags if flag.startswith(OTHER_MODEL)), None)


def read_record(path: Path) -> Record:
    """A record from its file; an `InputError` names the file and the key."""
    return read_json(path, Record, "measure its cell first", SCHEMA_VERSION)
