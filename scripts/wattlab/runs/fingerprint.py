"""The fingerprint: what makes two repeats comparable, hashed. Repeats of one cell with one fingerprint share a mean.

It hashes which commit was measured, and not whether that was pinned: samples by their content, a model by its commit.
"""

import copy
import os
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattlab.foundation.addresses import hub_endpoint
from wattlab.foundation.hashing import key_of
from wattlab.machine.software import versions
from wattlab.records.record import Machine
from wattlab.records.store import store_path
from wattlab.study.cells import Spec

if TYPE_CHECKING:
    from wattlab.runs.inputs import InputContents  # with the hub, which who only names a fingerprint does not need

#: Values that are judged at assembly: changing them changes no measurement.
JUDGED_LATER = ("repeats", "max_redo", "invalid_below_s")

#: Where a spec's JSON has pins: of the model, and of the dataset in both of its places.
_PINS: dict[str, tuple[tuple[str, ...], ...]] = {
    "model": (("model",),),
    "dataset": (("dataset", "hub"), ("samples", "entry", "hub")),
}


def comparable_spec(spec: Spec) -> dict[str, Any]:
    """The part of a spec that the fingerprint hashes."""
    content = spec.model_dump(mode="json")
    del content["require_counters"]
    for key in JUDGED_LATER:
        del content["protocol"][key]
    return without_pins(content)


def without_pins(content: dict[str, Any]) -> dict[str, Any]:
    """A spec's JSON with no repository of the hub pinned. The content hash of a local one is no pin, and stays."""
    return _with_pins(content, dict.fromkeys(_PINS))


def _with_pins(content: dict[str, Any], commits: Mapping[str, str | None]) -> dict[str, Any]:
    content = copy.deepcopy(content)
    for kind, commit in commits.items():
        for place in _PINS[kind]:
            part: Any = content
            for key in place:
                part = part.get(key) if isinstance(part, dict) else None
            if isinstance(part, dict) and "revision" in part and part.get("source") != "local":
                part["revision"] = commit
    return content


def identity(spec: Spec, machine: Machine, inputs: "InputContents") -> dict[str, Any]:
    """Everything that the fingerprint hashes: the first line of a store's file."""
    return {
        "spec": comparable_spec(spec),
        "samples_sha256": inputs.samples_sha256,
        "tokenizer_sha256": inputs.tokenizer_sha256,
        **({} if inputs.hub_commit is None else {"hub_commit": inputs.hub_commit}),
        "hub_endpoint": hub_endpoint(),
        "device_kind": machine.kind,
        "versions": versions(),
    }


def fingerprint_of(identity_content: dict[str, Any]) -> str:
    """Name of the store's file for an identity."""
    return key_of(identity_content)


def store_of(results: Path, spec: Spec, machine: Machine, inputs: "InputContents") -> tuple[Path, dict[str, Any]]:
    """The file that the cell's repeats go to and the identity of a new one; one under an earlier name, where it is there."""
    content = identity(spec, machine, inputs)
    path = store_path(results, spec.cell.id, fingerprint_of(content))
    earlier = (path.with_name(f"{fingerprint_of(other)}.jsonl") for other in _earlier(content, spec))
    return next((found for found in (path, *earlier) if found.exists()), path), content


def _earlier(content: dict[str, Any], spec: Spec) -> Iterator[dict[str, Any]]:
    """The same measurement as it was hashed before: with its pins, or one of them, and with HF_ENDPOINT as it is set."""
    hub = spec.dataset.hub
    pins = {None, spec.model.revision}, {None, None if hub is None else hub.revision}
    for model, dataset, endpoint in product(*pins, {content["hub_endpoint"], os.environ.get("HF_ENDPOINT")}):
        pinned = _with_pins(content["spec"], {"model": model, "dataset": dataset})
        yield {**content, "spec": pinned, "hub_endpoint": endpoint}
