"""The claims on the authors' logs: each verdict and effect computed again from the cells, by other means than the package.

Plain numpy, with quantiles of Student's t by their own numbers: no function of `wattlab.tables.claims` is used.
"""

import math

import numpy as np
import pytest
from scipy import stats

pytestmark = pytest.mark.slow

ENERGY = "energy_kwh_per_1000"
GENERATIVE = ("text-generation", "summarization", "image-to-text", "text-to-image")
OTHERS = (
    "text-classification", "question-answering", "token-classification", "fill-mask", "image-classification", "object-detection",
)  # fmt: skip
IMAGES = ("image-classification", "object-detection", "image-to-text", "text-to-image")
TEXT = (
    "text-classification",
    "question-answering",
    "token-classification",
    "fill-mask",
    "text-generation",
    "summarization",
)
THREE = ("text-classification", "question-answering", "summarization")
SPECIFIC, MULTI = "task-specific", "multi-purpose"

#: What the paper's own logs say of its claims, by a person's reading of the numbers below.
VERDICTS = {
    "generative-above-discriminative": "holds",
    "images-above-text": "holds",
    "image-generation-top": "holds",
    "images-classified-threefold": "not decidable here",
    "image-classification-above-text-classification": "holds",
    "image-generation-sixtyfold": "not decidable here",
    "text-writing-tenfold": "not decidable here",
    "text-generation-above-fill-mask": "holds",
    "spread-of-tasks": "not decidable here",
    "spread-of-models": "holds",
    "classification-below-a-hundredth": "holds",
    "multi-purpose-text-classification": "holds",
    "multi-purpose-question-answering": "holds",
    "multi-purpose-summarization": "holds",
    "gap-narrower-for-summaries": "holds",
    "answers-above-labels": "holds",
    "summaries-above-answers": "holds",
    "size-within-a-family": "holds",
    "decoder-at-equal-size": "not decidable here",
    "decoder-at-equal-size-summaries": "not decidable here",
    "spread-of-tasks-smaller-for-seq2seq": "not decidable here",
    "longer-output-costs-more": "holds",
    "longer-output-steeper-for-decoders": "not decidable here",
    "training-is-hundreds-of-millions-of-inferences": "holds",
    "parity-grows-with-size": "holds",
}


@pytest.fixture(scope="module")
def claims(tables):
    return tables["claims"].set_index("claim")


@pytest.fixture(scope="module")
def models(tables):
    """(task, purpose) -> energies of its models, each the plain mean of its cells."""
    found = {}
    for row in tables["cells"].to_dict("records"):
        if row["selected"]:
            found.setdefault((row["task"], row["purpose"]), {}).setdefault(row["model"], []).append(row[ENERGY])
    return {key: {model: sum(of) / len(of) for model, of in by.items()} for key, by in found.items()}


def strata(models, tasks, purpose, cox):
    """Per task: mean of the logarithms (Cox: plus half the variance), its variance, degrees of freedom; and what is shown."""
    out = []
    for task in tasks:
        values = np.array(list(models[task, purpose].values()))
        log, n = np.log(values), len(values)
        s2 = ((log - log.mean()) ** 2).sum() / (n - 1)
        shown = math.log(values.sum() / n) if cox else log.mean()
        out.append((log.mean() + cox * s2 / 2, s2 / n + cox * s2**2 / 2 / (n - 1), n - 1, shown))
    return out


def contrast(first, second):
    """Effect, bounds, and a function of the threshold that gives the two-sided p value."""
    parts, estimate, shown = [], 0.0, 0.0
    for sign, group in ((1, first), (-1, second)):
        k = len(group)
        estimate += sign * sum(part[0] for part in group) / k
        shown += sign * sum(part[3] for part in group) / k
        parts += [(part[1] / k**2, part[2]) for part in group]
    variance = sum(v for v, _ in parts)
    freedom = variance**2 / sum(v**2 / f for v, f in parts)
    half = stats.t.isf(0.025, freedom) * math.sqrt(variance)
    bounds = math.exp(estimate - half), math.exp(estimate + half)
    return (
        math.exp(shown),
        bounds,
        lambda at: 2 * stats.t.cdf(-abs(estimate - math.log(at)) / math.sqrt(variance), freedom),
    )


