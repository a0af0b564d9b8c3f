"""Is a bundle consistent? Every file by its hash, every record by its store, every table by the records."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from wattlab.catalog.reading import load_catalog
from wattlab.foundation.errors import InputError, json_content, plain
from wattlab.foundation.hashing import key_of
from wattlab.study.cells import ResolvedStudy
from wattlab.study.specs import read_study, study_of_tables
from wattlab.tables.building import build
from wattlab.tables.drift import shortened
from wattlab.tables.evidence import gather, gather_beside
from wattlab.tables.listing import TABLES
from wattlab.tables.writing import texts_of_all
from wattlab.workflow.bundle.archive import MANIFEST, BundleManifest, packed_file, versions_here
from wattlab.workflow.bundle.cells import Found, check_cells, check_overlaps

#: Relative difference of two sums of the same numbers that is no finding: from Python 3.12 on `sum` rounds less.
ROUNDING = 1e-12

#: Significant digits that a sum of doubles is written with, mostly; and how a table writes numbers.
DIGITS_OF_A_SUM = 15
_DECIMAL = re.compile(r"-?\d+(\.\d+)?(e-?\d{1,3})?")

#: Findings of one file that are named; more of them are counted.
SHOWN_OF_A_TABLE = 3


def verify(folder: Path, manifest: BundleManifest) -> Found:
    """What is inconsistent in an unpacked bundle; paths of findings are those in it."""
    found = Found([*_of_files(folder, manifest), *_of_versions(manifest)])
    results = folder / "results"
    try:
        main = _read(results, manifest.study, found)
        for study in (main, *(_read(results, name, found) for name in main.config.beside if (results / name).is_dir())):
            check_cells(results, study, manifest.answers, found)
        check_overlaps(found)
        found.findings += _of_tables(folder, main, manifest)
    except InputError as error:
        found.findings += str(error).splitlines()
    except OSError as error:
        found.findings.append(f"the tables can not be built again: {plain(error)}")
    found.findings = list(dict.fromkeys(line.replace(f"{folder}/", "") for line in found.findings))
    return found


def tables_again(results: Path, catalog: Path, study: ResolvedStudy, today: Mapping[str, str]) -> dict[str, str]:
    """File name -> text of every table of a study, built from its records below `results` and a catalog's folder."""
    facts = load_catalog(catalog)
    beside = gather_beside(study, facts, results)
    evidence = replace(gather(study, facts, results / study.config.study / "runs", beside), today=today)
    return texts_of_all(evidence, build(evidence))


def drift_of(results: Path, catalog: Path, name: str, today: Mapping[str, str]) -> dict[str, bytes]:
    """Name in a bundle -> the table of drift: the one table that the software at hand enters, made for that of today."""
    path = study_of_tables(results / name)
    assert path is not None, "asked before"
    texts = tables_again(results, catalog, read_study(path), today)
    return {f"results/{name}/tables/{file}": text.encode() for file, text in texts.items() if file.startswith("drift.")}


def _of_files(folder: Path, manifest: BundleManifest) -> Iterator[str]:
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    yield from (f"{name}: missing, and the manifest names it" for name in sorted(manifest.files.keys() - there))
    yield from (f"{name}: not in the manifest: it was added" for name in sorted(there - manifest.files.keys()))
    for name in sorted(there & manifest.files.keys()):
        packed, stated = packed_file((folder / name).read_bytes()), manifest.files[name]
        if packed != stated:
            yield f"{name}: its sha256 is {packed.sha256}, and the manifest says {stated.sha256}"


def _of_versions(manifest: BundleManifest) -> Iterator[str]:
    here = versions_here()
    for name in sorted(here.keys() | manifest.versions.keys()):
        if here.get(name) != manifest.versions.get(name):
            yield f"{MANIFEST}: {name} = {manifest.versions.get(name)}, and this wattlab has {here.get(name)}: verify with that version"


def _read(results: Path, name: str, found: Found) -> ResolvedStudy:
    path = study_of_tables(results / name)
    if path is None:
        raise InputError(f"{results / name}: no study file lies there")
    study = read_study(path)
    key = key_of(json_content(path.read_bytes()))
    if path.name != f"study-{key}.json" and path.name != "study.json":
        found.findings.append(f"{path}: the key of its content is {key}, not its name")
    if study.config.study != name:
        found.findings.append(f"{path}: it is the study {study.config.study}")
    return study


def _of_tables(folder: Path, study: ResolvedStudy, manifest: BundleManifest) -> Iterator[str]:
    tables = folder / "results" / study.config.study / "tables"
    again = tables_again(folder / "results", folder / "catalog", study, manifest.today)
    for name, text in again.items():
        path = tables / name
        if not path.exists():
            yield f"{path}: missing, and every study has this table"
        elif path.read_bytes().decode(errors="replace") != text:
            yield from (
                f"{path}: {why}" for why in _differences(name, path.read_bytes().decode(errors="replace"), text)
            )


def _differences(name: str, packed: str, again: str) -> Iterator[str]:
    """The first places in which a table is not what the records give."""
    if name.endswith(".csv"):
        try:
            rows = [list(csv.reader(io.StringIO(text))) for text in (packed, again)]
        except csv.Error as error:
            yield f"no CSV that can be read: {error}"
            return
    else:
        rows = [[[line] for line in text.splitlines()] for text in (packed, again)]
    if len(rows[0]) != len(rows[1]):
        yield f"{len(rows[0])} lines, and the records give {len(rows[1])}"
        return
    header, places = rows[1][0], []
    for number, (a, b) in enumerate(zip(*rows, strict=True), start=1):
        columns = [
            place for place in range(max(len(a), len(b))) if not same_number(a[place : place + 1], b[place : place + 1])
        ]
        places += [(number, place, a[place : place + 1], b[place : place + 1]) for place in columns]
    for number, place, a, b in places[:SHOWN_OF_A_TABLE]:
        column = f", {header[place]}" if name.endswith(".csv") and place < len(header) else ""
        yield f"line {number}{column} = {shortened(''.join(a))}, and the records give {shortened(''.join(b))}"
    if len(places) > SHOWN_OF_A_TABLE:
        yield f"{len(places) - SHOWN_OF_A_TABLE} more places differ"
    if not places and packed.splitlines() == again.splitlines():
        yield "its line ends differ from what the records give"


def same_number(a: list[str], b: list[str]) -> bool:
    """Whether two cells say the same: a sum but for its last digits, which another Python or processor adds up otherwise.

    A sum has all the digits of a double on one side at least. So `2.10` is not `2.1`, and no version or hash another one.
    """
    if a == b or len(a) != len(b):
        return a == b
    if not all(_DECIMAL.fullmatch(text) for text in (*a, *b)) or max(map(_n_digits, (*a, *b))) < DIGITS_OF_A_SUM:
        return False
    return math.isclose(float(a[0]), float(b[0]), rel_tol=ROUNDING)


def _n_digits(text: str) -> int:
    return len(re.sub(r"e.*|[-.]", "", text).lstrip("0"))


def not_rebuilt(folder: Path, study: str) -> list[str]:
    """Tables that rules of a kind of study add (scores of answers, the audit of the paper): packed, and not built again."""
    tables = (folder / "results" / study / "tables").glob("*.csv")
    return sorted(path.name for path in tables if path.stem not in TABLES)
