"""Tables as LaTeX (booktabs), for papers: a mean and its interval in one column, units in the header.

The preamble needs `\\usepackage{booktabs,longtable,graphicx,pdflscape}`; text is UTF-8.
"""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from wattlab.foundation.quantities import DIGITS, LEVEL
from wattlab.foundation.units import UNITS, ending_of

#: Above so many rows a table breaks over pages.
MOST_ROWS_OF_A_PAGE = 40

#: From so many columns on a table over several pages lies on its side.
_WIDE = 5

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

_HEADLINES = ("energy_kwh_per_1000", "emissions_g_per_1000", "duration_s_per_1000")

#: The columns that fit a page of a paper; a table that is not named here has those of its Markdown twin.
COLUMNS = {
    "runs": ("cell", "index", "valid", *_HEADLINES),
    "cells": ("cell", "n_valid", *_HEADLINES),
    "tasks": ("task", "n_models", "n_cells", *_HEADLINES, "energy_method"),
    "multipurpose": ("model", "structure", "parameters_as_published", "n_cells", *_HEADLINES),
    "output_lengths": ("cell", "n_output_units_per_inference", "output_unit", "lengths"),
    "parity": (
        "model",
        "source",
        "training_energy_kwh",
        "fine_tuning_energy_kwh",
        "inference_energy_kwh",
        "parity_inferences",
        "printed_inferences",
    ),
    "models": ("model", "task", "purpose", "n_cells", *_HEADLINES),
    "comparison": (
        "paper_name",
        "n_models",
        "energy_kwh_per_1000",
        "paper_energy_kwh_per_1000",
        "energy_ratio",
        "energy_rank",
        "paper_energy_rank",
    ),
    "emissions": ("cell", "grid", "intensity_g_per_kwh", "emissions_g_per_1000"),
    "totals": ("phase", "reused", "scope", "n_windows", "energy_kwh", "emissions_kg", "duration_s"),
    "missing": ("cell", "kind", "n_valid", "n_wanted"),
    "provenance": ("aspect", "value", "n_cells", "mixed"),
    "drift": ("cell", "aspect", "measured", "today", "n_repeats"),
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


def number(value: float) -> str:
    """Three significant digits, whole numbers whole; powers of ten in math mode."""
    whole = float(value).is_integer() or abs(value) >= 1000
    text = f"{value:,.0f}" if whole else f"{value:.{DIGITS['tex']}g}"
    mantissa, _, power = text.partition("e")
    return rf"${mantissa} \times 10^{{{int(power)}}}$" if power else re.sub(r"^-", r"$-$", text)


def as_latex(table: pd.DataFrame, shown: Sequence[str] | None, caption: str, label: str) -> str:
    """The shown columns (all: None) as a booktabs table; the bounds of an interval stand behind their mean."""
    columns = [name for name in (table.columns if shown is None else shown) if not name.startswith("ci95_")]
    form = "".join("r" if _numeric(table, name) else "l" for name in columns)
    head = " & ".join(_head(table, name) for name in columns) + r" \\"
    lines = [" & ".join(_cell(row, name) for name in columns) + r" \\" for row in table.to_dict("records")]
    if len(table) > MOST_ROWS_OF_A_PAGE:
        return _long(form, head, lines, caption, label, wide=len(columns) >= _WIDE)
    body = [rf"\begin{{tabular}}{{{form}}}", r"\toprule", head, r"\midrule", *lines, r"\bottomrule", r"\end{tabular}"]
    body = [r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%", *body[:-1], body[-1] + "}"]
    named = [rf"\caption{{{escaped(caption)}}}", rf"\label{{{label}}}"]
    return "\n".join([r"\begin{table}", r"\centering\small", *named, *body, r"\end{table}", ""])


def _long(form: str, head: str, lines: list[str], caption: str, label: str, wide: bool) -> str:
    """A table over several pages; a wide one lies on its side, in small type."""
    frame, size = ("landscape", r"\tiny\setlength{\tabcolsep}{2pt}") if wide else ("center", r"\footnotesize")
    top = [rf"\begin{{{frame}}}{size}", rf"\begin{{longtable}}{{{form}}}"]
    named = [rf"\caption{{{escaped(caption)}}}\label{{{label}}} \\"]
    heads = [r"\toprule", head, r"\midrule", r"\endfirsthead", r"\toprule", head, r"\midrule", r"\endhead"]
    return "\n".join([*top, *named, *heads, *lines, r"\bottomrule", r"\end{longtable}", rf"\end{{{frame}}}", ""])


def _numeric(table: pd.DataFrame, name: str) -> bool:
    return pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])


def _head(table: pd.DataFrame, name: str) -> str:
    text = heading(name) + (rf" \\ {{[}}{escaped(LEVEL)} interval{{]}}" if f"ci95_low_{name}" in table else "")
    return rf"\shortstack[{'r' if _numeric(table, name) else 'l'}]{{{text}}}"


def _cell(row: dict[Any, Any], name: str) -> str:
    text = _text(row[name])
    bounds = [_text(row.get(f"ci95_{end}_{name}")) for end in ("low", "high")]
    return f"{text} [{bounds[0]}, {bounds[1]}]" if text and all(bounds) else text


def _text(value: Any) -> str:
    """A value in LaTeX; a missing one is empty."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(float(value)) if isinstance(value, int | float) else escaped(str(value))
