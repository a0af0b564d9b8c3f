"""Tables as LaTeX (booktabs), for papers: a mean and its interval in one column, units in the header.

The preamble needs `\\usepackage{booktabs,longtable,graphicx,pdflscape}`; text is UTF-8.
"""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from wattlab.foundation.quantities import DIGITS, LEVEL, RANGE, rounded
from wattlab.foundation.units import UNITS, ending_of

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
}


def escaped(text: str) -> str:
    """Text that LaTeX sets as it is: special letters escaped, control letters and line breaks as spaces."""
    return "".join(_SPECIAL.get(letter, letter if letter.isprintable() else " ") for letter in text)


def heading(column: str) -> str:
    """A column's name as words, its unit in brackets below it."""
    ending = ending_of(column) or ""
    if unit := UNITS.get(ending):
        return rf"{escaped(column.removesuffix(ending).replace('_', ' '))} \\ ({unit})"
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
    cells = [[_cell(row, name) for name in columns] for row in table.to_dict("records")]
    words, is_long = escaped(caption), len(table) > MOST_ROWS_OF_A_PAGE
    text = (
        pd.DataFrame(cells, columns=[_head(table, name) for name in columns])
        .style.hide(axis="index")
        .to_latex(
            environment="longtable" if is_long else None,
            position_float=None if is_long else "centering",
            column_format="".join("r" if _numeric(table, name) else "l" for name in columns),
            hrules=True,
            caption=words,
            label=label,
        )
    )
    if not is_long:
        text = text.replace(r"\centering", r"\centering\small", 1).replace(r"\end{tabular}", r"\end{tabular}}")
        return text.replace(r"\begin{tabular}", _AS_WIDE_AS_THE_TEXT + "\n" + r"\begin{tabular}")
    text = text.replace(rf"\caption[]{{{words}}} \\" + "\n", "")  # once is enough: it is long
    wide = len(columns) >= _WIDE
    frame, size = ("landscape", r"\tiny\setlength{\tabcolsep}{2pt}") if wide else ("center", r"\footnotesize")
    return f"\\begin{{{frame}}}{size}\n{text}\\end{{{frame}}}\n"


def _numeric(table: pd.DataFrame, name: str) -> bool:
    return pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])


def _head(table: pd.DataFrame, name: str) -> str:
    text = heading(name) + (rf" \\ {{[}}{escaped(LEVEL)} interval{{]}}" if f"ci95_low_{name}" in table else "")
    if "interval_kind" in table and RANGE in set(table["interval_kind"]) and f"min_models_{name}" in table:
        text += r" \\ (range of the models)"
    return rf"\shortstack[{'r' if _numeric(table, name) else 'l'}]{{{text}}}"


def _cell(row: dict[Any, Any], name: str) -> str:
    text = _text(row[name], name)
    if row.get("interval_kind") == RANGE and f"min_models_{name}" in row:
        return f"{text} ({_text(row[f'min_models_{name}'])} to {_text(row[f'max_models_{name}'])})"
    bounds = [_text(row.get(f"ci95_{end}_{name}")) for end in ("low", "high")]
    return f"{text} [{bounds[0]}, {bounds[1]}]" if text and all(bounds) else text


def _text(value: Any, column: str = "") -> str:
    """A value in LaTeX; a missing one is empty."""
    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(float(value), column) if isinstance(value, int | float) else escaped(str(value))
