"""`boundaries`: each cell's energy by where the boundary is drawn, and how far that moves the order of the cells."""

from itertools import combinations
from typing import Any

import pandas as pd

from wattlab.tables.aggregates import measured_cells
from wattlab.tables.columns import KEYS, Table, bounds_of, joined
from wattlab.tables.evidence import Evidence
from wattlab.tables.intervals import kendall_tau, spearman

_SCOPES = ("device", "node", "wall")
_PAIRS = tuple(combinations(_SCOPES, 2))


def boundaries(evidence: Evidence, built: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per measured cell: energy of each scope (kWh per 1,000 inferences, gross), and what of it idle power takes.

    A share is idle power times the windows' length over the energy, means over the counted repeats; at the wall the idle
    power is that of a session. `device_node_ratio` is the device's energy over the node's. Ranks ascend among the cells that
    have all the study's scopes (`n_ranked`). Kendall's tau-b, Spearman's rho and its interval (Fisher's z) are over those
    cells and repeated in each row. `wall_reason` says why the wall has no energy.
    """
    cells = measured_cells(built["cells"])
    counted = built["runs"][built["runs"]["counted"]]
    places, columns = counted.groupby("cell", sort=False).indices, _idle_columns(counted)
    rows = [
        _row(cell, {name: values[places[cell["cell"]]] for name, values in columns.items()})
        for cell in cells.to_dict("records")
    ]
    return _ranked(TABLE.frame(rows))


def _energy(scope: str) -> str:
    return f"energy_{scope}_kwh_per_1000"


_AGREEMENT = tuple(
    column
    for first, second in _PAIRS
    for column in (*bounds_of(f"{first}_{second}_spearman_rho"), f"{first}_{second}_kendall_tau")
)

TABLE = Table(
    title=f"Where the boundary is drawn ({', '.join(_SCOPES)}): energies, what of each idle power takes, and how far the order of the cells moves (Spearman's rho)",
    row="a cell",
    columns=(
        *KEYS,
        "purpose",
        "n_valid",
        *map(_energy, _SCOPES),
        f"u95_{_energy('wall')}",
        *(f"{first}_{second}_ratio" for first, second in _PAIRS),
        *(f"{scope}_idle_share" for scope in _SCOPES),
        *(f"{scope}_rank" for scope in _SCOPES),
        "n_ranked",
        *_AGREEMENT,
        "energy_wall_method",
        "wall_reason",
    ),
    shown=(
        "cell",
        "n_valid",
        *map(_energy, _SCOPES),
        f"u95_{_energy('wall')}",
        "node_wall_ratio",
        *(f"{scope}_idle_share" for scope in _SCOPES),
        *(f"{scope}_rank" for scope in _SCOPES),
        *(f"{first}_{second}_spearman_rho" for first, second in _PAIRS),
        "wall_reason",
    ),
    latex=("cell", "n_valid", *map(_energy, _SCOPES), *(f"{scope}_idle_share" for scope in _SCOPES)),
    build=boundaries,
)


def _idle_columns(counted: pd.DataFrame) -> dict[str, Any]:
    """Of each repeat what of the scopes' energies idle power takes (J), those energies, and why it has none at the wall."""
    columns = {"wall_reason": counted["wall_reason"].to_numpy()} if "wall_reason" in counted else {}
    for scope in _SCOPES:
        if f"energy_{scope}_j" in counted and f"idle_power_{scope}_w" in counted:
            columns[f"idle_{scope}_j"] = (counted[f"idle_power_{scope}_w"] * counted["window_s"]).to_numpy()
            columns[f"energy_{scope}_j"] = counted[f"energy_{scope}_j"].to_numpy()
    return columns


def _row(cell: dict[Any, Any], repeats: dict[str, Any]) -> dict[str, Any]:
    energies = {scope: cell.get(_energy(scope)) for scope in _SCOPES}
    return {
        **{key: cell[key] for key in (*KEYS, "purpose", "n_valid")},
        **{_energy(scope): energy for scope, energy in energies.items()},
        **{name: cell.get(name) for name in (f"u95_{_energy('wall')}", "energy_wall_method")},
        **{f"{first}_{second}_ratio": _ratio(energies[first], energies[second]) for first, second in _PAIRS},
        **{f"{scope}_idle_share": _idle_share(scope, repeats) for scope in _SCOPES},
        "wall_reason": joined([str(reason) for reason in repeats.get("wall_reason", ()) if pd.notna(reason)]),
    }


def _ratio(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if pd.notna(part) and pd.notna(whole) and whole > 0 else None


def _idle_share(scope: str, repeats: dict[str, Any]) -> float | None:
    if f"idle_{scope}_j" not in repeats:
        return None
    return _ratio(repeats[f"idle_{scope}_j"].sum(), repeats[f"energy_{scope}_j"].sum())


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    scopes = [scope for scope in _SCOPES if table[_energy(scope)].notna().any()]
    energies: Any = table[[_energy(scope) for scope in scopes]].dropna() if scopes else table[:0]
    columns: dict[str, Any] = {f"{scope}_rank": energies[_energy(scope)].rank() for scope in scopes}
    columns["n_ranked"] = pd.array([len(energies)] * len(table), dtype="Int64")
    for first, second in _PAIRS:
        if {first, second} <= set(scopes):
            both = energies[_energy(first)], energies[_energy(second)]
            rho, name = spearman(*both), f"{first}_{second}"
            values = (rho.rho, rho.low, rho.high)
            columns |= dict(zip(bounds_of(f"{name}_spearman_rho"), values, strict=True))
            columns[f"{name}_kendall_tau"] = kendall_tau(*both) if len(energies) > 1 else float("nan")
    return table.assign(**columns)
