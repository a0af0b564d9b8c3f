"""The Makefile: what it lists, what it hands to Snakemake, what it keeps, and when it builds .venv."""

import fcntl
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.imports import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()

#: Stands in for python3.11: its "venv" holds a `python` whose exit status is the content of the file `pip-status`.
FAKE_PYTHON = f"""#!/bin/bash
if [[ $1 == -c || $1 == --version ]]; then exec "{sys.executable}" "$@"; fi
[[ "$*" == "-m venv .venv.new" ]] || exit 9
mkdir -p .venv.new/bin
printf '#!/bin/bash\\nprintf "%%s|" "$@" >> words\\necho "$@" >> calls\\necho "$WATTLAB_PUBLISHED_LOGS" >> logs\\nexit $(cat pip-status)\\n' > .venv.new/bin/python
chmod +x .venv.new/bin/python
"""


def make(folder: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    given = ("STUDY", "LOGS", "WATTLAB_PUBLISHED_LOGS", "PYTHON")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key not in given}
    environment["PATH"] = path or environment["PATH"]
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder, with a space in its name, that holds the Makefile, a lock and the fake interpreter."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "envs").mkdir()
    for name in ("build.sh", "idle.sh"):
        shutil.copy(ROOT / "envs" / name, folder / "envs")
    for study in ("config.yaml", "studies/my own.yaml", "studies/published.yaml", "studies/quick.yaml"):
        (folder / study).parent.mkdir(exist_ok=True)
        (folder / study).write_text("")
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
    assert {
        "quick",
        "reproduce",
        "test",
        "check",
        "retry",
        "figures",
        "report",
        "published",
        "publish-docs",
        "help",
    } <= listed


def test_environment_is_built_once_and_again_when_the_lock_has_another_content(checkout: Path) -> None:
    first = install(checkout)
    assert first.returncode == 0
    assert f"with Python {platform.python_version()}, ./fake-python" in first.stdout
    assert "--requirement requirements.lock" in (checkout / "calls").read_text()
    (checkout / "calls").unlink()
    (checkout / "requirements.lock").touch()
    assert install(checkout).stdout == ""
    (checkout / "requirements.lock").write_text("a==2\n")
    assert install(checkout).returncode == 0
    assert (checkout / "calls").exists()
    assert not [path for path in checkout.iterdir() if path.suffix in (".new", ".old")]


def test_the_torch_of_the_machine_is_not_installed_again(checkout: Path, tmp_path: Path) -> None:
    """An interpreter that has a torch keeps it, and what is for development alone stays away; one without is told."""
    lock = "# measuring\ntorch==2.13.0\ntransformers==5\n\n# development: tests\npytest==9\n\n# transitive\nb==2\n"
    (checkout / "requirements.lock").write_text(lock)
    fake = FAKE_PYTHON.replace("-m venv .venv.new", "-m venv --system-site-packages .venv.new")
    has = '[[ $2 == "import torch" ]] && exit $(cat torch-status)\n'
    (checkout / "fake-python").write_text(fake.replace("if [[ $1 == -c ", has + "if [[ $1 == -c ", 1))
    (checkout / "torch-status").write_text("1")
    done = make(checkout, "install", "TORCH=system", "PYTHON=./fake-python")
    assert done.returncode != 0 and "fake-python has no torch" in done.stderr
    (checkout / "torch-status").write_text("0")
    assert make(checkout, "install", "TORCH=system", "PYTHON=./fake-python").returncode == 0
    wanted = (checkout / ".venv/requirements.txt").read_text()
    assert wanted == "# measuring\ntransformers==5\n\n# transitive\nb==2\n"
    assert (checkout / ".venv/.installed").read_text() == lock
    # It is remembered: nothing is built again, a later lock in the same way, and the lock's torch when it is asked for.
    (checkout / ".venv/mine").touch()
    for more in ([], ["TORCH=system"]):
        assert make(checkout, "install", *more, "PYTHON=./fake-python").returncode == 0
        assert (checkout / ".venv/mine").exists()
    (checkout / "requirements.lock").write_text(lock + "c==3\n")
    assert make(checkout, "install", "PYTHON=./fake-python").returncode == 0
    assert (checkout / ".venv/requirements.txt").exists() and (checkout / ".venv/.torch").read_text() == "system\n"
    (checkout / "fake-python").write_text(FAKE_PYTHON)
    assert make(checkout, "install", "TORCH=lock", "PYTHON=./fake-python").returncode == 0
    assert not (checkout / ".venv/requirements.txt").exists() and (checkout / ".venv/.torch").read_text() == "lock\n"
    done = make(checkout, "install", "TORCH=mine", "PYTHON=./fake-python")
    assert done.returncode != 0 and "TORCH=mine: give system" in done.stderr