RATIOS = {
    "generative-above-discriminative": (GENERATIVE, SPECIFIC, OTHERS, SPECIFIC, 0, 1),
    "images-above-text": (IMAGES, SPECIFIC, TEXT, SPECIFIC, 0, 1),
    "images-classified-threefold": (("image-classification",), SPECIFIC, ("text-classification",), SPECIFIC, 1, 3),
    "image-classification-above-text-classification": (
        ("image-classification",), SPECIFIC, ("text-classification",), SPECIFIC, 0, 1,
    ),
    "image-generation-sixtyfold": (("text-to-image",), SPECIFIC, ("text-generation",), SPECIFIC, 1, 60),
    "text-writing-tenfold": (
        ("text-generation", "summarization"), SPECIFIC, ("text-classification", "image-classification"), SPECIFIC, 1, 10,
    ),
    "text-generation-above-fill-mask": (("text-generation",), SPECIFIC, ("fill-mask",), SPECIFIC, 0, 1),
    "spread-of-tasks": (("text-to-image",), SPECIFIC, ("text-classification",), SPECIFIC, 1, 1000),
    **{f"multi-purpose-{task}": ((task,), MULTI, (task,), SPECIFIC, 0, 1) for task in THREE},
}  # fmt: skip


def close(row, effect, bounds, p=None):
    assert row["claim_effect"] == pytest.approx(effect, rel=1e-9)
    found = row["ci95_low_claim_effect"], row["ci95_high_claim_effect"]
    assert found == pytest.approx(bounds, rel=1e-6)
    if p is not None:
        assert row["two_sided_p"] == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("name", RATIOS)
def test_a_ratio_of_groups(claims, models, name):
    first, of_first, second, of_second, cox, threshold = RATIOS[name]
    effect, bounds, p = contrast(strata(models, first, of_first, cox), strata(models, second, of_second, cox))
    close(claims.loc[name], effect, bounds, p(threshold))


def test_image_generation_above_each_other_task(claims, models):
    found = [
        contrast(strata(models, ("text-to-image",), SPECIFIC, 0), strata(models, (task,), SPECIFIC, 0))
        for task in (*GENERATIVE[:3], *OTHERS)
    ]
    assert all(effect > 1 for effect, _, _ in found)
    effect, bounds, p = max(found, key=lambda one: one[2](1))
    close(claims.loc["image-generation-top"], effect, bounds, p(1))


def test_classification_below_a_hundredth_of_a_kwh(claims, models):
    nothing = [(0.0, 0.0, 1, 0.0)]
    found = [contrast(strata(models, (task,), SPECIFIC, 1), nothing) for task in (OTHERS[0], OTHERS[4])]
    assert all(effect < 0.01 for effect, _, _ in found)
    effect, bounds, p = max(found, key=lambda one: one[2](0.01))
    assert round(effect, 6) == 0.007074  # Table 2 prints 0.007
    close(claims.loc["classification-below-a-hundredth"], effect, bounds, p(0.01))


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("answers-above-labels", "question-answering", "text-classification"),
        ("summaries-above-answers", "summarization", "question-answering"),
    ],
)
def test_the_same_models_at_two_tasks(claims, models, name, first, second):
    ratios = [math.log(of / models[second, MULTI][model]) for model, of in models[first, MULTI].items()]
    test = stats.ttest_1samp(ratios, 0)
    low, high = test.confidence_interval()
    close(claims.loc[name], math.exp(np.mean(ratios)), (math.exp(low), math.exp(high)), test.pvalue)


