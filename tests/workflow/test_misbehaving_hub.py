"""A study on a hub that misbehaves in all its ways: what passes is retried, what does not is named with its remedy, every
other cell is measured; and once the hub is well, one retry completes the study. Real clients, real measurements, tiny models.
"""

import csv
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.hub_models import publish, repo_of
from support.mock_hub import Content, MockHub, Repo, Request
from support.mock_hub.datasets import add_datasets, fetched_traps
from support.workflow import Project, make_project
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.records.record import Record, read_record

pytestmark = pytest.mark.slow

TASK = "text-classification"
STEADY = "distilbert--distilbert-base-uncased-finetuned-sst-2-english"
ALTERED = "lvwerra--distilbert-imdb"
GONE = "sbcBI--sentiment_analysis_model"
RENAMED = "nlptown--bert-base-multilingual-uncased-sentiment"
MOVING = "siebert--sentiment-roberta-large-english"
GATED, SCRIPT = "stanfordnlp/imdb", "cornell-movie-review-data/rotten_tomatoes"

STUDY = {
    "study": "bad-hub",
    "weights": "hub",
    "data": "hub",
    "device": "cpu",
    "exclusive": False,
    "headline_scope": "device",
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
        {"task": TASK, "datasets": ["sst2", "imdb", "rotten-tomatoes"], "models": [STEADY]},
        {"task": TASK, "datasets": ["sst2"], "models": [ALTERED, GONE, RENAMED, MOVING]},
    ],
}

MARKER = "secret-marker-7f3a"


def hub_id(model: str) -> str:
    return model.replace("--", "/", 1)


@dataclass
class Course:
    """A study's way through the bad days of a hub and the good one after them; `said`: what each call printed."""

    project: Project
    hub: MockHub
    home: Path
    said: list[str] = field(default_factory=list)
    asked_while_measuring: list[Request] = field(default_factory=list)
    commands: set[str] = field(default_factory=set)

    def record(self, dataset: str, model: str) -> Record:
        return read_record(self.project.results / "bad-hub/runs" / TASK / dataset / f"{model}.json")

    def missing(self) -> dict[tuple[str, str], dict[str, str]]:
        with (self.project.results / "bad-hub/tables/missing.csv").open() as handle:
            return {(row["dataset"], row["model"]): row for row in csv.DictReader(handle)}


@contextmanager
def command_lines(seen: set[str]) -> Iterator[None]:
    """Collect the command lines of all processes, again and again, while the block lasts."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except (FileNotFoundError, ProcessLookupError):
                    continue  # it has ended meanwhile

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def bad_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The study fetched from a hub on its bad days; then `main` of one model moves; then the study runs to its end."""
    root = tmp_path_factory.mktemp("misbehaving")
    project = make_project(root / "project")
    project.configure(**STUDY)
    with MockHub() as hub, pytest.MonkeyPatch.context() as patch:
        add_datasets(hub)
        for model in (STEADY, ALTERED, RENAMED, MOVING):
            publish(root / model, TASK, "sst2", model)
            hub.models[hub_id(model)] = repo_of(root / model, load_catalog(CATALOG_ROOT).models[model].revision)
        hub.models["new-owner/sentiment"] = hub.models[hub_id(RENAMED)]
        hub.models[hub_id(RENAMED)] = Repo({}, moved_to="new-owner/sentiment")
        hub.datasets[GATED].gated = True
        script: dict[str, Content] = {"README.md": b"# Reviews\n", "rotten_tomatoes.py": b"raise SystemExit('ran')\n"}
        hub.datasets[SCRIPT] = Repo(script, commit=hub.datasets[SCRIPT].commit)
        hub.faults.unavailable("*", times=4)
        hub.faults.truncate("/cdn/models/distilbert/*/model.safetensors", times=2)
        hub.faults.shorten("*sst-2-english/resolve/*/tokenizer.json", times=1)
        hub.faults.shorten("/cdn/datasets/stanfordnlp/sst2/*", times=1)
        hub.faults.corrupt("/cdn/models/lvwerra/*", times=None)
        for name, value in hub.environment(root / "home").items():
            patch.setenv(name, value)
        course = Course(project, hub, root / "home")
        fetched = project.snakemake("--until", "fetch_model", "sample_dataset")
        assert fetched.returncode == 1 and "what was asked for is not whole" in fetched.stdout, fetched.stdout
        hub.models[hub_id(MOVING)].push({"config.json": b"{}"})
        n_asked = len(hub.requests)
        run = project.snakemake()
        course.asked_while_measuring += hub.requests[n_asked:]
        course.said += [fetched.stdout, run.stdout]
        assert run.returncode == 1, run.stdout
        yield course


