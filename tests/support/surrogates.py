"""Sample specs and surrogate rows of the catalog's datasets, for tests."""

from typing import Any

from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog, read_yaml
from wattlab.foundation.schema import working_fields
from wattlab.samples.surrogate.generate import surrogate_rows
from wattlab.study.cells import MeasuredCell, SampleSpec
from wattlab.study.resolve import check_config, names_of, resolve

DATASETS = load_catalog(CATALOG_ROOT).datasets


def papers_catalog() -> Catalog:
    """The catalog with the models and datasets of the paper's study alone."""
    whole = load_catalog(CATALOG_ROOT)
    study = read_yaml(CATALOG_ROOT.parent / "studies/paper.yaml")
    groups = [*study["tasks"], *study["multi_purpose"]]
    models = {names_of(whole)[name] for group in groups for name in group["models"]}
    datasets = {name for group in groups for name in group["datasets"]}
    return whole.model_copy(
        update={
            "models": {stem: entry for stem, entry in whole.models.items() if stem in models},
            "datasets": {name: entry for name, entry in whole.datasets.items() if name in datasets},
        }
    )


def spec_of(name: str, n: int = 8, seed: int = 0, selection: str = "seeded", **parameters: Any) -> SampleSpec:
    """The spec of a dataset of the catalog, some parameters of its generator changed."""
    entry = working_fields(DATASETS[name], "surrogate")
    entry["surrogate"] = {
        **entry["surrogate"],
        "parameters": {**entry["surrogate"]["parameters"], **parameters},
    }
    return SampleSpec(
        dataset=name, data="surrogate", entry=entry, selection=selection, seed=seed, n=n, generator_version=1
    )  # type: ignore[arg-type]


def rows_of(name: str, n: int = 8, **more: Any) -> list[dict[str, Any]]:
    return list(surrogate_rows(spec_of(name, n, **more)))


def one_cell(data: str = "surrogate") -> MeasuredCell:
    """A cell of the default study: SST-2 and its first model."""
    config = read_yaml(CATALOG_ROOT.parent / "config.yaml")
    group = next(group for group in config["tasks"] if group["task"] == "text-classification")
    one = {**group, "datasets": ["sst2"], "models": group["models"][:1]}
    content = {**config, "tasks": [one], "multi_purpose": [], "overrides": [], "known_missing": [], "data": data}
    (cell,) = resolve(check_config(content, "config.yaml"), load_catalog(CATALOG_ROOT), "config.yaml").measured
    return cell
