"""A model of the hub: its revision resolved, its files chosen, downloaded and verified, and the receipt of it."""

from pathlib import Path
from typing import Any

from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub.hf_api import ModelInfo

from wattlab.catalog.reading import read_tasks
from wattlab.foundation.errors import Unavailable
from wattlab.foundation.files import free_bytes
from wattlab.foundation.stored import json_object
from wattlab.hub.choice import choose, notes_on
from wattlab.hub.client import hub, other_endpoint, retried
from wattlab.hub.download import RemoteFile, Repository, fetch_file, remote_file
from wattlab.hub.failures import HubUnavailable, hub_errors, no_hub
from wattlab.hub.receipts import FetchedFile, ModelFetch, Receipt, receipt_by
from wattlab.hub.structures import structure_of
from wattlab.hub.tensors import check_file

#: Left free on the disk beside a model.
SPARE_BYTES = 2**30

_GB = 10**9


def fetch_model(fetch: ModelFetch, hindrance: Unavailable | None = None) -> Receipt:
    """Fetch a model into the hub client's cache; the receipt says what came, or why nothing did.

    `hindrance`: why nothing can.
    """
    return receipt_by(lambda: _fetched(fetch), fetch, hindrance, other_endpoint())


def _fetched(fetch: ModelFetch) -> dict[str, Any]:
    """Commit, files, structure and notes of a model that could be had."""
    info = look_up(fetch)
    if info.sha is None:
        raise no_hub("model", fetch.hub_id, "it states no commit")
    repository = Repository("model", fetch.hub_id, info.sha)
    there = {file.path: file for file in map(remote_file, info.siblings or [])}
    paths = choose(there, fetch.library, lambda path: _json_of(repository, there[path]))
    files = [there[path] for path in paths]
    check_disk(repository, files)
    fetched = [_fetch(repository, file) for file in files]
    for path, file in fetched:
        check_file(path, file.path)
    snapshot = fetched[0][0].parents[files[0].path.count("/")]
    return {
        "commit": info.sha,
        "files": [file for _, file in fetched],
        "structure": None if fetch.structure_for is None else structure_of(read_tasks()[fetch.structure_for], snapshot),
        "notes": list(_notes(fetch, info, paths)),
    }


def look_up(fetch: ModelFetch) -> ModelInfo:
    """What the hub says of a model at its revision, its files with sizes and checksums. Raises `HubUnavailable`."""
    with hub_errors("model", fetch.hub_id, fetch.revision):
        return retried(
            lambda: hub().model_info(
                fetch.hub_id, revision=fetch.revision, files_metadata=True, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
            )
        )


def check_disk(repository: Repository, files: list[RemoteFile]) -> None:
    """Raise `HubUnavailable` where the disk of the cache has no room for what is not there yet."""
    needed = sum(file.size_bytes for file in files if not _is_cached(repository, file)) + SPARE_BYTES
    free = free_bytes(Path(constants.HF_HUB_CACHE))
    if needed > free:
        raise HubUnavailable(
            f"too large for the disk: {repository.hub_id} needs {needed / _GB:.2f} GB ({needed} bytes) and {free / _GB:.2f} GB are free",
            f"free {(needed - free) / _GB:.2f} GB on the disk of HF_HOME, or set HF_HOME to a larger one; then `make retry`",
        )


def _is_cached(repository: Repository, file: RemoteFile) -> bool:
    cached = try_to_load_from_cache(
        repository.hub_id, file.path, cache_dir=constants.HF_HUB_CACHE, revision=repository.commit
    )
    return isinstance(cached, str) and Path(cached).stat().st_size == file.size_bytes


def _fetch(repository: Repository, file: RemoteFile) -> tuple[Path, FetchedFile]:
    print(f"{file.path}: {file.size_bytes} bytes", flush=True)
    return fetch_file(repository, file)


def _json_of(repository: Repository, file: RemoteFile) -> dict[str, Any]:
    path, _ = fetch_file(repository, file)
    try:
        return json_object(path.read_bytes())
    except ValueError as error:
        raise HubUnavailable(f"{repository.hub_id}: {file.path} is no JSON object", "pin another commit") from error


def _notes(fetch: ModelFetch, info: ModelInfo, paths: list[str]) -> list[str]:
    notes = []
    if info.id != fetch.hub_id:
        notes.append(f"renamed: {fetch.hub_id} is {info.id} today; put that into its catalog entry or the study")
    return notes + notes_on(paths)
