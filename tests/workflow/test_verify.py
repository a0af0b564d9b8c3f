"""`make bundle` and `make verify`: the same content is the same file, and what was changed afterwards is named."""

import gzip
import json
import re
import shutil
import stat
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bundle_study
import verify_bundle
from support import records
from support.golden_files import GOLDEN
from support.whole_studies import few_cells, measured_study
from wattlab.foundation.errors import InputError
from wattlab.tables.listing import TABLES as TABLE_NAMES
from wattlab.workflow.bundle import archive
from wattlab.workflow.bundle.archive import pack, packed_file, read_manifest, unpacked
from wattlab.workflow.bundle.verify import same_number

pytestmark = pytest.mark.slow

CELL = "fill-mask/c4/google-bert--bert-base-uncased"
RECORD = f"results/laptop/runs/{CELL}.json"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with answers of a study of six cells with three repeats each."""
    root = tmp_path_factory.mktemp("study")
    measured_study(root, few_cells(repeats=3))
    return bundled(root, "--answers")


def bundled(root: Path, *options: str) -> Path:
    """`make bundle` in a work directory; the bundle."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(root)
        monkeypatch.setattr(bundle_study, "CONFIG", GOLDEN.parents[1] / "config.yaml")
        assert bundle_study.main([*options, "--out", "bundle.zip"]) == 0
    return root / "bundle.zip"


def verified(bundle: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, list[str]]:
    """Exit code, what was printed, and the findings of `make verify`."""
    capsys.readouterr()
    code = verify_bundle.main([str(bundle), *options])
    said = capsys.readouterr()
    return code, said.out, [line.removeprefix("inconsistent: ") for line in said.err.splitlines()]


def repacked(bundle: Path, target: Path, change: Callable[[Path], None], with_hashes: bool = True) -> Path:
    """The bundle with a change in its files; `with_hashes`: by somebody who made a manifest for it too."""
    with unpacked(bundle) as folder:
        manifest = read_manifest(folder)
        change(folder)
        if with_hashes:
            manifest = read_manifest(folder)
        contents = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        del contents[archive.MANIFEST]
        if with_hashes:
            files = {name: packed_file(content) for name, content in contents.items()}
            manifest = manifest.model_copy(update={"files": files})
        pack(target, manifest, contents)
    return target


def test_a_bundle_is_consistent_and_the_same_to_the_byte(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, findings = verified(packed, capsys)
    assert (code, findings) == (0, []) and said.endswith("consistent\n")
    assert f"6 records, 18 repeats judged again, {len(TABLE_NAMES)} tables built again" in said
    root = tmp_path / "elsewhere"
    shutil.copytree(packed.parent / "results", root / "results")
    assert bundled(root, "--answers").read_bytes() == packed.read_bytes()
    sha256 = re.search(r"SHA-256 of the manifest: (\w{64})", said)
    assert sha256 is not None
    assert verified(packed, capsys, "--sha256", sha256[1])[0] == 0
    code, _, findings = verified(packed, capsys, "--sha256", "0" * 64)
    assert code == 1 and findings == [f"manifest.json: its sha256 is {sha256[1]}, and {'0' * 64} was published"]


def test_a_bundle_without_answers_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured_study(tmp_path, few_cells(repeats=3)[:2])
    bundle = bundled(tmp_path)
    assert not [name for name in zipfile.ZipFile(bundle).namelist() if "answers" in name]
    assert verified(bundle, capsys)[0] == 0


def test_a_study_whose_tables_are_old_is_told_when_it_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured_study(tmp_path, few_cells(repeats=3)[:2])
    table = tmp_path / "results/laptop/tables/totals.csv"
    table.write_text(table.read_text().replace("laptop", "laptop").replace("query", "query", 1) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bundle_study, "CONFIG", GOLDEN.parents[1] / "config.yaml")
    assert bundle_study.main([]) == 1
    assert "inconsistent: results/laptop/tables/totals.csv: " in capsys.readouterr().err


# What is planted, by somebody who makes the hashes fit: the store's own lines, records, tables, specs, samples.


def store_of(folder: Path, cell: str = CELL) -> Path:
    (found,) = (folder / "results/repeats" / cell).glob("*.jsonl")
    return found


def lines(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Path], None]:
    """A change of the events of one cell's store; a list that comes back takes their place."""

    def apply(folder: Path) -> None:
        store = store_of(folder)
        events = [json.loads(line) for line in store.read_text().splitlines()]
        events = change(events) or events
        store.write_text("".join(json.dumps(event, sort_keys=True) + "\n" for event in events))

    return apply


