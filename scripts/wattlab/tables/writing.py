"""Tables as files: CSV with full precision for programs, Markdown and LaTeX with rounded numbers for people."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from wattlab.foundation.files import write_text
from wattlab.foundation.quantities import DIGITS
from wattlab.tables.captions import LAYOUTS, caption
from wattlab.tables.evidence import Evidence
from wattlab.tables.latex import COLUMNS, as_latex

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
    texts = {file: text for name in built for file, text in texts_of(name, built[name], evidence, built).items()}
    for file, text in texts.items():
        write_text(folder / file, text)


def texts_of(name: str, table: pd.DataFrame, evidence: Evidence, built: dict[str, pd.DataFrame]) -> dict[str, str]:
    """File name -> text of a table's three forms. Of `built` the captions read `runs`, `cells` and `provenance`."""
    captions = {form: caption(name, table, evidence.study, built, form) for form in DIGITS}
    label = f"tab:{evidence.study.config.study}-{name.replace('_', '-')}"
    return {
        f"{name}.csv": as_csv(table),
        f"{name}.md": as_markdown(table, LAYOUTS[name].shown, captions["md"]),
        f"{name}.tex": as_latex(table, COLUMNS.get(name, LAYOUTS[name].shown), captions["tex"], label),
    }


def as_csv(table: pd.DataFrame) -> str:
    """CSV whose floats read back to the same bits; a missing value is an empty cell."""
    return table.to_csv(index=False, lineterminator="\n")


def read_table(path: Path) -> pd.DataFrame:
    """A table back from its CSV, floats to the last bit."""
    return pd.read_csv(path)


def as_markdown(table: pd.DataFrame, shown: Sequence[str] | None, text: str) -> str:
    """The shown columns (all: None) as a Markdown table below its caption."""
    columns = list(table.columns if shown is None else shown)
    lines = [text, "", _line(columns), _line(["---:" if _is_float(table[column]) else "---" for column in columns])]
    lines += [_line([shown_value(value) for value in row]) for row in table[columns].itertuples(index=False)]
    return "\n".join(lines) + "\n"


def shown_value(value: Any) -> str:
    """A value for people: numbers rounded to `DIGITS` significant digits, text escaped, a missing one empty."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return _rounded(value)
    return str(value).translate(_ESCAPES)


def _rounded(number: float) -> str:
    digits = DIGITS["md"]
    text = f"{number:.{digits}g}"
    return text if abs(number) < 10**digits else f"{float(text):,.0f}"


def _is_float(column: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_float_dtype(column))


def _line(parts: Sequence[str]) -> str:
    return "| " + " | ".join(parts) + " |"
