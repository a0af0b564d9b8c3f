"""Which commits the catalog pins, what the hub says of them, and a catalog's file with another pin."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import constants
from huggingface_hub.errors import RevisionNotFoundError

from wattlab.catalog.reading import Catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.foundation.files import write_bytes
from wattlab.hub.client import hub, retried
from wattlab.hub.failures import HubUnavailable, RepositoryKind, hub_errors, is_transient, no_hub

#: The mapping that a pin stands in, and the key that a new one stands behind.
_IN: dict[RepositoryKind, tuple[str, ...]] = {"model": (), "dataset": ("hub",)}
_BEHIND: dict[RepositoryKind, str] = {"model": "hub_id", "dataset": "id"}


@dataclass(frozen=True)
class Pinned:
    """A repository that an entry of the catalog names."""

    file: Path
    kind: RepositoryKind
    hub_id: str
    revision: str | None


def pins_of(catalog: Catalog, root: Path) -> Iterator[Pinned]:
    """Every repository of a catalog's folder."""
    for stem, model in catalog.models.items():
        yield Pinned(root / "models" / f"{stem}.yaml", "model", model.hub_id, model.revision)
    for name, dataset in catalog.datasets.items():
        yield Pinned(root / "datasets" / f"{name}.yaml", "dataset", dataset.hub.id, dataset.hub.revision)


def look_at(pinned: Pinned) -> tuple[str, str]:
    """Ask the hub for main's commit, and for the pinned one where that is another: how the pin stands to it, and main's commit.

    Where there is nothing, why and what to do.
    """
    try:
        main = _commit(pinned, None)
        if pinned.revision in (None, main):
            return "as main" if pinned.revision else "not pinned", main
        return "moved" if _is_known(pinned) else "unknown to the hub", main
    except HubUnavailable as error:
        passing = error.__cause__ is not None and is_transient(error.__cause__)
        return "no answer" if passing else "not to be had", f"{error.reason}; {error.remedy}"


def _commit(pinned: Pinned, revision: str | None) -> str:
    with hub_errors(pinned.kind, pinned.hub_id, revision):
        info = retried(
            lambda: hub().repo_info(
                pinned.hub_id, repo_type=pinned.kind, revision=revision, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
            )
        )
    if info.sha is None:
        raise no_hub(pinned.kind, pinned.hub_id, "it states no commit")
    if revision is None and info.id != pinned.hub_id:
        print(f"{pinned.kind} {pinned.hub_id}: renamed, {info.id} today; put that into {pinned.file.name}", flush=True)
    return info.sha


def _is_known(pinned: Pinned) -> bool:
    try:
        _commit(pinned, pinned.revision)
    except HubUnavailable as error:
        if isinstance(error.__cause__, RevisionNotFoundError):
            return False
        raise
    return True


def write_pin(pinned: Pinned, commit: str, source: str) -> None:
    """Pin a commit in the entry's file, every other byte left as it stands. Raises `InputError` where it can not be written, or
    says something else afterwards."""
    wanted = {"revision": commit, "revision_source": source}
    before = read_yaml(pinned.file)
    text = pinned.file.read_bytes().decode()
    new = _with_values(text, _IN[pinned.kind], _BEHIND[pinned.kind], wanted)
    after = {**before, **wanted} if pinned.kind == "model" else {**before, "hub": {**before["hub"], **wanted}}
    if yaml.safe_load(new) != after:
        raise InputError(f"{pinned.file}: laid out in a way that is not edited here; write revision: {commit} into it")
    try:
        if not os.access(pinned.file, os.W_OK):  # another file would take its place
            raise PermissionError
        write_bytes(pinned.file, new.encode())
    except OSError as error:
        raise InputError(
            f"{pinned.file}: not to be written; make it writable, or write revision: {commit} there"
        ) from error


def _with_values(text: str, place: Sequence[str], behind: str, wanted: dict[str, str]) -> str:
    """YAML with these values in the mapping at `place`; keys that it lacks are written behind the line of another one."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in place:
        node = next(value for name, value in node.value if name.value == key)
    there = {name.value: (name, value) for name, value in node.value}
    quoted = {key: json.dumps(value) if node.flow_style else _scalar(value) for key, value in wanted.items()}
    edits = [
        (value.start_mark.index, value.end_mark.index, f" {quoted[key]}" if value.value == "" else quoted[key])
        for key, (_, value) in there.items()
        if key in wanted
    ]
    edits = [(start, end, new + "\n" * (text[start:end].endswith("\n"))) for start, end, new in edits]
    lacking = [f"{key}: {value}" for key, value in quoted.items() if key not in there]
    if lacking and behind in there:
        name, value = there["revision" if "revision" in there else behind]
        end = value.end_mark.index - (text[value.end_mark.index - 1] == "\n")
        if node.flow_style:
            edits.insert(0, (end, end, "".join(f", {line}" for line in lacking)))
        else:
            line_end = len(text) if (found := text.find("\n", end)) < 0 else found - (text[found - 1] == "\r")
            newline = ("\r\n" if "\r\n" in text else "\n") + " " * name.start_mark.column
            edits.insert(0, (line_end, line_end, "".join(newline + line for line in lacking)))
    for start, end, new in sorted(edits, key=itemgetter(0), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _scalar(value: str) -> str:
    """A text as a value of block YAML on one line; digits alone would be a number."""
    return yaml.safe_dump(value, width=10**6).removesuffix("...\n").strip()
