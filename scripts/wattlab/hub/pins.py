"""Which commits the catalog pins, what the hub says of them, and a catalog's file with another pin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.errors import RevisionNotFoundError

from wattlab.catalog.reading import Catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.foundation.files import write_text
from wattlab.foundation.stored import read_text
from wattlab.hub.client import hub, retried
from wattlab.hub.failures import HubUnavailable, RepositoryKind, hub_errors, no_hub

#: What a pin's line begins with in a file of the kind, and the key that it stands behind.
_BEHIND: dict[RepositoryKind, tuple[str, str]] = {"model": ("", "hub_id"), "dataset": ("  ", "id")}


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
        return "not to be had", f"{error.reason}; {error.remedy}"


def _commit(pinned: Pinned, revision: str | None) -> str:
    with hub_errors(pinned.kind, pinned.hub_id, revision):
        info = retried(
            lambda: hub().repo_info(
                pinned.hub_id, repo_type=pinned.kind, revision=revision, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
            )
        )
    if info.sha is None:
        raise no_hub(pinned.kind, pinned.hub_id, "it states no commit")
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
    """Pin a commit in the entry's file, all else left as it stands. Raises `InputError` where the file is not so laid out."""
    text = read_text(pinned.file, "write the entry first")
    blanks, key = _BEHIND[pinned.kind]
    bare = re.sub(rf"^{blanks}revision(_source)?: .*\n", "", text, flags=re.MULTILINE)
    lines = f"{blanks}revision: {commit}\n{blanks}revision_source: {source}\n"
    new = re.sub(rf"^{blanks}{key}: .*\n", lambda found: found[0] + lines, bare, count=1, flags=re.MULTILINE)
    write_text(pinned.file, new)
    content = read_yaml(pinned.file)
    if (content if pinned.kind == "model" else content["hub"]).get("revision") != commit:
        write_text(pinned.file, text)
        raise InputError(f"{pinned.file}: it has no line `{key}: …` to write behind; write revision: {commit} there")
