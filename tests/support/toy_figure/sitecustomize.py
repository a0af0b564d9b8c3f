"""Python runs this at the start of each process that finds it on its path: the figure is listed."""

from wattlab.figures.listing import FIGURES

FIGURES["toy"] = "toy_figure:FIGURE"
