"""Hand-written tables with the contract's columns, for the tests of figures, report and verdict.

Ten tasks with three datasets and one small model each (two for text classification), flan-t5-base and bloomz-560m on
the nine multi-purpose cells: 51 selected cells of a plain CPU machine, and one unselected variant.
"""

from pathlib import Path

import pandas as pd

from support.records import TASKS, catalog, resolved_cell, resolved_study
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.claims.table import claims
from wattlab.tables.columns import bounds_of, range_of
from wattlab.tables.evidence import Evidence
from wattlab.tables.factors import TABLE as FACTORS
from wattlab.tables.flop_ranks import TABLE as FLOP_RANKS
from wattlab.tables.reading import Tables

DATASETS = {
    "text-classification": ["imdb", "rotten-tomatoes", "sst2"],
    "question-answering": ["sciq", "squad", "squad-v2"],
    "token-classification": ["conll2003", "record", "wikiann"],
    "fill-mask": ["bookcorpus", "c4", "oscar"],
    "text-generation": ["imdb", "oscar", "wikitext"],
    "summarization": ["cnn-dailymail", "samsum", "xsum"],
    "image-classification": ["cifar10", "cifar100", "imagenet-1k"],
    "object-detection": ["coco", "cppe-5", "visual-genome"],
    "image-to-text": ["coco-captions", "imagenet-1k", "red-caps"],
    "text-to-image": ["diffusiondb", "image-reward", "sd-prompts"],
}
# task: [(model, structure, parameters, g per 1,000 inferences)]
MODELS: dict[str, list[tuple[str, str, int, float]]] = {
    "text-classification": [
        ("distilbert--distilbert-base-uncased-finetuned-sst-2-english", "encoder", 66_362_880, 0.060),
        ("nlptown--bert-base-multilingual-uncased-sentiment", "encoder", 167_356_416, 0.110),
    ],
    "question-answering": [("distilbert--distilbert-base-cased-distilled-squad", "encoder", 65_190_912, 0.130)],
    "token-classification": [("dslim--bert-base-NER", "encoder", 107_719_680, 0.150)],
    "fill-mask": [("albert--albert-base-v2", "encoder", 11_683_584, 0.100)],
    "text-generation": [("distilbert--distilgpt2", "decoder", 81_912_576, 0.400)],
    "summarization": [("ainize--bart-base-cnn", "seq2seq", 139_420_416, 1.300)],
    "image-classification": [("microsoft--resnet-18", "convnet", 11_689_512, 0.061)],
    "object-detection": [("hustvl--yolos-tiny", "detector", 6_488_736, 0.610)],
    "image-to-text": [("microsoft--git-base", "vision-encoder-decoder", 176_619_066, 1.700)],
    "text-to-image": [("segmind--tiny-sd", "diffusion", 447_000_000, 8.400)],
}
MULTI = [
    (
        "google--flan-t5-base",
        "seq2seq",
        247_577_856,
        {"text-classification": 0.25, "question-answering": 0.45, "summarization": 1.2},
    ),
    (
        "bigscience--bloomz-560m",
        "decoder",
        559_214_592,
        {"text-classification": 0.7, "question-answering": 1.1, "summarization": 3.5},
    ),
]
INTENSITY_G_PER_KWH = 138.75
HEADLINES = ("emissions_g_per_1000", "energy_kwh_per_1000", "duration_s_per_1000")


def cell_row(task: str, dataset: str, model: str, purpose: str, structure: str, parameters: int, g: float) -> dict:
    """A row of cells.csv with an interval of +- 4 % and CPU-model methods."""
    row = {
        "cell": f"{task}/{dataset}/{model}",
        "task": task,
        "dataset": dataset,
        "variant": None,
        "model": model,
        "hub_id": model.replace("--", "/", 1),
        "family": "family",
        "purpose": purpose,
        "structure": structure,
        "modality": TASKS[task][1],
        "device": "cpu",
        "parameters": parameters,
        "parameters_as_published": parameters,
        "weights": "architecture",
        "data": "surrogate",
        "selected": True,
        "status": "complete",
        "n_repeats": 3,
        "n_valid": 3,
        "headline_scope": "node",
        "intensity_g_per_kwh": INTENSITY_G_PER_KWH,
        "grid": "us-oregon-2023-codecarbon",
        "energy_cpu_method": "model",
        "energy_ram_method": "constant",
        "energy_gpu_method": "absent",
        "energy_device_method": "model",
        "energy_node_method": "model+constant",
        "energy_method": "model+constant",
        "modelled_share": 1.0,
        "energy_cpu_kwh_per_1000": 0.6 * g / INTENSITY_G_PER_KWH,
        "energy_ram_kwh_per_1000": 0.4 * g / INTENSITY_G_PER_KWH,
        "flags": None,
        "n_output_units_per_inference": 1.0 if task != "summarization" else 12.0 if structure == "decoder" else 15.0,
        "output_unit": "token",
    }
    for name, value in (
        ("emissions_g_per_1000", g),
        ("energy_kwh_per_1000", g / INTENSITY_G_PER_KWH),
        ("energy_node_kwh_per_1000", g / INTENSITY_G_PER_KWH),
        ("duration_s_per_1000", 1000 * g),
    ):
        row |= {
            name: value,
            f"sd_{name}": 0.016 * value,
            f"ci95_low_{name}": 0.96 * value,
            f"ci95_high_{name}": 1.04 * value,
        }
    return row


