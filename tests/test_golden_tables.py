"""Tables of recorded records are those of d48ec93, to the byte: a small measured study, and the authors' logs.

An intended change: `WATTLAB_GOLDEN=write pytest tests/test_golden_tables.py`, then read the diff of tests/golden.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import build_tables
from support import golden_files
from support.golden_files import GOLDEN, compare, difference
from wattlab.records.store import store_path
from wattlab.runs.assembly import measured_record, write_record
from wattlab.runs.deaths import Death
from wattlab.study.cells import ResolvedStudy
from wattlab.study.specs import read_study, study_of_tables, write_study
from wattlab.tables import drift
from wattlab.tables.listing import TABLES
from wattlab.workflow.loading import resolve_study

MEASURED = GOLDEN / "measured"
STUDIES = ("golden", "golden-careful")
FORMS = ("csv", "md", "tex")

#: What the sessions say of themselves, but for one: there is some drift, and it does not depend on this machine.
CODE_SHA256 = "c" * 64
VERSIONS = {
    "torch": "2.13.0",
    "transformers": "5.0.0",
    "tokenizers": "0.22.0",
    "codecarbon": "3.3.2",
    "pillow": "12.0.0",
}

#: A cell whose store died: what its parent knew.
DIED = Death("the worker was killed by signal 9 (SIGKILL)", "is there enough memory? then `make retry`")
LOG_TAIL = ["loading", "killed"]

ALBERT = "fill-mask/bookcorpus/albert--albert-base-v2"
ON_A_GPU = "text-classification/imdb/distilbert--distilbert-base-uncased-finetuned-sst-2-english"


#: Lengths of the recorded cells, from when the authors' max_length was taken for new tokens.
LENGTHS_OF_THAT_TIME: list[dict[str, Any]] = [
    {"where": {"task": "summarization"}, "set": {"max_new_tokens": 15}},
    {"where": {"task": "image-to-text"}, "set": {"max_new_tokens": 20}},
]


def resolved(name: str) -> ResolvedStudy:
    """A recorded study, resolved today from the configuration that it was made from."""
    path = MEASURED / f"{name}.yaml"
    content = yaml.safe_load(path.read_text())
    tasks = {group["task"] for group in [*content["tasks"], *content["multi_purpose"]]}
    lengths = [override for override in LENGTHS_OF_THAT_TIME if override["where"]["task"] in tasks]
    return resolve_study({**content, "overrides": [*lengths, *content["overrides"]]}, [path])


def copy_results(folder: Path) -> Path:
    """The recorded results, study files of version 1 among them; the folder of all studies."""
    results = folder / "results"
    shutil.copytree(MEASURED / "results", results)
    return results


def study_file(results: Path, name: str) -> Path:
    return write_study(results / name, resolved(name))


def built(results: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """File name -> text of every table, by the script that the rule calls."""
    monkeypatch.setattr(drift, "code_sha256", lambda: CODE_SHA256)
    monkeypatch.setattr(drift, "versions", lambda: VERSIONS)
    tables = results / "golden" / "tables"
    assert build_tables.main(["--study", str(study_file(results, "golden")), "--tables", str(tables)]) == 0
    return {path.name: path.read_bytes().decode() for path in sorted(tables.iterdir()) if path.suffix != ".json"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return built(copy_results(tmp_path_factory.mktemp("golden")), monkeypatch)


def test_every_table_has_its_three_forms(tables: dict[str, str]) -> None:
    assert sorted(tables) == sorted(f"{name}.{form}" for name in TABLES for form in FORMS)
    if not golden_files.WRITING:
        assert sorted(path.name for path in (GOLDEN / "tables").iterdir()) == sorted(tables)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_recorded_one(tables: dict[str, str], name: str, form: str) -> None:
    found = compare(f"tables/{name}.{form}", tables[f"{name}.{form}"])
    assert not found, found


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_resolves_to_the_recorded_file(tmp_path: Path, name: str) -> None:
    """The file of d48ec93 is read, and says what the study says today."""
    path = study_of_tables(MEASURED / "results" / name)
    assert path is not None
    assert json.loads(path.read_text())["schema_version"] == 1
    then, today = read_study(path), resolved(name)
    overrides = {"overrides": today.config.overrides}
    assert then.model_copy(update={"config": then.config.model_copy(update=overrides)}) == today
    assert read_study(write_study(tmp_path, resolved(name))) == resolved(name)


#: What d48ec93 did not look at: the counter of the made-up GPU idles at 118 W, and its power reading says 300 W.
LATER_FLAGS = {"idle_power_disagrees"}


def recorded_records() -> list[Path]:
    """Every record that was assembled from a store (but for the stale one), below `results`."""
    paths = sorted((MEASURED / "results").glob("*/runs/*/*/*.json"))
    return [
        path.relative_to(MEASURED / "results")
        for path in paths
        if (content := json.loads(path.read_text()))["fingerprint"] and content["spec"]["protocol"]["seed"] == 0
    ]


@pytest.mark.parametrize("record", recorded_records(), ids=str)
def test_a_store_gives_the_recorded_record(tmp_path: Path, record: Path) -> None:
    """The old store, read and judged today: no repeat is lost, none is judged otherwise."""
    results = copy_results(tmp_path)
    expected = (MEASURED / "results" / record).read_text()
    content = json.loads(expected)
    cell_id = "/".join(record.with_suffix("").parts[2:])
    cell = {cell.cell.id: cell for cell in resolved(record.parts[0]).measured}[cell_id]
    died = content["status"] == "failed"
    made = measured_record(
        cell,
        None,
        store_path(results, cell_id, content["fingerprint"]),
        content["samples_sha256"],
        results / "outputs.jsonl.gz",
        DIED if died else None,
        LOG_TAIL if died else [],
    )
    for repeat in (*made.repeats, *made.extra_repeats):
        repeat.flags[:] = [flag for flag in repeat.flags if flag not in LATER_FLAGS]
    write_record(results / record, made)
    found = difference(expected, (results / record).read_text(), str(record))
    assert not found, found


Mutation = Callable[[dict[str, Any]], None]


def one_joule_more(repeat: dict[str, Any]) -> None:
    repeat["energy_cpu_j"] += 1


def one_joule_more_of_a_gpu(repeat: dict[str, Any]) -> None:
    repeat["energy_gpu_j"][1] += 1


def one_joule_more_at_rest(repeat: dict[str, Any]) -> None:
    repeat["idle_before"]["energy_cpu_j"] += 1


def one_inference_less(repeat: dict[str, Any]) -> None:
    repeat["n_inferences"] -= 1


def one_unit_more(repeat: dict[str, Any]) -> None:
    repeat["n_output_units"] += 1


def a_flag(repeat: dict[str, Any]) -> None:
    repeat["flags"].append("a flag")


def not_valid(repeat: dict[str, Any]) -> None:
    repeat["valid"] = False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell_id", "mutate", "changed"),
    [
        (ALBERT, one_joule_more, {"runs", "cells", "tasks", "models", "emissions", "totals"}),
        (ON_A_GPU, one_joule_more_of_a_gpu, {"runs", "cells", "tasks", "models", "emissions", "totals"}),
        (ALBERT, one_joule_more_at_rest, {"runs", "cells", "totals"}),
        (ALBERT, one_inference_less, {"runs", "cells", "tasks", "models", "emissions", "output_lengths"}),
        (ALBERT, one_unit_more, {"runs", "cells", "output_lengths"}),
        (ALBERT, a_flag, {"runs", "cells"}),
        (ALBERT, not_valid, {"runs", "cells", "missing", "totals", "tasks"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_one_other_number_in_a_record_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell_id: str, mutate: Mutation, changed: set[str]
) -> None:
    monkeypatch.setattr(golden_files, "WRITING", False)
    results = copy_results(tmp_path)
    path = results / "golden/runs" / f"{cell_id}.json"
    record = json.loads(path.read_text())
    mutate(record["repeats"][0])
    path.write_text(json.dumps(record))
    found = {name for name, text in built(results, monkeypatch).items() if compare(f"tables/{name}", text)}
    assert found >= {f"{name}.csv" for name in changed}
