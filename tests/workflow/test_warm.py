"""The warm Python of the tests does what the real one does, and a program of it dies with its caller."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.warm import python_folder
from support.workflow import environment, warm_environment

PROGRAMS = {
    "streams, arguments, folder and environment": (
        "import os, sys\nprint(sys.argv, os.getcwd(), sys.path[0], os.environ.get('MINE'), __name__)\n"
        "print(sys.stdin.read(), file=sys.stderr)\n"
    ),
    "a number": "raise SystemExit(3)",
    "words": "raise SystemExit('error: no')",
    "nothing": "raise SystemExit",
    "what ends it": "import atexit\natexit.register(print, 'the end')\nprint('first')",
    "its own module": "import beside\nprint(beside.WORD)",
    "a signal": "import os\nos.kill(os.getpid(), 9)",
}


def run(folder: Path, warm: bool, *arguments: str) -> tuple[int, str, str]:
    """Exit status, and both streams."""
    variables = warm_environment() | ({} if warm else {"WATTLAB_WARM": ""})
    variables |= {"MINE": "of this call", "PYTHONPATH": str(folder / "start")}
    command = [str(python_folder()[0] / "python"), *arguments]
    done = subprocess.run(command, cwd=folder, env=variables, input="given", capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_does_what_it_does_in_the_real_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "program.py").write_text(text)
    (tmp_path / "beside.py").write_text("WORD = 'mine'")
    (tmp_path / "start").mkdir()
    (tmp_path / "start/sitecustomize.py").write_text("import os\nos.environ['MINE'] += ', from its start'")
    answers = [run(tmp_path, warm, "program.py", "a b", "--c") for warm in (True, False)]
    assert answers[0] == answers[1]
    assert ("from its start" in answers[0][1]) is ("MINE" in text)
    assert run(tmp_path, True, "-m", "program", "d")[0] == answers[1][0]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["import no_such_module", "def draw(): ...\ndrow()"])
def test_an_error_is_its_traceback_and_status_1(tmp_path: Path, text: str) -> None:
    (tmp_path / "program.py").write_text(text)
    (code, said, wrong), real = (run(tmp_path, warm, "program.py") for warm in (True, False))
    assert (code, said) == (1, "") == real[:2] and wrong.startswith("Traceback")
    assert wrong.splitlines()[-1] == real[2].splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_ends_the_caller_ends_the_program(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "program.py").write_text(
        "import os, time\nopen('pid.new', 'w').write(str(os.getpid()))\nos.rename('pid.new', 'pid')\ntime.sleep(60)"
    )
    command = [str(python_folder()[0] / "python"), "program.py"]
    running = subprocess.Popen(command, cwd=tmp_path, env=warm_environment())
    wait_until(lambda: (tmp_path / "pid").exists())
    running.send_signal(number)
    assert running.wait(timeout=30) == -number
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def wait_until(what: object) -> None:
    deadline = time.monotonic() + 30
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_person_s_environment_has_no_trace_of_it() -> None:
    assert "WATTLAB_WARM" not in environment()
    assert str(python_folder()[0]) not in environment()["PATH"].split(os.pathsep)
