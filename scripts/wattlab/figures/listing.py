"""Which figures there are. Imports nothing heavy: the Snakefile reads it."""

from collections.abc import Collection

from wattlab.figures.figure import StudyFigure
from wattlab.foundation.members import declared

#: Name -> `module:NAME`, in the order of the report.
FIGURES: dict[str, str] = {
    "tasks": "wattlab.figures.tasks:FIGURE",
    "modalities": "wattlab.figures.modalities:FIGURE",
    "multipurpose_vs_specific": "wattlab.figures.multipurpose_vs_specific:FIGURE",
    "multipurpose_vs_specific_by_dataset": "wattlab.figures.multipurpose_vs_specific_by_dataset:FIGURE",
    "multipurpose_by_task": "wattlab.figures.multipurpose_by_task:FIGURE",
    "output_length": "wattlab.figures.output_length:FIGURE",
    "comparison": "wattlab.figures.comparison:FIGURE",
    "flops": "wattlab.figures.flops:FIGURE",
    "quality": "wattlab.figures.quality:FIGURE",
    "factors": "wattlab.figures.factors:FIGURE",
    "then_and_now": "wattlab.figures.then_and_now:FIGURE",
    "decomposition": "wattlab.figures.decomposition:FIGURE",
}


def figures_of(tables: Collection[str], config: object = None) -> dict[str, StudyFigure]:
    """The figures whose tables are all among these (and which need nothing that the study's configuration lacks), read from their sources: matplotlib is not imported."""
    facts = {name: declared(target, ("title", "caption", "tables", "draw")) for name, target in FIGURES.items()}
    return {
        name: StudyFigure(**{**fact, "draw": None})
        for name, fact in facts.items()
        if set(fact["tables"]) <= set(tables) and ("needs" not in fact or getattr(config, fact["needs"], None))
    }
