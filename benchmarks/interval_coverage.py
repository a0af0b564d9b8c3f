"""How often the intervals of the tables hold the truth: the table of docs/statistics.md, simulated.

    PYTHONPATH=scripts python benchmarks/interval_coverage.py

Seeded. Log-normal models, each with three cells about its own mean (sd of the logarithms 0.3 within a model), all with
three or half of them with one; net energies of repeats whose neighbours share an idle window.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ratios import Ratio
from wattlab.foundation.quantities import CONFIDENCE, INTERVALS
from wattlab.tables.intervals import lognormal_bounds, t_half_width

SEED, DRAWS, WITHIN_SD = 0, 20_000, 0.3
HEADER = "| models | sd of the logs | Cox, three cells each | Cox, three cells or one | percentile bootstrap |\n|---|---|---|---|---|"
NET_HEADER = "| repeats | idle noise | with the shared windows | taken for independent |\n|---|---|---|---|"


def models_coverage(n_models: int, sd: float, cells: list[int], generator: np.random.Generator) -> tuple[float, float]:
    """Share of the draws whose interval holds the true mean: Cox's, and that of a percentile bootstrap of 500 resamples."""
    models = generator.normal(0, sd, (DRAWS, n_models, 1))
    values = np.exp(models + generator.normal(0, WITHIN_SD, (DRAWS, n_models, 3)))
    counts = np.resize(cells, n_models)
    used = np.arange(3) < counts[:, None]
    means = (values * used).sum(axis=2) / counts
    truth = np.exp((sd**2 + WITHIN_SD**2) / 2)
    low, high = lognormal_bounds(np.log(means), counts) if n_models >= INTERVALS["tasks"].least else (truth, truth)
    drawn = generator.integers(0, n_models, (500, n_models))
    resampled = (means * counts)[:2000, drawn].sum(axis=2) / counts[drawn].sum(axis=1)
    percentiles = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=1)
    return _held(low, high, truth), _held(percentiles[0], percentiles[1], truth)


def net_coverage(n_repeats: int, idle_sd: float, generator: np.random.Generator) -> tuple[float, float]:
    """The same of a mean net energy (queries with sd 1, idle windows with `idle_sd`): with and without shared windows."""
    idle = generator.normal(0, idle_sd, (DRAWS, n_repeats + 1))
    net = generator.normal(0, 1, (DRAWS, n_repeats)) - (idle[:, :-1] + idle[:, 1:]) / 2
    variance, pairs = net.var(axis=1, ddof=1), (n_repeats - 1) / 4
    shared = 2 * idle.var(axis=1, ddof=1) * pairs / (n_repeats * (n_repeats - 1))
    halves = [t_half_width(np.sqrt(variance / n_repeats + more), n_repeats) for more in (shared, 0.0)]
    mean = net.mean(axis=1)
    with_shared, without = (_held(mean - half, mean + half, 0.0) for half in halves)
    return with_shared, without


def ratios() -> list[Ratio]:
    """How often the intervals miss the truth, over how often 95 % allows."""
    generator, allowed = np.random.default_rng(SEED), 1 - CONFIDENCE
    sizes = [n_models for n_models in (2, 5, 8, 12) if n_models >= INTERVALS["tasks"].least]
    cox = [1 - models_coverage(n, sd, [3], generator)[0] for n in sizes for sd in (0.5, 1.0, 1.3)]
    net = [1 - net_coverage(n, sd, generator)[0] for n in (3, 5, 10) for sd in (0.0, 1.0, 10.0)]
    return [
        Ratio("misses of Cox's intervals over those allowed, at worst", max(cox) / allowed, 0.1),
        Ratio("misses of intervals of net energy over those allowed, at worst", max(net) / allowed, 0.1),
    ]


def _held(low: Any, high: Any, truth: float) -> float:
    return float(np.mean((low <= truth) & (truth <= high)))


def lines() -> Iterator[str]:
    """Both tables, in Markdown."""
    generator = np.random.default_rng(SEED)
    yield HEADER
    for n_models in (2, 5, 8, 12):
        for sd in (0.5, 1.0, 1.3):
            even, bootstrap = models_coverage(n_models, sd, [3], generator)
            uneven, _ = models_coverage(n_models, sd, [3, 1], generator)
            has = n_models >= INTERVALS["tasks"].least
            shown = [f"{even:.0%}", f"{uneven:.0%}"] if has else ["range only", "range only"]
            yield f"| {n_models} | {sd} | {shown[0]} | {shown[1]} | {bootstrap:.0%} |"
    yield f"\n{NET_HEADER}"
    for n_repeats in (3, 5, 10):
        for idle_sd, said in ((0.0, "none"), (1.0, "as large as the queries'"), (10.0, "ten times it")):
            with_shared, without = net_coverage(n_repeats, idle_sd, generator)
            yield f"| {n_repeats} | {said} | {with_shared:.0%} | {without:.0%} |"


if __name__ == "__main__":
    print("\n".join(lines()))
