"""The Makefile: what it lists, what it hands to Snakemake, what it keeps, and when it builds .venv."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.imports import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()

#: Stands in for python3.11: its "venv" holds a `python` whose exit status is the content of the file `pip-status`.
FAKE_PYTHON = f"""#!/bin/bash
if [[ $1 == -c ]]; then exec "{sys.executable}" "$@"; fi
[[ "$*" == "-m venv --clear .venv" ]] || exit 9
rm -rf .venv && mkdir -p .venv/bin
printf '#!/bin/bash\\necho "$@" >> calls\\necho "$WATTLAB_PUBLISHED_LOGS" >> logs\\nexit $(cat pip-status)\\n' > .venv/bin/python
chmod +x .venv/bin/python
"""


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = ("STUDY", "LOGS", "WATTLAB_PUBLISHED_LOGS")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key not in given}
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder, with a space in its name, that holds the Makefile, a lock and the fake interpreter."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "requirements.lock").write_text("a==1\n")
    (folder / "fake-python").write_text(FAKE_PYTHON)
    (folder / "fake-python").chmod(0o755)
    (folder / "pip-status").write_text("0")
    return folder


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    return make(folder, "install", "PYTHON=./fake-python")


def test_make_alone_lists_every_target() -> None:
    listed = set(re.findall(r"^  make (\S+)", make(ROOT).stdout, re.MULTILINE))
    declared = {name for line in re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE) for name in line.split()}
    assert listed == declared
    assert {"reproduce", "test", "check", "retry", "figures", "report", "published", "publish-docs", "help"} <= listed


def test_environment_is_built_once_and_again_when_the_lock_is_newer(checkout: Path) -> None:
    assert install(checkout).returncode == 0
    assert "--requirement requirements.lock" in (checkout / "calls").read_text()
    assert "Nothing to be done" in install(checkout).stdout
    newer = (checkout / ".venv/.installed").stat().st_mtime + 5
    os.utime(checkout / "requirements.lock", (newer, newer))
    (checkout / "calls").unlink()
    assert install(checkout).returncode == 0
    assert (checkout / "calls").exists()


def test_failed_installation_counts_as_none(checkout: Path) -> None:
    (checkout / "pip-status").write_text("1")
    assert install(checkout).returncode != 0
    assert not (checkout / ".venv/.installed").exists()
    (checkout / "pip-status").write_text("0")
    assert install(checkout).returncode == 0
    assert (checkout / ".venv/.installed").exists()


def test_absent_interpreter_is_named_with_the_remedy(checkout: Path) -> None:
    answer = make(checkout, "install", "PYTHON=python3.11-that-is-not-there")
    assert answer.returncode != 0
    assert "python3.11-that-is-not-there is not on the PATH" in answer.stderr
    assert "make PYTHON=" in answer.stderr


@pytest.mark.parametrize("target", ["reproduce", "plan", "retry", "tables", "figures", "report"])
def test_study_reaches_snakemake(checkout: Path, target: str) -> None:
    assert install(checkout).returncode == 0
    (checkout / "calls").unlink()
    assert make(checkout, target, "STUDY=studies/my own.yaml").returncode == 0
    assert (checkout / "calls").read_text().strip().endswith("--configfile studies/my own.yaml")
    (checkout / "calls").unlink()
    assert make(checkout, target).returncode == 0
    assert "--configfile" not in (checkout / "calls").read_text()


@pytest.mark.parametrize("named", ["/some/where/my logs.tar.gz", "my logs.tar.gz", None])
def test_published_hands_the_logs_on(checkout: Path, named: str | None) -> None:
    assert install(checkout).returncode == 0
    for file in ("calls", "logs"):
        (checkout / file).unlink()
    assert make(checkout, "published", *([] if named is None else [f"LOGS={named}"])).returncode == 0
    assert (checkout / "calls").read_text().strip().endswith("--cores all --configfile studies/published.yaml")
    expected = "" if named is None else str(checkout / named)
    assert (checkout / "logs").read_text().strip() == expected


def test_publish_docs_is_run_from_make(checkout: Path) -> None:
    assert install(checkout).returncode == 0
    (checkout / "calls").unlink()
    assert make(checkout, "publish-docs").returncode == 0
    assert (checkout / "calls").read_text().strip() == "-m publish_docs"


def test_clean_keeps_results_and_their_history(checkout: Path) -> None:
    kept = [checkout / name for name in ("results/repeats/a.jsonl", "results/__pycache__/b", ".snakemake/metadata/c")]
    gone = [checkout / name for name in (".venv/d", ".mypy_cache/e", "scripts/__pycache__/f")]
    for path in kept + gone:
        path.parent.mkdir(parents=True)
        path.write_text("")
    assert make(checkout, "clean").returncode == 0
    assert [path.exists() for path in kept] == [True] * 3
    assert [path.exists() for path in gone] == [False] * 3
