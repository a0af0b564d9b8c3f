"""How the mock hub answers one request."""

import json
import re
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from support.mock_hub.plain import ENDLESS_BYTES
from support.mock_hub.repository import Blob, Repo, entry, folder_entry, folders, info, tree

if TYPE_CHECKING:
    from support.mock_hub.server import MockHub, Server

_ID = r"(?P<id>(?:[\w.-]+/)?[\w.-]+)"
_API = re.compile(rf"/api/(?P<kind>models|datasets)/{_ID}(?:/(?P<what>revision|tree|paths-info|refs)(?P<rest>/.*)?)?")
RESOLVE = re.compile(rf"/(?P<kind>datasets/)?{_ID}/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
CDN = re.compile(rf"/cdn/(?P<kind>models|datasets)/{_ID}/(?P<revision>[0-9a-f]{{40}})/(?P<file>.+)")


@dataclass(frozen=True)
class Request:
    """A request as it came in; `path` without the query, decoded."""

    method: str
    path: str
    query: str
    range: str | None
    has_token: bool


class Refused(Exception):
    """An answer that is an error: status, the hub's X-Error-Code, and its message."""

    def __init__(self, status: int, code: str, message: str, **headers: str):
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers


class Handler(BaseHTTPRequestHandler):
    """Speaks the hub's protocol for reading. Ids and revisions are matched before decoding: a revision may hold %2F."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    @property
    def hub(self) -> "MockHub":
        """The hub that this connection is to."""
        return self.server.hub

    def log_message(self, format: str, *args: object) -> None:
        """Requests are kept in `MockHub.requests`."""

    def answer(self) -> None:
        """Note the request, misbehave where that is planned, answer."""
        split = urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.query = parse_qs(split.query)
        self.decoded = unquote(split.path)
        self.has_token = bool(self.headers.get("Authorization"))
        range_ = self.headers.get("Range")
        self.hub.requests.append(Request(str(self.command), self.decoded, split.query, range_, self.has_token))
        if delay := self.hub.faults.take(self.decoded, "delay"):
            time.sleep(delay.seconds)
        try:
            if self.hub.faults.take(self.decoded, "unavailable"):
                raise Refused(503, "", "Service Unavailable")
            self._route(split.path)
        except Refused as error:
            codes = {"X-Error-Code": error.code} if error.code else {}
            headers = codes | {"X-Error-Message": str(error)} | error.headers
            self._send_json({"error": str(error)}, error.status, headers)

    do_GET = do_HEAD = do_POST = answer

    def _route(self, path: str) -> None:
        if match := _API.fullmatch(path):
            self._api(match["kind"], match["id"], match["what"], (match["rest"] or "").strip("/"))
        elif match := CDN.fullmatch(path):
            _, blobs = self._revision(self._repo(match["kind"], match["id"]), match["revision"])
            self._content(blobs[unquote(match["file"])])
        elif match := RESOLVE.fullmatch(path):
            kind = "datasets" if match["kind"] else "models"
            self._resolve(kind, match["id"], unquote(match["revision"]), unquote(match["file"]))
        elif path.startswith("/files/"):
            self._plain(self.decoded.removeprefix("/files/"))
        else:
            raise Refused(404, "", f"Sorry, we can't find the page you are looking for: {path}")

    def _repo(self, kind: str, repo_id: str) -> Repo:
        repos = self.hub.models if kind == "models" else self.hub.datasets
        repo = repos.get(repo_id)
        if repo is None or (repo.private and not self.has_token):
            # The hub does not tell an anonymous client whether a repository is missing or private.
            raise Refused(404 if self.has_token else 401, "RepoNotFound", "Repository not found")
        if repo.moved_to:
            moved = self.path.replace(f"/{repo_id}", f"/{repo.moved_to}", 1)
            raise Refused(307, "", f"Temporary Redirect. Redirecting to {moved}", Location=moved)
        return repo

    def _revision(self, repo: Repo, name: str) -> tuple[str, dict[str, Blob]]:
        found = repo.revision(name)
        if found is None:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {name}")
        return found

    def _api(self, kind: str, repo_id: str, what: str | None, rest: str) -> None:
        repo = self._repo(kind, repo_id)
        revision, _, under = rest.partition("/")
        commit, blobs = self._revision(repo, unquote(revision) or "main")
        under = unquote(under).strip("/")
        if what == "tree":
            if under and under not in folders(blobs):
                raise Refused(404, "EntryNotFound", f"{under} does not exist on {revision}")
            self._send_json(list(tree(blobs, under, self._asks("recursive"), self._asks("expand"))))
        elif what == "paths-info":
            known = {path: folder_entry(path) for path in folders(blobs)}
            known |= {path: entry(blob) for path, blob in blobs.items()}
            self._send_json([known[path] for path in self._asked_paths() if path in known])
        elif what == "refs":
            branches = [{"name": "main", "ref": "refs/heads/main", "targetCommit": commit}]
            self._send_json({"branches": branches, "tags": [], "converts": [], "pullRequests": []})
        else:
            self._send_json(info(repo_id, kind, repo, commit, blobs, self._asks("blobs")))

    def _asks(self, key: str) -> bool:
        return self.query.get(key, ["false"])[0].lower() in ("true", "1")

    def _asked_paths(self) -> list[str]:
        if "json" in (self.headers.get("Content-Type") or ""):
            return list(json.loads(self.body)["paths"])
        return [path.strip("/") for path in parse_qs(self.body.decode()).get("paths", [])]

    def _resolve(self, kind: str, repo_id: str, revision: str, file: str) -> None:
        repo = self._repo(kind, repo_id)
        if repo.refused or (repo.gated and not self.has_token):
            message = f"Access to {kind[:-1]} {repo_id} is restricted."
            raise Refused(403 if self.has_token else 401, "GatedRepo", message)
        commit, blobs = self._revision(repo, revision)
        if file not in blobs:
            raise Refused(404, "EntryNotFound", "Entry not found", **{"X-Repo-Commit": commit})
        blob = blobs[file]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{blob.etag}"', "Accept-Ranges": "bytes"}
        if not blob.large:
            self._content(blob, headers)
            return
        headers |= {"X-Linked-Etag": f'"{blob.etag}"', "X-Linked-Size": str(blob.size)}
        headers["Location"] = f"{self.hub.cdn}/{kind}/{repo_id}/{commit}/{quote(file)}"
        self._send(302, b"", headers)

    def _content(self, blob: Blob, headers: dict[str, str] | None = None) -> None:
        headers = {"ETag": f'"{blob.etag}"', "Accept-Ranges": "bytes"} | (headers or {})
        headers["Content-Type"] = "application/octet-stream" if blob.large else "text/plain; charset=utf-8"
        data = blob.read()
        fault = None
        if self.command == "GET":
            fault = self.hub.faults.take(self.decoded, "truncate", "shorten", "corrupt", "stall")
        if fault and fault.kind == "corrupt":
            data = bytes(byte ^ 0xFF for byte in data[:1024]) + data[1024:]
        status, body = 200, data
        if range_ := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or ""):
            first, last = _bounds(range_[1], range_[2], len(data))
            if first > last:
                raise Refused(416, "", "Range Not Satisfiable", **{"Content-Range": f"bytes */{len(data)}"})
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            status, body = 206, data[first : last + 1]
        if fault and fault.kind == "stall":
            self._send(status, body[: len(body) // 2], headers, len(body))
            time.sleep(fault.seconds)
            self.wfile.write(body[len(body) // 2 :])
            return
        sent = body[: len(body) // 2] if fault and fault.kind in ("truncate", "shorten") else body
        self._send(status, sent, headers, len(body) if fault and fault.kind == "truncate" else len(sent))

    def _plain(self, name: str) -> None:
        file = self.hub.files.get(name)
        if file is None:
            raise Refused(404, "", "Not Found")
        if file.moved_to:
            self._send(302, b"", {"Location": f"/files/{quote(file.moved_to)}"})
            return
        data = Blob(name, file.content).read()
        headers = {"Content-Type": file.content_type}
        if file.endless:
            self._send_endlessly(data, headers)
        else:
            self._send(file.status, data, headers, file.declared_size)

    def _send_endlessly(self, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for key, value in (headers | {"Connection": "close"}).items():
            self.send_header(key, value)
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(ENDLESS_BYTES // len(data) if self.command == "GET" else 0):
                self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            return  # the client had enough, as it should

    def _send_json(self, answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = {"Content-Type": "application/json; charset=utf-8"}
        self._send(status, json.dumps(answer).encode(), content | (headers or {}))

    def _send(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        length = len(body) if length is None else length
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(length))
        if length > len(body):
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte that a Range header asks for; `-500` are the last 500."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
