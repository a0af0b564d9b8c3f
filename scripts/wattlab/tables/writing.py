"""Tables as files: CSV with full precision for programs, Markdown and LaTeX with rounded numbers for people."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from wattlab.foundation.files import write_text
from wattlab.foundation.members import load_member
from wattlab.foundation.quantities import DIGITS, rounded
from wattlab.tables.captions import captions
from wattlab.tables.columns import Table, column_texts
from wattlab.tables.evidence import Evidence
from wattlab.tables.latex import as_latex
from wattlab.tables.listing import TABLES

_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "\\|",
        "[": "\\[",
        "]": "\\]",
        "`": "\\`",
        "*": "\\*",
        "\\": "\\\\",
        "\r": " ",
        "\n": " ",
    }
)


def write_tables(evidence: Evidence, built: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write every table as `.csv`, `.md` and `.tex`. All texts are made before the first file is written."""
    write_texts(texts_of_all(evidence, built), folder)


def texts_of_all(evidence: Evidence, built: dict[str, pd.DataFrame]) -> dict[str, str]:
    """File name -> text of every table in its three forms."""
    of_all = [texts_of(name, load_member(target), built[name], evidence, built) for name, target in TABLES.items()]
    return {file: text for texts in of_all for file, text in texts.items()}


def write_texts(texts: dict[str, str], folder: Path) -> None:
    """Write texts by the name of their file."""
    for file, text in texts.items():
        write_text(folder / file, text)


def texts_of(
    name: str, table: Table, rows: pd.DataFrame, evidence: Evidence, built: dict[str, pd.DataFrame]
) -> dict[str, str]:
    """File name -> text of a table's three forms. Of `built` the captions read `runs`, `cells` and `provenance`."""
    shown = table.for_people(rows)
    words = captions(name, table.title, shown, evidence.study, built)
    label = f"tab:{evidence.study.config.study}-{name.replace('_', '-')}"
    return {
        **twins_of(name, table, rows, words["md"]),
        f"{name}.tex": as_latex(shown, table.latex or table.shown, words["tex"], label),
    }


def twins_of(name: str, table: Table, rows: pd.DataFrame, words: str) -> dict[str, str]:
    """File name -> text of a table as CSV, and as Markdown below these words."""
    return {f"{name}.csv": as_csv(rows), f"{name}.md": as_markdown(table.for_people(rows), table.shown, words)}


def as_csv(table: pd.DataFrame) -> str:
    """CSV whose floats read back to the same bits; a missing value is an empty cell."""
    return table.to_csv(index=False, lineterminator="\n")


def as_markdown(table: pd.DataFrame, shown: Sequence[str] | None, text: str) -> str:
    """The shown columns (all: None) as a Markdown table below its caption."""
    columns = [column for column in (table.columns if shown is None else shown) if column in table.columns]
    lines = [
        text,
        "",
        _line(columns),
        _line(["---:" if pd.api.types.is_float_dtype(table[column]) else "---" for column in columns]),
    ]
    texts = [column_texts(table[column], partial(shown_value, column=column)) for column in columns]
    lines += [_line(row) for row in zip(*texts, strict=True)]
    return "\n".join(lines) + "\n"


def shown_value(value: Any, column: str = "") -> str:
    """A value for people: numbers rounded to `DIGITS` significant digits, text escaped, a missing one empty."""
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return rounded(value, DIGITS["md"], column)
    return str(value).translate(_ESCAPES)


def _line(parts: Sequence[str]) -> str:
    return "| " + " | ".join(parts) + " |"
