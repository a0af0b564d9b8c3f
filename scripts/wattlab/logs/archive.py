"""The logs as files: a folder, an archive (.tar.gz, .zip), or their home at a commit, and the checksum of what was read."""

import fnmatch
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from wattlab.foundation.errors import InputError, near_matches
from wattlab.logs.mapping import Home, Mapping
from wattlab.study.config import Logs

#: Names a folder or archive of published logs, where the study names none.
LOGS_VARIABLE = "WATTLAB_PUBLISHED_LOGS"

#: What archives are called; another file is a log by itself.
_ARCHIVES = tuple(suffix for _, suffixes, _ in shutil.get_unpack_formats() for suffix in suffixes)


@dataclass(frozen=True)
class LogFiles:
    """Name (relative, with `/`) -> content of every file of the logs."""

    source: str
    files: dict[str, bytes]

    def match(self, pattern: str) -> list[str]:
        """Sorted names that a file name or pattern means."""
        return sorted(fnmatch.filter(self.files, pattern))


def place_of(logs: Logs | None, home: Home | None, argument: str | None, fetched: Path) -> tuple[Path, bool]:
    """Where the logs are, and whether a person put them there: the argument, else the study, else the environment.

    Named nowhere, they are where a fetch puts them: `{fetched}/logs/{name}-{commit}`, which may not be there yet. The
    environment names a copy of published logs, those with a home.
    """
    named = argument or (logs and logs.path) or (home and os.environ.get(LOGS_VARIABLE))
    if named:
        return Path(named), True
    if home is None:
        raise InputError("logs.path is missing, and the mapping names no home of the logs: name a folder or an archive")
    return fetched / "logs" / f"{home.repository.split('/')[1]}-{home.commit[:7]}", False


def read_logs(path: Path, mapping: Mapping) -> LogFiles:
    """Read the files that the mapping may need; raises `InputError` where nothing fits its `windows`.

    A single folder around everything, as archives of repositories have it, is stripped.
    """
    wanted = sorted({name.split("/")[0] for name in mapping.patterns})  # so that a home folder is not read whole
    try:
        files = dict(_folder(path, wanted) if path.is_dir() else _archive(path))
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: no such folder or archive; correct logs.path of the study, or the place in `make published LOGS=PATH`"
        ) from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        why = " ".join(str(error).split())
        raise InputError(f"{path}: can not be read as a folder, .tar.gz or .zip ({why}); fetch it again") from error
    logs = LogFiles(path.name, files)
    if not any(logs.match(pattern) for pattern in mapping.windows):
        logs = LogFiles(path.name, {name.partition("/")[2]: content for name, content in files.items() if "/" in name})
    if not any(logs.match(pattern) for pattern in mapping.windows):
        if path.is_file() and not path.name.endswith(_ARCHIVES):
            raise InputError(
                f"{path}: neither an archive (.tar.gz, .zip) nor a log that `windows` = {mapping.windows} of the mapping "
                "names; give the folder or the archive of the logs"
            )
        there = files or [place.relative_to(path).as_posix() for place in path.rglob("*") if place.is_file()]
        raise InputError(
            f"{path}: no file fits windows = {mapping.windows} of the mapping; {near_matches(mapping.windows[0], there)}"
        )
    return logs


def _folder(root: Path, wanted: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    places = [place for pattern in wanted for place in sorted(root.glob(pattern))]
    if not places:  # everything lies in one folder below
        places = [place for pattern in wanted for place in sorted(root.glob(f"*/{pattern}"))]
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _archive(path: Path) -> Iterable[tuple[str, bytes]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as opened:
            for info in opened.infolist():
                if not info.is_dir():
                    yield info.filename, opened.read(info)
        return
    if not path.name.endswith(_ARCHIVES) and not tarfile.is_tarfile(path):
        yield path.name, path.read_bytes()
        return
    with tarfile.open(path, "r:*") as tar:
        for member in tar:
            handle = tar.extractfile(member) if member.isfile() else None
            if handle is not None:
                yield member.name.removeprefix("./"), handle.read()


def checksum_of(files: dict[str, bytes], home: Home | None) -> str:
    """`checksum` of what a home's own is over: its paths; without a home of every file."""
    return checksum(files, files if home is None else home.paths)


def checksum(files: dict[str, bytes], paths: Iterable[str]) -> str:
    """SHA-256 over the sorted `{sha256 of a file}  {name}` lines of every file at or below `paths`."""
    whole = hashlib.sha256()
    for name in sorted(files):
        if any(name == path or name.startswith(f"{path}/") for path in paths):
            whole.update(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def fetch(home: Home, destination: Path, url: str | None = None) -> None:
    """Fetch the logs from their home at the pinned commit into `destination`, whole or not at all.

    Raises `InputError` with the remedy where the network or git fails, or the checksum is another.
    """
    url = url or f"https://github.com/{home.repository}"
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as scratch:
        _git(["init", "--quiet", scratch], url)
        _git(["-C", scratch, "fetch", "--quiet", "--depth", "1", url, home.commit], url)
        _git(["-C", scratch, "-c", "core.autocrlf=false", "checkout", "--quiet", "FETCH_HEAD"], url)
        shutil.rmtree(Path(scratch) / ".git")
        found = checksum(dict(_folder(Path(scratch), ["*"])), home.paths)
        if found != home.sha256:
            raise InputError(
                f"{url} at {home.commit}: checksum {found} is not the expected {home.sha256}; "
                "fetch again, or correct `home` in the mapping"
            )
        kept = Path(scratch) / "kept"
        for path in home.paths:
            (kept / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(Path(scratch) / path), str(kept / path))
        shutil.rmtree(destination, ignore_errors=True)
        os.replace(kept, destination)


def _git(arguments: list[str], url: str) -> None:
    remedy = "download it elsewhere and name the folder or archive: `make published LOGS=PATH`"
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=600, env=environment, check=False
        )
    except FileNotFoundError as error:
        raise InputError(f"git is not installed, so {url} can not be fetched; install git, or {remedy}") from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{url} did not answer within ten minutes; {remedy}") from error
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{url} can not be fetched ({reason}); {remedy}")