def test_faults_that_pass_cost_nothing_but_time(bad_days: Course) -> None:
    for model in (STEADY, RENAMED, MOVING):
        record = bad_days.record("sst2", model)
        assert (record.status, len(record.repeats)) == ("complete", 2), record.failure
    left = [fault for fault in bad_days.hub.faults.planned if fault.times]
    assert left == [], "every fault happened as often as planned"


def test_what_stays_missing_is_named_with_reason_and_remedy(bad_days: Course) -> None:
    told = {cell: (row["kind"], row["reason"], row["remedy"]) for cell, row in bad_days.missing().items()}
    hub = bad_days.hub.endpoint
    assert told == {
        ("sst2", ALTERED): (
            "unavailable",
            "model lvwerra/distilbert-imdb: model.safetensors has another SHA-256 than the hub states, 3 times",
            "try again later: `make retry`; a proxy between this machine and the hub may alter files",
        ),
        ("sst2", GONE): (
            "unavailable",
            "the hub has no model sbcBI/sentiment_analysis_model: gone, renamed, or private",
            f"look for it at {hub}/sbcBI/sentiment_analysis_model; correct its id in the catalog or the study, or set "
            "HF_TOKEN for a private one; then `make retry`",
        ),
        ("imdb", STEADY): (
            "unavailable",
            "dataset stanfordnlp/imdb is gated: it needs an account that accepted its terms, and HF_TOKEN is not set",
            f"accept the terms at {hub}/datasets/stanfordnlp/imdb, set HF_TOKEN to a token of that account, then `make retry`",
        ),
        ("rotten-tomatoes", STEADY): (
            "unavailable",
            "dataset cornell-movie-review-data/rotten_tomatoes is a loading script (rotten_tomatoes.py), which nothing runs "
            "any more, without files of split validation; its data files: none",
            "name the split's files in `hub.files` of its catalog entry, or read another copy",
        ),
    }
    for reason in (reason for _, reason, _ in told.values()):
        assert reason in bad_days.said[1], "the last rule says it"


def test_no_partial_file_is_taken_for_a_whole_one(bad_days: Course) -> None:
    wholes = 0
    for snapshot in (bad_days.home / "hub").glob("*/snapshots/*"):
        kind, *name = snapshot.parents[1].name.split("--")
        repo = {"models": bad_days.hub.models, "datasets": bad_days.hub.datasets}[kind]["/".join(name)]
        revision = (bad_days.hub.models[repo.moved_to] if repo.moved_to else repo).revision(snapshot.name)
        assert revision is not None
        for path in snapshot.rglob("*"):
            if path.is_file():
                assert path.read_bytes() == revision[1][path.relative_to(snapshot).as_posix()].read(), path
                wholes += 1
    assert wholes > 10
    assert not list((bad_days.home / "hub/models--lvwerra--distilbert-imdb").rglob("model.safetensors"))
    assert fetched_traps(bad_days.hub) == {}


def test_a_study_stays_at_the_commit_that_was_fetched(bad_days: Course) -> None:
    repo = bad_days.hub.models[hub_id(MOVING)]
    (fetched,) = repo.other_commits
    assert bad_days.record("sst2", MOVING).hub_revision == fetched
    assert repo.commit != fetched
    assert bad_days.asked_while_measuring == [], "measuring needs no hub"


def test_on_a_good_day_one_retry_completes_the_study(bad_days: Course) -> None:
    """With a token, which leaves no trace in any file and any command line."""
    hub, project = bad_days.hub, bad_days.project
    hub.faults.clear()
    hub.models[hub_id(GONE)] = hub.models[hub_id(ALTERED)]
    with MockHub() as well:
        add_datasets(well)
        hub.datasets[SCRIPT] = well.datasets[SCRIPT]
    hub.requests.clear()
    with command_lines(bad_days.commands):
        retry = project.run("-m", "retry_cells", "--cores", "2", "tables", HF_TOKEN=MARKER, PYTHONPATH="scripts")
    assert retry.returncode == 0, retry.stdout
    assert bad_days.missing() == {}, retry.stdout
    assert hub.downloaded(hub_id(STEADY)) == set(), "what was complete is not fetched again"

    assert any(request.has_token for request in hub.requests), "the token was used"
    assert any("measure_cell" in command for command in bad_days.commands)
    assert not [command for command in bad_days.commands if MARKER in command]
    assert MARKER not in retry.stdout
    files = [path for path in bad_days.home.parent.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert not [path for path in files if MARKER.encode() in path.read_bytes()]
