"""The workflow as a `module` of another one, from another folder: it measures, and the host's own rules are as before."""

import json
from pathlib import Path

import pytest
import yaml

from support.fragile import OVERRIDES
from support.workflow import Project, make_project

pytestmark = pytest.mark.slow

CELL = "image-classification/cifar10/microsoft--resnet-18"
HOST = """
configfile: "config.yaml"

rule environment:
    output: "environment.json"
    resources: gpu=1
    shell: "python -c 'import json, os; json.dump(dict(os.environ), open(\\"{{output}}\\", \\"w\\"))'"

module wattlab:
    snakefile: "../a checkout's place/Snakefile"
    config: config["energy"]
    {prefix}

use rule * from wattlab as wattlab_*

rule two_at_once:
    output: touch("{{name}}.done")
    resources: gpu=1
    params: other=lambda wildcards: dict(one="two", two="one")[wildcards.name]
    shell: "touch {{wildcards.name}}.begun; for i in $(seq 100); do [ -e {{params.other}}.begun ] && exit 0; sleep 0.1; done; exit 1"

rule never:
    output: "never"
    shell: "false | tee {{output}}"
"""


def host_of(tmp_path: Path, prefix: str) -> Path:
    """A folder with a workflow of its own, beside a checkout whose measurements cost milliseconds."""
    project = make_project(tmp_path / "a checkout's place").with_fake_worker()
    project.configure(overrides=OVERRIDES)
    host = tmp_path / "host"
    host.mkdir()
    (host / "Snakefile").write_text(HOST.format(prefix=f'prefix: "{prefix}"' if prefix else ""))
    energy = yaml.safe_load((project.root / "config.yaml").read_text())
    (host / "config.yaml").write_text(yaml.safe_dump({"study": "of the host", "energy": energy}))
    return host


@pytest.mark.parametrize("prefix", ["", "energy of inference/"])
def test_a_host_measures_a_cell_and_keeps_its_own_rules(tmp_path: Path, prefix: str) -> None:
    host = host_of(tmp_path, prefix)
    record = f"{prefix}results/small/runs/{CELL}.json"
    run = Project(host).snakemake(record, "environment.json")
    assert run.returncode == 0, run.stdout
    assert json.loads((host / record).read_text())["status"] == "complete"
    assert f"\n{CELL}: 10 repeats, " in run.stdout, "the line of a cell, without a count: the call is the host's"
    environment = json.loads((host / "environment.json").read_text())
    assert "PYTHONPATH" not in environment
    assert not [value for value in environment.values() if "a checkout's place/scripts" in value]
    assert {path.name for path in host.iterdir()} == {
        ".snakemake",
        "Snakefile",
        "config.yaml",
        "environment.json",
        (prefix or "results").rstrip("/"),
    }
    after = Project(host).snakemake("--dry-run", record)
    assert "Nothing to be done" in after.stdout, after.stdout


def test_a_host_runs_its_jobs_side_by_side_and_strictly(tmp_path: Path) -> None:
    host = host_of(tmp_path, "energy/")
    both = Project(host).snakemake("one.done", "two.done")
    assert both.returncode == 0, both.stdout
    assert Project(host).snakemake("never").returncode == 1
    planned = Project(host).snakemake("--dry-run")
    assert "environment" in planned.stdout, "the host's first rule is its default target"


def test_the_whole_study_is_planned_below_the_prefix(tmp_path: Path) -> None:
    host = host_of(tmp_path, "energy/")
    planned = Project(host).snakemake("--dry-run", "wattlab_all")
    assert planned.returncode == 0, planned.stdout
    for rule, count in {"wattlab_measure_cell": 3, "wattlab_build_tables": 1, "wattlab_draw_figures": 1}.items():
        assert [rule, str(count)] in [line.split() for line in planned.stdout.splitlines()]


def test_an_error_of_the_configuration_names_the_module(tmp_path: Path) -> None:
    host = host_of(tmp_path, "")
    config = yaml.safe_load((host / "config.yaml").read_text())
    config["energy"]["protcol"] = config["energy"].pop("protocol")
    (host / "config.yaml").write_text(yaml.safe_dump(config))
    planned = Project(host).snakemake("--dry-run", "wattlab_all")
    assert planned.returncode == 1
    assert "protcol" in planned.stdout
    assert "Traceback" not in planned.stdout


def test_a_rule_fails_with_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path / "project")
    damaged = tmp_path / "logs" / "data" / "emissions" / "base" / "a.csv"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("no log\n")
    monkeypatch.setenv("WATTLAB_PUBLISHED_LOGS", str(tmp_path / "logs"))
    run = project.snakemake("--configfile", "studies/published.yaml", "--until", "import_logs")
    assert run.returncode == 1
    assert "no window can be read" in run.stdout
    assert "issing output" not in run.stdout, "a program that fails is a failure"


def test_a_whole_configuration_may_lie_anywhere(tmp_path: Path) -> None:
    project = make_project(tmp_path / "a checkout")
    (tmp_path / "elsewhere").mkdir()
    configuration = (project.root / "config.yaml").rename(tmp_path / "study of mine.yaml")
    planned = Project(tmp_path / "elsewhere").snakemake(
        "-s", f"{project.root}/Snakefile", "--configfile", str(configuration), "--dry-run"
    )
    assert planned.returncode == 0, planned.stdout
    assert ["measure_cell", "3"] in [line.split() for line in planned.stdout.splitlines()]


@pytest.mark.parametrize("name", ["o'brien lab", "ü $x", 'a"q;`id`', "x';touch pwned;'y"])
def test_a_job_runs_wherever_the_checkout_lies(tmp_path: Path, name: str) -> None:
    run = make_project(tmp_path / name / "w").snakemake("--until", "sample_dataset")
    assert run.returncode == 0, run.stdout
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("name", ["a:b", "a{b}"])
def test_a_place_that_can_not_work_is_one_message(tmp_path: Path, name: str) -> None:
    run = make_project(tmp_path / name / "w").snakemake("--dry-run")
    assert run.returncode == 1
    assert f"{name}/w: Python takes a colon" in run.stdout
    assert "Traceback" not in run.stdout
