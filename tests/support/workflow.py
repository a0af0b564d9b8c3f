"""A copy of the project in a folder of its own, with a study of a few cells, and Snakemake called on it as people do.

Everything is real but the joules: the repeats lie in the store before the measuring jobs start, so these find nothing
left to measure and make their records from it.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from support import measurements
from support.warm import python_folder
from wattlab.machine.describe import describe_machine
from wattlab.records.record import Observed
from wattlab.records.store import open_store, store_path
from wattlab.runs.fingerprint import fingerprint_of, identity
from wattlab.runs.inputs import load_inputs
from wattlab.runs.places import input_paths
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.study.specs import read_study

REPOSITORY = Path(__file__).resolve().parents[2]
COPIED = ("Snakefile", "config.yaml", "rules", "scripts", "catalog", "studies", "profiles", "envs")

#: Three cells: one model on two datasets, one image model on one.
SMALL: dict[str, Any] = {
    "study": "small",
    "tasks": [
        {"task": "fill-mask", "datasets": ["bookcorpus", "c4"], "models": ["distilbert--distilbert-base-uncased"]},
        {"task": "image-classification", "datasets": ["cifar10"], "models": ["microsoft--resnet-18"]},
    ],
    "multi_purpose": [],
}


def environment() -> dict[str, str]:
    """The environment of a person who has activated the project's environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {
        "PATH": path,
        "WATTLAB_DOCTOR": "no",
    }


def warm_environment() -> dict[str, str]:
    """The same, but `python` is one that starts in milliseconds (see warm.py)."""
    folder, place = python_folder()
    environment_ = environment()
    return environment_ | {"PATH": f"{folder}{os.pathsep}{environment_['PATH']}", "WATTLAB_WARM": place}


@dataclass(frozen=True)
class Project:
    """A copy of the project that a test may change."""

    root: Path

    def copy(self, root: Path) -> "Project":
        """A copy at `root`, .snakemake and modification times included."""
        subprocess.run(["cp", "-pR", str(self.root), str(root)], check=True)
        return Project(root)

    def with_fake_worker(self) -> "Project":
        """Let the cells be measured in milliseconds (see fake_worker.py)."""
        shutil.copy(Path(__file__).with_name("fake_worker.py"), self.root / "scripts/wattlab/runs/worker.py")
        return self

    def with_modules_of(self, folder: Path) -> dict[str, str]:
        """Put modules beside the programs: somebody else's; the environment in which Python finds them."""
        for path in folder.glob("*.py"):
            shutil.copy(path, self.root / "scripts")
        return {"PYTHONPATH": str(self.root / "scripts")}

    def snakemake(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Call Snakemake in the project; its two streams come back as one text."""
        return self.run("-m", "snakemake", "--cores", "2", *arguments, **variables)

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run Python in the project, and `python` in its rules, warm; its two streams come back as one text."""
        return subprocess.run(
            [str(python_folder()[0] / "python"), *arguments],
            cwd=self.root,
            env=warm_environment() | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def plan(self, *arguments: str) -> dict[str, int]:
        """What a dry run would do: number of jobs by rule; empty when nothing is due."""
        text = self._dry_run(*arguments)
        if "Nothing to be done" in text:
            return {}
        table = text.split("Job stats:\n", 1)[1].splitlines()[2:]
        counts = {}
        for line in table:
            if not line.strip():
                break
            name, count = line.split()
            counts[name] = int(count)
        return {name: count for name, count in counts.items() if name not in ("all", "total")}

    def jobs(self, *arguments: str) -> set[str]:
        """What a dry run would do: every job, in the words of its message."""
        return set(re.findall(r"^Job \d+: (.*)$", self._dry_run(*arguments), re.MULTILINE))

    def _dry_run(self, *arguments: str) -> str:
        answer = self.snakemake("--dry-run", *arguments)
        assert answer.returncode == 0, answer.stdout
        return answer.stdout

    def configure(self, **changes: Any) -> None:
        """Change keys of config.yaml."""
        path = self.root / "config.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}, sort_keys=False))

    @property
    def results(self) -> Path:
        """The folder of all studies."""
        return self.root / "results"

    def study_files(self, name: str) -> list[Path]:
        """Every configuration that a study had here, the first one first."""
        return sorted((self.results / name).glob("study-*.json"), key=lambda path: path.stat().st_mtime_ns)

    def study(self, name: str) -> ResolvedStudy:
        """The study as it was configured last."""
        return read_study(self.study_files(name)[-1])

    def fill_store(self, resolved: MeasuredCell, cpu_j: float = 3600.0) -> None:
        """Put as many repeats into a cell's store as its protocol asks for, so that nothing is left to measure."""
        spec = resolved.spec
        inputs = load_inputs(input_paths(self.results, resolved))
        content = identity(spec, describe_machine(spec.device), inputs.contents)
        path = store_path(self.results, resolved.cell.id, fingerprint_of(content))
        with open_store(path, content) as store:
            session = measurements.session("s1", phases=False, study="small").model_dump(mode="json")
            for key in ("load", "transfer", "warmup", "ended", "ended_at_utc", "reason"):
                del session[key]
            store.append("session", **session)
            for index in range(spec.protocol.repeats):
                repeat = measurements.repeat(index, cpu_j=cpu_j, ram_j=20.0, session="s1")
                store.append("repeat", **repeat.model_dump(mode="json", include=set(Observed.model_fields)))
            store.end("s1", "done", repeats=spec.protocol.repeats, max_redo=spec.protocol.max_redo)

    def fill_stores(self) -> None:
        """`fill_store` for every cell of the study; samples and tokenizers have to lie there."""
        for resolved in self.study("small").measured:
            self.fill_store(resolved)


def make_project(root: Path) -> Project:
    """Copy the project to `root`, with the small study as its default. What is compiled comes along: compiling all costs a second."""
    root.mkdir(parents=True)
    for name in COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        else:
            shutil.copy(source, root / name)
    project = Project(root)
    project.configure(**SMALL)
    return project


def project_with(finished: Project, root: Path, module: ModuleType) -> tuple[Project, dict[str, str]]:
    """A copy of a finished project with somebody else's module beside its programs; the environment that finds it."""
    project = finished.copy(root)
    return project, project.with_modules_of(Path(str(module.__file__)).parent)


def run_with(finished: Project, root: Path, module: ModuleType, due: str, not_due: str) -> Project:
    """Run `project_with` to its end; its dry run plans a job of the message `due`, and none of `not_due`."""
    project, with_module = project_with(finished, root, module)
    plan = project.snakemake("--dry-run", **with_module)
    assert due in plan.stdout and not_due not in plan.stdout, plan.stdout
    run = project.snakemake(**with_module)
    assert run.returncode == 0, run.stdout
    return project