def test_the_gap_is_narrower_for_summaries(claims, models):
    """One-sample parts: the multi-purpose models' own ratios, the task-specific ones of either task."""
    found = []
    for task in THREE[:2]:
        own = [math.log(of / models["summarization", MULTI][model]) for model, of in models[task, MULTI].items()]
        specific = [np.log(list(models[one, SPECIFIC].values())) for one in (task, "summarization")]
        assert len(own) == len(specific[0]) == len(specific[1]) == 8
        estimate = np.mean(own) - specific[0].mean() + specific[1].mean()
        parts = [np.var(one, ddof=1) / 8 for one in (own, *specific)]
        error, freedom = math.sqrt(sum(parts)), sum(parts) ** 2 / sum(part**2 / 7 for part in parts)
        found.append((estimate / error, math.exp(estimate), np.exp(stats.t.interval(0.95, freedom, estimate, error))))
        p = 2 * stats.t.sf(estimate / error, freedom)
        found[-1] += (p,)
    _, effect, bounds, p = min(found)
    close(claims.loc["gap-narrower-for-summaries"], effect, bounds, p)


def test_the_spread_of_tasks_by_structure(claims, models):
    spreads = {"bloomz": [], "flan": []}
    for model in models[THREE[0], MULTI]:
        energies = [models[task, MULTI][model] for task in THREE]
        spreads["bloomz" if "bloomz" in model else "flan"].append(math.log(max(energies) / min(energies)))
    row = claims.loc["spread-of-tasks-smaller-for-seq2seq"]
    assert row["claim_effect"] == pytest.approx(
        math.exp(np.mean(spreads["flan"]) - np.mean(spreads["bloomz"])), rel=1e-9
    )
    assert "of 5 needed: seq2seq 4, decoder 4" in row["reason"] and math.isnan(row["two_sided_p"])


def multi_purpose(tables, tasks=THREE):
    """Per model: mean logarithm of its cells, logarithm of its size, and whether it is a decoder."""
    cells = tables["cells"]
    cells = cells[cells["selected"] & (cells["purpose"] == MULTI) & cells["task"].isin(tasks)]
    return [
        (np.log(of[ENERGY]).mean(), math.log(of["parameters_as_published"].iloc[0]), "bloomz" in model)
        for model, of in cells.groupby("model")
    ]


def fitted(y, columns):
    """Coefficients of ordinary least squares, their standard errors and degrees of freedom."""
    matrix, y = np.array(columns, dtype=float).T, np.array(y)
    solved, *_ = np.linalg.lstsq(matrix, y, rcond=None)
    freedom = len(y) - matrix.shape[1]
    residual = ((y - matrix @ solved) ** 2).sum() / freedom
    return solved, np.sqrt(residual * np.diag(np.linalg.inv(matrix.T @ matrix))), freedom


def test_size_within_a_family_is_the_slope_beside_a_level_for_each(claims, tables):
    rows = multi_purpose(tables)
    decoder = [float(row[2]) for row in rows]
    solved, errors, freedom = fitted([r[0] for r in rows], [decoder, [1 - d for d in decoder], [r[1] for r in rows]])
    half = stats.t.isf(0.025, freedom) * errors[2]
    p = 2 * stats.t.sf(abs(solved[2] / errors[2]), freedom)
    close(claims.loc["size-within-a-family"], solved[2], (solved[2] - half, solved[2] + half), p)


@pytest.mark.parametrize(
    ("name", "tasks"), [("decoder-at-equal-size", THREE), ("decoder-at-equal-size-summaries", ("summarization",))]
)
def test_structures_at_equal_size(claims, tables, name, tasks):
    rows = multi_purpose(tables, tasks)
    solved, errors, freedom = fitted(
        [r[0] for r in rows], [[1.0] * len(rows), [float(r[2]) for r in rows], [r[1] for r in rows]]
    )
    half = stats.t.isf(0.025, freedom) * errors[1]
    p = 2 * stats.t.sf(abs(solved[1] / errors[1]), freedom)
    close(claims.loc[name], math.exp(solved[1]), np.exp([solved[1] - half, solved[1] + half]), p)


