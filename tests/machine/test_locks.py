"""Jobs on a node with eight GPUs, started by the hundred and killed at random: no two ever hold the same GPU."""

import errno
import fcntl
import math
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import wattlab.machine.locks
from measure_cell import _hardware
from support.meters_fake import FakeGpus, fake_nvml
from wattlab.foundation.errors import NoDevice
from wattlab.foundation.holding import NoLock, locks_hold
from wattlab.machine.locks import gpu_lease, lock_folder, machine_is_mine, machine_lock, other_measurements
from wattlab.meters.contract import Gpu

N_GPUS, N_JOBS, N_STARTS = 8, 8, 200
GPUS = FakeGpus([Gpu(index, "Fake A100", f"GPU-{index:08d}", "0") for index in range(N_GPUS)])


@pytest.fixture(autouse=True)
def _locks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / "locks"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(wattlab.machine.locks, "POLL_S", 0.01)


def holds_alone(witness: Path, log: Path, seconds: float) -> None:
    """What a job does: take a GPU, try a second, independent kernel lock of the same GPU, and say what it found."""
    # Opened before the lease is taken: a dying process closes its files in that order, the witness first.
    witnesses = [(witness / gpu.uuid).open("a") for gpu in GPUS.gpus]
    with gpu_lease(GPUS) as gpu:
        try:
            fcntl.lockf(witnesses[gpu.index], fcntl.LOCK_EX | fcntl.LOCK_NB)
            word = "alone"
        except OSError:
            word = "SHARED"
        with log.open("a") as handle:
            handle.write(f"{word} {gpu.index}\n")
        time.sleep(seconds)
        fcntl.lockf(witnesses[gpu.index], fcntl.LOCK_UN)


def spawn(work: Callable[[], None]) -> int:
    """A process that does this and nothing else."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


@pytest.mark.slow
def test_eight_jobs_never_share_a_gpu_over_200_starts_with_random_kills(tmp_path: Path) -> None:
    chance = random.Random(0)
    witness, log = tmp_path / "witness", tmp_path / "log"
    witness.mkdir()
    running: dict[int, float] = {}  # when a process is to be killed; infinite: it may end by itself
    started = most_at_once = 0
    codes = []
    while started < N_STARTS or running:
        while len(running) < N_JOBS and started < N_STARTS:
            doomed = chance.random() < 0.3
            seconds = 60.0 if doomed else chance.uniform(0.02, 0.1)
            kill_at = time.monotonic() + chance.uniform(0.0, 0.1) if doomed else math.inf
            running[spawn(lambda seconds=seconds: holds_alone(witness, log, seconds))] = kill_at
            started += 1
        most_at_once = max(most_at_once, len(running))
        for pid, kill_at in running.items():
            if time.monotonic() > kill_at:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
        while running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            running.pop(pid)
            codes.append(os.waitstatus_to_exitcode(status))
    words = [line.split()[0] for line in log.read_text().splitlines()]
    assert (started, most_at_once) == (N_STARTS, N_JOBS)
    assert codes.count(-signal.SIGKILL) >= 40
    assert set(codes) == {0, -signal.SIGKILL}  # nobody failed, and nobody waited for ever
    assert len(words) >= 100 and set(words) == {"alone"}
    assert len({line.split()[1] for line in log.read_text().splitlines()}) >= 4  # several are held at once


@pytest.mark.slow
def test_the_witness_sees_two_holders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The test above can fail: jobs with lock folders of their own do share."""
    witness, log = tmp_path / "witness", tmp_path / "log"
    witness.mkdir()
    children = []
    for name in ("one", "other"):
        monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / name))
        children.append(spawn(lambda: holds_alone(witness, log, 0.5)))
    for child in children:
        os.waitpid(child, 0)
    assert sorted(log.read_text().splitlines()) == ["SHARED 0", "alone 0"]


@pytest.mark.slow
def test_a_ninth_job_waits_for_the_first_that_dies(tmp_path: Path) -> None:
    witness, log = tmp_path / "witness", tmp_path / "log"
    witness.mkdir()
    holders = [spawn(lambda: holds_alone(witness, log, 60.0)) for _ in range(N_GPUS)]
    deadline = time.monotonic() + 20
    while not (log.exists() and len(log.read_text().splitlines()) == N_GPUS) and time.monotonic() < deadline:
        time.sleep(0.01)
    ninth = spawn(lambda: holds_alone(witness, log, 0.0))
    time.sleep(0.2)
    assert os.waitpid(ninth, os.WNOHANG) == (0, 0)
    assert len({line.split()[1] for line in log.read_text().splitlines()}) == N_GPUS
    os.kill(holders[0], signal.SIGKILL)
    assert os.waitpid(ninth, 0)[1] == 0
    for holder in holders:
        if holder != holders[0]:
            os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
    assert {line.split()[0] for line in log.read_text().splitlines()} == {"alone"}


