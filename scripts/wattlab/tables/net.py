"""What neighbouring repeats share: the idle window between them enters the net energies of both."""

import math

import pandas as pd

from wattlab.foundation.units import kwh_per_1000
from wattlab.records.record import Record
from wattlab.tables.energies import components_of, device_of, idle_windows, total_j


def shared_idle_variance(record: Record, scope: str) -> float:
    """What shared idle windows add to the squared standard error of a mean net energy, in (kWh per 1,000 inferences)^2.

    A net energy is N_k = G_k - sum of a_kw P_w over the idle windows w before and after: P_w an idle window's power, a_kw
    its part of the idle time x the repeat's length / its inferences. Repeats k, l beside one window have the covariance
    a_kw a_lw var(P). With C the sum over such pairs the mean of n repeats has the variance s^2 / n + 2 C / (n (n - 1)):
    2 C / n^2 that s^2 / n lacks, and 2 C / (n^2 (n - 1)) since s^2 is too small by 2 C / (n (n - 1)). var(P) is the
    sample variance of the cell's idle windows, each session about its own mean. docs/statistics.md has the derivation.

    NaN below two repeats, and where an idle window is missing.
    """
    sessions = {session.session: session for session in record.sessions}
    repeats = record.valid_repeats
    rows = []
    for repeat in repeats:
        windows, device = idle_windows(repeat), device_of(record, sessions.get(repeat.session))
        if windows is None or min(window.window_s for window in windows) <= 0:
            return math.nan
        idle_s = sum(window.window_s for window in windows)
        for window in windows:
            energy_j = total_j(components_of(window, scope, device))
            power_w = math.nan if energy_j is None else energy_j / window.window_s
            part = kwh_per_1000(repeat.window_s * window.window_s / idle_s, repeat.n_inferences)
            rows.append((repeat.session, window.started_at_utc, power_w, part))
    n = len(repeats)
    if n < 2:
        return math.nan
    windows_of = pd.DataFrame(rows, columns=["session", "start", "power_w", "part"]).groupby(["session", "start"])
    powers = windows_of["power_w"].first()
    by_session = powers.groupby("session")
    variance = ((powers - by_session.transform("mean")) ** 2).sum() / (by_session.size() - 1).sum()
    pairs = windows_of["part"].prod()[windows_of.size() > 1].sum()
    return float(2 * variance * pairs / (n * (n - 1)))
