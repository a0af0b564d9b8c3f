"""The mapping from log files to cells, as data: `catalog/published/*.yaml`, or a user's own file of five lines.

A *group* is one cell per model: the files that name its runs, and the task and dataset that they ran. The energies come
from the *windows*: task rows (one row per phase of a run, joined by run id) or run totals (one row per run).
"""

import inspect
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from wattlab.catalog.reading import CATALOG_ROOT, read_tasks, read_yaml
from wattlab.foundation.errors import InputError, checked, near_matches
from wattlab.foundation.members import Member, load_member
from wattlab.foundation.schema import Closed, OutputUnit, Purpose, Structure, TaskName, fact, task_context
from wattlab.logs.formats import FORMATS, target_of
from wattlab.logs.formats.contract import LogFormat
from wattlab.records.record import Method
from wattlab.study.cells import ResolvedStudy

Phase = Literal["load", "transfer", "query"]

#: A file of the logs, or a pattern (`*`), with `/`; `./` before it means nothing.
Pattern = Annotated[str, AfterValidator(posixpath.normpath)]


class Home(Closed):
    """Where the logs are published."""

    repository: str = fact("owner/name on GitHub", pattern=r"^[\w.-]+/[\w.-]+$")
    commit: str = fact("commit, 7 to 40 hexadecimal digits", pattern=r"^[0-9a-f]{7,40}$")
    paths: list[str] = fact("folders and files that are read", min_length=1)
    sha256: str = fact("checksum of those files (`archive.checksum`), 64 hexadecimal digits", pattern=r"^[0-9a-f]{64}$")
    licence: str = fact("licence of the logs")


class LoggedModel(Closed):
    """A logged model that has no file in catalog/models."""

    hub_id: str = fact("id on the hub: owner/name", pattern=r"^[\w.-]+/[\w.-]+$")
    family: str = fact("family of architectures: small letters, digits and hyphens", pattern=r"^[a-z0-9-]+$")
    structure: Structure = fact("structure")
    published_parameters: int | None = fact("as the authors published them; null where they did not", None)
    notes: str | None = fact("for people", None)


class Methods(Closed):
    """How the tracker obtained each component's energy, where its rows do not say or are wrong; null: as the log says.

    The energy of a component that is called `absent` is left out.
    """

    cpu: Method | None = fact("CPU", None)
    ram: Method | None = fact("RAM", None)
    gpu: Method | None = fact("GPU", None)


class Group(Closed):
    """Runs of one task and dataset, a cell per model."""

    file: Pattern = fact("file or pattern whose rows name the runs; a file of windows may name its own")
    task: TaskName = fact("task")
    dataset: str = fact("dataset: small letters, digits and hyphens", pattern=r"^[a-z0-9][a-z0-9-]*$")
    variant: Literal["native"] | None = fact("preprocessing variant", None)
    purpose: Purpose = fact("task-specific or multi-purpose", "task-specific")
    models: list[str] = fact("names in the model column: aliases of catalog/models, or keys of `models`", min_length=1)
    unselected_because: str | None = fact(
        "why none of its cells enters the paper's tables, unless the study says so", None
    )


class Relabelled(Closed):
    """Runs that carry one name where they are listed and another in their own windows."""

    listed: str = fact("name in the group's file")
    logged: str = fact("name in the windows")
    note: str = fact("what is known of it; becomes a flag of each repeat")
    same_model: bool = fact(
        "one model under two names; else no score and no length of the listed one is set beside its energy", False
    )


class LengthsFile(Closed):
    """Output lengths of one dataset, a row per inference."""

    file: Pattern = fact("file or pattern")
    task: TaskName
    dataset: str


class Lengths(Closed):
    """Published output lengths."""

    model_column: str = fact("column with the model")
    output_column: str = fact("column with the length of the answer")
    input_column: str | None = fact("column with the length of the input", None)
    unit: OutputUnit = fact("what was counted")
    names: dict[str, str] = fact("spellings that the groups do not know", {})
    files: list[LengthsFile]


class QualityColumn(Closed):
    """A column of the quality table."""

    column: str
    task: TaskName
    dataset: str
    metric: str = fact("name of the metric, as the source has it")


