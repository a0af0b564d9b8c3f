"""Bundles of studies for the tests: packed, verified, and packed again with a change."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bundle_study
import verify_bundle
from support.golden_files import GOLDEN
from wattlab.workflow.bundle import archive
from wattlab.workflow.bundle.archive import pack, packed_file, read_manifest, unpacked

CELL = "fill-mask/c4/google-bert--bert-base-uncased"


RECORD = f"results/laptop/runs/{CELL}.json"


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


def store_of(folder: Path, cell: str = CELL) -> Path:
    (found,) = (folder / "results/repeats" / cell).glob("*.jsonl")
    return found


def lines(change: Callable[[list[dict[str, Any]]], Any], cell: str = CELL) -> Callable[[Path], None]:
    """A change of the events of one cell's store; a list that comes back takes their place."""

    def apply(folder: Path) -> None:
        store = store_of(folder, cell)
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


TABLES = "results/laptop/tables"
