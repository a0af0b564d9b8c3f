"""Datasets whose rows are not those that the paper read: said wherever a sentence names the data."""

from collections.abc import Collection

from wattlab.study.cells import ResolvedStudy


def other_rows(study: ResolvedStudy, datasets: Collection[str]) -> str:
    """' (oscar: FineWeb, another web corpus)' for those of the datasets that the catalog says it of; else nothing."""
    found = {cell.cell.dataset: cell.facts.other_rows for cell in study.cells if cell.facts.other_rows}
    named = [f"{dataset}: {rows}" for dataset, rows in sorted(found.items()) if dataset in datasets]
    return f" ({'; '.join(named)})" if named else ""
