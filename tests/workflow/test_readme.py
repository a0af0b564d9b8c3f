"""What README.md claims: commands, paths, counts, tables and examples are those that exist."""

import csv
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config

from support.imports import ROOT, SCRIPTS, canonical, distributions_of
from wattlab.catalog.entries import ModelEntry
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.figures.listing import figures_of
from wattlab.foundation.members import load_member
from wattlab.logs.resolve import resolve_published
from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import StudyConfig
from wattlab.study.resolve import resolve
from wattlab.tables.listing import TABLES
from workflow.test_packaging import needed

README = (ROOT / "README.md").read_text()
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def study_of(content: dict[str, Any], **models: ModelEntry) -> ResolvedStudy:
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, content)
    catalog = load_catalog(CATALOG_ROOT)
    catalog = catalog.model_copy(update={"models": catalog.models | models})
    checked = StudyConfig.model_validate(config)
    return (resolve_published if checked.is_imported else resolve)(checked, catalog, "README.md")


def test_make_targets_exist() -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", README, re.MULTILINE))
    declared = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"reproduce", "test", "check", "retry", "published"} <= named
    assert named - {name for line in declared for name in line.split()} == set()


def test_named_files_exist() -> None:
    tree = re.findall(r"^(\S+)  ", "".join(blocks("text")), re.MULTILINE)
    folders = "catalog|studies|docs|envs|profiles|scripts|rules|tests"
    inline = re.findall(rf"`((?:{folders})/[\w./-]*)`", README)
    images = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    examples = {"studies/mine.yaml", "studies/my-logs.yaml", "catalog/models/my-org--my-distilbert.yaml"}
    assert len(tree) >= 10 and len(inline) >= 8 and images
    assert [path for path in {*tree, *inline, *images} - examples if not (ROOT / path).exists()] == []


@pytest.mark.slow
def test_snakemake_finds_every_named_target(tmp_path: Path) -> None:
    commands = re.findall(r"^snakemake ([^#\n]*)", "\n".join(blocks("bash")), re.MULTILINE)
    targets = {
        word for command in commands for word in re.sub(r"(?<!\S)-\S+( all| \d+| studies/\S+)*", "", command).split()
    }
    assert {"task_fill-mask", "tables", "results/laptop/figures/tasks.pdf"} <= targets
    shutil.copy(ROOT / "config.yaml", tmp_path)
    plan = subprocess.run(
        [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "-d", str(tmp_path), "-n", *sorted(targets)],
        capture_output=True,
        text=True,
    )
    assert plan.returncode == 0, plan.stderr[-2000:]
    assert re.search(r"^measure_cell +48$", plan.stdout + plan.stderr, re.MULTILINE)


@pytest.mark.slow
def test_counts_of_cells() -> None:
    listed = re.findall(r"^\| `([\w./]+\.yaml)` \| (\d+) \|", section("Studies"), re.MULTILINE)
    assert len(listed) >= 2
    for file, cells in listed:
        assert len(study_of(yaml.safe_load((ROOT / file).read_text())).cells) == int(cells), file
    assert f"{dict(listed)['config.yaml']} cells" in re.sub(r"\s+", " ", section("Three commands"))


def test_every_table_and_figure_is_described() -> None:
    described = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section("Read the tables"), re.MULTILINE)
    assert sorted(described) == sorted((name, load_member(target).row) for name, target in TABLES.items())
    figures = section("Read the tables").split("The figures in ")[1]
    assert set(re.findall(r"`(\w+)`", figures)) == set(figures_of(TABLES))


def test_example_of_a_model_joins_the_example_of_a_study() -> None:
    entry, study = (yaml.safe_load(block) for block in blocks("yaml", section("Add a model")))
    model = ModelEntry.model_validate(entry)
    stem = model.hub_id.replace("/", "--")
    cells = [resolved.cell.id for resolved in study_of(study, **{stem: model}).cells]
    assert len(cells) == 6
    assert f"text-classification/imdb/{stem}" in cells


def test_example_of_an_override_works() -> None:
    written = re.search(r"`(overrides: \[.*?\])`", README)
    assert written
    specs = [resolved.spec for resolved in study_of(yaml.safe_load(written[1])).cells]
    repeats = {spec.cell.task: spec.protocol.repeats for spec in specs if spec}
    assert repeats["fill-mask"] == 12 and repeats["summarization"] == 3


def test_numbers_of_the_audit_are_counted() -> None:
    with (ROOT / "docs/published/audit.csv").open(newline="") as file:
        assert f"holds {len(list(csv.DictReader(file)))} numbers that the paper prints" in section(
            "The paper, recomputed"
        )


def test_example_of_own_logs_is_a_mapping_and_a_study(tmp_path: Path) -> None:
    mapping, study, more = blocks("yaml", section("Your own CodeCarbon logs"))
    assert len(mapping.strip().splitlines()) == 5
    written = tmp_path / "my-mapping.yaml"
    written.write_text(mapping)
    content = yaml.safe_load(study)
    content["logs"]["mapping"] = str(written)
    (resolved,) = study_of(content).cells
    assert resolved.facts.selected and resolved.cell.dataset == "imdb"
    written.write_text(yaml.safe_dump({**yaml.safe_load(mapping), **yaml.safe_load(more)}))
    (described,) = study_of(content).cells
    assert (described.cell.model, described.facts.published_parameters) == ("me--my-model", 66_000_000)


def test_stated_values_are_those_of_the_default_study() -> None:
    resolved = study_of({})
    protocol = resolved.cells[0].spec.protocol if resolved.cells[0].spec else None
    assert f"{resolved.grid.intensity_g_per_kwh} g/kWh" in README
    assert protocol is not None
    assert (protocol.repeats, protocol.min_window_s, protocol.cpu_threads, protocol.dtype) == (3, 1, 1, "float32")
    assert protocol.max_other_load_cores is None


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert CITATION["version"] == project["version"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text()
    assert project["requires-python"] == ">=3.11,<3.14" and "Python 3.11, 3.12 or 3.13" in README
    codecarbon = next(entry for entry in CITATION["references"] if entry["title"] == "CodeCarbon")
    assert f"codecarbon=={codecarbon['version']}\n" in (ROOT / "requirements.lock").read_text()
    paper = next(entry for entry in CITATION["references"] if entry["type"] == "conference-paper")
    assert f"doi:{paper['doi']}" in README and paper["title"] in re.sub(r"\s+", " ", README)


def test_snakefile_needs_no_more_than_the_analysis_environment() -> None:
    conda = yaml.safe_load((ROOT / "envs/analysis.yaml").read_text())["dependencies"][-1]["pip"]
    provided = {canonical(pin.split("==")[0]) for pin in conda} | needed(["snakemake"])
    modules = re.findall(r"^from (wattlab[\w.]*) import", (ROOT / "rules/common.smk").read_text(), re.MULTILINE)
    assert modules
    for module in modules:
        stem = SCRIPTS.joinpath(*module.split("."))
        file = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
        assert distributions_of(file).keys() - provided == set(), module
