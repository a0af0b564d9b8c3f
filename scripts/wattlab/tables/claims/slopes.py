"""Regressions over models: energy against size, structures at equal size, energy against the length of the output.

All on logarithms: a slope is an exponent. A model's energy is the geometric mean of its cells on the datasets that all
models of the group share. Ordinary least squares; its residuals are what models differ by beyond what is fitted.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from wattlab.catalog.claims import EqualSize, Group, LengthSlope, SizeSlope
from wattlab.foundation.quantities import ENERGY
from wattlab.tables.claims.contract import Asked, Contrast, NotDecidable
from wattlab.tables.claims.groups import chosen, refuse_absent, too_few

_SIZE, _LOG, _LENGTH = "size", "log_energy", "n_output_units_per_inference"


def sizes(cells: pd.DataFrame) -> pd.Series:
    """Numbers of parameters: as published, else as built."""
    published, built = (pd.to_numeric(cells[name]).astype(float) for name in ("parameters_as_published", "parameters"))
    return published.fillna(built)


def _models(cells: pd.DataFrame, group: Group) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Models with the logarithms of their energy and size, and the cells behind them."""
    found = chosen(cells, group)
    found = found.assign(**{_SIZE: np.log(sizes(found)), _LOG: np.log(found[ENERGY])}).dropna(subset=[_SIZE])
    place = found["task"] + "/" + found["dataset"]
    shared = found[place.groupby(place).transform("size") == found["model"].nunique()]
    if shared.empty:
        raise NotDecidable(f"no dataset that all {found['model'].nunique()} models of {group.title} share")
    refuse_absent(shared, group.task, f" on datasets that all of {group.title} share")
    facts = {_LOG: (_LOG, "mean"), _SIZE: (_SIZE, "first"), "family": ("family", "first"), "structure": ("structure", "first")}  # fmt: skip
    return shared.groupby("model").agg(**facts), shared


def size_slope(test: SizeSlope, asked: Asked) -> Iterator[Contrast]:
    """The slope within families: size and energy from their family's mean, one degree of freedom less for each family."""
    models, cells = _models(asked.cells, test.group)
    families = models.groupby("family")
    x, y = (models[name] - families[name].transform("mean") for name in (_SIZE, _LOG))
    inside = families[_SIZE].transform("nunique") > 1
    n, n_families, squares = int(inside.sum()), int(models.loc[inside, "family"].nunique()), float((x**2).sum())
    freedom = n - n_families - 1
    slope = float((x * y).sum()) / squares if squares > 0 else float("nan")
    residual = float(((y - slope * x)[inside] ** 2).sum())
    yield Contrast(
        effect=slope,
        estimate=slope,
        parts=[(residual / freedom / squares, float(freedom))] if freedom > 0 and squares > 0 else [],
        cells=cells[cells["model"].isin(models.index[inside])],
        says=f"{test.group.title}: energy grows as the number of parameters to the power of {{}} within {n_families} families",
        unit="exponent",
        logarithmic=False,
        lacks=too_few({"in families of two sizes or more": n})
        or ("" if freedom > 1 else "too few models for each family"),
    )


def equal_size(test: EqualSize, asked: Asked) -> Iterator[Contrast]:
    """The structure's coefficient beside the common slope of size; the sizes of the two structures have to overlap."""
    models, cells = _models(asked.cells, test.group)
    models = models[models["structure"].isin([test.first, test.second])]
    of = {structure: models.loc[models["structure"] == structure, _SIZE] for structure in (test.first, test.second)}
    few = too_few({name: len(sizes) for name, sizes in of.items()}, least=2) or too_few({"both together": len(models)})
    apart = not few and max(sizes.min() for sizes in of.values()) > min(sizes.max() for sizes in of.values())
    matrix = np.column_stack([np.ones(len(models)), models["structure"] == test.first, models[_SIZE]]).astype(float)
    freedom, known = len(models) - 3, not few and np.linalg.matrix_rank(matrix) == 3
    solved = np.linalg.pinv(matrix) @ models[_LOG].to_numpy() if len(models) else np.full(3, np.nan)
    residual = float(((models[_LOG].to_numpy() - matrix @ solved) ** 2).sum())
    yield Contrast(
        effect=float(np.exp(solved[1])) if known else float("nan"),
        estimate=float(solved[1]),
        parts=[(residual / freedom * float(np.linalg.inv(matrix.T @ matrix)[1, 1]), float(freedom))] if known else [],
        cells=cells[cells["model"].isin(models.index)],
        says=f"at the same number of parameters, {test.first}: {{}} times {test.second} ({test.group.title})",
        lacks=few or ("no overlap of the sizes of the two structures" if apart or not known else ""),
    )


def length_slope(test: LengthSlope, asked: Asked) -> Iterator[Contrast]:
    """Each model's own slope over its cells; the models' mean of it, or the difference of two structures' means."""
    cells = chosen(asked.cells, test.group)
    cells = cells[pd.to_numeric(cells[_LENGTH]) > 0]
    if cells.empty:
        raise NotDecidable("the lengths of the output are not known")
    slopes = pd.Series({model: _own_slope(of_model) for model, of_model in cells.groupby("model")}).dropna()
    structure = cells.groupby("model")["structure"].first()
    if test.first is None or test.second is None:
        samples, titles = [slopes], [test.group.title]
        says = (
            f"{test.group.title}: energy grows as the length of the output to the power of {{}}, mean over the models"
        )
    else:
        titles = [test.first, test.second]
        samples = [slopes[structure[slopes.index] == title] for title in titles]
        says = f"the exponent of the length of the output is {{}} for {test.first}, less that for {test.second}"
    means = [float(sample.mean()) for sample in samples]
    difference = means[0] - sum(means[1:])
    yield Contrast(
        effect=difference,
        estimate=difference,
        parts=[(float(s.var(ddof=1)) / len(s), len(s) - 1.0) for s in samples if len(s) > 1],
        cells=cells[cells["model"].isin(pd.concat(samples).index)],
        says=says,
        unit="exponent",
        logarithmic=False,
        lacks=too_few({title: len(sample) for title, sample in zip(titles, samples, strict=True)}),
    )


def _own_slope(cells: pd.DataFrame) -> float:
    """Of one model: NaN under three cells, in several units, or where all lengths are equal."""
    x, y = np.log(cells[_LENGTH].astype(float)), np.log(cells[ENERGY])
    if len(x) < 3 or cells["output_unit"].nunique() != 1 or np.ptp(x) < 1e-12:
        return float("nan")
    return float(np.polyfit(x, y, 1)[0])
