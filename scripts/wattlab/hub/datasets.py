"""What the hub has of one split of a dataset: its commit, its files with their sizes. No file of rows is downloaded."""

from typing import Any

from huggingface_hub import DatasetCard, constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.hf_api import RepoFile

from wattlab.foundation.errors import Unavailable
from wattlab.hub.client import hub, other_endpoint, retried, token
from wattlab.hub.download import RemoteFile, Repository, fetch_file, remote_file
from wattlab.hub.failures import HubUnavailable, hub_errors, no_hub
from wattlab.hub.receipts import DatasetFetch, FetchedFile, Receipt, receipt_by
from wattlab.hub.splits import files_of_split

CARD = "README.md"

#: Paths asked for in one request.
_AT_ONCE = 500


class CardUnreadable(HubUnavailable):
    """The YAML block of a repository's README is none."""


def look_up(fetch: DatasetFetch, hindrance: Unavailable | None = None) -> Receipt:
    """The receipt of a split; `status: unavailable` where the hub does not have it or does not give it.

    `hindrance`: why it can not be looked up.
    """
    return receipt_by(lambda: _split(fetch), fetch, hindrance, other_endpoint())


def _split(fetch: DatasetFetch) -> dict[str, Any]:
    with hub_errors("dataset", fetch.hub_id, fetch.revision):
        info = retried(
            lambda: hub().dataset_info(fetch.hub_id, revision=fetch.revision, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT)
        )
    if info.sha is None:
        raise no_hub("dataset", fetch.hub_id, "it states no commit")
    repository = Repository("dataset", fetch.hub_id, info.sha)
    paths = [sibling.rfilename for sibling in info.siblings or []]
    _check_access(repository, paths)
    card = {} if fetch.files else card_of(repository, paths)
    files = remote_files(repository, files_of_split(fetch, paths, card))
    renamed = f"renamed: {fetch.hub_id} is {info.id} today; put that into its catalog entry"
    listed = [FetchedFile(path=file.path, size_bytes=file.size_bytes) for file in files]
    return {"commit": info.sha, "files": listed, "notes": [renamed] if info.id != fetch.hub_id else []}


def _check_access(repository: Repository, paths: list[str]) -> None:
    """Ask for a file's metadata: a gated repository lists its files to everybody and gives them to few."""
    # The card itself is open in some gated repositories.
    path = next((path for path in paths if path not in (CARD, ".gitattributes")), None)
    if path is not None:
        url = hf_hub_url(
            repository.hub_id, path, repo_type="dataset", revision=repository.commit, endpoint=constants.ENDPOINT
        )
        with hub_errors("dataset", repository.hub_id, repository.commit):
            retried(lambda: get_hf_file_metadata(url, token=token()))


def card_of(repository: Repository, paths: list[str] | None = None) -> dict[str, Any]:
    """The YAML block of a repository's README; empty where it has none. `paths`: its files, if they are known.

    Raises `HubUnavailable`, and `CardUnreadable` of it for a block that is no YAML."""
    if paths is not None and CARD not in paths:
        return {}
    found = _infos(repository, [CARD])
    if not found:
        return {}
    path, _ = fetch_file(repository, remote_file(found[0]))
    try:
        content: dict[str, Any] = DatasetCard(path.read_text(), ignore_metadata_errors=True).data.to_dict()
    except ValueError as error:
        raise CardUnreadable(
            f"dataset {repository.hub_id}: its card is not readable: {str(error).splitlines()[0]}",
            "name the split's files in `hub.files` of its catalog entry",
        ) from error
    return content


def remote_files(repository: Repository, paths: list[str]) -> list[RemoteFile]:
    """Files as the hub states them, in the order of `paths`. Raises `HubUnavailable`."""
    found = {info.path: info for info in _infos(repository, paths)}
    missing = [path for path in paths if path not in found]
    if missing:
        raise HubUnavailable(
            f"dataset {repository.hub_id} has no file {missing[0]} at revision {repository.commit}",
            "`make retry` once the hub has it again, or name another revision in the catalog",
        )
    return [remote_file(found[path]) for path in paths]


def _infos(repository: Repository, paths: list[str]) -> list[RepoFile]:
    infos: list[RepoFile] = []
    with hub_errors("dataset", repository.hub_id, repository.commit):
        for start in range(0, len(paths), _AT_ONCE):
            part = paths[start : start + _AT_ONCE]
            answer = retried(
                lambda part=part: hub().get_paths_info(  # type: ignore[misc]
                    repository.hub_id, part, revision=repository.commit, repo_type="dataset"
                )
            )
            infos += [info for info in answer if isinstance(info, RepoFile)]
    return infos
