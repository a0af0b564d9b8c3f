"""Files named by their content: a cell's spec, and the study with all its cells. A whole one is never rewritten.

    results/specs/{key}.json                     what the job of a cell reads
    results/{study}/study-{key}.json             what tables and later stages read
    results/{study}/tables/study-{key}.json      the study that the tables were built for

So a dry run with another configuration changes nothing for a study that is running.
"""

import os
from pathlib import Path

from wattlab import STUDY_VERSION
from wattlab.foundation.hashing import canonical_json, key_of
from wattlab.foundation.shared import Shared
from wattlab.foundation.stored import read_json
from wattlab.study.cells import ResolvedStudy, Spec


def spec_path(results: Path, key: str) -> Path:
    """Where the spec with this key lies, below the folder of all studies."""
    return results / Shared.SPECS / f"{key}.json"


def write_specs(results: Path, study: ResolvedStudy) -> dict[str, str]:
    """Write the specs that are not there yet; the key of each cell's spec, by cell."""
    keys = {}
    for resolved in study.measured:
        content = resolved.spec.model_dump(mode="json")
        keys[resolved.cell.id] = key_of(content)
        _write_once(spec_path(results, keys[resolved.cell.id]), canonical_json(content))
    return keys


def _write_once(path: Path, text: str) -> None:
    """Write a file whose name tells its content, unless it is there in its full length.

    Not flushed to the disk, which takes many seconds for thousands of specs: what a power cut left short is written anew.
    """
    content = text.encode()
    if path.exists() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    neighbour.write_bytes(content)
    neighbour.replace(path)


def read_spec(path: Path) -> Spec:
    """The spec at `path`; an `InputError` names the file."""
    return read_json(path, Spec, "a `snakemake -n` writes it")


def write_study(folder: Path, study: ResolvedStudy) -> Path:
    """Write the study below `results/{study}`, unless it is there whole; its path."""
    path = folder / f"study-{key_of(study.model_dump(mode='json'))}.json"
    _write_once(path, study.model_dump_json(indent=1) + "\n")
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
