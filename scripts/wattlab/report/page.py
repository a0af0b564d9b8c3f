"""The report's page: answer, explorers, figures, tables and provenance as one self-contained HTML file.

Nothing in it is loaded from anywhere: the scripts stand in the page, and its content security policy names them by
their hashes, so that no other script can run, whatever a name or an error's text contains.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from wattlab.catalog.reading import Catalog
from wattlab.figures import captions
from wattlab.figures.figure import StudyFigure
from wattlab.figures.listing import figures_of
from wattlab.foundation import wording
from wattlab.foundation.quantities import BASES, ENERGY, INTERVALS, LEVEL, METHODS, QUANTITIES, SCOPES
from wattlab.paper import audit, decomposition
from wattlab.report import answer, then_and_now
from wattlab.report.bundle import page_script, vega_script
from wattlab.report.charts import charts
from wattlab.report.explorer import CHOICES, Beside, embedded, quality_rows, script_json
from wattlab.report.methods import bibtex, methods_paragraph, versions
from wattlab.report.numbers import grams
from wattlab.report.shown import shown
from wattlab.report.summary import closing_paragraph, cost_in_grams
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import words
from wattlab.tables.claims.table import counted
from wattlab.tables.reading import Tables

_ASSETS = Path(__file__).parent / "assets"

#: Tables that the page folds, in this order; `runs` and `emissions` are files only: the table of cells and the
#: choice of the grid stand for them. A table that is not named here (of an imported study) is folded after them.
_FOLDED = ("tasks", "multipurpose", "comparison", "parity", "totals", "models", "output_lengths", "provenance")
_FILES_ONLY = ("runs", "emissions", "cells", "missing", "quality")
_MOST_ROWS_OF_OTHERS = 60


def render(
    study: ResolvedStudy, tables: Tables, figures: Path, catalog: Catalog, cells_csv: str, beside: Sequence[Beside] = ()
) -> str:
    """The page's HTML. `figures` is the folder of the PNG files, `cells_csv` the text of `cells.csv`.

    The catalog gives grids and equivalents; `beside` are studies whose tasks stand beside this one's. All text of
    models and datasets is escaped.
    """
    intensity, scripts = study.grid.intensity_g_per_kwh, [vega_script(), page_script()]
    found = answer.answers(study, tables, catalog.equivalents)
    shown_cells = words.with_value(tables["cells"])
    return _template().render(
        **_lexicon(tables),
        study=study,
        css=Markup((_ASSETS / "page.css").read_text()),
        policy=content_policy(scripts),
        scripts=[Markup(script) for script in scripts],
        data=Markup(script_json(embedded(study, tables, cells_csv, catalog.grids, beside))),
        charts=Markup(script_json(charts())),
        paragraph=_paragraph(study, tables),
        **_verdicts(tables["claims"]),
        **then_and_now.section(tables),
        headline=answer.headline(found),
        answers=found,
        unanswered=answer.without_value(tables, found),
        equivalents=catalog.equivalents.values(),
        labels=answer.labels(study, shown_cells),
        facts=study_facts(study, tables),
        conditions=partial(_conditions, study, tables),
        figures=[_figure(name, figure, figures) for name, figure in _figures_of(study, tables).items()],
        tables=[shown(name, tables[name], intensity) for name in _FOLDED if name in tables]
        + [shown(name, tables[name], intensity, _MOST_ROWS_OF_OTHERS) for name in _others(tables)],
        missing=shown("missing", tables["missing"], intensity),
        **_for_papers(study, tables),
        mixed=_mixed(tables["provenance"]),
        has_quality=bool(quality_rows(tables)),
        has_parity=len(tables.get("parity", ())) > 0,
        beside=[one.name for one in beside],
        awaited=[name for name in study.config.beside if name not in {one.name for one in beside}],
    )


def _template() -> Template:
    """The page's template; all text that is put in is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["sentence"] = wording.sentences
    return environment.get_template("page.html.j2")


def _lexicon(tables: Tables) -> dict[str, Any]:
    """What the page says of its words: scopes, methods, the level of intervals, and what each table's interval is."""
    return {
        "glossary": (BASES | SCOPES, {method: meaning for method, (meaning, _) in METHODS.items()}),
        "level": LEVEL,
        "intervals": {name: words.interval(name, tables[name]) for name in INTERVALS if name in tables},
        "scopes": [(name, QUANTITIES[column].title) for name, column in CHOICES.items() if QUANTITIES[column].scope],
    }


