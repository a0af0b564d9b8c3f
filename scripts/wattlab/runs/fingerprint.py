"""The fingerprint: what makes two repeats comparable, hashed. Repeats of one cell with one fingerprint share a mean."""

import os
from typing import TYPE_CHECKING, Any

from wattlab.foundation.hashing import key_of
from wattlab.machine.software import versions
from wattlab.records.record import Machine
from wattlab.study.cells import Spec

if TYPE_CHECKING:
    from wattlab.runs.inputs import InputContents  # with the hub, which who only names a fingerprint does not need

#: Values that are judged at assembly: changing them changes no measurement.
JUDGED_LATER = ("repeats", "max_redo", "invalid_below_s")


def comparable_spec(spec: Spec) -> dict[str, Any]:
    """The part of a spec that the fingerprint hashes."""
    content = spec.model_dump(mode="json")
    del content["require_counters"]
    for key in JUDGED_LATER:
        del content["protocol"][key]
    return content


def identity(spec: Spec, machine: Machine, inputs: "InputContents") -> dict[str, Any]:
    """Everything that the fingerprint hashes: the first line of a store's file."""
    return {
        "spec": comparable_spec(spec),
        "samples_sha256": inputs.samples_sha256,
        "tokenizer_sha256": inputs.tokenizer_sha256,
        # Without a pin, what `main` was when the model was fetched.
        **({} if inputs.hub_commit is None else {"hub_commit": inputs.hub_commit}),
        "hub_endpoint": os.environ.get("HF_ENDPOINT"),
        "device_kind": machine.kind,
        "versions": versions(),
    }


def fingerprint_of(identity_content: dict[str, Any]) -> str:
    """Name of the store's file for an identity."""
    return key_of(identity_content)
