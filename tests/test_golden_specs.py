"""The specs of the studies that ship are those of d48ec93, to the byte: another one would measure finished cells again.

An intended change: `WATTLAB_GOLDEN=write pytest tests/test_golden_specs.py`; the diff of specs.json names the cells.
"""

import copy
import json
from functools import cache
from typing import Any

import pytest

from support import golden_files
from support.golden_files import GOLDEN, as_json, compare, difference
from wattlab.foundation.hashing import canonical_json, sha256_of
from wattlab.records.record import Machine
from wattlab.runs.fingerprint import fingerprint_of, identity
from wattlab.runs.inputs import InputContents
from wattlab.study.cells import ResolvedStudy
from wattlab.workflow.loading import study_of

ROOT = GOLDEN.parents[1]

#: Study -> its configuration files after config.yaml, and how many cells it has. The rehearsal is laid over the paper's
#: study (312 cells); on its own, over config.yaml, it has the default ones.
STUDIES: dict[str, tuple[tuple[str, ...], int]] = {
    "laptop": ((), 48),
    "wide": (("wide",), 75),
    "strict": (("strict",), 48),
    "paper": (("paper",), 312),
    "rehearsal": (("paper", "rehearsal"), 312),
    "rehearsal-alone": (("rehearsal",), 48),
}

FLAN_T5, RESNET = "google--flan-t5-base", "microsoft--resnet-18"

#: Specs that the golden file has in full, one of each kind.
IN_FULL = [
    ("laptop", "fill-mask/c4/distilbert--distilbert-base-uncased"),
    ("laptop", f"summarization/xsum/{FLAN_T5}"),
    ("laptop", f"image-classification/cifar10/{RESNET}"),
    ("laptop", "object-detection/coco/hustvl--yolos-tiny"),
    ("laptop", "image-to-text/red-caps/microsoft--git-base"),
    ("laptop", "text-to-image/diffusiondb/segmind--tiny-sd"),
    ("wide", "question-answering/squad/bigscience--bloomz-560m"),
    ("strict", "text-generation/wikitext/distilbert--distilgpt2"),
    ("paper", "text-classification/imdb/siebert--sentiment-roberta-large-english"),
    ("paper", "text-classification/sst2/google--flan-t5-xxl"),
    ("paper", "object-detection/coco/jozhang97--deta-swin-large"),
    ("paper", "text-to-image/sd-prompts/stable-diffusion-v1-5--stable-diffusion-v1-5"),
    ("rehearsal", f"image-classification/cifar10/{RESNET}"),
]

VERSIONS = {
    "torch": "2.0.0",
    "transformers": "5.0.0",
    "tokenizers": "0.20.0",
    "codecarbon": "3.0.0",
    "pillow": "12.0.0",
}
CPU = Machine(cpu_model="Example CPU", cpu_cores=8, ram_gb=31.4, host_sha256="0" * 64, device="cpu")
GPU = CPU.model_copy(update={"device": "cuda", "gpu_names": ["Example GPU"] * 2, "gpu_uuids": ["a", "b"]})


@cache
def resolved(study: str) -> ResolvedStudy:
    """The study as `snakemake --configfile …` resolves it."""
    chosen = [ROOT / "studies" / f"{name}.yaml" for name in STUDIES[study][0]]
    return study_of(ROOT / "config.yaml", *chosen)


def spec_of(study: str, cell_id: str) -> Any:
    spec = resolved(study).cell(cell_id).spec
    assert spec is not None
    return spec


def fingerprints(study: str, cell_id: str) -> dict[str, str]:
    """Of a cell on two machines that do not exist, with inputs of which only the hashes are given."""
    spec = spec_of(study, cell_id)
    found = {}
    for name, machine in (("cpu", CPU), ("two GPUs", GPU)):
        inputs = InputContents(
            samples_sha256="1" * 64,
            tokenizer_sha256="2" * 64 if spec.tokenizer else None,
            hub_commit="3" * 40 if spec.weights == "hub" else None,
        )
        content = identity(spec, machine, inputs) | {"versions": VERSIONS, "hub_endpoint": None}
        found[f"{study} {cell_id} {name}"] = fingerprint_of(content)
    return found


def golden() -> dict[str, Any]:
    """What the golden file holds: every spec's hash, names of samples and tokenizers, some specs, some fingerprints."""
    studies = {}
    for study in STUDIES:
        cells = resolved(study).cells
        specs = [cell.spec for cell in cells if cell.spec is not None]
        studies[study] = {
            "n_cells": len(cells),
            "order_sha256": sha256_of([cell.cell.id for cell in cells]),
            "specs": {spec.cell.id: sha256_of(spec.model_dump(mode="json")) for spec in specs},
            "samples": sorted({f"{spec.samples.dataset}/{spec.samples.key}" for spec in specs}),
            "tokenizers": sorted({spec.tokenizer.name for spec in specs if spec.tokenizer}),
        }
    return {
        "studies": studies,
        "specs": {f"{study} {cell}": spec_of(study, cell).model_dump(mode="json") for study, cell in IN_FULL},
        "fingerprints": {key: found for place in IN_FULL for key, found in fingerprints(*place).items()},
    }


def recorded() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((GOLDEN / "specs.json").read_text())
    return content


def test_every_spec_is_the_recorded_one() -> None:
    found = compare("specs.json", as_json(golden()))
    assert not found, found


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_has_its_cells_and_each_spec_its_hash(study: str) -> None:
    cells = resolved(study).cells
    assert len(cells) == STUDIES[study][1] == recorded()["studies"][study]["n_cells"]
    hashes = recorded()["studies"][study]["specs"]
    found = {cell.cell.id: sha256_of(spec_of(study, cell.cell.id).model_dump(mode="json")) for cell in cells}
    assert found == hashes


@pytest.mark.parametrize(("study", "cell_id"), IN_FULL)
def test_a_spec_has_the_recorded_canonical_json(study: str, cell_id: str) -> None:
    spec = recorded()["specs"][f"{study} {cell_id}"]
    found = difference(as_json(spec), as_json(spec_of(study, cell_id).model_dump(mode="json")), cell_id)
    assert not found, found
    assert canonical_json(spec) == canonical_json(spec_of(study, cell_id).model_dump(mode="json"))
    assert sha256_of(spec) == recorded()["studies"][study]["specs"][cell_id]


def test_another_value_in_a_spec_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    cell_id = IN_FULL[0][1]
    spec = spec_of("laptop", cell_id)
    content = copy.deepcopy(golden())
    changed = spec.model_copy(update={"protocol": spec.protocol.model_copy(update={"repeats": 99})})
    content["studies"]["laptop"]["specs"][cell_id] = sha256_of(changed.model_dump(mode="json"))
    monkeypatch.setattr(golden_files, "WRITING", False)
    found = compare("specs.json", as_json(content))
    lines = [line for line in found.splitlines() if line.startswith(("+ ", "- "))]
    assert len(lines) == 2 and all(cell_id in line for line in lines)