def cells() -> pd.DataFrame:
    """cells.csv: a model's cells differ by -10, 0 and +10 % from dataset to dataset."""
    rows = []
    for task, models in MODELS.items():
        for model, structure, parameters, g in models:
            for place, dataset in enumerate(DATASETS[task]):
                rows.append(
                    cell_row(task, dataset, model, "task-specific", structure, parameters, g * (0.9 + 0.1 * place))
                )
    for model, structure, parameters, by_task in MULTI:
        for task, g in by_task.items():
            for place, dataset in enumerate(DATASETS[task]):
                rows.append(
                    cell_row(task, dataset, model, "multi-purpose", structure, parameters, g * (0.9 + 0.1 * place))
                )
    variant = cell_row(
        "image-classification", "cifar10", "microsoft--resnet-18", "task-specific", "convnet", 11_689_512, 777.0
    )
    return pd.DataFrame(
        [
            *rows,
            variant
            | {
                "variant": "native",
                "cell": "image-classification/cifar10@native/microsoft--resnet-18",
                "selected": False,
            },
        ]
    )


def tasks(table: pd.DataFrame) -> pd.DataFrame:
    """tasks.csv of these cells: a range where there are two models; `with_interval` gives a task an interval."""
    rows = []
    own = table[table["selected"] & (table["purpose"] == "task-specific")].dropna(subset=["emissions_g_per_1000"])
    for task, group in own.groupby("task", sort=False):
        n_models = group["model"].nunique()
        row = {
            "task": task,
            "headline_scope": "node",
            "n_models": n_models,
            "n_cells": len(group),
            "n_cells_planned": len(group),
            "n_repeats": int(group["n_valid"].sum()),
            "interval_kind": "range" if n_models > 1 else "none",
        }
        for name in HEADLINES:
            by_model = group.groupby("model")[name].mean()
            row |= {
                name: group[name].mean(),
                f"min_models_{name}": by_model.min(),
                f"max_models_{name}": by_model.max(),
            }
        rows.append(row)
    names = [column for name in HEADLINES for column in range_of(name)]
    counts = ["n_models", "n_cells", "n_cells_planned", "n_repeats", "interval_kind"]
    table = pd.DataFrame(rows, columns=["task", "headline_scope", *counts, *names])
    return table.astype({name: float for name in names})


def with_interval(by_task: pd.DataFrame, task: str = "text-classification") -> pd.DataFrame:
    """The tasks, one of them over eight models with an interval of +- 30 %."""
    changed, row = by_task.copy(), by_task["task"] == task
    changed.loc[row, ["n_models", "interval_kind"]] = [8, "95 % interval"]
    for name in HEADLINES:
        changed.loc[row, f"ci95_low_{name}"] = 0.7 * changed.loc[row, name]
        changed.loc[row, f"ci95_high_{name}"] = 1.3 * changed.loc[row, name]
    return changed


def settings() -> pd.DataFrame:
    """factors.csv of two classifiers at two settings: 0.8 and 0.9 of the energy in batches of four, 0.5 and 1.25 in bfloat16."""
    rows = []
    for setting, ratios, bounds in (
        ("batch_size=4", (0.8, 0.9), (0.7, 1.03)),
        ("dtype=bfloat16", (0.5, 1.25), (0.6, 1.04)),
    ):
        keys = {"task": "text-classification", "setting": setting, "purpose": "task-specific"}
        for (model, *_), ratio in zip(MODELS["text-classification"], ratios, strict=True):
            rows.append(
                {
                    **keys,
                    "level": "cell",
                    "dataset": "imdb",
                    "model": model,
                    "n_cells": 1,
                    "n_models": 1,
                    "n_valid": 3,
                    "energy_ratio": ratio,
                }
            )
        ends = dict(zip(bounds_of("energy_ratio")[1:], bounds, strict=True))
        rows.append(
            {
                **keys,
                "level": "task",
                "n_cells": 2,
                "n_models": 2,
                "energy_ratio": (ratios[0] * ratios[1]) ** 0.5,
                **ends,
            }
        )
    return FACTORS.frame(rows)  # fmt: skip


def operations(table: pd.DataFrame) -> Tables:
    """flop_energy.csv of these cells, two FLOPs for each parameter, and two lines of flop_ranks.csv."""
    selected = table[table["selected"].astype(bool)]
    rank = {"purpose": "task-specific", "ranked_by": "flops_per_inference", "ranked": "energy_kwh_per_1000"}
    bounds = dict(zip(bounds_of("spearman_rho"), (0.82, 0.4, 0.95), strict=True))
    return {
        "flop_energy": selected.assign(flops_per_inference=2.0 * selected["parameters"]),
        "flop_ranks": FLOP_RANKS.frame(
            [
                {**rank, "task": "all tasks", "n_models": 11, **bounds},
                {**rank, "task": "fill-mask", "n_models": 3, "spearman_rho": 0.5},
            ]
        ),
    }


