"""What a person must know beside a table: what a row is, on which weights, data and device, what is estimated."""

import pandas as pd

from wattlab.study.cells import ResolvedStudy
from wattlab.study.other_rows import other_rows
from wattlab.tables.columns import METHOD_COLUMNS
from wattlab.tables.energies import method_set
from wattlab.tables.evidence import Evidence

_WEIGHTS = {
    "architecture": "the true architectures with seeded random weights (the work is real, the answers mean nothing, "
    "output lengths are set)",
    "hub": "the published checkpoints",
}
_DATA = {"surrogate": "surrogate rows with the datasets' lengths and resolutions", "hub": "the datasets themselves"}


def caption(name: str, title: str, evidence: Evidence, built: dict[str, pd.DataFrame]) -> str:
    """Caption of a table as plain sentences."""
    config = evidence.study.config
    grid = evidence.study.grid
    sentences = [
        f"{title}.",
        f"Study {config.study}.",
        _ground(evidence.study, built["cells"]),
        _measured_on(built),
        _estimated(built["runs"]),
        _memory(built["runs"]),
        f"Headline scope: {config.headline_scope}, gross.",
        f"Emissions: energy x {grid.intensity_g_per_kwh:g} g CO2eq/kWh ({grid.grid}).",
        "A column's name ends in its unit (kWh, g CO2eq and s per 1,000 inferences; J, W); an empty cell is missing.",
        f"Rounded to four digits; {name}.csv has full precision and all columns.",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _ground(study: ResolvedStudy, cells: pd.DataFrame) -> str:
    """Which weights and data; or what stands in for them."""
    config = study.config
    if config.no_result:
        return f"{config.no_result[0].upper()}{config.no_result[1:]}."
    return f"Weights: {_WEIGHTS[config.weights]}. Data: {_DATA[config.data]}{other_rows(study, set(cells['dataset']))}."


def _measured_on(built: dict[str, pd.DataFrame]) -> str:
    aspects = built["provenance"]

    def known(aspect: str) -> list[str]:
        values = aspects.loc[aspects["aspect"] == aspect, "value"]
        return [str(value) for value in values if value not in ("none", "not recorded")]

    devices = sorted(set(built["cells"]["device"].dropna()))
    if not devices:
        return "Device: nothing is measured yet."
    machine = "; ".join([*known("machine.gpu_names"), *known("machine.cpu_model")])
    return f"Device: {', '.join(devices)}{f' ({machine})' if machine else ''}."


def _memory(runs: pd.DataFrame) -> str:
    """Which model the memory's power comes from; nothing where it does not come from one."""
    models = sorted(set(runs.loc[runs["counted"], "ram_model"].dropna()))
    return f"Memory: model {', '.join(models)}." if models else ""


def _estimated(runs: pd.DataFrame) -> str:
    """The methods of the counted repeats, and how much of their energy is estimated rather than measured."""
    counted = runs[runs["counted"]]
    if counted.empty:
        return "Methods: nothing is measured yet."
    methods = [
        f"{column.split('_')[1].upper()} {method_set(counted[column].dropna()) or 'unknown'}"
        for column in METHOD_COLUMNS
    ]
    shares = counted["modelled_share"].dropna()
    if shares.empty:
        return f"Methods: {', '.join(methods)}; the estimated share is unknown."
    low, high = shares.min(), shares.max()
    span = f"{low:.0%}" if f"{low:.0%}" == f"{high:.0%}" else f"{low:.0%} to {high:.0%}"
    return f"Methods: {', '.join(methods)}; {span} of a repeat's energy is estimated (model or constant), not measured."