def test_a_gpu_that_is_not_visible_is_never_leased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,GPU-00000002")
    with gpu_lease(GPUS) as one, gpu_lease(GPUS) as other:
        assert {one.index, other.index} == {2, 5}


def test_a_gpu_that_is_cut_into_shares_is_never_leased() -> None:
    cut = Gpu(0, "Fake A100", "GPU-0", "0", sliced=True)
    with gpu_lease(FakeGpus([cut, Gpu(1, "Fake A100", "GPU-1", "0")])) as gpu:
        assert gpu.index == 1
    with pytest.raises(NoDevice, match="GPU 0: MIG is on.*-mig 0"), gpu_lease(FakeGpus([cut])):
        pass


@pytest.mark.parametrize("named", ["-1", "", "8", "MIG-4711"])
def test_without_a_visible_gpu_there_is_no_lease(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    with pytest.raises(NoDevice, match=f"CUDA_VISIBLE_DEVICES = '{named}' leaves none of the 8 GPU"), gpu_lease(GPUS):
        pass


def test_one_cell_at_a_time_holds_the_machine(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def measure() -> None:
        with machine_lock(), log.open("a") as handle:
            for word in ("begin", "end"):
                handle.write(f"{word} {os.getpid()}\n")
                handle.flush()
                time.sleep(0.02)

    children = [spawn(measure) for _ in range(6)]
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    lines = [line.split() for line in log.read_text().splitlines()]
    assert len(lines) == 12
    for (begin, one), (end, other) in zip(lines[::2], lines[1::2], strict=True):
        assert (begin, end, one) == ("begin", "end", other)


def test_the_leased_gpu_is_what_the_worker_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_nvml(monkeypatch, 2)
    with _hardware(False, "cuda") as one, _hardware(False, "cuda") as other:
        for index, environment in enumerate((one, other)):
            assert environment["CUDA_VISIBLE_DEVICES"] == environment["WATTLAB_GPU_INDEX"] == str(index)
            assert environment["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    with _hardware(True, "cpu") as environment:
        assert environment == {}


def test_the_lock_is_at_one_place_whatever_tmpdir_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WATTLAB_LOCKS")
    shared, private = tmp_path / "shared", tmp_path / "private"
    for folder, mode in ((private, 0o755), (shared, 0o1777)):
        folder.mkdir()
        folder.chmod(mode)
    monkeypatch.setattr(wattlab.machine.locks, "PLACES", (tmp_path / "none", private, shared))
    for temporary in ("one", "other"):
        monkeypatch.setenv("TMPDIR", str(tmp_path / temporary))
        assert lock_folder() == shared / "wattlab-locks"
    assert stat.S_IMODE(lock_folder().stat().st_mode) == 0o1777
    with machine_lock():
        assert stat.S_IMODE((lock_folder() / "machine.lock").stat().st_mode) == 0o666


@pytest.mark.parametrize("place", ["/proc/none", "a file/locks"])
def test_a_lock_that_can_not_be_opened_is_one_line_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / place))
    for lock in (machine_lock, machine_is_mine):
        with (
            pytest.raises(NoLock, match=f"{place}: the machine's locks can not lie there: .*set WATTLAB_LOCKS"),
            lock(),
        ):
            pass


def test_a_lock_of_another_user_is_one_line_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: Path, *rest: int) -> int:
        if str(path).endswith("machine.lock"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, *rest)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(NoLock, match=r"machine.lock: this lock can not be opened: Permission denied; let this user"):
        machine_lock().__enter__()


def test_locks_are_tried_with_two_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert locks_hold(tmp_path / "new")
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert not locks_hold(tmp_path)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(NoLock, match=f"{tmp_path} has no locks .No locks available.: mount it with them"):
        locks_hold(tmp_path)
    assert list(tmp_path.glob(".wattlab*")) == []


def test_a_measurement_that_holds_another_lock_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under another TMPDIR before, or by a lock that locks nothing; one under other locks is another machine's."""
    command = [sys.executable, "-c", "print('up', flush=True); input()", "-m", "wattlab.runs.worker"]
    environments = [dict(os.environ), os.environ | {"WATTLAB_LOCKS": "others"}]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        for environment in environments
    ]
    for worker in workers:
        assert worker.stdout is not None and worker.stdout.readline() == b"up\n"
    assert other_measurements() == [workers[0].pid]
    for worker in workers:
        worker.communicate(b"end\n")
    assert other_measurements() == []