def _for_papers(study: ResolvedStudy, tables: Tables) -> dict[str, str]:
    return {"methods": methods_paragraph(study, tables), "bibtex": bibtex(study, tables)}


def _verdicts(claims: pd.DataFrame) -> dict[str, Any]:
    return {"verdicts": counted(claims), "claims": claims.to_dict("records")}


def _figures_of(study: ResolvedStudy, tables: Tables) -> dict[str, StudyFigure]:
    return figures_of(tables, study.config)


def content_policy(scripts: list[str]) -> str:
    """A policy that lets these inline scripts run and nothing be loaded."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"


def _others(tables: Tables) -> list[str]:
    return [name for name in sorted(tables) if name not in (*_FOLDED, *_FILES_ONLY) and len(tables[name])]


def _paragraph(study: ResolvedStudy, tables: Tables) -> Markup:
    """The closing paragraph; what the study cost in grams follows the grid that the reader chooses."""
    text = closing_paragraph(study, tables)
    before, phrase, after = text.partition(cost_in_grams(study, tables["totals"]))
    if not phrase:
        return escape(text)
    kwh = float(pd.to_numeric(tables["totals"]["energy_kwh"]).sum())
    cost = grams(kwh, study.grid.intensity_g_per_kwh, per_g=None)
    return Markup("{}({} CO₂eq at {} g/kWh){}").format(before, cost, _intensity(study), after)


def _intensity(study: ResolvedStudy) -> Markup:
    return Markup('<span class="intensity">{}</span>').format(f"{study.grid.intensity_g_per_kwh:g}")


def _conditions(study: ResolvedStudy, tables: Tables, name: str = "") -> Markup:
    """What stands below a chart or table: scope, methods, weights, data and device of the cells behind its rows.

    Without a name: below what follows the quantity that the reader chooses; the page's script writes it anew.
    """
    rows = tables[name or "cells"]
    cells = words.behind(name, rows, tables["cells"])
    if cells.empty:
        return Markup("No row rests on a cell of this study.")
    text = words.conditions(cells, study, tables["provenance"], words.quantity_behind(rows) or ENERGY)
    mark = Markup("{}" if name else '<span class="conditions">{}</span>').format(text[0].upper() + text[1:])
    return Markup("{}; grid {} g/kWh.").format(mark, _intensity(study))


def study_facts(study: ResolvedStudy, tables: Tables) -> list[tuple[str, str]]:
    """Pairs of a name and a value: what was measured, with what."""
    config, cells = study.config, words.with_value(tables["cells"])
    source = f"{config.origin}, read again" if config.origin else "run by this study"
    facts = [
        ("Study", config.study),
        ("Source", source),
        ("Cells", f"with a value: {words.rests_on(cells, len(tables['cells']))}"),
        ("Protocol", config.protocol),
        ("Weights and data", words.ground(cells, study)),
        ("Energy", words.energy(cells).removeprefix("energy ")),
        ("Device", words.device(cells, tables["provenance"]).removeprefix("on ")),
        ("The study’s grid", f"{study.grid.grid}, {study.grid.intensity_g_per_kwh:g} g CO2eq/kWh"),
        ("Software", ", ".join(f"{name} {found}" for name, found in versions(tables["provenance"]).items())),
        ("Printed numbers", audit.summary(tables["audit"]) if "audit" in tables else ""),
        ("The energy goes into", decomposition.finding(tables["decomposition"]) if "decomposition" in tables else ""),
    ]  # fmt: skip
    return [(name, value) for name, value in facts if value]


def _mixed(provenance: pd.DataFrame) -> list[str]:
    """Aspects that differ between cells though the study does not mean them to."""
    rows = provenance[provenance["mixed"].astype(bool) & ~provenance["intended"].astype(bool)]
    return list(dict.fromkeys(rows["aspect"]))


def _figure(name: str, figure: StudyFigure, folder: Path) -> dict[str, Any]:
    path = folder / f"{name}.png"
    if not path.exists():
        return {"name": name, "title": figure.title, "caption": figure.caption, "image": None, "is_made": False}
    caption, is_drawn = captions.read(folder, name)
    image = base64.b64encode(path.read_bytes()).decode() if is_drawn else None
    return {"name": name, "title": figure.title, "caption": caption, "image": image, "is_made": True}
