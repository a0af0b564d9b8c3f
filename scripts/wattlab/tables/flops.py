"""`flops`: the floating-point operations of one inference of each cell. `count_flops.py` makes it; nothing of it is measured."""

from wattlab.tables.columns import KEYS, Table, Whole

TABLE = Table(
    title=(
        "Floating-point operations of one inference, two per multiply-add, the mean over its inputs: products of matrices, "
        "convolutions and attention on shapes alone. `not_counted` are the operators that compute too and have no formula; "
        "where there is no count, `reason` says why"
    ),
    row="a cell",
    columns=(
        *KEYS,
        "purpose",
        Whole("parameters"),
        "flops_per_inference",
        "parts",
        "input_tokens",
        "image_size",
        "output_tokens",
        "input_from",
        "output_from",
        "not_counted",
        "reason",
    ),
    shown=("cell", "parameters", "flops_per_inference", "input_tokens", "image_size", "output_tokens", "reason"),
)
