"""The report's page: findings, choices, charts, tables and provenance as one self-contained HTML file.

Nothing in it is loaded from anywhere: the scripts stand in the page, and its content security policy names them by
their hashes, so that no other script can run, whatever a name or an error's text contains.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from wattlab.catalog.reading import Catalog
from wattlab.figures import captions
from wattlab.figures.listing import figures_of
from wattlab.foundation import wording
from wattlab.foundation.quantities import BASES, DIGITS, ENERGY, METHODS, SCOPES, rounded
from wattlab.paper import audit, decomposition
from wattlab.report import lead, then_and_now
from wattlab.report.bundle import ASSETS, page_script, vega_script
from wattlab.report.charts import charts
from wattlab.report.explorer import Beside, choices, embedded, script_json
from wattlab.report.images import embedded_image
from wattlab.report.methods import bibtex, latex, methods_paragraph, plain, versions
from wattlab.report.sections import Section, sections_of
from wattlab.report.shown import MOST_ROWS, said_once, shown
from wattlab.report.summary import closing_paragraph
from wattlab.study.cells import ResolvedStudy
from wattlab.tables import flags, words
from wattlab.tables.reading import Tables

#: Tables that stand in the page without its script -> their most rows.
_STATIC = {"missing": 40, "parity": MOST_ROWS, "audit": MOST_ROWS}


def render(
    study: ResolvedStudy, tables: Tables, figures: Path, catalog: Catalog, cells_csv: str, beside: Sequence[Beside] = ()
) -> str:
    """The page's HTML. `figures` is the folder of the PNG files, `cells_csv` the text of `cells.csv`.

    The catalog gives grids and equivalents; `beside` are studies whose tasks stand beside this one's. All text of
    models and datasets is escaped.
    """
    sections, found = sections_of(study, tables), embedded(study, tables, cells_csv, catalog, beside)
    scripts = [vega_script(), page_script(sections)]
    kind, rest = lead.lead(study, tables)
    labels = lead.labels(study, words.with_value(tables["cells"]))
    return _template().render(
        study=study,
        sections=sections,
        css=Markup((ASSETS / "page.css").read_text()),
        policy=content_policy(scripts),
        scripts=[Markup(script) for script in scripts],
        data=Markup(script_json(found)),
        charts=Markup(script_json(charts())),
        kind=kind,
        lead=rest,
        labels=labels,
        paragraph=closing_paragraph(study, tables),
        **lead.claims(tables["claims"]),
        **then_and_now.section(tables),
        facts=study_facts(study, tables),
        figures=_figures(study, tables, figures, sections),
        **_of_tables(tables, found["tables"], sections),
        conditions=_conditions(study, tables),
        equivalents=catalog.equivalents.values(),
        **_methods(study, tables),
        mixed=_mixed(tables["provenance"]),
        audited=audit.summary(tables["audit"]) if "audit" in tables else "",
        **_beside(study, [one.name for one in beside]),
        glossary={**glossary(study, tables), **dict(labels)},
    )


def _of_tables(tables: Tables, found: Mapping[str, Mapping[str, Any]], sections: Collection[str]) -> dict[str, Any]:
    """Titles of the tables that stand at the end, by name; names of those that are files alone; those of `_STATIC`, as rows."""
    elsewhere = {"missing"} | (set() if "paper" in sections else {"comparison", "parity"})
    return {
        "tables": {name: table["title"] for name, table in found.items() if name not in elsewhere},
        "files": sorted(set(tables) - set(found)),
        **{name: said_once(shown(name, tables[name], most)) for name, most in _STATIC.items() if name in tables},
    }


def _beside(study: ResolvedStudy, there: list[str]) -> dict[str, list[str]]:
    return {"beside": there, "awaited": [name for name in study.config.beside if name not in there]}


def _methods(study: ResolvedStudy, tables: Tables) -> dict[str, str]:
    paragraph = methods_paragraph(study, tables)
    return {"methods": latex(paragraph), "methods_plain": plain(paragraph), "bibtex": bibtex(study, tables)}


def _template() -> Template:
    """The page's template; all text that is put in is escaped."""
    environment = Environment(
        loader=FileSystemLoader(ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"sentence": wording.sentences, "digits": partial(rounded, digits=DIGITS["md"])}
    return environment.get_template("page.html.j2")


def glossary(study: ResolvedStudy, tables: Tables) -> dict[str, str]:
    """The page's words -> what they mean here."""
    methods = "; ".join(f"{method}: {meaning}" for method, (meaning, _) in METHODS.items())
    return {
        "cell": f"one task, one dataset and one model, {'as the logs name them' if study.config.is_imported else 'measured by a process of its own'}",
        **{name: meaning for name, meaning in SCOPES.items() if name in choices(tables["cells"])},
        **BASES,
        "how an energy was obtained": f"{methods}; an energy is metered as far as it was read, else estimated",
        "parity": "as many inferences as take the energy of training and fine-tuning",
        "interval of a cell": words.interval("cells", tables["cells"]) or "none",
        "interval of a task": words.interval("tasks", tables["tasks"]) or "none",
        "flag": "what to mind about a cell; it leaves nothing out",
        **flags.meanings(words.with_value(tables["cells"])),
        "PUE": "energy of a data centre over that of its computers; 1 counts the computers alone",
    }


def content_policy(scripts: list[str]) -> str:
    """A policy that lets these inline scripts run and nothing be loaded."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"


def _conditions(study: ResolvedStudy, tables: Tables) -> str:
    """Scope, methods, weights, data and device of the cells, once for the whole page."""
    cells = words.behind("", tables["cells"], tables["cells"])
    return "" if cells.empty else words.conditions(cells, study, tables["provenance"], ENERGY)


def study_facts(study: ResolvedStudy, tables: Tables) -> list[tuple[str, str]]:
    """Pairs of a name and a value: whose measurement it is, what was measured, with what, what was left out."""
    config, cells, provenance = study.config, words.with_value(tables["cells"]), tables["provenance"]
    left_out = int(tables["import_problems"]["n_rows"].sum()) if "import_problems" in tables else 0
    facts = [
        ("Study", config.study),
        ("Source", f"{config.origin}, read again" if config.origin else "run by this study"),
        ("Logs", str(config.logs.path or "fetched from their home") if config.is_imported and config.logs else ""),
        ("When", lead.dates(tables)),
        ("Cells", f"with a value: {words.rests_on(cells, len(tables['cells']))}"),
        ("Left out", f"{wording.count(left_out, 'row')} of the logs: see the table import problems" if left_out else ""),
        ("Protocol", config.protocol),
        ("Weights and data", words.ground(cells, study)),
        ("Energy", words.energy(cells).removeprefix("energy ")),
        ("Device", words.device(cells, provenance).removeprefix("on ")),
        ("The study’s grid", f"{study.grid.grid}, {study.grid.intensity_g_per_kwh:g} g CO₂eq/kWh"),
        ("Software", ", ".join(f"{name} {found}" for name, found in versions(provenance).items())),
        ("Code", _code(provenance)),
        ("Printed numbers", audit.summary(tables["audit"]) if "audit" in tables else ""),
        ("The energy goes into", decomposition.finding(tables["decomposition"]) if "decomposition" in tables else ""),
        ("Flags", words.flags(cells) if len(cells) else ""),
    ]  # fmt: skip
    return [(name, value) for name, value in facts if value]


def _code(provenance: pd.DataFrame) -> str:
    """The first letters of the hashes of the code that measured."""
    found = provenance.loc[provenance["aspect"] == "code_sha256", "value"].dropna().astype(str)
    return " and ".join(value[:12] for value in found)


def _mixed(provenance: pd.DataFrame) -> list[str]:
    """Aspects that differ between cells though the study does not mean them to."""
    rows = provenance[provenance["mixed"].astype(bool) & ~provenance["intended"].astype(bool)]
    return list(dict.fromkeys(rows["aspect"]))


def _figures(
    study: ResolvedStudy, tables: Tables, folder: Path, sections: dict[str, Section]
) -> dict[str, list[dict[str, Any]]]:
    """Section -> the figures that stand in it without JavaScript; those of no section at the cells."""
    drawn = figures_of(tables, study.config)
    home = {figure: name for name, section in sections.items() for figure in section.figures}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in sections}
    for name, figure in drawn.items():
        path = folder / f"{name}.png"
        is_made = path.exists()
        caption, is_drawn = captions.read(folder, name) if is_made else (figure.caption, False)
        image = embedded_image(path) if is_drawn else None
        shown_as = {"name": name, "title": figure.title, "caption": caption, "image": image, "is_made": is_made}
        found[home.get(name, "cells")].append(shown_as)
    return found
