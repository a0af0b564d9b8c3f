"""Columns of the table of quality, the same for a measured study and for published scores."""

COLUMNS = (
    "task",
    "dataset",
    "variant",
    "model",
    "purpose",
    "structure",
    "parameters_as_published",
    "metric",
    "quality_score",
    "headline",
    "n_scored",
    "n_unscored",
    "n_unparsed",
    "reason",
    "weights",
    "data",
    "n_repeats",
    "energy_kwh_per_1000",
    "selected",
)

#: Columns of the twins for people.
SHOWN = (
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
)
