"""What a generator gets of its dataset, and the further columns that any dataset may have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wattlab.foundation.schema import Closed
from wattlab.samples.draws import Draws
from wattlab.samples.surrogate.names import FAMILY_NAMES, FIRST_NAMES
from wattlab.samples.surrogate.text import title_words, walk

Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """One dataset under one seed; `in_file_order` is `selection: first`, where neighbours may share a text."""

    dataset: str
    seed: int
    in_file_order: bool
    fields: Mapping[str, str]

    def draws(self, row: int, part: str = "") -> Draws:
        """Random numbers of a row, or of a `part` of it (or of a group of rows) with numbers of its own."""
        return Draws.of(self.seed, f"{self.dataset}/{part}" if part else self.dataset, row)

    def column(self, role: str) -> str:
        """Column of a role."""
        return self.fields[role]

    def group(self, row: int, rows_each: int) -> int:
        """The group of a row where, in file order, so many neighbours share a text; else each row is its own."""
        return row // rows_each if self.in_file_order else row


ColumnKind = Literal[
    "index", "id", "title", "url", "timestamp", "language", "tags", "spans", "name", "entities", "entity_spans",
    "query", "empty-list", "width", "height",
]  # fmt: skip


class Parameters(Closed):
    """Base of every generator's parameters."""

    columns: dict[str, ColumnKind] = {}


FILLERS: dict[str, Callable[[Draws, int], Any]] = {
    "index": lambda _, row: row,
    "id": lambda draws, _: f"{int(draws.share() * 16**12):012x}",
    "title": lambda draws, _: "_".join(title_words(draws, 1 + draws.index(3))),
    # example.org is reserved (RFC 2606): nobody is sent there by mistake.
    "url": lambda draws, row: f"https://www.example.org/{'-'.join(walk(draws, 3)).lower()}/{row}",
    "timestamp": lambda draws, _: _timestamp(draws),
    "name": lambda draws, _: f"{draws.one(FIRST_NAMES)} {draws.one(FAMILY_NAMES)}",
    "empty-list": lambda _draws, _row: [],
}


def _timestamp(draws: Draws) -> str:
    month, day, minute = 1 + draws.index(12), 1 + draws.index(28), draws.index(60)
    return f"2019-{month:02d}-{day:02d}T12:{minute:02d}:00Z"


def further_columns(
    source: Source, columns: Mapping[str, ColumnKind], row: int, known: Mapping[str, Any] | None = None
) -> Row:
    """The columns beside the roles: from what the generator knows (`known`, by kind), else by kind alone."""
    known = known or {}
    filled = {}
    for column, kind in columns.items():
        if kind in known:
            value = known[kind]
            filled[column] = value() if callable(value) else value
        else:
            filled[column] = FILLERS[kind](source.draws(row, f"column/{column}"), row)
    return filled
