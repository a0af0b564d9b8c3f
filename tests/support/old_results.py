"""Results folders as d48ec93 left them, .snakemake and modification times included, made to fit this machine.

    project = old_project("small", tmp_path / "a project")     # or "hub"

`small`: four cells of architecture mode, their repeats filled into the store. `hub`: three cells on the mock hub, really
fetched, sampled, measured and scored. Both on a CPU that does not exist; tests/golden/README.md says how they were made.
"""

import json
import os
import re
import tarfile
from pathlib import Path
from typing import Any

import yaml

from support.golden_files import GOLDEN
from support.workflow import COPIED, Project, make_project
from wattlab.machine.describe import describe_machine
from wattlab.machine.software import versions
from wattlab.runs.fingerprint import fingerprint_of
from wattlab.study.config import StudyConfig

#: Archives: `tests/golden/old_{name}.tar.gz` with config.yaml, results and .snakemake.
NAMES = ("small", "hub")


def unpack(name: str, folder: Path) -> None:
    """The archive as it is, into `folder`."""
    with tarfile.open(GOLDEN / f"old_{name}.tar.gz") as tar:
        tar.extractall(folder, filter="data")


def identity_of(store: Path) -> dict[str, Any]:
    """What a store's fingerprint hashes: its first line, without the word for the event."""
    content: dict[str, Any] = json.loads(store.read_text().partition("\n")[0])
    assert content.pop("event") == "identity"
    return content


def on_this_machine(content: dict[str, Any]) -> dict[str, Any]:
    """The identity that the same cell has on the machine and with the packages at hand, from the hub that is set."""
    return content | {
        "device_kind": describe_machine(content["spec"]["device"]).kind,
        "versions": versions(),
        "hub_endpoint": os.environ.get("HF_ENDPOINT"),
    }


def stores(results: Path) -> list[Path]:
    """Files of the repeat store."""
    return sorted((results / "repeats").glob("*/*/*/*.jsonl"))


def adapt_stores(results: Path) -> dict[str, str]:
    """Let the stored repeats be this machine's: rewrite each identity, rename each file (its answers too) and tell the
    records; old fingerprint -> new. Modification times stay."""
    renamed = {}
    for store in stores(results):
        content = on_this_machine(identity_of(store))
        new = fingerprint_of(content)
        renamed[store.stem] = new
        first = json.dumps({"event": "identity", **content}, sort_keys=True, ensure_ascii=False)
        _rewrite(store, first + "\n" + store.read_text().partition("\n")[2])
        for path in sorted(store.parent.glob(f"{store.stem}.*")):
            path.rename(path.with_name(path.name.replace(store.stem, new)))
    for record in results.glob("*/runs/*/*/*.json"):
        text = record.read_text()
        old = json.loads(text)["fingerprint"]
        _rewrite(record, text.replace(f'"fingerprint": "{old}"', f'"fingerprint": "{renamed[old]}"'))
    return renamed


def _rewrite(path: Path, text: str) -> None:
    status = path.stat()
    path.write_text(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def old_project(name: str, root: Path) -> Project:
    """A copy of today's project with the old results and their configuration; its sources are older than the results.

    Without the keys that are gone, as the message on each asks; and with the length that summaries had then, since a cell
    with another one is another cell, to be measured anew.
    """
    project = make_project(root)
    unpack(name, root)
    config = project.root / "config.yaml"
    kept = {key: value for key, value in yaml.safe_load(config.read_text()).items() if key not in StudyConfig.GONE}
    if any(group["task"] == "summarization" for group in [*kept["tasks"], *kept.get("multi_purpose", [])]):
        kept["overrides"] = [*kept["overrides"], {"where": {"task": "summarization"}, "set": {"max_new_tokens": 15}}]
    config.write_text(yaml.safe_dump(kept, sort_keys=False))
    for path in project.results.glob("fetched/models/*/main.json"):  # no catalog pinned a model then
        unpin(project, path.parent.name)
    adapt_stores(project.results)
    touch_sources(project, 0.0)
    return project


def unpin(project: Project, model: str) -> None:
    """Take the commit of a model out of the project's catalog."""
    path = project.root / f"catalog/models/{model}.yaml"
    path.write_text(re.sub(r"^revision(_source)?: .*\n", "", path.read_text(), flags=re.MULTILINE))


def touch_sources(project: Project, time_s: float | None = None) -> None:
    """Give every file of the project but its results one modification time; now: as after a fresh clone."""
    times = None if time_s is None else (time_s, time_s)
    for name in COPIED:
        path = project.root / name
        for file in [path, *path.rglob("*")]:
            os.utime(file, times)
