"""The mock hub's server: the part of the hub's protocol that its clients speak when they read."""

import sys
import threading
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path

from support.mock_hub.faults import Faults
from support.mock_hub.handler import CDN, RESOLVE, Handler, Request
from support.mock_hub.plain import PlainFile
from support.mock_hub.repository import Repo


@dataclass
class MockHub:
    """A hub that serves these repositories, by id, while its `with` block lasts.

    `models` and `datasets` are looked up at each request: they may be changed meanwhile, and may make a repository
    when it is first asked for. `files` answer below `/files/`.
    """

    models: MutableMapping[str, Repo] = field(default_factory=dict)
    datasets: MutableMapping[str, Repo] = field(default_factory=dict)
    files: MutableMapping[str, PlainFile] = field(default_factory=dict)
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    def __enter__(self) -> "MockHub":
        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.hub = self
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        """Value of HF_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def cdn(self) -> str:
        """Where the content of large files comes from: to a client another host, which must not see its token."""
        return f"http://localhost:{self.port}/cdn"

    def environment(self, home: Path) -> dict[str, str]:
        """Variables that make a process take this hub for the hub, with its cache in `home` and no token."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_TOKEN": "",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def downloaded(self, repo_id: str) -> set[str]:
        """Files of a repository whose content was asked for, whole or in part."""
        found = set()
        for request in self.requests:
            match = CDN.fullmatch(request.path) or RESOLVE.fullmatch(request.path)
            if request.method == "GET" and match and match["id"] == repo_id:
                found.add(match["file"])
        return found


class Server(ThreadingHTTPServer):
    """Threads die with the process: a client may leave a connection open."""

    daemon_threads = True
    block_on_close = False
    hub: MockHub

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away amid an answer is no error of the hub."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]