def test_failed_installation_leaves_what_was_there(checkout: Path) -> None:
    assert install(checkout).returncode == 0
    (checkout / ".venv/mine").touch()
    (checkout / "requirements.lock").write_text("a==2\n")
    (checkout / "pip-status").write_text("1")
    assert install(checkout).returncode != 0
    assert (checkout / ".venv/mine").exists()
    assert (checkout / ".venv/.installed").read_text() == "a==1\n"
    (checkout / "pip-status").write_text("0")
    assert install(checkout).returncode == 0
    assert (checkout / ".venv/.installed").read_text() == "a==2\n"
    assert not (checkout / ".venv/mine").exists()


@pytest.mark.parametrize(("target", "name"), [("install", ".venv"), ("env-transformers4", ".venv-transformers4")])
def test_a_link_is_never_followed(checkout: Path, tmp_path: Path, target: str, name: str) -> None:
    assert install(checkout).returncode == 0
    shutil.copy(checkout / "requirements.lock", checkout / "requirements-transformers4.lock")
    theirs = tmp_path / "shared"
    theirs.mkdir()
    (theirs / "theirs").write_text("theirs")
    shutil.rmtree(checkout / name, ignore_errors=True)
    (checkout / name).symlink_to(theirs)
    answer = make(checkout, target, "PYTHON=./fake-python")
    assert answer.returncode != 0
    assert f"{name} is a link" in answer.stderr
    assert f"rm {name}" in answer.stderr
    assert [path.name for path in theirs.iterdir()] == ["theirs"]


def test_a_link_to_an_environment_of_this_lock_is_used(checkout: Path, tmp_path: Path) -> None:
    assert install(checkout).returncode == 0
    (checkout / ".venv").rename(tmp_path / "shared")
    (checkout / ".venv").symlink_to(tmp_path / "shared")
    assert install(checkout).returncode == 0
    assert (checkout / ".venv").is_symlink()


