"""What somebody changed in a bundle and made the hashes fit to is named by `make verify`."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.bundles import (
    RECORD,
    TABLES,
    content,
    lines,
    one_joule,
    repacked,
    repeat_of,
    store_of,
    text,
    verified,
)
from support.whole_studies import few_cells
from wattlab.workflow.bundle import archive

pytestmark = pytest.mark.slow


def deleted_repeat(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event.get("index") != 1]


def last_repeat_deleted(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event.get("index") != 2]


def overlap(events: list[dict[str, Any]]) -> None:
    repeat_of(events, 1)["started_at_utc"] = repeat_of(events, 0)["started_at_utc"]


def longer_than_the_clock(events: list[dict[str, Any]]) -> None:
    repeat_of(events, 2).update(window_s=5000.0, duration_s=5000.0)


def beyond_its_power(events: list[dict[str, Any]]) -> None:
    repeat_of(events, 0)["energy_cpu_j"] = 1100.0


def other_passes(events: list[dict[str, Any]]) -> None:
    repeat_of(events, 0)["n_inferences"] = 19


def session_twice(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*events[:2], events[1], *events[2:]]


def session_copied(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same session under another name, its repeats counted on."""
    copied = [
        {
            **event,
            "session": "s9",
            **({"attempt": 2} if event["event"] == "session" else {}),
            **({"index": event["index"] + 3} if "index" in event else {}),
        }
        for event in events
        if "session" in event and event["event"] != "passes"
    ]
    return [*events, *copied]


def other_machine(events: list[dict[str, Any]]) -> None:
    events[1]["machine"]["cpu_cores"] = 64


def other_identity(events: list[dict[str, Any]]) -> None:
    events[0]["versions"]["torch"] = "9.9.9"


def absent_with_energy(events: list[dict[str, Any]]) -> None:
    repeat_of(events, 0)["energy_ram_method"] = "absent"


def below_zero(events: list[dict[str, Any]]) -> None:
    repeat_of(events, 0)["idle_before"]["energy_cpu_j"] = -1.0


def made_valid(record: dict[str, Any]) -> None:
    record["repeats"][0]["valid"] = False


def other_mean(record: dict[str, Any]) -> None:
    record["repeats"][0]["energy_ram_j"] *= 1.5


def renamed_spec(folder: Path) -> None:
    path = sorted((folder / "results/specs").glob("*.json"))[0]
    spec = json.loads(path.read_text())
    spec["protocol"]["seed"] = 7
    path.write_text(json.dumps(spec))


def no_specs(folder: Path) -> None:
    sorted((folder / "results/specs").glob("*.json"))[0].unlink()


def other_study_key(folder: Path) -> None:
    path = next((folder / "results/laptop/tables").glob("study-*.json"))
    path.write_text(
        path.read_text()
        .replace('"headline_scope":"node"', '"headline_scope":"device"')
        .replace('"headline_scope": "node"', '"headline_scope": "device"')
    )


def store_of_another(folder: Path) -> None:
    shutil.copy(store_of(folder, "fill-mask/oscar/google-bert--bert-base-uncased"), store_of(folder))


def lost_store(folder: Path) -> None:
    store_of(folder).unlink()


def other_answers(folder: Path) -> None:
    store = store_of(folder)
    (store.with_name(f"{store.stem}.answers.jsonl.gz")).write_bytes(gzip.compress(b"other", mtime=0))


def lost_answers(folder: Path) -> None:
    store = store_of(folder)
    (store.with_name(f"{store.stem}.answers.jsonl.gz")).unlink()


def newer_method(folder: Path) -> None:
    content(archive.MANIFEST, lambda manifest: manifest["versions"].update(METHOD_VERSION=99))(folder)


#: The cells of the bundle; most faults are planted in the first one.
BERT, OSCAR, ALBERT, GPT2, DISTILGPT2, BART = (cell.cell.id for cell in few_cells())
Planted = dict[str, tuple[Callable[[Path], None], str]]

