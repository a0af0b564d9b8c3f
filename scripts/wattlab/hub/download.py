"""One file of a repository at a commit: downloaded into the hub client's cache and verified.

A file counts when its size and its checksum are what the hub states: the SHA-256 of a large file (LFS), else the SHA-1
of the git blob. Anything else is removed and fetched again, also where it lay in the cache before.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants, hf_hub_download
from huggingface_hub.hf_api import RepoFile, RepoSibling
from huggingface_hub.utils.sha import git_hash

from wattlab.hub.client import retried, token
from wattlab.hub.failures import HubUnavailable, RepositoryKind, hub_errors
from wattlab.hub.receipts import FetchedFile

#: How often a file is fetched that arrives whole and is not what the hub states.
TRIES = 3


@dataclass(frozen=True)
class Repository:
    """A repository at a commit."""

    kind: RepositoryKind
    hub_id: str
    commit: str


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub states it."""

    path: str
    size_bytes: int
    sha256: str | None
    git_sha1: str | None


def remote_file(entry: RepoSibling | RepoFile) -> RemoteFile:
    """A file of `model_info(files_metadata=True).siblings` or of `list_repo_tree`."""
    size_bytes = entry.lfs.size if entry.lfs else entry.size
    if size_bytes is None:
        raise HubUnavailable(
            f"the hub states no size for {entry.rfilename}",
            "set HF_ENDPOINT to a hub that states files with their sizes",
        )
    return RemoteFile(entry.rfilename, size_bytes, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)


def fetch_file(repository: Repository, file: RemoteFile) -> tuple[Path, FetchedFile]:
    """Download a file, unless it is in the cache, and verify it. Raises `HubUnavailable`."""
    with hub_errors(repository.kind, repository.hub_id, repository.commit):
        for _ in range(TRIES):
            path = retried(lambda: _download(repository, file))
            wrong, sha256 = verify(path, file)
            if wrong is None:
                return path, FetchedFile(path=file.path, size_bytes=file.size_bytes, sha256=sha256)
            print(f"{file.path}: {wrong}; removed", flush=True)
            _remove(path)
    raise HubUnavailable(
        f"{repository.kind} {repository.hub_id}: {file.path} {wrong}, {TRIES} times",
        "try again later: `make retry`; a proxy between this machine and the hub may alter files",
    )


def verify(path: Path, file: RemoteFile) -> tuple[str | None, str]:
    """What is wrong with a downloaded file (null: nothing), and the SHA-256 of its content."""
    size_bytes = path.stat().st_size
    with path.open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    if size_bytes != file.size_bytes:
        return f"has {size_bytes} bytes where the hub states {file.size_bytes}", sha256
    if file.sha256 not in (None, sha256):
        return "has another SHA-256 than the hub states", sha256
    if file.sha256 is None and file.git_sha1 not in (None, git_hash(path.read_bytes())):
        return "has another git hash than the hub states", sha256
    return None, sha256


def _download(repository: Repository, file: RemoteFile) -> Path:
    return Path(
        hf_hub_download(
            repository.hub_id,
            file.path,
            repo_type=repository.kind,
            revision=repository.commit,
            endpoint=constants.ENDPOINT,
            cache_dir=constants.HF_HUB_CACHE,
            token=token(),
        )
    )


def _remove(path: Path) -> None:
    """The name in the snapshot, and the blob that it points to."""
    blob = path.resolve()
    path.unlink()
    blob.unlink(missing_ok=True)