class Quality(Closed):
    """A published table of answer quality."""

    file: Pattern
    model_column: str
    names: dict[str, str] = fact("spellings that the groups do not know", {})
    columns: list[QualityColumn]


class Mapping(Closed):
    """How a set of logs becomes cells."""

    description: str | None = fact("what the logs are", None)
    format: Annotated[Member, BeforeValidator(target_of)] = fact(
        "name of a format (`logs/formats`), or `module:Class` of one's own", FORMATS["codecarbon"]
    )
    home: Home | None = fact("where they are published; null: local logs only", None)
    windows: list[Pattern] = fact("files or patterns whose rows hold the energies", min_length=1)
    phases: dict[str, Phase] = fact(
        "name of a part of the run, or its beginning before `_` -> phase; rows that name no part are whole runs", {}
    )
    model_column: str | None = fact("column with the model's name; null: the format's own", None)
    n_inferences: int = fact("inferences of one run", unit="inferences", gt=0)
    repeats: int | None = fact("runs that every cell should have; null: as many as are logged", None, ge=1)
    dtype: str | None = fact("precision of the weights", None)
    device: str | None = fact("cuda or cpu", None)
    methods: Methods = fact("how each component's energy came about", Methods())
    max_node_power_w: float = fact("a higher mean power is no power of this machine", 20_000.0, unit="W", gt=0)
    idle_phases: list[Literal["load", "transfer"]] = fact(
        "phases whose lowest mean GPU power stands for the GPUs' idle power; none: GPUs are not split", []
    )
    ram_power_3_w: float | None = fact(
        "RAM power that CodeCarbon 3 would charge this machine with; null: not known", None, unit="W", gt=0
    )
    groups: list[Group] = fact("which runs are which cells", min_length=1)
    models: dict[str, str | LoggedModel] = fact(
        "name in the logs -> name of catalog/models, or the facts of a model that has no file there", {}
    )
    unselected: dict[str, str] = fact("model in the logs -> why it enters none of the paper's tables", {})
    relabelled: list[Relabelled] = fact("runs with two names", [])
    lengths: Lengths | None = fact("published output lengths", None)
    quality: Quality | None = fact("published answer quality", None)
    printed: str | None = fact("numbers in print to hold the logs against: a file beside the mapping", None)

    def cells(self) -> Iterator[tuple[Group, str]]:
        """Every group with each of its models' names in the logs."""
        for group in self.groups:
            for name in group.models:
                yield group, name

    def reader(self) -> LogFormat:
        """What reads the files; imports its module. Raises `InputError` for a class that is no format."""
        found = load_member(self.format)
        if not (isinstance(found, type) and issubclass(found, LogFormat)) or inspect.isabstract(found):
            raise InputError(
                f"format: {self.format} has not all of {LogFormat.__module__}:LogFormat; derive it from that"
            )
        return found(self.model_column)


def mapping_path(written: str) -> Path:
    """The file that a study's `logs.mapping` means: as written, or relative to the repository."""
    path = Path(written)
    return path if path.exists() or path.is_absolute() else CATALOG_ROOT.parent / path


def load_mapping(written: str) -> Mapping:
    """Read and check a mapping; raises `InputError`."""
    mapping = checked(Mapping, read_yaml(mapping_path(written)), written, context=task_context(read_tasks()))
    known = {name for group in mapping.groups for name in group.models}
    for name in mapping.unselected:
        if name not in known:
            raise InputError(f"{written}: unselected: {name!r} is in no group; {near_matches(name, known)}")
    return mapping


def mapping_of(study: ResolvedStudy) -> Mapping:
    """The mapping of a study of logs; raises `InputError` for a study that measures."""
    if study.config.logs is None:
        raise InputError(f"study {study.config.study}: logs is missing; it measures, and imports nothing")
    return load_mapping(study.config.logs.mapping)


def printed_path(study: ResolvedStudy) -> Path | None:
    """The file of printed numbers that the study's mapping names, beside it; None: it names none."""
    printed, logs = mapping_of(study).printed, study.config.logs
    return None if printed is None or logs is None else mapping_path(logs.mapping).parent / printed
