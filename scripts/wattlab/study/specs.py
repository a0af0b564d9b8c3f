"""Files named by their content: a cell's spec, and the study with all its cells. A whole one is never rewritten.

    results/specs/{key}.json                     what the job of a cell reads
    results/{study}/study-{key}.json             what tables and later stages read
    results/{study}/tables/study-{key}.json      the study that the tables were built for

So a dry run with another configuration changes nothing for a study that is running.
"""

import os
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from wattlab import STUDY_VERSION
from wattlab.foundation.hashing import canonical_json, key_of, key_of_text
from wattlab.foundation.shared import Shared
from wattlab.foundation.stored import read_json
from wattlab.study.cells import ResolvedStudy, Spec

#: A study as plain JSON values: thousands of cells are taken apart once, for its file and for those of its specs.
Content = dict[str, Any]


def plain(study: ResolvedStudy) -> Content:
    """The study as plain JSON values."""
    return study.model_dump(mode="json")


def spec_path(results: Path, key: str) -> Path:
    """Where the spec with this key lies, below the folder of all studies."""
    return results / Shared.SPECS / f"{key}.json"


def write_specs(results: Path, study: ResolvedStudy, content: Content | None = None) -> dict[str, str]:
    """Write the specs that are not there yet; the key of each cell's spec, by cell. `content`: the study as plain values."""
    keys = {}
    for resolved, cell in zip(study.cells, (content or plain(study))["cells"], strict=True):
        if "spec" in cell:
            text = canonical_json(cell["spec"]).encode()
            keys[resolved.cell.id] = key_of_text(text)
            _write_once(spec_path(results, keys[resolved.cell.id]), text)
    return keys


def _write_once(path: Path, content: bytes) -> None:
    """Write a file whose name tells its content, unless it is there in its full length.

    Not flushed to the disk, which takes many seconds for thousands of specs: what a power cut left short is written anew.
    """
    if path.exists() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    neighbour.write_bytes(content)
    neighbour.replace(path)


def read_spec(path: Path) -> Spec:
    """The spec at `path`; an `InputError` names the file."""
    return read_json(path, Spec, "a `snakemake -n` writes it")


def write_study(folder: Path, study: ResolvedStudy, content: Content | None = None) -> Path:
    """Write the study below `results/{study}`, unless it is there whole; its path. `content`: the study as plain values."""
    content = content or plain(study)
    path = folder / f"study-{key_of(content)}.json"
    _write_once(path, to_json(content, indent=1) + b"\n")
    return path


def read_study(path: Path) -> ResolvedStudy:
    """The study at `path`, also of an older version; an `InputError` names the file."""
    return read_json(path, ResolvedStudy, "a `snakemake -n` writes it", STUDY_VERSION)


def study_of_tables(folder: Path) -> Path | None:
    """The study that the tables below `results/{study}` were built for; null where there are none.

    Version 1 had one file for a study, beside the tables' folder.
    """
    found = [*sorted((folder / "tables").glob("study-*.json")), folder / "study.json"]
    return next((path for path in found if path.exists()), None)
