"""The table of quality, the same for a measured study and for published scores: a row per cell and metric."""

from wattlab.tables.columns import Flag, Whole
from wattlab.tables.table import Table

TABLE = Table(
    title="Quality of the answers (0 to 1) beside their energy, by the metrics of docs/quality.md; without a score, the reason",
    row="a cell and a metric",
    columns=(
        "task",
        "dataset",
        "variant",
        "model",
        "purpose",
        "structure",
        Whole("parameters_as_published"),
        "metric",
        "quality_score",
        Flag("headline"),
        "n_scored",
        "n_unscored",
        "n_unparsed",
        "reason",
        "weights",
        "data",
        "n_repeats",
        "energy_kwh_per_1000",
        Flag("selected"),
    ),
    shown=(
        "task",
        "dataset",
        "variant",
        "model",
        "purpose",
        "metric",
        "quality_score",
        "n_scored",
        "n_unscored",
        "n_unparsed",
        "energy_kwh_per_1000",
        "reason",
    ),
)
