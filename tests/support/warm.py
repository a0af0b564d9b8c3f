"""Python that has imported what is slow to import: each program is a fork of one process, so that it starts in milliseconds.

A program of the project imports pandas, matplotlib or Snakemake for a second before it works for a tenth of one, and the
tests start hundreds. `python_folder()` is a folder for the front of a PATH, whose `python` hands its arguments, folder,
environment and streams to that process, and ends as the fork does. A fork imports the project that lies before it;
none of its modules outlives it; a `sitecustomize` on its PYTHONPATH is imported first, as Python does. A module that
calls Python again (`-m`, then `sys.executable`) calls this one. Anything but a file or `-m` is the real Python, and so is
all where WATTLAB_WARM is empty.
"""

import array
import atexit
import hashlib
import importlib
import json
import os
import runpy
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import vl_convert

#: Others' packages alone, and none that reads the environment while it is imported, as the hub's clients do.
PRELOADED = (
    "altair",
    "filelock",
    "jinja2",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "matplotlib.pyplot",
    "numpy.random",
    "pandas",
    "PIL.Image",
    "psutil",
    "pyarrow.parquet",
    "pydantic",
    "scipy.stats",
    "seaborn",
    "snakemake.cli",
    "tabulate",
    "yaml",
)

#: Without `site`: it starts in ten milliseconds. Signals go on to the fork, a kill is one for the fork too.
CLIENT = """
import array, json, os, signal, socket, sys
program = {"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}
content = json.dumps(program).encode()
server = socket.socket(socket.AF_UNIX)
server.connect(os.environ["WATTLAB_WARM"])
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda number, frame: server.send(bytes([number])))
rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
server.sendmsg([len(content).to_bytes(4, "big")], rights)
server.sendall(content)
code = int.from_bytes(server.recv(4), "big", signed=True)
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@cache
def python_folder() -> tuple[Path, str]:
    """The folder of that `python`, and the value of WATTLAB_WARM. The process ends with this one."""
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    atexit.register(partial(subprocess.run, ["rm", "-rf", str(folder)]))
    (folder / "client.py").write_text(CLIENT)
    real, client = shlex.quote(sys.executable), shlex.quote(str(folder / "client.py"))
    program = (
        '#!/bin/sh\ncase "$WATTLAB_WARM:$1" in :*) ;; *:-m|*:*.py) '
        f'exec {real} -ISE {client} "$@" ;; esac\nexec {real} "$@"\n'
    )
    (folder / "bin").mkdir()
    (folder / "bin/python").write_text(program)
    (folder / "bin/python").chmod(0o755)
    place = str(folder / "socket")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    server = subprocess.Popen(
        [sys.executable, __file__, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return folder / "bin", place


def _received(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A program, and its three streams."""
    streams = array.array("i")
    head, rights, *_ = client.recvmsg(4, socket.CMSG_LEN(3 * streams.itemsize))
    for _, _, data in rights:
        streams.frombytes(data)
    content = b""
    while len(content) < int.from_bytes(head, "big"):
        content += client.recv(1 << 16)
    return json.loads(content), list(streams)


def _run(argv: list[str]) -> int:
    """What Python does with a module or a file; the exit status. What else it raises ends the fork as it ends Python."""
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:1] = path
    try:
        if any((Path(entry) / "sitecustomize.py").is_file() for entry in path):
            sys.modules.pop("sitecustomize", None)
            importlib.import_module("sitecustomize")
        if argv[0] == "-m":
            sys.path.insert(0, os.getcwd())
            sys.argv = argv[1:]
            sys.executable = shutil.which("python") or sys.executable
            runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, str(Path(argv[0]).resolve().parent))
            sys.argv = argv
            runpy.run_path(argv[0], run_name="__main__")
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except KeyboardInterrupt:
        return 130
    return 0


def _become(program: dict[str, Any], streams: list[int]) -> None:
    """Be that program, to its end."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
    os.closerange(3, 1024)
    os.chdir(program["cwd"])
    os.environ.clear()
    os.environ.update(program["env"])
    code = _run(program["argv"])
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):  # Snakemake starts one of a second with each job, and none is awaited
            thread.cancel()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()  # type: ignore[attr-defined]
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


class _Server:
    """Starts a fork for each client, tells it how the fork ended, and hands signals on."""

    def __init__(self, place: str) -> None:
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(place)
        self.listening.listen(64)
        self.events = selectors.DefaultSelector()
        self.on(self.listening, self.start)
        self.on(sys.stdin, lambda: os._exit(0))

    def on(self, what: Any, react: Callable[[], None]) -> None:
        self.events.register(what, selectors.EVENT_READ, react)

    def start(self) -> None:
        client, _ = self.listening.accept()
        program, streams = _received(client)
        pid = os.fork()
        if pid == 0:
            _become(program, streams)
        for stream in streams:
            os.close(stream)
        ended = os.pidfd_open(pid)
        self.on(client, lambda: self.hand_on(client, pid))
        self.on(ended, lambda: self.end(client, pid, ended))

    def hand_on(self, client: socket.socket, pid: int) -> None:
        numbers = client.recv(16)
        for number in numbers or [signal.SIGKILL]:
            os.kill(pid, number)
        if not numbers:
            self.events.unregister(client)

    def end(self, client: socket.socket, pid: int, ended: int) -> None:
        _, status = os.waitpid(pid, 0)
        self.events.unregister(ended)
        os.close(ended)
        if client in self.events.get_map():
            self.events.unregister(client)
        with suppress(OSError):  # it was killed
            client.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
        client.close()

    def serve(self) -> None:
        while True:
            for key, _ in self.events.select():
                # One reaction may have ended another's file.
                if key.fileobj in self.events.get_map():
                    key.data()


def _bundle_once(folder: Path) -> None:
    """Keep what vl-convert bundles in `folder`: it takes over a second for each page, for the same script."""
    real = vl_convert.javascript_bundle

    def bundle(snippet: str) -> str:
        kept = folder / f"{hashlib.sha256(snippet.encode()).hexdigest()}.js"
        if not kept.exists():
            new = kept.with_suffix(f".{os.getpid()}")
            new.write_bytes(real(snippet).encode())
            new.rename(kept)
        return kept.read_bytes().decode()

    vl_convert.javascript_bundle = bundle


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    _bundle_once(Path(sys.argv[1]).parent)
    server = _Server(sys.argv[1])
    print("ready", flush=True)
    server.serve()
