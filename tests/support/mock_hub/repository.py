"""A repository of the mock hub: its files, commits and access, and the answers of the hub's API about them."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

#: What a file holds: bytes, a file, or a function that makes the bytes when they are first asked for.
Content = bytes | Path | Callable[[], bytes]

#: Stored by the hub as large files by default (its .gitattributes): their ETag is the sha256, they come from a CDN.
LARGE_SUFFIXES = set(
    ".7z .arrow .bin .bz2 .ckpt .gz .h5 .jpg .model .msgpack .npy .npz .onnx .ot .parquet .png .pt .pth .safetensors"
    " .tar .tgz .xz .zip .zst".split()
)

_making = threading.RLock()


class Blob:
    """The content of one file, read or made when first asked for."""

    def __init__(self, path: str, content: Content):
        self.path = path
        self.large = Path(path).suffix in LARGE_SUFFIXES
        self._content = content
        self._hashes: tuple[int, str, str] | None = None

    def read(self) -> bytes:
        """All of it."""
        with _making:
            if isinstance(self._content, Path):
                return self._content.read_bytes()
            if not isinstance(self._content, bytes):
                self._content = self._content()
            return self._content

    def _described(self) -> tuple[int, str, str]:
        with _making:
            if self._hashes is None:
                data = self.read()
                git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
                self._hashes = len(data), hashlib.sha256(data).hexdigest(), git
            return self._hashes

    @property
    def size(self) -> int:
        """In bytes."""
        return self._described()[0]

    @property
    def sha256(self) -> str:
        """Of the content."""
        return self._described()[1]

    @property
    def oid(self) -> str:
        """Git's hash of it as a blob."""
        return self._described()[2]

    @property
    def etag(self) -> str:
        """As the hub gives it: sha256 of a large file, git's hash of another."""
        return self.sha256 if self.large else self.oid

    @property
    def lfs(self) -> dict[str, Any] | None:
        """What the API says of a large file besides; `oid` and `sha256` are the same hash under two names."""
        return (
            {"oid": self.sha256, "sha256": self.sha256, "size": self.size, "pointerSize": 134} if self.large else None
        )


@dataclass
class Repo:
    """A repository: what `main` holds, older commits and refs, and who may read it.

    Gated: anyone may list it; its files are 401 without a token and given with any, or 403 always where `refused`.
    Private: as if it did not exist, unless a token is sent. `moved_to`: its id answers with redirects to that id.
    """

    files: dict[str, Content]
    gated: bool = False
    refused: bool = False
    private: bool = False
    commit: str = ""
    other_commits: dict[str, dict[str, Content]] = field(default_factory=dict)
    moved_to: str | None = None
    _blobs: dict[str, dict[str, Blob]] = field(default_factory=dict, repr=False)

    def revision(self, name: str) -> tuple[str, dict[str, Blob]] | None:
        """Commit and files of a branch, ref or commit; null where there is none."""
        if name in ("main", "refs/heads/main") or (self.commit and name == self.commit):
            blobs = self._of("main", self.files)
            self.commit = self.commit or _commit_of(blobs)
            return self.commit, blobs
        for ref, files in self.other_commits.items():
            if name in (ref, ref.removeprefix("refs/")) or name == self._commit_of_ref(ref):
                return self._commit_of_ref(ref), self._of(ref, files)
        main = self.revision("main")
        return main if main is not None and main[0] == name else None

    def push(self, files: dict[str, Content]) -> str:
        """Let `main` move to other files; the commit that it leaves can still be asked for. Gives the new commit."""
        old = self.revision("main")
        assert old is not None, "a repository has a main branch"
        self.other_commits[old[0]] = self.files
        self._blobs[old[0]] = self._blobs.pop("main")
        self.files, self.commit = files, ""
        new = self.revision("main")
        assert new is not None, "a repository has a main branch"
        return new[0]

    def _commit_of_ref(self, ref: str) -> str:
        return ref if len(ref) == 40 else _commit_of(self._of(ref, self.other_commits[ref]))

    def _of(self, ref: str, files: dict[str, Content]) -> dict[str, Blob]:
        with _making:
            if ref not in self._blobs:
                self._blobs[ref] = {path: Blob(path, files[path]) for path in sorted(files)}
            return self._blobs[ref]


def _commit_of(blobs: dict[str, Blob]) -> str:
    listing = "\n".join(f"{path} {blob.oid}" for path, blob in blobs.items())
    return hashlib.sha1(f"commit\n{listing}".encode()).hexdigest()


def info(repo_id: str, kind: str, repo: Repo, commit: str, blobs: dict[str, Blob], sizes: bool) -> dict[str, Any]:
    """What `/api/{kind}/{id}` answers; `sizes`: with `?blobs=true`."""
    siblings = []
    for path, blob in blobs.items():
        sibling: dict[str, Any] = {"rfilename": path}
        if sizes:
            sibling |= {"size": blob.size, "blobId": blob.oid}
            if blob.lfs:
                sibling["lfs"] = blob.lfs
        siblings.append(sibling)
    answer = {
        "_id": commit[:24],
        "id": repo_id,
        "author": repo_id.split("/")[0],
        "sha": commit,
        "private": repo.private,
        "gated": "auto" if repo.gated or repo.refused else False,
        "disabled": False,
        "downloads": 1,
        "likes": 0,
        "tags": [],
        "siblings": siblings,
        "cardData": _card(blobs),
        "lastModified": "2026-01-01T00:00:00.000Z",
        "createdAt": "2026-01-01T00:00:00.000Z",
    }
    return answer | ({"modelId": repo_id} if kind == "models" else {})


def _card(blobs: dict[str, Blob]) -> dict[str, Any]:
    readme = blobs["README.md"].read().decode() if "README.md" in blobs else ""
    parts = readme.split("---\n", 2)
    return yaml.safe_load(parts[1]) or {} if readme.startswith("---\n") and len(parts) == 3 else {}


def entry(blob: Blob, expand: bool = False) -> dict[str, Any]:
    """A file as `/tree` and `/paths-info` list it."""
    listed: dict[str, Any] = {"type": "file", "path": blob.path, "size": blob.size, "oid": blob.oid}
    if blob.lfs:
        listed["lfs"] = blob.lfs
    if expand:
        listed["lastCommit"] = {"id": "0" * 40, "title": "Upload", "date": "2026-01-01T00:00:00.000Z"}
        listed["securityFileStatus"] = {"status": "safe"}
    return listed


def folder_entry(path: str) -> dict[str, Any]:
    """A folder as `/tree` and `/paths-info` list it."""
    return {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}


def folders(blobs: dict[str, Blob]) -> list[str]:
    """Every folder that a file lies in, sorted."""
    return sorted({str(parent) for path in blobs for parent in Path(path).parents} - {"."})


def tree(blobs: dict[str, Blob], under: str, recursive: bool, expand: bool) -> Iterator[dict[str, Any]]:
    """What `/tree/{revision}/{under}` lists."""

    def listed(path: str) -> bool:
        inside = path.startswith(f"{under}/") if under else True
        return inside and (recursive or "/" not in path.removeprefix(f"{under}/" if under else ""))

    yield from (folder_entry(path) for path in folders(blobs) if listed(path))
    yield from (entry(blob, expand) for path, blob in blobs.items() if listed(path))
