"""Datasets whose rows are not those that the paper read, and checkpoints of one's own: said wherever a sentence names the
weights and the data."""

from collections.abc import Collection

from wattlab.study.cells import ResolvedStudy


def other_rows(study: ResolvedStudy, datasets: Collection[str]) -> str:
    """' (oscar: FineWeb, another web corpus)' for those of the datasets that the catalog says it of, and for checkpoints of
    one's own that ran on them; else nothing."""
    cells = [cell for cell in study.cells if cell.cell.dataset in datasets]
    found = {cell.cell.dataset: cell.facts.other_rows for cell in cells if cell.facts.other_rows}
    own = {cell.cell.model for cell in cells if cell.spec is not None and cell.spec.model.source == "local"}
    found |= dict.fromkeys(own, "a checkpoint of one's own")
    named = [f"{name}: {what}" for name, what in sorted(found.items())]
    return f" ({'; '.join(named)})" if named else ""
