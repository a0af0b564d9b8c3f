"""Fetching logs from a git repository at a pinned commit, and the receipt."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from fetch_logs import main
from support.small_logs import files_of, mapping_of, study_of
from wattlab.foundation.errors import InputError
from wattlab.logs import archive
from wattlab.logs.mapping import Home

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def published(tmp_path: Path) -> tuple[Path, Home]:
    """A repository with the small logs, and its home as a mapping states it."""
    repository = tmp_path / "repository"
    for name, content in {**files_of(), "unrelated.txt": b"x"}.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_bytes(content)
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "logs")
    home = Home(
        repository="someone/logs",
        commit=git(repository, "rev-parse", "HEAD"),
        paths=["base", "complete"],
        sha256=archive.checksum(files_of(), ["base", "complete"]),
        licence="MIT",
    )
    return repository, home


def test_a_fetch_keeps_what_the_mapping_names(published, tmp_path):
    repository, home = published
    destination = tmp_path / "fetched" / "logs"
    archive.fetch(home, destination, url=str(repository))
    found = {path.relative_to(destination).as_posix() for path in destination.rglob("*") if path.is_file()}
    assert found == set(files_of())
    assert [path.name for path in destination.parent.iterdir()] == ["logs"]


def test_another_checksum_is_refused_and_leaves_nothing(published, tmp_path):
    repository, home = published
    other = home.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(InputError, match="checksum .* is not the expected"):
        archive.fetch(other, tmp_path / "fetched" / "logs", url=str(repository))
    assert list((tmp_path / "fetched").iterdir()) == []


def test_an_unknown_commit_is_one_message(published, tmp_path):
    repository, home = published
    other = home.model_copy(update={"commit": "0" * 40})
    with pytest.raises(InputError, match="can not be fetched .*`make published LOGS=PATH`"):
        archive.fetch(other, tmp_path / "fetched" / "logs", url=str(repository))


@pytest.fixture
def study_file(published, tmp_path) -> Path:
    _, home = published
    written = Path(mapping_of(tmp_path))
    written.write_text(yaml.safe_dump({**yaml.safe_load(written.read_text()), "home": home.model_dump()}))
    path = tmp_path / "study-0.json"
    path.write_text(study_of(str(written)).model_dump_json())
    return path


def receipt_for(study_file: Path, logs: Path) -> dict[str, object]:
    receipt = study_file.parent / "logs.json"
    assert main(["--study", str(study_file), "--receipt", str(receipt), "--logs", str(logs)]) == 0
    content: dict[str, object] = json.loads(receipt.read_text())
    return content


def test_the_receipt_of_local_logs_holds_no_path(published, study_file, capsys):
    repository, home = published
    receipt = receipt_for(study_file, repository)
    assert receipt == {"source": "local", "n_files": 4, "sha256": home.sha256, "as_published": True}
    assert str(repository) not in capsys.readouterr().out


def test_local_logs_that_differ_are_used_and_said_so(published, study_file, capsys):
    repository, _ = published
    (repository / "complete" / "imdb.csv").write_bytes(files_of()["complete/imdb.csv"] + b"\n")
    assert receipt_for(study_file, repository)["as_published"] is False
    assert "NOT the published ones" in capsys.readouterr().out


def test_a_missing_local_copy_is_named(study_file, tmp_path):
    with pytest.raises(InputError, match="no such folder or archive"):
        receipt_for(study_file, tmp_path / "nowhere")
