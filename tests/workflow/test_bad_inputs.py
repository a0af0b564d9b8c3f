"""One bad input of one cell: its row in missing.csv says why and what to do, and everything else comes all the same."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from support.workflow import Project

pytestmark = pytest.mark.slow


def path_of(project: Project, name: str) -> Path:
    (path,) = project.results.glob(name)
    return path


def damage(name: str) -> Callable[[Project], None]:
    """Cut a file short."""

    def cut(project: Project) -> None:
        path = path_of(project, name)
        path.write_bytes(path.read_bytes()[:50])

    return cut


def break_program(name: str, line: str, instead: str) -> Callable[[Project], None]:
    """Let what makes an input meet something that nobody foresaw, and take away what it made."""

    def spoil(project: Project) -> None:
        path = project.root / "scripts" / name
        text = path.read_text()
        assert line in text
        path.write_text(text.replace(line, instead, 1))

    return spoil


def unmade(name: str, spoil: Callable[[Project], None]) -> Callable[[Project], None]:
    def damaged(project: Project) -> None:
        spoil(project)
        path_of(project, name).unlink()

    return damaged


def sampling(dataset: str, statement: str) -> Callable[[Project], None]:
    line = "    generator, parameters = generator_of(spec.dataset, spec.entry)\n"
    broken = break_program(
        "wattlab/samples/surrogate/generate.py",
        line,
        f'    if spec.dataset == "{dataset}":\n        {statement}\n{line}',
    )
    return unmade(f"samples/{dataset}/*.json", broken)


#: Two bad inputs in each call: what spoils them, and the reason that the cells of a dataset give.
BAD: dict[str, tuple[list[Callable[[Project], None]], dict[str, str]]] = {
    "manifest, generator": (
        [damage("samples/c4/*.json"), sampling("bookcorpus", 'raise KeyError("webdocument")')],
        {"c4": "samples/c4/", "bookcorpus": "KeyError: 'webdocument'"},
    ),
    "tokenizer, sampling out of memory": (
        [damage("tokenizers/*.json"), sampling("cifar10", "import os; os.kill(os.getpid(), 9)")],
        {
            "c4": "tokenizers/wordpiece-",
            "bookcorpus": "tokenizers/wordpiece-",
            "cifar10": "ended by SIGKILL (out of memory?)",
        },
    ),
}


@pytest.mark.parametrize(("spoils", "reasons"), BAD.values(), ids=BAD.keys())
def test_a_bad_input_takes_its_own_cells_alone_and_retry_mends_it(
    project: Project, spoils: list[Callable[[Project], None]], reasons: dict[str, str]
) -> None:
    sources = {path: path.read_bytes() for path in (project.root / "scripts/wattlab").rglob("*.py")}
    records = {path: path.read_bytes() for path in project.results.glob("small/runs/*/*/*.json")}
    for spoil in spoils:
        spoil(project)
    begun_s = time.time()
    for dataset in reasons:
        path_of(project, f"small/runs/*/{dataset}/*.json").unlink()
    # As far as the page for one of them: it and the figures come from the tables.
    target = "tables" if "cifar10" in reasons else "all"
    run = project.snakemake(target)
    assert run.returncode == 1, run.stdout
    missing = pd.read_csv(project.results / "small/tables/missing.csv").set_index("dataset")
    assert set(missing.index) == set(reasons)
    for dataset, reason in reasons.items():
        assert reason in missing.loc[dataset, "reason"]
    assert missing["remedy"].str.contains("make retry").all()
    cells = pd.read_csv(project.results / "small/tables/cells.csv")
    assert cells["energy_kwh_per_1000"].notna().sum() == 3 - len(reasons)
    if target == "all":
        assert (project.results / "small/report.html").stat().st_mtime > begun_s
    for path, content in sources.items():
        path.write_bytes(content)
    retry = project.run("-m", "retry_cells", "tables", PYTHONPATH="scripts")
    assert retry.returncode == 0, retry.stdout
    assert {path: json.loads(path.read_bytes()) for path in records} == {
        path: json.loads(content) for path, content in records.items()
    }