#: Faults that one bundle has, each beside the others: what plants it, and the finding that names it.
TOGETHER: dict[str, Planted] = {
    "stores": {
        "one joule in a store": (lines(one_joule), rf"runs/{BERT}\S+: repeats.1.energy_cpu_j = .* in the record, .* by its store"),
        "a repeat deleted": (lines(deleted_repeat, OSCAR), rf"{OSCAR}.*: repeats \[0, 2\] are not 0 to 1, each once: one was deleted or doubled"),
        "the last repeat deleted": (lines(last_repeat_deleted, ALBERT), rf"{ALBERT}.*: repeats.2.* in the record, none by its store"),
        "windows that overlap": (lines(overlap, GPT2), rf"{GPT2}.*: .*they overlap"),
        "longer than the time between two stamps": (lines(longer_than_the_clock, DISTILGPT2), rf"{DISTILGPT2}.*: .*repeat 2 lasts \d+\.\d+ s longer than the wall time until the session's end"),
        "more energy than its power gives": (lines(beyond_its_power, BART), rf"{BART}.*: .*repeat 0: energy_cpu_j = 1100, and 100 W give at most 1030 J in 10.000 s"),
        # Here no record changes, which would change the emissions too.
        "other facts of the catalog": (text("catalog/grids.yaml", r"165\.54", "1.5"), r"tables/emissions.csv: line \d+, \w+ = "),
    },
    "sessions": {
        "inferences that are no whole passes": (lines(other_passes), rf"{BERT}.*: .*repeat 0: n_inferences = 19, and 2 passes of 10 samples are 20"),
        "a session twice": (lines(session_twice, OSCAR), rf"{OSCAR}.*: .*the session s0 begins 2 times"),
        "a session copied under another name": (lines(session_copied, ALBERT), rf"{ALBERT}.*session s0 and \S+ session s9: windows of one machine at the same time"),
        "another machine": (lines(other_machine, GPT2), rf"{GPT2}.*: .*a session's machine is not that of its first line"),
        "another version in the fingerprint": (lines(other_identity, DISTILGPT2), rf"{DISTILGPT2}.*\.jsonl: the fingerprint of its content is \w+, not its name"),
        "energy of what is absent": (lines(absent_with_energy, BART), rf"{BART}.*: .*repeat 0: energy_ram_j = 100 of a component that is absent"),
        "another version of wattlab": (newer_method, r"manifest.json: METHOD_VERSION = 99, and this wattlab has 1"),
    },
    "lines that say nothing": {
        "a repeat of a record that is not the store's": (content(RECORD, other_mean), rf"{BERT}.*: repeats.0.energy_ram_j = 150.0 in the record, 100.0 by its store"),
        "a time that is none": (lines(lambda events: repeat_of(events, 0).update(started_at_utc="yesterday"), OSCAR), rf"{OSCAR}.*started_at_utc = 'yesterday'"),
        "a power that is a text": (lines(lambda events: next(one for one in events if one["event"] == "session").update(meter={"cpu_tdp_w": "much"}), ALBERT), rf"{ALBERT}.*meter = .*cpu_tdp_w: 'much' is no power"),
        "energy below zero": (lines(below_zero, GPT2), rf"{GPT2}.*: .*idle before: energy_cpu_j = -1 is below zero"),
        "a spec in a store that is none": (lines(lambda events: events[0].update(spec={"dataset": "x"}), DISTILGPT2), rf"{DISTILGPT2}.*the fingerprint of its content is"),
    },
    "tables": {
        "a cell of a table": (text(f"{TABLES}/cells.csv", r"architecture,surrogate", "hub,surrogate"), r"tables/cells.csv: line 2, weights = hub, and the records give architecture"),
        "components that do not add up": (text(f"{TABLES}/runs.csv", r",(\d{3}\.\d+),(100\.0),", r",\1,90.0,"), r"tables/runs.csv: line 2, energy_ram_j = 90.0, and the records give 100.0"),
        "a number of a table for people": (text(f"{TABLES}/tasks.md", r"\| fill-mask \|", "| fill mask |"), r"tables/tasks.md: line \d+ = "),
        "a table is missing": (lambda folder: (folder / TABLES / "emissions.csv").unlink(), r"tables/emissions.csv: missing"),
        "a table that is no CSV": (lambda folder: (folder / TABLES / "totals.csv").write_text('"' + "x" * 200_000 + '"\n'), r"tables/totals.csv: no CSV that can be read"),
        "samples of another key": (content("results/samples/c4/*.json", lambda samples: samples.update(key="0" * 12)), r"results/samples/c4/\w+.json: key = 000000000000, not its name"),
        "other answers": (other_answers, rf"{BERT}.*answers.jsonl.gz: its sha256 is \w+, and the record says"),
    },
    "beside a table": {
        "another judgement in a record": (content(RECORD, made_valid), rf"{BERT}.*: repeats.0.valid = false in the record, true by its store, judged again"),
        "a row less in a table": (text(f"{TABLES}/runs.csv", r"\n[^\n]*\n$", "\n"), r"tables/runs.csv: 18 lines, and the records give 19"),
        "answers are missing": (lost_answers, rf"answers.jsonl.gz: missing, the answers of {BERT}"),
        "another hash of the samples": (content("results/samples/c4/*.json", lambda samples: samples.update(sha256="0" * 64)), r"samples_sha256 = \w+, and their manifest says 0000"),
    },
    "specs": {
        "a spec whose key is not its name": (renamed_spec, r"results/specs/\w+.json: the key of its content is \w+, not its name"),
        "a study file whose key is not its name": (other_study_key, r"tables/study-\w+.json: the key of its content is \w+, not its name"),
        "the store of another cell": (store_of_another, r"spec.cell.dataset = oscar in its first line, c4 in the record"),
    },
    "a spec is missing": {
        "a spec is missing": (no_specs, r"results/specs/\w+.json: the spec of \S+ is missing"),
        "a store is missing": (lost_store, rf"{BERT}.*\.jsonl: missing, and \S+ rests on it"),
    },
    "a fingerprint that is a path": {
        "a fingerprint that is a path": (content(RECORD, lambda record: record.update(fingerprint="../../laptop")), rf"{BERT}.*fingerprint = '../../laptop': give name of the store's file"),
    },
    "a record that is no record": {
        "a record that is no record": (lambda folder: (folder / RECORD).write_text("{"), rf"runs/{BERT}\S+: no JSON"),
    },
}  # fmt: skip


@pytest.mark.parametrize("together", TOGETHER)
def test_what_was_planted_is_named(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], together: str
) -> None:
    planted = TOGETHER[together]

    def change(folder: Path) -> None:
        for plant, _ in planted.values():
            plant(folder)

    code, said, findings = verified(repacked(packed, tmp_path / "changed.zip", change), capsys)
    for name, (_, message) in planted.items():
        assert code == 1 and any(re.search(message, finding) for finding in findings), "\n".join([name, *findings])
    assert "finding" in said.splitlines()[-1] and not any(str(tmp_path) in one or "/tmp" in one for one in findings)
