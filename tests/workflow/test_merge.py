"""Merging: the parts of a study from several machines become one study, or nothing is copied at all."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from retry_cells import bad_records
from support import measurements, records
from wattlab.catalog.facts import HubFacts
from wattlab.foundation.errors import InputError
from wattlab.foundation.files import copy_file
from wattlab.records.record import Observed
from wattlab.records.store import open_store, read_store, store_path
from wattlab.runs.fingerprint import comparable_spec
from wattlab.runs.places import input_paths
from wattlab.samples.manifest import Manifest
from wattlab.study.cells import MeasuredCell, TokenizerSpec
from wattlab.tables.evidence import cell_evidence
from wattlab.workflow.merging import plan_merge

BERT = records.resolved_cell()
GPT = records.resolved_cell(task="text-generation", dataset="oscar", model="openai-community--gpt2")
T5 = records.resolved_cell(task="summarization", dataset="xsum", model="google--flan-t5-base")
STUDY = records.resolved_study([BERT, GPT, T5])
FINGERPRINT = "f" * 12


def measure(results: Path, cell: MeasuredCell, cpu_j: float = 3600.0, status: str = "complete") -> None:
    """A machine's work on one cell: samples, store and record."""
    for part in input_paths(results, cell).all:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text("{}")
    repeats = [measurements.repeat(index, cpu_j=cpu_j + index) for index in range(3)]
    with open_store(store_path(results, cell.cell.id, FINGERPRINT), {"spec": comparable_spec(cell.spec)}) as store:
        skip = {"load", "transfer", "warmup", "ended", "ended_at_utc", "reason"}
        store.append("session", **measurements.session("s1").model_dump(mode="json", exclude=skip))
        for repeat in repeats:
            store.append("repeat", **repeat.model_dump(mode="json", include=set(Observed.model_fields)))
    record = records.record_of(cell, repeats).model_copy(update={"fingerprint": FINGERPRINT, "status": status})
    path = results / "laptop/runs" / f"{cell.cell.id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record.model_dump_json())


@pytest.fixture
def machines(tmp_path: Path) -> list[Path]:
    """This machine measured BERT, two others a cell each."""
    folders = [tmp_path / name / "results" for name in ("here", "one", "two")]
    for folder, cell in zip(folders, (BERT, GPT, T5), strict=True):
        measure(folder, cell)
    return folders


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def test_parts_become_one_study(machines: list[Path]) -> None:
    here, *others = machines
    before = files(here)
    merge = plan_merge(STUDY, here, others)
    assert merge.taken == {GPT.cell.id: others[0], T5.cell.id: others[1]}
    for source, target in merge.copies:
        copy_file(source, target)
    assert files(here) == before | files(others[0]) | files(others[1])
    for cell in STUDY.cells:
        assert len(read_store(store_path(here, cell.cell.id, FINGERPRINT)).observed) == 3
    again = plan_merge(STUDY, here, others)
    assert again.copies == [], "a second merge finds what it copied"


def test_a_record_is_copied_after_what_it_rests_on(machines: list[Path]) -> None:
    copies = [
        target.relative_to(machines[0]).parts for _, target in plan_merge(STUDY, machines[0], machines[1:]).copies
    ]
    places = [("runs" in parts, GPT.cell.model in parts[-1] or GPT.cell.model in parts) for parts in copies]
    assert places.index((True, True)) > places.index((False, True))


def another_protocol(machines: list[Path]) -> None:
    path = machines[1] / "laptop/runs" / f"{GPT.cell.id}.json"
    record = json.loads(path.read_text())
    record["spec"]["protocol"]["n_inferences"] = 1000
    path.write_text(json.dumps(record))


def no_study(machines: list[Path]) -> None:
    shutil.rmtree(machines[2] / "laptop")


def foreign_cell(machines: list[Path]) -> None:
    measure(machines[2], records.resolved_cell(dataset="oscar"))