def test_longer_output(claims, tables):
    cells = tables["cells"]
    cells = cells[cells["selected"] & (cells["purpose"] == MULTI)]
    slopes = {
        model: stats.linregress(np.log(of["n_output_units_per_inference"]), np.log(of[ENERGY])).slope
        for model, of in cells.groupby("model")
    }
    test = stats.ttest_1samp(list(slopes.values()), 0)
    close(
        claims.loc["longer-output-costs-more"],
        test.estimate if hasattr(test, "estimate") else np.mean(list(slopes.values())),
        tuple(test.confidence_interval()),
        test.pvalue,
    )
    steeper = claims.loc["longer-output-steeper-for-decoders"]
    of = {kind: [slope for model, slope in slopes.items() if kind in model] for kind in ("bloomz", "flan")}
    assert steeper["claim_effect"] == pytest.approx(np.mean(of["bloomz"]) - np.mean(of["flan"]), rel=1e-9)
    assert "of 5 needed: decoder 4" in steeper["reason"] and math.isnan(steeper["two_sided_p"])


def noise(cells, quantity=ENERGY):
    """Mean over the cells of a model, and what the spread of its repeats makes of the mean's logarithm."""
    mean = cells[quantity].mean()
    parts = [(sd**2 / n, n - 1) for sd, n in zip(cells[f"sd_{quantity}"], cells["n_valid"], strict=True)]
    k = len(parts)
    total = sum(v for v, _ in parts)
    return mean, total / k**2 / mean**2, total**2 / sum(v**2 / f for v, f in parts)


def test_the_spread_of_the_models_that_were_measured(claims, tables, models):
    specific = {(t, m): e for (t, purpose), by in models.items() if purpose == SPECIFIC for m, e in by.items()}
    ends = max(specific, key=specific.get), min(specific, key=specific.get)
    cells = tables["cells"]
    pair = [
        noise(cells[(cells["task"] == t) & (cells["model"] == m) & (cells["purpose"] == SPECIFIC)]) for t, m in ends
    ]
    ratio, variance = pair[0][0] / pair[1][0], pair[0][1] + pair[1][1]
    freedom = variance**2 / sum(v**2 / f for _, v, f in pair)
    half = stats.t.isf(0.025, freedom) * math.sqrt(variance)
    close(claims.loc["spread-of-models"], ratio, (ratio * math.exp(-half), ratio * math.exp(half)))


def test_training_is_hundreds_of_millions_of_inferences(claims, tables):
    trained = {"560m": 10_505 + 543, "1b7": 17_052 + 1_081, "3b": 25_634 + 3_242, "7b1": 51_686 + 7_571}  # Table 5
    cells = tables["cells"]
    found = []
    for size, kwh in trained.items():
        mean, variance, freedom = noise(cells[cells["model"] == f"bigscience--bloomz-{size}"])
        half = stats.t.isf(0.025, freedom) * math.sqrt(variance)
        found.append((kwh / (mean / 1000), half))
    assert [round(parity / 1e6, 1) for parity, _ in found] == [203.6, 290.6, 393.7, 568.4]
    by_task = [
        1000 * kwh / cells[(cells["model"] == f"bigscience--bloomz-{size}") & (cells["task"] == task)][ENERGY].mean()
        for size, kwh in trained.items()
        for task in THREE
    ]
    assert len(by_task) == 12 and [round(one / 1e6, 1) for one in by_task if one < 1e8] == [81.8]
    row = claims.loc["training-is-hundreds-of-millions-of-inferences"]
    assert row["exceptions"] == (
        "1 of 12 tasks of single models alone on the other side: summarization, bigscience/bloomz-560m (81,800,000)"
    )
    assert row["sentence"].endswith(f"1{row['exceptions'][1:]}.") and "average inferences" in row["text"]
    parity, half = found[0]
    close(
        claims.loc["training-is-hundreds-of-millions-of-inferences"],
        parity,
        (parity * math.exp(-half), parity * math.exp(half)),
    )


