"""What neighbouring repeats share: the idle window between them enters the net energies of both."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from wattlab.foundation.units import kwh_per_1000
from wattlab.records.record import Record
from wattlab.tables.energies import components_of, device_of, idle_windows, total_j


def shared_idle_variance(records: Mapping[str, Record], scope: str) -> "pd.Series[float]":
    """What shared idle windows add to the squared standard error of a mean net energy, in (kWh per 1,000 inferences)^2.

    A net energy is N_k = G_k - sum of a_kw P_w over the idle windows w before and after: P_w an idle window's power, a_kw
    its part of the idle time x the repeat's length / its inferences. Repeats k, l beside one window have the covariance
    a_kw a_lw var(P). With C the sum over such pairs the mean of n repeats has the variance s^2 / n + 2 C / (n (n - 1)):
    2 C / n^2 that s^2 / n lacks, and 2 C / (n^2 (n - 1)) since s^2 is too small by 2 C / (n (n - 1)). var(P) is the
    sample variance of the cell's idle windows, each session about its own mean. docs/statistics.md has the derivation.

    By cell, as `records` are; no value below two repeats, and where an idle window is missing.
    """
    rows = [(cell, *row) for cell, record in records.items() for row in _windows(record, scope)]
    keys = ["cell", "session", "start"]
    windows_of = pd.DataFrame(rows, columns=[*keys, "power_w", "part"]).groupby(keys)
    powers, parts = windows_of["power_w"].first(), windows_of["part"].prod()
    by_session = powers.groupby(keys[:2])
    squares = ((powers - by_session.transform("mean")) ** 2).fillna(0.0).to_numpy()
    shared, freedom = parts[windows_of.size() > 1], (by_session.size() - 1).groupby("cell").sum()
    of_cell: Any = powers.groupby("cell").indices
    pairs, found = shared.groupby("cell").indices, {}
    with np.errstate(invalid="ignore"):  # no window has a neighbour of its session
        for cell, places in of_cell.items():
            n, products = len(records[cell].valid_repeats), shared.to_numpy()[pairs.get(cell, [])]
            variance = squares[places].sum() / np.float64(freedom[cell])
            found[cell] = 2 * variance * products.sum() / (n * (n - 1))
    return pd.Series(found, dtype="float64")


def _windows(record: Record, scope: str) -> Iterator[tuple[Any, ...]]:
    """Session, start and power (W) of the idle windows of each repeat, with its part a_kw; none where the cell has no value."""
    sessions = {session.session: session for session in record.sessions}
    beside = [(repeat, idle_windows(repeat)) for repeat in record.valid_repeats]
    if len(beside) < 2 or any(windows is None or min(w.window_s for w in windows) <= 0 for _, windows in beside):
        return
    for repeat, windows in beside:
        idle_s, device = sum(w.window_s for w in windows or ()), device_of(record, sessions.get(repeat.session))
        for window in windows or ():
            energy_j = total_j(components_of(window, scope, device))
            power_w = np.nan if energy_j is None else energy_j / window.window_s
            part = kwh_per_1000(repeat.window_s * window.window_s / idle_s, repeat.n_inferences)
            yield repeat.session, window.started_at_utc, power_w, part