def lost_store(machines: list[Path]) -> None:
    shutil.rmtree(machines[1] / "repeats")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (another_protocol, "n_inferences = 1000 there, 10 here"),
        (another_protocol, "merge with the configuration that it was measured with"),
        (lambda machines: measure(machines[1], T5, cpu_j=7200.0), "summarization/xsum/google--flan-t5-base was measured twice"),
        (lambda machines: measure(machines[1], BERT, cpu_j=7200.0), "fill-mask/c4/google-bert--bert-base-uncased was measured"),
        (no_study, "no such folder; name the results folder"),
        (foreign_cell, "has no cell fill-mask/oscar/google-bert--bert-base-uncased; did you mean"),
        (lost_store, "copy the whole results folder"),
    ],
)  # fmt: skip
def test_a_merge_that_would_mix_or_double_copies_nothing(
    machines: list[Path], damage: Callable[[list[Path]], None], message: str
) -> None:
    damage(machines)
    with pytest.raises(InputError, match=message):
        plan_merge(STUDY, machines[0], machines[1:])
    assert GPT.cell.id not in str(list(files(machines[0])))


def of_the_hub(revision: str | None) -> MeasuredCell:
    """GPT with random weights and a trained tokenizer, on rows of the hub."""
    spec = GPT.spec
    entry = spec.dataset.model_copy(update={"hub": HubFacts(id="org/rows", split="train", revision=revision)})
    changed = {
        "data": "hub",
        "dataset": entry,
        "samples": spec.samples.model_copy(update={"data": "hub", "entry": entry}),
        "tokenizer": TokenizerSpec(kind="bpe", layout="GPT2Tokenizer", do_lower_case=False, generator_version=1),
    }
    return GPT.model_copy(update={"spec": spec.model_copy(update=changed)})


def test_a_dataset_that_was_pinned_since_comes_with_all_that_it_was_measured_with(machines: list[Path]) -> None:
    """The tokenizer too; and a commit that nothing says is not taken for the pinned one."""
    here, there = machines[:2]
    commit, before = "a" * 40, of_the_hub(None)
    study = records.resolved_study([BERT, of_the_hub(commit)])
    measure(there, before)
    inputs, now = input_paths(there, before), input_paths(here, study.measured[1])
    inputs.manifest.write_text(
        Manifest.of(before.spec.samples, 10, row_ids=list(range(10)), hub_revision=commit).model_dump_json()
    )
    merge = plan_merge(study, here, [there])
    assert (inputs.tokenizer, now.tokenizer) in merge.copies and now.manifest in [target for _, target in merge.written]
    assert now.tokenizer not in [target for _, target in merge.written]
    inputs.manifest.unlink()
    with pytest.raises(InputError, match="measured the commit that nothing says, and catalog/datasets/oscar.yaml has"):
        plan_merge(study, here, [there])


def test_a_failed_record_gives_way_to_a_complete_one(machines: list[Path]) -> None:
    here, *others = machines
    measure(others[0], T5, status="failed")
    merge = plan_merge(STUDY, here, others)
    assert merge.taken[T5.cell.id] == others[1]
    assert [found.results for found in merge.left] == [others[0]]


def test_a_damaged_record_stops_no_merge_and_comes_with_its_repeats(machines: list[Path]) -> None:
    here, *others = machines
    record = others[0] / "laptop/runs" / f"{GPT.cell.id}.json"
    record.write_text(record.read_text()[:100])
    merge = plan_merge(STUDY, here, others)
    assert list(merge.taken) == [T5.cell.id]
    assert [(found.path, found.record) for found in merge.left] == [(record, None)] and str(record) in merge.left[
        0
    ].damage
    for source, target in merge.copies:
        copy_file(source, target)
    evidence = cell_evidence(GPT, here / "laptop/runs" / f"{GPT.cell.id}.json")
    assert evidence.problem is not None and evidence.problem.remedy.startswith("`make retry` makes it again")
    assert [path for _, path in bad_records(STUDY, here)] == [here / "laptop/runs" / f"{GPT.cell.id}.json"]
    assert len(read_store(store_path(here, GPT.cell.id, FINGERPRINT)).observed) == 3
    measure(others[1], GPT)
    assert plan_merge(STUDY, machines[0], others).taken[GPT.cell.id] == others[1], "a whole one elsewhere is taken"
