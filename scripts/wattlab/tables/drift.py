"""`drift`: cells whose numbers come from another spec, other code or other versions than today's."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from wattlab import METHOD_VERSION
from wattlab.foundation.differences import leaves, shortened, unlike
from wattlab.machine.software import CODE_OF_OLDER_LAYOUT, code_sha256, versions
from wattlab.records.record import Record, Session
from wattlab.tables.columns import KEYS, Table, keys_of
from wattlab.tables.evidence import CellEvidence, Evidence

#: Prefix of packages.
_PACKAGE = "software."


def drift(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per cell and aspect that differs; empty where every cell was measured as it would be today.

    `aspect`: a key of the spec (`spec.protocol.seed`; its record is stale), `code_sha256` (what a measurement
    runs of this package), `method_version`, or a package (`software.torch`). `n_repeats`: valid ones
    that were measured so. What is not known on one side makes no row: imported logs, packages that lie in another
    environment than the tables', as all of a model that needs one of its own.
    """
    now = software_today() if evidence.today is None else evidence.today
    rows = [
        {**keys_of(cell.resolved.cell), **row}
        for cell in evidence.cells
        if cell.resolved.spec is not None  # imported logs were never to be measured with today's software
        for row in [*_of_spec(cell), *_of_sessions(cell.record or cell.stale, _of_environment(cell, now))]
    ]
    return TABLE.frame(rows)


TABLE = Table(
    title="Cells measured by another spec, other code or other versions than today's (when the tables were built)",
    row="a cell and what has changed",
    columns=(*KEYS, "purpose", "aspect", "measured", "today", "n_repeats"),
    shown=("cell", "aspect", "measured", "today", "n_repeats"),
    build=drift,
)


def software_today() -> dict[str, str]:
    """The software of this process, by aspect."""
    packages = {f"{_PACKAGE}{package}": version for package, version in versions().items()}
    return {"code_sha256": code_sha256(), "method_version": str(METHOD_VERSION), **packages}


def _of_environment(cell: CellEvidence, now: Mapping[str, str]) -> Mapping[str, str]:
    """What of today's software is that of the cell: of another environment, the package's own code alone."""
    facts = cell.resolved.facts
    if facts is None or facts.environment == "main":
        return now
    return {aspect: value for aspect, value in now.items() if not aspect.startswith(_PACKAGE)}


def _of_spec(cell: CellEvidence) -> Iterator[dict[str, Any]]:
    if cell.stale is None or cell.stale.spec is None:
        return
    specs = (cell.stale.spec, cell.resolved.spec)
    before, after = (dict(leaves("spec", spec and spec.model_dump(mode="json"))) for spec in specs)
    n_repeats = len(cell.stale.valid_repeats)
    for aspect, measured, today in unlike(before, after):
        yield {"aspect": aspect, "measured": shortened(measured), "today": shortened(today), "n_repeats": n_repeats}


def _of_sessions(record: Record | None, now: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each value that sessions of valid repeats had and today has not, with the repeats that it holds for."""
    if record is None:
        return
    counts: Counter[tuple[str, str]] = Counter()
    for session in record.sessions:
        n_repeats = sum(repeat.session == session.session for repeat in record.valid_repeats)
        for aspect, measured in _known(session):
            if n_repeats and now.get(aspect, measured) != measured:
                counts[aspect, measured] += n_repeats
    for (aspect, measured), n_repeats in sorted(counts.items()):
        yield {"aspect": aspect, "measured": measured, "today": now[aspect], "n_repeats": n_repeats}


def _known(session: Session) -> Iterator[tuple[str, str]]:
    if session.code_sha256 is not None and session.code_sha256 not in CODE_OF_OLDER_LAYOUT:
        yield "code_sha256", session.code_sha256
    if session.method_version is not None:
        yield "method_version", str(session.method_version)
    for package, version in (session.software or {}).items():
        yield f"{_PACKAGE}{package}", version