def content(name: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """A change of a JSON file, found by a pattern."""

    def apply(folder: Path) -> None:
        path = sorted(folder.glob(name))[0]
        value = json.loads(path.read_text())
        change(value)
        path.write_text(json.dumps(value))

    return apply


def text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        assert re.search(old, path.read_text())
        path.write_text(re.sub(old, new, path.read_text(), count=1))

    return apply


def repeat_of(events: list[dict[str, Any]], index: int) -> dict[str, Any]:
    return next(event for event in events if event.get("index") == index)


def one_joule(events: list[dict[str, Any]]) -> None:
    repeat_of(events, 1)["energy_cpu_j"] += 1


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


TABLES = "results/laptop/tables"

PLANTED: dict[str, tuple[Callable[[Path], None], str]] = {
    "one joule in a store": (lines(one_joule), r"runs/fill-mask/c4/google-bert\S+: repeats.1.energy_cpu_j = .* in the record, .* by its store"),
    "a repeat of a record that is not the store's": (content(RECORD, other_mean), r"repeats.0.energy_ram_j = 150.0 in the record, 100.0 by its store"),
    "another judgement in a record": (content(RECORD, made_valid), r"repeats.0.valid = false in the record, true by its store, judged again"),
    "a cell of a table": (text(f"{TABLES}/cells.csv", r"architecture,surrogate", "hub,surrogate"), r"tables/cells.csv: line 2, weights = hub, and the records give architecture"),
    "components that do not add up": (text(f"{TABLES}/runs.csv", r",(\d{3}\.\d+),(100\.0),", r",\1,90.0,"), r"tables/runs.csv: line 2, energy_ram_j = 90.0, and the records give 100.0"),
    "a row less in a table": (text(f"{TABLES}/runs.csv", r"\n[^\n]*\n$", "\n"), r"tables/runs.csv: 18 lines, and the records give 19"),
    "a number of a table for people": (text(f"{TABLES}/tasks.md", r"\| fill-mask \|", "| fill mask |"), r"tables/tasks.md: line \d+ = "),
    "a table is missing": (lambda folder: (folder / TABLES / "emissions.csv").unlink(), r"tables/emissions.csv: missing"),
    "a spec whose key is not its name": (renamed_spec, r"results/specs/\w+.json: the key of its content is \w+, not its name"),
    "a spec is missing": (no_specs, r"results/specs/\w+.json: the spec of \S+ is missing"),
    "a study file whose key is not its name": (other_study_key, r"tables/study-\w+.json: the key of its content is \w+, not its name"),
    "a repeat deleted": (lines(deleted_repeat), r"repeats \[0, 2\] are not 0 to 1, each once: one was deleted or doubled"),
    "the last repeat deleted": (lines(last_repeat_deleted), r"repeats.2.* in the record, none by its store"),
    "windows that overlap": (lines(overlap), r"they overlap"),
    "longer than the time between two stamps": (lines(longer_than_the_clock), r"repeat 2 lasts \d+\.\d+ s longer than the wall time until the session's end"),
    "more energy than its power gives": (lines(beyond_its_power), r"repeat 0: energy_cpu_j = 1100, and 100 W give at most 1030 J in 10.000 s"),
    "inferences that are no whole passes": (lines(other_passes), r"repeat 0: n_inferences = 19, and 2 passes of 10 samples are 20"),
    "a session twice": (lines(session_twice), r"the session s0 begins 2 times"),
    "a session copied under another name": (lines(session_copied), r"session s0 and \S+ session s9: windows of one machine at the same time"),
    "another machine": (lines(other_machine), r"a session's machine is not that of its first line"),
    "another version in the fingerprint": (lines(other_identity), r"\.jsonl: the fingerprint of its content is \w+, not its name"),
    "the store of another cell": (store_of_another, r"spec.cell.dataset = oscar in its first line, c4 in the record"),
    "energy of what is absent": (lines(absent_with_energy), r"repeat 0: energy_ram_j = 100 of a component that is absent"),
    "a time that is none": (lines(lambda events: repeat_of(events, 0).update(started_at_utc="yesterday")), r"started_at_utc = 'yesterday'"),
    "a power that is a text": (lines(lambda events: next(one for one in events if one["event"] == "session").update(meter={"cpu_tdp_w": "much"})), r"meter = .*cpu_tdp_w: 'much' is no power"),
    "a fingerprint that is a path": (content(RECORD, lambda record: record.update(fingerprint="../../laptop")), r"fingerprint = '../../laptop': give name of the store's file"),
    "energy below zero": (lines(below_zero), r"idle before: energy_cpu_j = -1 is below zero"),
    "a spec in a store that is none": (lines(lambda events: events[0].update(spec={"dataset": "x"})), r"the fingerprint of its content is"),
    "a table that is no CSV": (lambda folder: (folder / TABLES / "totals.csv").write_text('"' + "x" * 200_000 + '"\n'), r"tables/totals.csv: no CSV that can be read"),
    "a store is missing": (lost_store, r"\.jsonl: missing, and \S+ rests on it"),
    "another hash of the samples": (content("results/samples/c4/*.json", lambda samples: samples.update(sha256="0" * 64)), r"samples_sha256 = \w+, and their manifest says 0000"),
    "samples of another key": (content("results/samples/c4/*.json", lambda samples: samples.update(key="0" * 12)), r"results/samples/c4/\w+.json: key = 000000000000, not its name"),
    "other answers": (other_answers, r"answers.jsonl.gz: its sha256 is \w+, and the record says"),
    "answers are missing": (lost_answers, r"answers.jsonl.gz: missing, the answers of fill-mask/c4"),
    "another version of wattlab": (newer_method, r"manifest.json: METHOD_VERSION = 99, and this wattlab has 1"),
    "a record that is no record": (lambda folder: (folder / RECORD).write_text("{"), r"runs/fill-mask/c4/google-bert\S+: no JSON"),
    "other facts of the catalog": (text("catalog/grids.yaml", r"165\.54", "1.5"), r"tables/emissions.csv: line \d+, \w+ = "),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_planted_is_named(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], planted: str
) -> None:
    change, message = PLANTED[planted]
    code, said, findings = verified(repacked(packed, tmp_path / "changed.zip", change), capsys)
    assert code == 1 and any(re.search(message, finding) for finding in findings), "\n".join(findings)
    assert "finding" in said.splitlines()[-1] and not any(str(tmp_path) in one or "/tmp" in one for one in findings)


def scaled(by: float) -> Callable[[Path], None]:
    """Multiply a total of `tables/totals.csv`."""

    def apply(folder: Path) -> None:
        path = folder / TABLES / "totals.csv"
        head, first, *rest = path.read_text().splitlines(keepends=True)
        place = head.split(",").index("energy_kwh")
        values = first.split(",")
        values[place] = repr(float(values[place]) * by)
        path.write_text("".join([head, ",".join(values), *rest]))

    return apply


def test_the_last_digit_of_a_sum_is_no_finding_and_a_billionth_is(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python 3.12 and later, and other processors, add the same numbers up with another last digit."""
    code, said, findings = verified(repacked(packed, tmp_path / "last.zip", scaled(1 + 3e-16)), capsys)
    assert code == 0 and not findings and said.splitlines()[-1] == "consistent"
    code, _, findings = verified(repacked(packed, tmp_path / "billionth.zip", scaled(1 + 1e-9)), capsys)
    assert code == 1 and any("totals.csv: line 2, energy_kwh = " in finding for finding in findings)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("0.0004387121325737022", "0.00043871213257370224", True),
        ("49.959999999999994", "49.96", True),
        ("1e-05", "9.999999999999999e-06", True),
        ("49.959999999999994", "49.9600001", False),
        ("2.10", "2.1", False),
        ("00123", "123", False),
        ("41e523456789", "41e123456789", False),
        ("nan", "inf", False),
    ],
)
def test_a_sum_is_the_same_but_for_its_last_digits_and_a_version_is_not(a: str, b: str, same: bool) -> None:
    assert same_number([a], [b]) is same and same_number([b], [a]) is same


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "results/laptop/more.txt").write_text("more"), "results/laptop/more.txt: not in the manifest: it was added"),
        (lambda folder: (folder / RECORD).unlink(), f"{RECORD}: missing, and the manifest names it"),
        (lines(one_joule), "and the manifest says"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_the_manifests_is_named(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None], message: str
) -> None:
    code, _, findings = verified(repacked(packed, tmp_path / "changed.zip", change, with_hashes=False), capsys)
    assert code == 1 and any(message in finding for finding in findings), findings


def zipped(path: Path, *entries: tuple[str, bytes, int]) -> Path:
    with zipfile.ZipFile(path, "w") as archive_file:
        for name, data, mode in entries:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive_file.writestr(info, data)
    return path


FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777
HEAD = ("manifest.json", b"{}", FILE)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([HEAD, ("../outside", b"", FILE)], "'../outside' is no plain path below the bundle"),
        ([HEAD, ("/etc/passwd", b"", FILE)], "is no plain path below the bundle"),
        ([HEAD, ("results\\..\\x", b"", FILE)], "is no plain path below the bundle"),
        ([HEAD, ("C:/x", b"", FILE)], "is no plain path below the bundle"),
        ([HEAD, ("results/link", b"/etc/passwd", LINK)], "'results/link' is a link, a folder or a device"),
        ([HEAD, ("results/\x1b[31mred", b"", FILE)], "is no name of a bundle's file"),
        ([HEAD, ("results/" + "x" * 400, b"", FILE)], "is no name of a bundle's file"),
        ([HEAD, ("a", b"", FILE), ("A", b"", FILE)], "'A' stands in it twice"),
        ([HEAD, ("a", b"", FILE), ("a/b", b"", FILE)], "'a' is a file and a folder"),
        ([("a", b"", FILE)], "it has no manifest.json"),
    ],
)  # fmt: skip
def test_a_hostile_archive_is_refused_in_one_line(
    tmp_path: Path, entries: list[tuple[str, bytes, int]], message: str
) -> None:
    bundle = zipped(tmp_path / "hostile.zip", *entries)
    with pytest.raises(InputError) as caught:
        verify_bundle.main([str(bundle)])
    assert message in str(caught.value) and "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.zip"]


def test_a_huge_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = zipped(tmp_path / "huge.zip", HEAD, ("results/zeros", bytes(1_000_000), FILE))
    monkeypatch.setattr(archive, "MOST_BYTES", 999_999)
    with pytest.raises(InputError, match="more than a bundle has"):
        verify_bundle.main([str(bundle)])


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04 cut"])
def test_what_is_no_archive_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bundle.zip").write_bytes(data)
    for place in (tmp_path / "bundle.zip", tmp_path / "nowhere.zip", tmp_path):
        with pytest.raises(InputError) as caught:
            verify_bundle.main([str(place)])
        assert "\n" not in str(caught.value)


def test_the_papers_number_of_cells_verifies_within_a_minute(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        records.resolved_cell(task, f"data-{dataset}", f"owner--{task}-{model}", repeats=10)
        for task in records.TASKS
        for dataset in range(3)
        for model in range(8)
    ]
    for model in range(8):
        cells += records.multi_purpose_cells(f"bigscience--multi-{model}", repeats=10)
    measured_study(tmp_path, cells)
    bundle = bundled(tmp_path)
    begun_s = time.process_time()
    code, said, _ = verified(bundle, capsys)
    assert code == 0 and "312 records, 3,120 repeats judged again" in said
    assert time.process_time() - begun_s < 60