@pytest.mark.slow
def test_a_real_environment_works_from_its_place(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("# nothing\n")
    assert make(checkout, "install", f"PYTHON={sys.executable}").returncode == 0
    pip = subprocess.run([checkout / ".venv/bin/pip", "--version"], capture_output=True, text=True, check=True)
    assert f"{checkout}/.venv/lib" in pip.stdout
    assert f"VIRTUAL_ENV={shlex.quote(f'{checkout}/.venv')}" in (checkout / ".venv/bin/activate").read_text().replace(
        '"', "'"
    )


def test_absent_interpreter_is_named_with_the_remedy(checkout: Path) -> None:
    answer = make(checkout, "install", "PYTHON=python3.11-that-is-not-there")
    assert answer.returncode != 0
    assert "python3.11-that-is-not-there not on the PATH" in answer.stderr
    assert "make PYTHON=" in answer.stderr


@pytest.mark.parametrize("there", [("python3.12",), ("python3.13", "python3.12"), ("python3.10", "python3.13")])
def test_the_first_python_that_is_there_is_taken(checkout: Path, tmp_path: Path, there: tuple[str, ...]) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in there:
        shutil.copy(checkout / "fake-python", programs / name)
    for name in ("python3.11", "python3.12", "python3.13"):
        if name not in there:  # as pyenv's, for a version that is not chosen
            (programs / name).write_text("#!/bin/sh\nexit 127\n")
            (programs / name).chmod(0o755)
    answer = make(checkout, "install", path=f"{programs}:{os.environ['PATH']}")
    assert answer.returncode == 0, answer.stderr
    expected = min(name for name in there if name != "python3.10")
    assert f"{programs}/{expected} (some minutes" in answer.stdout


def test_a_colon_in_the_path_is_one_message(tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    (folder / "envs").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "envs/build.sh", folder / "envs")
    answer = make(folder, "plan")
    assert answer.returncode != 0
    assert "take a colon in the PATH for the end of a folder: move this checkout" in answer.stderr


@pytest.mark.parametrize("target", ["reproduce", "plan", "tables", "figures", "report", "unlock"])
@pytest.mark.parametrize("study", ["studies/none.yaml", "config.yaml studies/published.yaml", "studies"])
def test_a_study_that_is_no_file_is_one_line(checkout: Path, target: str, study: str) -> None:
    assert install(checkout).returncode == 0
    answer = make(checkout, target, f"STUDY={study}")
    assert answer.returncode != 0
    assert answer.stderr.splitlines()[0] == (
        f"error: STUDY={study}: no such file; name one study, config.yaml or a file of studies/"
    )
    assert "snakemake" not in (checkout / "calls").read_text()


@pytest.mark.parametrize(
    ("given", "folders"),
    [
        ("/a/results /b/results", ["/a/results", "/b/results"]),
        ("'/node 1/results' /b/results", ["/node 1/results", "/b/results"]),
        ("node 1/results", ["node 1/results"]),
    ],
)
def test_folders_to_merge_may_have_blanks(checkout: Path, given: str, folders: list[str]) -> None:
    assert install(checkout).returncode == 0
    (checkout / "node 1/results").mkdir(parents=True)
    (checkout / "words").unlink()
    assert make(checkout, "merge", f"FROM={given}").returncode == 0
    assert (checkout / "words").read_text() == "|".join(["-m", "merge_runs", *folders, ""])


def test_quick_is_reproduce_with_its_own_study(checkout: Path) -> None:
    assert install(checkout).returncode == 0
    assert make(checkout, "quick").returncode == 0
    assert (checkout / "calls").read_text().strip().endswith("-m snakemake --cores all --configfile studies/quick.yaml")


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
    gone = [
        checkout / name
        for name in (".venv.new/g", ".venv-transformers4/h", ".venv/d", ".mypy_cache/e", "scripts/__pycache__/f")
    ]
    for path in kept + gone:
        path.parent.mkdir(parents=True)
        path.write_text("")
    assert make(checkout, "clean").returncode == 0
    assert [path.exists() for path in kept] == [True] * 3
    assert [path.exists() for path in gone] == [False] * 5


@pytest.fixture
def real(checkout: Path) -> Path:
    """The checkout with the programs, and with the environment of these tests as its own."""
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").write_text(f'#!/bin/bash\nexec "{sys.executable}" "$@"\n')
    (checkout / ".venv/bin/python").chmod(0o755)
    shutil.copy(checkout / "requirements.lock", checkout / ".venv/.installed")
    (checkout / "scripts").symlink_to(ROOT / "scripts")
    return checkout


#: What is no study, and what is said of it.
UNREADABLE = {
    b"- a\n": "it holds list, and a study is a mapping",
    b"": "it is empty, and a study is a mapping",
    "study: mine\n".encode("utf-16"): "not UTF-8 text",
    "study: größe\n".encode("latin-1"): "not UTF-8 text",
    b"study: [\n": "not YAML",
}
TARGETS = ("reproduce", "history", "plan", "tables", "figures", "report", "unlock", "retry")


# Two programs read a study, the one of HAS_STUDY and a verb's own: each meets all that is unreadable, every target the first.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "content"),
    [*((target, b"- a\n") for target in TARGETS), *((two, bad) for two in TARGETS[:2] for bad in list(UNREADABLE)[1:])],
)
def test_a_study_that_can_not_be_read_is_told_by_name(real: Path, target: str, content: bytes) -> None:
    (real / "studies/bad.yaml").write_bytes(content)
    if target in ("retry", "history"):
        (real / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    answer = make(real, target, "STUDY=studies/bad.yaml")
    assert answer.returncode != 0
    assert answer.stderr.startswith(f"error: studies/bad.yaml: {UNREADABLE[content]}")
    assert "Traceback" not in answer.stderr and answer.stdout == ""


def test_again_without_a_cell_says_how_to_name_one(real: Path) -> None:
    answer = make(real, "again")
    assert answer.returncode != 0
    assert answer.stderr.splitlines()[0] == "error: name the cell: make again CELL=task/dataset/model"


@pytest.mark.parametrize("held", [".snakemake/wattlab.lock", "requirements.lock"])
def test_clean_takes_nothing_from_a_study_that_runs_nor_from_a_build(checkout: Path, held: str) -> None:
    assert install(checkout).returncode == 0
    (checkout / held).parent.mkdir(exist_ok=True)
    with (checkout / held).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = make(checkout, "clean")
        assert answer.returncode != 0
        assert answer.stderr.splitlines()[0] == (
            f"error: a study runs in this folder, or its environment is being built ({held} is held): wait for it to end"
        )
        assert (checkout / ".venv/.installed").exists()
    assert make(checkout, "clean").returncode == 0
    assert not (checkout / ".venv").exists()


def test_no_environment_is_replaced_under_a_study_that_runs(checkout: Path) -> None:
    assert install(checkout).returncode == 0
    (checkout / "requirements.lock").write_text("a==2\n")
    (checkout / ".snakemake").mkdir()
    with (checkout / ".snakemake/wattlab.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = install(checkout)
        assert answer.returncode != 0 and "a study runs in this folder" in answer.stderr
        assert (checkout / ".venv/.installed").read_text() == "a==1\n"
    assert install(checkout).returncode == 0
    assert (checkout / ".venv/.installed").read_text() == "a==2\n"


@pytest.mark.slow
def test_two_calls_build_one_after_the_other_and_the_second_finds_it_whole(checkout: Path) -> None:
    slow = FAKE_PYTHON.replace("mkdir -p .venv.new/bin", "echo built >> builds; sleep 1; mkdir -p .venv.new/bin")
    (checkout / "fake-python").write_text(slow)
    command = ["make", "install", "PYTHON=./fake-python"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    both = [
        subprocess.Popen(command, cwd=checkout, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [call.communicate(timeout=60)[1] for call in both]
    assert [call.returncode for call in both] == [0, 0], said
    assert sorted(said) == ["", "waiting for another make that builds .venv\n"]
    assert (checkout / "builds").read_text() == "built\n"
