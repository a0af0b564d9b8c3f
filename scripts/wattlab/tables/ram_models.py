"""`ram_models`: every cell's node energy under every model of the memory's power, side by side."""

from typing import Any, get_args

import pandas as pd

from wattlab.study.config import RamModel
from wattlab.tables.columns import KEYS, frame, statistics_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import t_half_width
from wattlab.tables.runs import runs

_NODE = "energy_node_kwh_per_1000"
COLUMNS = (
    *KEYS,
    "purpose",
    "selected",
    "ram_model",
    "shown",
    "n_repeats",
    "ram_power_w",
    "energy_ram_kwh_per_1000",
    *statistics_of(_NODE),
)


def ram_models(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per complete cell and model: mean power of the memory (W), its energy and the node's (kWh per 1,000).

    `shown`: the model that the study's other tables use (`ram_model` of its configuration). Cells whose memory was
    not modelled, or whose machine is not recorded, are left out: there is nothing to switch.
    """
    recorded = evidence.as_recorded or evidence
    rows = [
        {**row, "shown": model == evidence.study.config.ram_model}
        for model in get_args(RamModel)
        for row in _rows_under(recorded.under(model), model)
    ]
    order = {cell.resolved.cell.id: place for place, cell in enumerate(evidence.cells)}
    return frame(sorted(rows, key=lambda row: order[row["cell"]]), COLUMNS)


def _rows_under(evidence: Evidence, model: RamModel) -> list[dict[str, Any]]:
    table = runs(evidence, {})
    switchable = table[table["counted"] & table["ram_model"].notna()]
    return [_row(repeats, model) for _, repeats in switchable.groupby("cell", sort=False)]


def _row(repeats: pd.DataFrame, model: RamModel) -> dict[str, Any]:
    first, energy = repeats.iloc[0], repeats[_NODE]
    mean, sd = energy.mean(skipna=False), energy.std(ddof=1, skipna=False)
    half = float(t_half_width(sd, len(repeats)))
    return {
        **{key: first[key] for key in (*KEYS, "purpose", "selected")},
        "ram_model": model,
        "n_repeats": len(repeats),
        "ram_power_w": repeats["energy_ram_j"].sum() / repeats["window_s"].sum(),
        "energy_ram_kwh_per_1000": repeats["energy_ram_kwh_per_1000"].mean(),
        **dict(zip(statistics_of(_NODE), (mean, sd, mean - half, mean + half), strict=True)),
    }
