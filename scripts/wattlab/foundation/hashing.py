"""Canonical JSON and its SHA-256: how specs, samples and fingerprints are named."""

import hashlib
import json
from typing import Any

#: Length of the hashes that name files (48 bits: no collision among the specs of any study).
KEY_LENGTH = 12


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no blanks, no NaN (`ValueError`)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of(value: Any) -> str:
    """SHA-256 (64 hex digits) of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def key_of(value: Any) -> str:
    """The first 12 hex digits of `sha256_of`: names files."""
    return sha256_of(value)[:KEY_LENGTH]