def output_lengths(table: pd.DataFrame) -> pd.DataFrame:
    """output_lengths.csv of these cells, with set lengths."""
    keys = [
        "cell",
        "task",
        "dataset",
        "variant",
        "model",
        "purpose",
        "structure",
        "n_output_units_per_inference",
        "output_unit",
    ]
    return table[keys].assign(sd_n_output_units_per_inference=0.0, lengths="set")


def comparison(table: pd.DataFrame) -> pd.DataFrame:
    """comparison.csv of these tasks, with a hand-written rho and interval."""
    rows = [
        {
            "task": row.task,
            "energy_kwh_per_1000": row.energy_kwh_per_1000,
            "paper_energy_kwh_per_1000": TASKS[row.task][3],
        }
        for row in table.itertuples()
    ]
    both = pd.DataFrame(rows, columns=["task", "energy_kwh_per_1000", "paper_energy_kwh_per_1000"])
    both["energy_ratio"] = both["energy_kwh_per_1000"] / both["paper_energy_kwh_per_1000"]
    paper, widest = both["paper_energy_kwh_per_1000"], both["task"] == "text-to-image"
    both["sd_repeats_energy_kwh_per_1000"] = 0.2 * both["energy_kwh_per_1000"]
    both["sd_paper_energy_kwh_per_1000"] = (0.3 * paper).mask(widest, 1.1 * paper)  # as in print: below 0 of one task
    both["energy_rank"] = both["energy_kwh_per_1000"].rank()
    both["paper_energy_rank"] = both["paper_energy_kwh_per_1000"].rank()
    return both.assign(
        scope="node", n_tasks=len(both), spearman_rho=0.91, ci95_low_spearman_rho=0.65, ci95_high_spearman_rho=0.98
    )


def totals() -> pd.DataFrame:
    """totals.csv: 0.05 kWh in 321 windows, of which 0.01 kWh was paid by another study."""
    rows = [
        ("load", False, 51, 0.004),
        ("transfer", False, 51, 0.001),
        ("warm-up", False, 51, 0.003),
        ("idle", False, 15, 0.002),
        ("query", False, 130, 0.03),
        ("query", True, 23, 0.01),
    ]
    return pd.DataFrame(
        [
            {
                "phase": phase,
                "reused": reused,
                "scope": "node",
                "n_windows": n,
                "n_windows_with_energy": n,
                "n_windows_shared": 0,
                "energy_kwh": kwh,
                "emissions_kg": kwh * INTENSITY_G_PER_KWH / 1000,
                "duration_s": 10.0 * n,
            }
            for phase, reused, n, kwh in rows
        ]
    )


def missing(*rows: tuple[str, str, str, str, str, str, int]) -> pd.DataFrame:
    """missing.csv: (task, dataset, model, kind, reason, remedy, n_valid) each; 3 wanted."""
    columns = ["task", "dataset", "model", "kind", "reason", "remedy", "n_valid"]
    table = pd.DataFrame(rows, columns=columns)
    cell = table["task"] + "/" + table["dataset"] + "/" + table["model"]
    return table.assign(cell=cell, variant=None, n_wanted=3)


def provenance(**values: str) -> pd.DataFrame:
    """provenance.csv: one machine, one set of versions; `values` sets aspects of the machine."""
    aspects = {
        "cpu_model": "Example(R) Silicon(TM) 9000 CPU @ 2.50GHz",
        "gpu_names": "none",
        "ram_gb": "16.0",
        **values,
    }
    rows = [
        ("weights", "architecture"),
        ("data", "surrogate"),
        ("software.torch", "2.13.0"),
        ("software.codecarbon", "3.3.2"),
        *((f"machine.{name}", value) for name, value in aspects.items()),
    ]
    table = pd.DataFrame(rows, columns=["aspect", "value"])
    return table.assign(n_cells=51, mixed=False, intended=False)


def drift(*cells: str) -> pd.DataFrame:
    """drift.csv: these cells were measured by another torch."""
    table = pd.DataFrame({"cell": list(cells)}, dtype=object)
    return table.assign(aspect="software.torch", measured="2.12.0", today="2.13.0", n_repeats=3)


def tables() -> Tables:
    """All of them, for a study without a missing cell."""
    own = cells()
    by_task = tasks(own)
    return {
        "cells": own,
        "tasks": by_task,
        "output_lengths": output_lengths(own),
        "comparison": comparison(by_task),
        "totals": totals(),
        "missing": missing(),
        "provenance": provenance(),
        "drift": drift(),
        "claims": claims(Evidence(study(), catalog(), []), {"cells": own.assign(lengths="set")}),
    }


def study(**config: object) -> ResolvedStudy:
    """The study of these cells."""
    resolved = [
        resolved_cell(row.task, row.dataset, row.model, purpose=row.purpose, structure=row.structure)
        for row in cells().itertuples()
        if row.selected
    ]
    return resolved_study(resolved, **config)


def write(folder: Path, given: Tables) -> Path:
    """The tables as CSV; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in given.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder
