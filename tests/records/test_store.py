"""The repeat store: nothing finished is lost, nothing is written twice."""

import errno
import fcntl
import json
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from support import measurements
from wattlab.foundation.errors import InputError
from wattlab.foundation.holding import NoLock
from wattlab.records.record import Observed
from wattlab.records.store import StoreWriter, end_dead_sessions, open_store, read_events, read_store

OBSERVED = set(Observed.model_fields)


def observed(index: int, **extra: object) -> dict[str, object]:
    return measurements.repeat(index, **extra).model_dump(mode="json", include=OBSERVED)


def session(name: str) -> dict[str, object]:
    whole = measurements.session(name, phases=False).model_dump(mode="json")
    return {
        key: whole[key] for key in whole if key not in ("load", "transfer", "warmup", "ended", "ended_at_utc", "reason")
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "repeats/task/dataset/model/abc.jsonl"
    with open_store(path, {"spec": 1}) as store:
        store.append("session", **session("s1"))
        store.append("passes", session="s1", passes=3, last_inference_s=0.1)
        store.append("repeat", **observed(0, cpu_j=10.0))
        store.append("repeat", **observed(1, cpu_j=11.0))
    return path


def test_what_was_written_is_read(path: Path) -> None:
    stored = read_store(path)
    assert stored.passes == 3
    assert [repeat.energy_cpu_j for repeat in stored.observed] == [10.0, 11.0]
    assert [(s.session, s.ended) for s in stored.sessions] == [("s1", "killed")]
    assert stored.done == {}


def test_identity_is_written_once(path: Path) -> None:
    with open_store(path, {"spec": 2}):
        pass
    assert [event["event"] for event in read_events(path)].count("identity") == 1
    assert read_events(path)[0] == {"event": "identity", "schema_version": 1, "spec": 1}


def test_a_store_without_a_version_is_of_the_first(path: Path) -> None:
    path.write_text(path.read_text().replace('"schema_version": 1, ', ""))
    assert len(read_store(path).observed) == 2
    assert [event["event"] for event in read_events(path)][0] == "identity"


def test_a_store_of_a_newer_version_is_refused_in_one_line(path: Path) -> None:
    text = path.read_text()
    path.write_text(
        text.replace('"schema_version": 1', '"schema_version": 2').replace('"index": 0', '"index": 0, "of": 7')
    )
    with pytest.raises(
        InputError, match=r"c.jsonl: schema_version = 2: a newer wattlab wrote .* update wattlab"
    ) as caught:
        read_store(path)
    assert "\n" not in str(caught.value)
    path.write_text(text.replace('"index": 0', '"index": 0, "sesion": 7'))
    with pytest.raises(InputError, match=r"c.jsonl: sesion = 7: unknown key; did you mean 'session'"):
        read_store(path)


def test_a_torn_last_line_is_left_out_and_then_cut(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event": "repeat", "ind')
    assert len(read_store(path).observed) == 2
    with open_store(path, {"spec": 1}) as store:
        store.append("repeat", **observed(2))
    assert path.read_bytes().startswith(whole)
    assert [repeat.index for repeat in read_store(path).observed] == [0, 1, 2]


def test_damage_inside_the_file_is_not_taken_for_a_crash(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"event": "passes"', b'"event: "passes"'))
    with pytest.raises(InputError, match="line 3 is not JSON; restore the file from a copy"):
        read_store(path)


@pytest.mark.parametrize(
    "line", ["garbage", '["event"]', '{"event": "ended", "session": "none"}', '{"event": "passes"}']
)
def test_damage_of_any_kind_is_one_message(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(InputError, match="abc.jsonl: .*restore the file from a copy, or move it away"):
        read_store(path)


def test_sessions_end_done_failed_or_killed(path: Path) -> None:
    writer = StoreWriter(path)
    writer.end("s1", "failed", reason="out of memory")
    writer.append("session", **session("s2"))
    writer.end("s2", "done", repeats=3, max_redo=2)
    writer.append("session", **session("s3"))
    stored = read_store(path)
    assert [(s.session, s.ended, s.reason) for s in stored.sessions][:2] == [
        ("s1", "failed", "out of memory"),
        ("s2", "done", None),
    ]
    assert stored.sessions[2].ended == "killed"
    assert stored.done == {"s2": (3, 2)}


def test_every_line_is_one_event(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert "event" in json.loads(line)


def test_a_line_that_does_not_fit_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as context, pytest.raises(OSError, match="No space left"):
        context.setattr(os, "fsync", full)
        StoreWriter(path).append("repeat", **observed(2))
    assert path.read_bytes() == whole
    StoreWriter(path).append("repeat", **observed(2))
    assert [repeat.index for repeat in read_store(path).observed] == [0, 1, 2]


FULL = """
import resource, sys
from pathlib import Path
from wattlab.records.store import StoreWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    StoreWriter(Path(sys.argv[1])).append("repeat", index=2, text="x" * 60)
except OSError as error:
    print(error.errno)
"""


def test_what_a_full_disk_refused_does_not_come_back_on_closing(path: Path) -> None:
    """A limit on the file's size refuses the second half of a line, as a full disk does; then there is room again."""
    whole = path.read_bytes()
    fits = len(whole) + 40  # some of the line, and all of what a buffer would hold back
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path), str(fits)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(errno.EFBIG)]
    assert path.read_bytes() == whole


def test_the_parent_ends_the_sessions_of_its_dead_worker_alone(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b'{"event": "session", "torn')
    StoreWriter(path)
    with open_store(path, {}) as store:
        store.append("session", **session("s2"))
    path.write_bytes(path.read_bytes() + b'{"event": "rep')
    end_dead_sessions(path, {"s1"}, "out of memory")
    assert [(s.session, s.ended, s.reason) for s in read_store(path).sessions] == [
        ("s1", "killed", "it was stopped before it could say so"),
        ("s2", "failed", "out of memory"),
    ]
    end_dead_sessions(path.with_name("none.jsonl"), set(), "it never opened its store")
    assert not path.with_name("none.jsonl").exists()


WRITER = """
import sys
from pathlib import Path
from records import test_store
from wattlab.records.store import open_store, read_store
path, wanted = Path(sys.argv[1]), 10
print("up", flush=True)
sys.stdin.readline()
with open_store(path, {"spec": 1}) as store:
    for index in range(len(read_store(path).observed), wanted):
        store.append("repeat", **test_store.observed(index, cpu_j=float(sys.argv[2])))
"""


@pytest.mark.slow
def test_two_writers_never_double_a_repeat(path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), energy_j],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for energy_j in ("1", "2")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "up\n"
    threads = [threading.Thread(target=writer.communicate, args=("go\n",)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer.returncode for writer in writers] == [0, 0]
    repeats = read_store(path).observed
    assert [repeat.index for repeat in repeats] == list(range(10))
    assert {repeat.energy_cpu_j for repeat in repeats[2:]} in ({1.0}, {2.0}), "the second writer finds nothing to do"


# ------------------------------------------------------------------- locks that lock nothing, or are not there

#: Begins a process in which flock says yes and does nothing, as on Lustre without -o flock.
NO_LOCKS = "import fcntl; fcntl.flock = lambda *_: None\n"

OTHER_PARENT = """
import sys
from pathlib import Path
from wattlab.records.store import end_dead_sessions
end_dead_sessions(Path(sys.argv[1]), set(), "the worker was ended by SIGKILL")
"""

#: Writes what it is told to when it is told to; "up" when it holds the store.
SLOW_WRITER = """
import sys
from pathlib import Path
from records import test_store
from wattlab.foundation.errors import InputError
from wattlab.foundation.holding import NoLock
from wattlab.records.store import open_store
try:
    with open_store(Path(sys.argv[1]), {"spec": 1}) as store:
        print("up", flush=True)
        for index in sys.stdin:
            store.append("repeat", **test_store.observed(int(index)))
            print("written", flush=True)
except InputError as error:
    print(error, flush=True)
"""


def begun(code: str, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: "subprocess.Popen[str]", order: str = "") -> str:
    assert process.stdin is not None and process.stdout is not None
    if order:
        print(order, file=process.stdin, flush=True)
    return process.stdout.readline().strip()


def test_a_second_writer_is_refused_where_the_lock_locks_nothing(path: Path) -> None:
    one = begun(NO_LOCKS + SLOW_WRITER, path)
    assert said(one) == "up"
    refusal = said(begun(NO_LOCKS + SLOW_WRITER, path))
    assert f"process {one.pid} on " in refusal and "writes to this cell too" in refusal and "make doctor" in refusal
    assert said(one, "2") == "written"
    one.communicate()
    assert [repeat.index for repeat in read_store(path).observed] == [0, 1, 2]
    assert not path.with_suffix(".writer").exists()


def test_a_live_session_is_not_ended_by_another_parent(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    with open_store(path, {}) as store:
        store.append("session", **session("alive"))
        _, error = begun(NO_LOCKS + OTHER_PARENT, path).communicate()
        assert error == ""
        assert read_store(path).sessions[-1].ended == "killed"
        store.end("alive", "done", repeats=2, max_redo=0)


def elsewhere(path: Path) -> None:
    """Let the writer of a store be one of another machine."""
    writer = path.with_suffix(".writer")
    writer.write_text(json.dumps(json.loads(writer.read_text()) | {"place": "another boot", "host": "node2"}))


@pytest.mark.slow
def test_a_writer_that_was_taken_over_writes_no_more(path: Path) -> None:
    """Two machines: whether the first writer lives can not be seen from the second, whose lock was free."""
    one = begun(NO_LOCKS + SLOW_WRITER, path)
    assert said(one) == "up"
    elsewhere(path)
    other = begun(NO_LOCKS + SLOW_WRITER, path)
    assert (said(other), said(other, "2")) == ("up", "written")
    assert f"process {other.pid} on " in said(one, "2")
    assert said(other, "3") == "written"
    for process in (one, other):
        process.communicate()
    assert [repeat.index for repeat in read_store(path).observed] == [0, 1, 2, 3]


def test_the_writer_of_a_dead_machine_stops_nobody(path: Path) -> None:
    one = begun(SLOW_WRITER, path)
    assert said(one) == "up"
    one.kill()
    one.wait()
    assert path.with_suffix(".writer").exists()
    elsewhere(path)
    with open_store(path, {}) as store:
        store.append("repeat", **observed(2))
    assert [repeat.index for repeat in read_store(path).observed] == [0, 1, 2]


def test_a_store_that_grew_behind_its_writer_gets_no_more_lines(path: Path) -> None:
    """What a program does that knows nothing of the writer's file."""
    with open_store(path, {}) as store:
        path.write_bytes(path.read_bytes() + b'{"event": "passes", "passes": 1}\n')
        with pytest.raises(NoLock, match="writes to this cell too"):
            store.append("repeat", **observed(2))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_one_message(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(NoLock, match=f"{path.parent} has no locks .{os.strerror(number)}.: mount"),
        open_store(path, {}),
    ):
        pass


@pytest.mark.slow
def test_who_waits_says_for_whom(path: Path) -> None:
    one = begun(SLOW_WRITER, path)
    assert said(one) == "up"
    other = begun("import sys\nfrom pathlib import Path\n" + WAITER, path)
    assert other.stderr is not None
    assert (
        other.stderr.readline()
        == f"waiting for process {one.pid} on {platform.node()} to end, which writes to {path}\n"
    )
    one.communicate()
    assert other.wait(timeout=30) == 0


WAITER = "from wattlab.records.store import wait_for_writer\nwait_for_writer(Path(sys.argv[1]))\n"
