"""The shipped studies, resolved with changes, and what tests ask of them: specs and protocols of their cells."""

from typing import Any

from wattlab.catalog.reading import CATALOG_ROOT, Catalog, read_yaml
from wattlab.study.cells import ResolvedStudy
from wattlab.study.resolve import check_config, resolve

ROOT = CATALOG_ROOT.parent
SST2 = "distilbert--distilbert-base-uncased-finetuned-sst-2-english"
FLAN = "google--flan-t5-base"
Content = dict[str, Any]


def study_content(*files: str) -> Content:
    """The merged configuration; the shipped studies replace whole keys."""
    merged: Content = {}
    for file in ("config.yaml", *files):
        merged.update(read_yaml(ROOT / file))
    return merged


def resolved(catalog: Catalog, content: Content | None = None, **changes: Any) -> ResolvedStudy:
    content = {**(content or study_content()), **changes}
    return resolve(check_config(content, "config.yaml"), catalog, "config.yaml")


def hashes(study: ResolvedStudy) -> dict[str, str]:
    return {cell.cell.id: cell.spec.sha256 for cell in study.cells if cell.spec is not None}


def protocol(study: ResolvedStudy, cell_id: str) -> Any:
    spec = study.cell(cell_id).spec
    assert spec is not None
    return spec.protocol


def edited(catalog: Catalog, section: str, name: str, **changes: Any) -> Catalog:
    """The catalog with one entry changed."""
    entries = dict(getattr(catalog, section))
    entries[name] = type(entries[name]).model_validate({**entries[name].model_dump(), **changes})
    return catalog.model_copy(update={section: entries})
