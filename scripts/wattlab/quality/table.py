"""`quality`: every score of every cell, or why a cell has none, beside the energy of its answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from wattlab.catalog.reading import Catalog
from wattlab.quality.answered import Answered, Score, Unscorable, read_answers, read_references
from wattlab.quality.scoring import metric_of
from wattlab.records.record import Record
from wattlab.samples.places import manifest_of
from wattlab.study.cells import Spec
from wattlab.tables.columns import Flag, Table, Whole
from wattlab.tables.evidence import CellEvidence, Evidence

#: What a row has of the cell's row in `cells`.
_OF_CELL = (
    "task",
    "dataset",
    "variant",
    "model",
    "setting",
    "purpose",
    "structure",
    "parameters_as_published",
    "weights",
    "data",
    "energy_kwh_per_1000",
    "selected",
)


def quality(evidence: Evidence, cells: pd.DataFrame, results: Path) -> pd.DataFrame:
    """One row per cell and metric. A cell without a score has one row with the reason.

    `cells` is the study's table of cells, `results` the folder that holds all studies.
    """
    by_cell, withheld = cells.set_index("cell"), evidence.study.config.no_result
    rows = []
    for cell in evidence.cells:
        of_cell = by_cell.loc[cell.resolved.cell.id]
        shared = {column: _known(of_cell[column]) for column in _OF_CELL}
        shared["n_repeats"] = _known(of_cell["n_valid"])
        try:
            rows += [shared | _row(score, withheld) for score in _scores(cell, evidence, results)]
        except Unscorable as reason:
            rows.append(shared | {"headline": True, "reason": str(reason)})
    return TABLE.frame(rows)


TABLE = Table(
    title="Quality of the answers (0 to 1) beside their energy, by the metrics of docs/quality.md; without a score, the reason",
    row="a cell and a metric",
    columns=(
        "task",
        "dataset",
        "variant",
        "model",
        "setting",
        "purpose",
        "structure",
        Whole("parameters_as_published"),
        "metric",
        "quality_score",
        Flag("headline"),
        "n_scored",
        "n_unscored",
        "n_unparsed",
        "reason",
        "weights",
        "data",
        "n_repeats",
        "energy_kwh_per_1000",
        Flag("selected"),
    ),
    shown=(
        "task",
        "dataset",
        "variant",
        "model",
        "purpose",
        "metric",
        "quality_score",
        "n_scored",
        "n_unscored",
        "n_unparsed",
        "energy_kwh_per_1000",
        "reason",
    ),
    build=quality,
)


def _known(value: Any) -> Any:
    return None if pd.isna(value) else value


def _row(score: Score, withheld: str | None) -> dict[str, Any]:
    """A score; where nothing of the study is a result, only what would be scored and why it is not."""
    return {
        "metric": score.metric,
        "quality_score": score.value if withheld is None else None,
        "reason": withheld,
        "headline": score.headline,
        "n_scored": score.n_scored,
        "n_unscored": score.n_unscored,
        "n_unparsed": score.n_unparsed,
    }


def _scores(cell: CellEvidence, evidence: Evidence, results: Path) -> list[Score]:
    """Every score of the cell's answers. Raises `Unscorable`."""
    spec, record = cell.resolved.spec, cell.record
    if spec is None or spec.weights != "hub":
        raise Unscorable("random weights: the answers mean nothing")
    if spec.data != "hub":
        raise Unscorable("surrogate rows: nothing is right or wrong about them")
    metric = metric_of(evidence.catalog.tasks[spec.cell.task])
    if record is None or record.status != "complete":
        raise Unscorable("the cell has no complete record; tables/missing.csv says why")
    answered = _answered(spec, record, evidence, results)
    n_cut = len(answered.answers)
    answered = _whole(answered)
    n_cut -= len(answered.answers)
    return [replace(score, n_unscored=score.n_unscored + n_cut) for score in metric(answered)]


def _whole(answered: Answered) -> Answered:
    """Without the answers that were cut inside a thought: they are none. Raises `Unscorable` where all were."""
    places = [place for place, answer in enumerate(answered.answers) if answer is not None]
    if not places:
        raise Unscorable(
            f"all {len(answered.answers)} answers were cut inside the model's thought; raise max_new_tokens in `overrides`, "
            "or turn the thought off by template_arguments of its catalog entry"
        )
    by_row: dict[str, Any] = {
        name: getattr(answered, name) for name in ("answers", "rows", "words_read", "image_sizes")
    }
    kept: dict[str, Any] = {name: [one[place] for place in places] for name, one in by_row.items() if one}
    return replace(answered, **kept)


def _answered(spec: Spec, record: Record, evidence: Evidence, results: Path) -> Answered:
    """The cell's answers beside their rows. Raises `Unscorable`."""
    study, fields = evidence.study.config.study, spec.dataset.fields
    answers = read_answers(results / study / "outputs" / f"{spec.cell.id}.jsonl.gz", record.outputs_sha256)
    images = fields.get("image") if "objects" in fields else None  # boxes lie in the pixels of their image
    manifest_path = manifest_of(results, spec.samples)
    manifest, rows, sizes = read_references(manifest_path, record.samples_sha256, images)
    if len(answers) < len(rows):
        raise Unscorable(f"it answered {len(answers)} of {len(rows)} rows")
    size = spec.protocol.image_size
    return Answered(
        cell=spec.cell,
        fields=fields,
        rows=rows,
        # Rows that came again to fill the list are counted once.
        answers=[line["answer"] for line in answers[: len(rows)]],
        words_read=[line.get("words_read") for line in answers[: len(rows)]],
        label_names=manifest.label_names,
        image_sizes=sizes,
        shown_size=None if size is None else (size[0], size[1]),
        head=record.labels,
        max_input_words=spec.protocol.max_input_words,
        mask=spec.dataset.mask,
        labels_hidden=_labels_hidden(spec, evidence.catalog),
    )


def _labels_hidden(spec: Spec, catalog: Catalog) -> str | None:
    entry = catalog.datasets.get(spec.cell.dataset)
    return None if entry is None else entry.labels_hidden
