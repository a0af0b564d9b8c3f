"""Which figures there are, what each says, and which tables it reads. Imports nothing heavy."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wattlab.figures.reading import Tables
    from wattlab.figures.style import Layout
    from wattlab.study.cells import ResolvedStudy

    Draw = Callable[[Tables, ResolvedStudy, Layout], Figure]

#: Modules of this package that every figure rests on.
SHARED_MODULES = ("listing", "reading", "points", "notes", "style", "palette")


@dataclass(frozen=True)
class Listed:
    """One figure: `name` names its module and its files, `tables` are those that it reads.

    `parts` are modules of this package that it rests on beside the shared ones.
    """

    name: str
    title: str
    caption: str
    tables: tuple[str, ...]
    parts: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The code that draws it, relative to `scripts/`: what a rule lists as inputs."""
        return tuple(f"wattlab/figures/{module}.py" for module in (self.name, *self.parts, *SHARED_MODULES))

    @property
    def draw(self) -> "Draw":
        """Its `draw(tables, study, layout) -> Figure`; the module is imported only now."""
        function: Draw = import_module(f"wattlab.figures.{self.name}").draw
        return function


_ALL = (
    Listed(
        "tasks",
        "Emissions by task",
        "The ten tasks in ascending order of their mean (figure 1 of the paper). Circles: task-specific models, each "
        "the mean of its cells. Diamonds: mean of the task's cells. The note below the figure says what the lines are.",
        ("tasks", "cells", "provenance"),
        ("panels",),
    ),
    Listed(
        "modalities",
        "Emissions by modality and model size",
        "Task-specific models by size (figure 2 of the paper). A point is one model at one task, the mean of its "
        "cells; the line runs from its lowest to its highest cell.",
        ("cells", "provenance"),
        ("panels",),
    ),
    Listed(
        "multipurpose_vs_specific",
        "Task-specific and multi-purpose models",
        "The tasks that both kinds of model answer, by size (figure 3 of the paper). A point is one model, the mean "
        "of its cells; the line runs from its lowest to its highest cell.",
        ("cells", "provenance"),
        ("panels",),
    ),
    Listed(
        "multipurpose_vs_specific_by_dataset",
        "Task-specific and multi-purpose models by dataset",
        "The same models dataset by dataset (figure 4 of the paper). A point is one cell. The note below the "
        "figure says what the lines are.",
        ("cells", "provenance"),
        ("panels",),
    ),
    Listed(
        "multipurpose_by_task",
        "Multi-purpose models by task",
        "Multi-purpose models in ascending order of size (figure 5 of the paper). A point is one model at one task, "
        "the mean of its cells; the line runs from its lowest to its highest cell.",
        ("cells", "provenance"),
        ("panels",),
    ),
    Listed(
        "output_length",
        "Emissions and output length",
        "The tasks that both kinds of model answer with text, one panel per dataset (figure 6 of the paper). A point is "
        "one cell. The note below the figure says what the lines are.",
        ("output_lengths", "cells", "provenance"),
        ("panels",),
    ),
    Listed(
        "comparison",
        "This study and the paper",
        "Mean energy of each task here and in Table 2 of the paper. The diagonal is equality: a task above it takes "
        "more energy here. What carries over between machines is the order, not the height.",
        ("comparison", "cells", "provenance"),
        ("labels", "panels"),
    ),
)

#: Name -> figure, in the order of the report.
FIGURES: dict[str, Listed] = {figure.name: figure for figure in _ALL}

_OF_PUBLISHED_LOGS = (
    Listed(
        "quality",
        "Quality, size and energy",
        "The quality of the answers against the size and the energy of the model (appendix B of the paper); of "
        "published logs it is the published one. A point is one cell. Scores have no "
        "interval; the note below the figure says what the lines are.",
        ("quality", "cells", "provenance"),
        ("panels",),
    ),
    Listed(
        "decomposition",
        "What the logged energy is made of",
        "Shares of the node's energy, over the selected cells of a task, and what the same runs would read with "
        "another scope or model. The idle power of the GPUs is the lowest mean in the logs, an upper bound. Idle GPUs "
        "are part of a node's energy; the paper says so of its own numbers.",
        ("decomposition", "cells", "provenance"),
    ),
)

#: Figures of tables that only published logs have; rules name those that a study draws.
PUBLISHED_FIGURES: dict[str, Listed] = {figure.name: figure for figure in _OF_PUBLISHED_LOGS}

#: Every figure that there is.
ALL_FIGURES: dict[str, Listed] = FIGURES | PUBLISHED_FIGURES
