"""The report's page of hand-written tables, and what its HTML says."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

from support import hand_tables
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.report.explorer import Beside
from wattlab.report.page import render
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.reading import Tables

#: A name that would run, break out, turn round or fill the page if it were not text.
EVIL = """<script>document.title='ran'</script>"><img src=x onerror="document.title='ran'">&amp;'`${1}{{7*7}}"""
EMOJI, RIGHT_TO_LEFT, LONG = "🦙👩‍🔬", "\u202eמודל נموذج\u202c", "very-long-" * 30

#: Numbers and their words; the page's script is held against the same list in a browser.
WORDS = {0.000612345: "0.000612", 8.4: "8.40", 1289.6: "1,290", 5.43e-7: "5.43 × 10⁻⁷", 99.96: "100", 0.0: "0", 3e15: "3.00 × 10¹⁵"}  # fmt: skip


class Page(HTMLParser):
    """Tags that are open at the end, tags seen, every attribute that loads something, and the inline scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[str] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "img", "wbr", "br", "input"):
            self.open.append(tag)
        given = dict(attrs)
        self.loads += [given[name] or "" for name in ("src", "href", "srcset", "action") if name in given]
        self.handlers += [name for name in given if name.startswith("on")]
        self.ids += [given["id"] or ""] if "id" in given else []
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


def page_of(tables: Tables, figures: Path, study: ResolvedStudy | None = None, *beside: Beside) -> str:
    """The page's HTML of these tables."""
    cells_csv = tables["cells"].to_csv(index=False, lineterminator="\n")
    return render(study or hand_tables.study(), tables, figures, load_catalog(CATALOG_ROOT), cells_csv, beside)


def visible(page: str) -> str:
    """The page without its scripts."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def data_of(page: str) -> dict[str, Any]:
    """The object that the page's explorers read."""
    return dict(json.loads(Page(page).scripts[0]))


def more_tables() -> Tables:
    """The hand-written tables with parity and quality, so that every explorer has something to show."""
    rows = [
        ("bigscience--bloomz-560m", "run by this study", 1.0e-5, 0.9e-5, 1.2e-5),
        ("bigscience--bloomz-7b1", "printed in the paper", 1.0e-4, None, None),
    ]
    training = load_catalog(CATALOG_ROOT).training
    parity = []
    for model, source, kwh, low, high in rows:
        entry = training[model]
        whole = entry.training_energy_kwh + entry.fine_tuning_energy_kwh
        parity.append(
            {
                "model": model,
                "n_cells": 9,
                "training_energy_kwh": entry.training_energy_kwh,
                "fine_tuning_energy_kwh": entry.fine_tuning_energy_kwh,
                "inference_energy_kwh": kwh,
                "ci95_low_inference_energy_kwh": low,
                "ci95_high_inference_energy_kwh": high,
                "parity_inferences": whole / kwh,
                "ci95_low_parity_inferences": whole / high if high else None,
                "ci95_high_parity_inferences": whole / low if low else None,
                "printed_inferences": entry.printed_inferences,
                "energy_method": "model+constant",
                "source": source,
                "note": None,
            }
        )
    cells = hand_tables.cells()
    quality = cells.loc[
        cells["task"] == "summarization", ["task", "dataset", "model", "purpose", "structure", "selected"]
    ]
    by_model = {"google--flan-t5-base": 0.2, "ainize--bart-base-cnn": 0.3, "bigscience--bloomz-560m": 0.4}
    scores = quality.assign(metric="ROUGE-L", quality_score=quality["model"].map(by_model), energy_kwh_per_1000=0.01)
    more = {"parity": pd.DataFrame(parity), "quality": scores, "factors": hand_tables.settings()}
    return hand_tables.tables() | more | hand_tables.operations(cells)
