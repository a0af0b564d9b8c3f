"""Tables as LaTeX (booktabs), for papers: a mean and its interval in one column, units in the header.

The preamble needs `\\usepackage{booktabs,longtable,graphicx,pdflscape}`; text is UTF-8.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from wattlab.foundation.quantities import DIGITS, LEVEL, RANGE, rounded, unit_of
from wattlab.foundation.units import ending_of
from wattlab.tables.columns import column_texts

#: Above so many rows a table breaks over pages.
MOST_ROWS_OF_A_PAGE = 40

#: From so many columns on a table over several pages lies on its side.
_WIDE = 5

#: A table that is wider than the text is scaled down to it.
_AS_WIDE_AS_THE_TEXT = r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%"

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "₂": r"\textsubscript{2}",
}


def escaped(text: str) -> str:
    """Text that LaTeX sets as it is: special letters escaped, control letters and line breaks as spaces."""
    return "".join(_SPECIAL.get(letter, letter if letter.isprintable() else " ") for letter in text)


def heading(column: str) -> str:
    """A column's name as words, its unit in brackets below it."""
    if unit := unit_of(column):
        return rf"{escaped(column.removesuffix(str(ending_of(column))).replace('_', ' '))} \\ ({escaped(unit)})"
    return escaped(column.replace("_", " "))


def number(value: float, column: str = "") -> str:
    """Three significant digits, whole and stated numbers as they are; powers of ten in math mode."""
    text = rounded(value, DIGITS["tex"], column)
    mantissa, _, power = text.partition("e")
    return rf"${mantissa} \times 10^{{{int(power)}}}$" if power else re.sub(r"^-", r"$-$", text)


def as_latex(table: pd.DataFrame, shown: Sequence[str] | None, caption: str, label: str) -> str:
    """The shown columns (all: None) as a booktabs table; the bounds of an interval stand behind their mean."""
    bounds = ("ci95_", "min_models_", "max_models_")
    columns = [name for name in (table.columns if shown is None else shown) if not name.startswith(bounds)]
    body = [" & ".join(row) + r" \\" for row in zip(*(_cells(table, name) for name in columns), strict=True)]
    head = [r"\toprule", " & ".join(_head(table, name) for name in columns) + r" \\", r"\midrule"]
    form = "".join("r" if _numeric(table, name) else "l" for name in columns)
    words, tag = rf"\caption{{{escaped(caption)}}}", rf"\label{{{label}}}"
    if len(table) <= MOST_ROWS_OF_A_PAGE:
        lines = [
            r"\begin{table}",
            r"\centering\small",
            words,
            tag,
            _AS_WIDE_AS_THE_TEXT,
            rf"\begin{{tabular}}{{{form}}}",
        ]
        return "\n".join([*lines, *head, *body, r"\bottomrule", r"\end{tabular}}", r"\end{table}", ""])
    is_wide = len(columns) >= _WIDE
    frame, size = ("landscape", r"\tiny\setlength{\tabcolsep}{2pt}") if is_wide else ("center", r"\footnotesize")
    goes_on = [
        r"\midrule",
        rf"\multicolumn{{{len(columns)}}}{{r}}{{Continued on next page}} \\",
        r"\midrule",
        r"\endfoot",
    ]
    lines = [
        rf"\begin{{{frame}}}{size}",
        rf"\begin{{longtable}}{{{form}}}",
        rf"{words} {tag} \\",
        *head,
        r"\endfirsthead",
    ]
    lines += [*head, r"\endhead", *goes_on, r"\bottomrule", r"\endlastfoot", *body, r"\end{longtable}"]
    return "\n".join([*lines, rf"\end{{{frame}}}", ""])


def _numeric(table: pd.DataFrame, name: str) -> bool:
    return pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])


def _head(table: pd.DataFrame, name: str) -> str:
    text = heading(name) + (rf" \\ {{[}}{escaped(LEVEL)} interval{{]}}" if f"ci95_low_{name}" in table else "")
    if "interval_kind" in table and RANGE in set(table["interval_kind"]) and f"min_models_{name}" in table:
        text += r" \\ (range of the models)"
    return rf"\shortstack[{'r' if _numeric(table, name) else 'l'}]{{{text}}}"


def _cells(table: pd.DataFrame, name: str) -> list[str]:
    """A column's texts, behind a value the bounds that it has."""
    texts = _texts(table, name)
    ends = ("ci95_low", "ci95_high", "min_models", "max_models")
    low, high, least, most = (_texts(table, f"{end}_{name}") for end in ends)
    has_range = "interval_kind" in table and f"min_models_{name}" in table
    for at, text in enumerate(texts):
        if has_range and table["interval_kind"].iat[at] == RANGE:
            texts[at] = f"{text} ({least[at]} to {most[at]})"
        elif text and low[at] and high[at]:
            texts[at] = f"{text} [{low[at]}, {high[at]}]"
    return texts


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    """A column's texts; empty ones where there is none."""
    return column_texts(table[name], partial(_text, column=name)) if name in table else [""] * len(table)


def _text(value: Any, column: str = "") -> str:
    """A value in LaTeX; a missing one is empty."""
    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(float(value), column) if isinstance(value, int | float) else escaped(str(value))
