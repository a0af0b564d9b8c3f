"""Models that need another environment: found where it is installed, waiting where it is not."""

import os
import subprocess
import sys
from pathlib import Path

from support import records
from support.tiny_models import full_spec
from support.workflow import make_project
from wattlab.models.environments import interpreter, is_this, missing_environment
from wattlab.workflow.loading import study_of

DETA = full_spec("object-detection", "coco", "jozhang97--deta-swin-large")
YOLOS = full_spec("object-detection", "coco", "hustvl--yolos-tiny")


def install(root: Path, script: str = "#!/bin/sh\n") -> Path:
    python = root / ".venv-transformers4/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(script)
    python.chmod(0o755)
    return python


def test_the_cell_waits_and_says_what_installs_its_environment() -> None:
    missing = missing_environment(DETA)
    assert missing is not None
    assert "'transformers4' needs transformers 4" in missing[0]
    assert missing[1].startswith("`make env-transformers4`")
    assert missing_environment(YOLOS) is None
    assert (is_this("main"), is_this("transformers4")) == (True, False)


def test_an_environment_counts_once_its_installation_ended(tmp_path: Path) -> None:
    assert interpreter("transformers4", tmp_path) is None
    python = install(tmp_path)
    assert interpreter("transformers4", tmp_path) is None
    (tmp_path / ".venv-transformers4/.installed").touch()
    assert interpreter("transformers4", tmp_path) == python


def test_parent_and_worker_run_in_the_cells_environment(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    project.configure(
        study="deta",
        tasks=[
            {
                "task": "object-detection",
                "datasets": ["coco"],
                "models": ["jozhang97--deta-swin-large", "hustvl--yolos-tiny"],
            }
        ],
        multi_purpose=[],
        overrides=[],
    )
    install(project.root, '#!/bin/sh\necho went on in it: "$@"\n')
    (project.root / ".venv-transformers4/.installed").touch()
    config = project.root / "config.yaml"
    study = study_of(config)
    cell = next(cell for cell in study.measured if cell.cell.model == "jozhang97--deta-swin-large")
    arguments = records.job_of(project.results / "deta", study, cell).arguments
    done = subprocess.run(
        [sys.executable, "-m", "measure_cell", *arguments],
        env=os.environ | {"PYTHONPATH": str(project.root / "scripts")},
        capture_output=True,
        text=True,
    )
    program = str(project.root / "scripts/measure_cell.py")
    assert done.stdout.split() == ["went", "on", "in", "it:", program, *arguments], done.stderr
