"""How often `make compare` is wrong, and what it finds: the tables of docs/compare.md, simulated.

    PYTHONPATH=scripts python benchmarks/comparison_power.py

Seeded. Normal repeats about each cell's true mean, of a session each; in some tables sessions differ by themselves.
"""

from collections.abc import Iterator

import numpy as np
from ratios import Ratio

from wattlab.tables.ratios import Spread, log_ratio, q_values, ratio_of, spread_between

SEED, DRAWS = 0, 1000
#: Standard deviation between the repeats of one session.
REPEAT_SD = 0.02


def draw(
    generator: np.random.Generator, n_cells: int, n_repeats: int, effects: np.ndarray, session_sd: float = 0.0
) -> list[np.ndarray]:
    """Repeats of A and B, (cells, repeats): B's means are A's times `effects`, each session off by its own share."""
    shape = (n_cells, n_repeats)
    sides = []
    for factor in (np.ones(n_cells), effects):
        session = 1 + session_sd * generator.standard_normal((n_cells, 1))
        sides.append(factor[:, None] * session * (1 + REPEAT_SD * generator.standard_normal(shape)))
    return sides


def found(sides: list[np.ndarray], with_sessions: bool = True) -> np.ndarray:
    """Which ratios are called different: the whole first, then each cell."""
    cells = [log_ratio(a, b) for a, b in zip(*sides, strict=True)]
    spread = spread_between(cells) if with_sessions else Spread()
    ratios = [ratio_of(cells, spread), *(ratio_of([cell], spread) for cell in cells)]
    return q_values([ratio.p() for ratio in ratios]) <= 0.05


def false_alarms(
    n_cells: int, n_repeats: int, session_sd: float, with_sessions: bool = True, draws: int = DRAWS
) -> float:
    """Share of the comparisons of one truth in which anything is called different."""
    generator = np.random.default_rng(SEED)
    same = np.ones(n_cells)
    alarms = [found(draw(generator, n_cells, n_repeats, same, session_sd), with_sessions).any() for _ in range(draws)]
    return float(np.mean(alarms))


def power(
    n_cells: int,
    n_repeats: int,
    effect: float,
    n_changed: int | None = None,
    session_sd: float = 0.0,
    draws: int = DRAWS,
) -> float:
    """Share of the comparisons in which the change of the first cell is found; `n_changed` cells change (None: all)."""
    generator = np.random.default_rng(SEED)
    effects = np.where(np.arange(n_cells) < (n_changed or n_cells), 1 + effect, 1.0)
    hits = [found(draw(generator, n_cells, n_repeats, effects, session_sd))[1] for _ in range(draws)]
    return float(np.mean(hits))


def ratios() -> list[Ratio]:
    """False alarms over the 5 % allowed, and changes that are not found, of all."""
    alarms = [false_alarms(n_cells, 10, session_sd) for n_cells in (1, 12) for session_sd in (0.0, 0.01)]
    return [
        Ratio("false alarms over those allowed, at worst", max(alarms) / 0.05, 0.2),
        Ratio("rises of 5 % in one cell of 12 that are not found", 1 - power(12, 10, 0.05, 1), 0.2),
    ]


def lines() -> Iterator[str]:
    """The tables, in Markdown."""
    yield "| cells | repeats | sd between sessions | false alarms | with the repeats alone |\n|---:|---:|---:|---:|---:|"
    for n_cells, n_repeats in ((1, 10), (12, 5), (12, 10), (48, 10)):
        for session_sd in (0.0, 0.01, 0.02):
            both = [false_alarms(n_cells, n_repeats, session_sd, with_sessions) for with_sessions in (True, False)]
            yield f"| {n_cells} | {n_repeats} | {session_sd:.0%} | {both[0]:.1%} | {both[1]:.1%} |"
    effects = (0.01, 0.02, 0.03, 0.05, 0.1)
    yield f"\n| compared | repeats | sd between sessions | {' | '.join(f'+{effect:.0%}' for effect in effects)} |"
    yield f"|---|---:|---:|{'---:|' * len(effects)}"
    for name, n_cells, n_changed in (
        ("one cell", 1, 1),
        ("one cell of 12", 12, 1),
        ("one cell of 48", 48, 1),
        ("all of 12", 12, 12),
    ):
        for n_repeats, session_sd in ((5, 0.0), (10, 0.0), (20, 0.0), (10, 0.01)):
            powers = [power(n_cells, n_repeats, effect, n_changed, session_sd) for effect in effects]
            yield f"| {name} | {n_repeats} | {session_sd:.0%} | {' | '.join(f'{one:.0%}' for one in powers)} |"


if __name__ == "__main__":
    print("\n".join(lines()))