def test_parity_grows_with_size(claims, tables):
    """The slope is a weighted sum of the four logarithms, and so is its variance over the repeats."""
    trained = {"560m": 10_505 + 543, "1b7": 17_052 + 1_081, "3b": 25_634 + 3_242, "7b1": 51_686 + 7_571}  # Table 5
    cells = tables["cells"]
    of = [cells[cells["model"] == f"bigscience--bloomz-{size}"] for size in trained]
    size = np.log([one["parameters_as_published"].iloc[0] for one in of])
    noises = [noise(one) for one in of]
    log = np.log([kwh / mean * 1000 for kwh, (mean, _, _) in zip(trained.values(), noises, strict=True)])
    slope = stats.linregress(size, log).slope
    weights = (size - size.mean()) / ((size - size.mean()) ** 2).sum()
    parts = [w**2 * variance for w, (_, variance, _) in zip(weights, noises, strict=True)]
    freedom = sum(parts) ** 2 / sum(v**2 / f for v, (_, _, f) in zip(parts, noises, strict=True))
    error = math.sqrt(sum(parts))
    bounds = stats.t.interval(0.95, freedom, slope, error)
    close(claims.loc["parity-grows-with-size"], slope, bounds, 2 * stats.t.sf(slope / error, freedom))
    assert 0.35 < slope < 0.45


def test_what_lies_on_the_other_side_of_a_mean_alone(claims, models):
    """Each of the 24 pairs of a generative and another task; each of the 16 models that classify, against 0.01 kWh."""
    means = {task: np.log(list(models[task, SPECIFIC].values())).mean() for task in (*GENERATIVE, *OTHERS)}
    below = [(one, other) for one in GENERATIVE for other in OTHERS if means[one] < means[other]]
    found = claims.loc["generative-above-discriminative", "exceptions"]
    assert found.startswith(f"{len(below) or 'none'} of 24 pairs of tasks alone on the other side")
    energies = [e for task in (OTHERS[0], OTHERS[4]) for e in models[task, SPECIFIC].values()]
    over = sum(e >= 0.01 for e in energies)
    found = claims.loc["classification-below-a-hundredth", "exceptions"]
    assert len(energies) == 16 and found.startswith(f"{over or 'none'} of 16 models alone on the other side")
    ratios = [
        of / models["text-classification", MULTI][model] for model, of in models["question-answering", MULTI].items()
    ]
    assert (
        min(ratios) > 1
        and claims.loc["answers-above-labels", "exceptions"] == "none of 8 models alone on the other side"
    )
    assert claims.loc[claims["verdict"] == "not decidable here", "exceptions"].isna().all()


def test_every_claim_has_the_verdict_that_its_numbers_give(claims):
    """Holm by its definition, and the side of the interval: from the p values that are confirmed above."""
    assert dict(claims["verdict"]) == VERDICTS
    tested = claims.dropna(subset=["two_sided_p"]).sort_values("two_sided_p")
    running, m = 0.0, len(tested)
    assert set(claims["n_tested"].dropna()) == {m} and m == 23
    for rank, (name, row) in enumerate(tested.iterrows()):
        running = max(running, min(1.0, (m - rank) * row["two_sided_p"]))
        assert row["holm_p"] == pytest.approx(running), name
        beyond = (row["claim_effect"] > row["threshold_effect"]) == (row["direction"] == "above")
        assert VERDICTS[name] == ("not decidable here" if running >= 0.05 else "holds" if beyond else "fails"), name
    open_ones = claims[claims["verdict"] == "not decidable here"]
    assert open_ones["reason"].notna().all() and claims.loc[claims["verdict"] == "holds", "reason"].isna().all()
