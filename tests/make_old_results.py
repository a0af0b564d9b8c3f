"""Makes tests/golden/old_*.tar.gz with the code of d48ec93: `PYTHONPATH=scripts:tests python tests/make_old_results.py`.

Two studies run to their end in copies of the project: one whose repeats lie in the store before, as in the `finished`
fixture, and one on the mock hub that is fetched, sampled, measured and scored. The copies believe in a machine that does
not exist, so that no fact of the one at hand is in what they write.
"""

import base64
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import records
import workflow
from golden_files import GOLDEN
from mock_hub import MockHub
from mock_hub.datasets import add_datasets
from mock_hub.models import make_twins, twins
from wattlab.machine import cpu_model
from wattlab.record import Machine
from wattlab.software import code_sha256
from workflow import SMALL, Project, make_project

MACHINE = Machine(
    cpu_model="Example CPU",
    cpu_cores=2,
    ram_gb=16.0,
    host_sha256="0" * 64,
    device="cpu",
)
FLAN_T5 = "google--flan-t5-base"
STUDIES: dict[str, dict[str, Any]] = {
    "small": {
        **SMALL,
        "device": "cpu",
        "multi_purpose": [{"task": "text-classification", "datasets": ["sst2"], "models": [FLAN_T5]}],
    },
    "hub": {
        "study": "hub",
        "weights": "hub",
        "data": "hub",
        "stand_in": "rehearsal on shrunken twins from a mock hub",
        "device": "cpu",
        "overrides": [
            {
                "where": {},
                "set": {
                    "repeats": 2,
                    "n_inferences": 2,
                    "min_window_s": 0,
                    "invalid_below_s": 0,
                    "warmup_inferences": 0,
                    "idle_window_s": 0.05,
                },
            }
        ],
        "tasks": [
            {
                "task": "text-classification",
                "datasets": ["imdb"],
                "models": ["distilbert--distilbert-base-uncased-finetuned-sst-2-english"],
            },
            {"task": "image-classification", "datasets": ["cifar10"], "models": ["microsoft--resnet-18"]},
        ],
        "multi_purpose": [{"task": "summarization", "datasets": ["xsum"], "models": [FLAN_T5]}],
    },
}

#: A page and pictures are large, and nothing reads them: the smallest files of their kinds stand for them.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
STAND_INS = {".png": PNG, ".pdf": b"%PDF-1.4\n%%EOF\n", ".html": b"<!doctype html><title>left out</title>\n"}

#: Edits of the copy's `machine.py`.
ON_NO_MACHINE = [
    (r'("""Model name of the CPU, as the system states it."""\n)', r'\1    return "Example CPU"\n'),
    (r"psutil\.cpu_count\(\) or 1", "2"),
    (r"round\(psutil\.virtual_memory\(\)\.total / BYTES_PER_GB, 1\)", "16.0"),
    (r"hashlib\.sha256\(platform\.node\(\)\.encode\(\)\)\.hexdigest\(\)", '"0" * 64'),
    (r"gpus = list_gpus\(\)", "gpus: list[Gpu] = []"),
    (r"return path\.read_text\(\)\.strip\(\) if path\.exists\(\) else None", 'return "boot"'),
]


def project_of(name: str, root: Path) -> Project:
    """A copy of the project with this study as its default, on a machine that does not exist."""
    project = make_project(root)
    project.configure(**STUDIES[name])
    path = project.root / "scripts/wattlab/machine.py"
    text = path.read_text()
    for pattern, new in ON_NO_MACHINE:
        text, n = re.subn(pattern, new, text)
        assert n == 1, pattern
    path.write_text(text)
    return project


def run(project: Project, *arguments: str) -> None:
    done = project.snakemake(*arguments)
    print(done.stdout[-800:])
    assert done.returncode == 0


def small(root: Path) -> Project:
    """The study whose repeats lie in the store before."""
    project = project_of("small", root)
    run(project, "--until", "sample_dataset", "train_tokenizer")
    with (
        patch.object(workflow, "describe_machine", lambda device: MACHINE),
        patch("wattlab.store.utc_now", lambda: records.utc(300)),
    ):
        project.fill_stores()
    run(project)
    return project


def hub(root: Path, twins_in: Path) -> Project:
    """The study on the mock hub: everything is fetched and measured."""
    project = project_of("hub", root)
    make_twins(twins_in)
    with MockHub(twins(twins_in)) as running:
        add_datasets(running)
        environment = running.environment(root.parent / "hf-home") | {"HF_TOKEN": "rehearsal"}
        with patch.dict(os.environ, environment):
            run(project)
    return project


def rewrite(path: Path, content: bytes) -> None:
    """Other content, the same time."""
    status = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def clean(project: Project) -> None:
    """Small stand-ins for pictures and page, the hash of d48ec93's code, and nothing that names this machine."""
    shutil.rmtree(project.root / ".snakemake/log", ignore_errors=True)
    for path in project.results.rglob("*.lock"):
        path.unlink()
    kept = code_sha256()
    with patch("wattlab.software.__file__", str(project.root / "scripts/wattlab/software.py")):
        measured = code_sha256()
    assert kept != measured
    for path in sorted(project.results.rglob("*")):
        if path.suffix in STAND_INS:
            rewrite(path, STAND_INS[path.suffix])
        elif path.suffix in (".json", ".jsonl", ".csv", ".md", ".tex"):
            content = path.read_bytes().replace(measured.encode(), kept.encode())
            # CodeCarbon's meter says the CPU too.
            rewrite(path, content.replace(f'"{cpu_model()}"'.encode(), f'"{MACHINE.cpu_model}"'.encode()))


def pack(project: Project, name: str) -> None:
    """The archive: results, memory of Snakemake and configuration, modification times to the fraction of a second."""

    def nobody(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        return info

    with tarfile.open(GOLDEN / f"old_{name}.tar.gz", "w:gz") as tar:
        for part in ("config.yaml", "results", ".snakemake"):
            tar.add(project.root / part, part, filter=nobody)


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    for name, project in (
        ("small", small(folder / "small/project")),
        ("hub", hub(folder / "hub/project", folder / "twins")),
    ):
        clean(project)
        pack(project, name)
    print(folder)


if __name__ == "__main__":
    main()
