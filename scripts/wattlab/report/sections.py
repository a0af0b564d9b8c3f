"""The page's sections in their order. A section is `assets/sections/NAME.html.j2`, where it acts `NAME.js`, and a line here."""

from collections.abc import Callable
from dataclasses import dataclass

from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import OWN_LOGS
from wattlab.tables.claims.table import OPEN
from wattlab.tables.reading import Tables


@dataclass(frozen=True)
class Section:
    """A heading, the static figures that stand there without JavaScript, and for which studies it is there."""

    title: str
    figures: tuple[str, ...] = ()
    holds: Callable[[ResolvedStudy, Tables], bool] = lambda _study, _tables: True


def is_of_the_paper(study: ResolvedStudy, tables: Tables) -> bool:
    """Not for imported logs of one's own: of what decides no claim, nothing of the paper is said."""
    return study.config.origin != OWN_LOGS or bool((tables["claims"]["verdict"] != OPEN).any())


def _has(*names: str) -> Callable[[ResolvedStudy, Tables], bool]:
    return lambda _study, tables: any(len(tables.get(name, ())) for name in names)


SECTIONS = {
    "tasks": Section("The tasks, and what a month costs", ("tasks",)),
    "claims": Section("The paper’s claims, put to this study", holds=is_of_the_paper),
    "choose": Section("Which model", ("quality", "multipurpose_vs_specific")),
    "energy": Section("What the energy is made of", ("decomposition",)),
    "training": Section(
        "Training and inference", holds=lambda study, tables: is_of_the_paper(study, tables) and _has("parity")(study, tables)
    ),
    "paper": Section("This study and the paper", ("comparison",), is_of_the_paper),
    "then_and_now": Section("Then and now", ("then_and_now",), _has("then_and_now")),
    "settings": Section("Batch, precision and operations", ("factors", "flops"), _has("factors", "flops")),
    "cells": Section("All cells, and every table", ("modalities", "multipurpose_vs_specific_by_dataset", "multipurpose_by_task", "output_length")),
    "missing": Section("What is missing, and why"),
    "methods": Section("Methods, words and sources"),
}  # fmt: skip


def sections_of(study: ResolvedStudy, tables: Tables) -> dict[str, Section]:
    """The sections of a study's page."""
    return {name: section for name, section in SECTIONS.items() if section.holds(study, tables)}
