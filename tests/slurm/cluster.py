"""A Slurm of one node on this machine, for tests: Debian's packages, daemons on loopback, fake GPUs as GRES.

    python tests/slurm/cluster.py FOLDER        # up, until a key is pressed; for trying things by hand

No systemd, no cgroups, no accounting database. Each GPU is a character device of our own: without a file, Slurm calls
the node invalid; with a plain file it leaves CUDA_VISIBLE_DEVICES empty. Only processes started here are ever ended.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
PLUGIN = "snakemake_executor_plugin_slurm"
#: The Snakemake plugin drops SLURM_CONF inside a job, so that `srun` there reads this folder.
SYSTEM_CONFIGURATION = Path("/etc/slurm")
#: Between SIGTERM and SIGKILL, as where nobody configured it.
KILL_WAIT_S = 30
CONFIGURATION = """
ClusterName=wattlab
SlurmctldHost={node}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={home}/munge.sock
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.pid
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmdParameters=config_overrides
MinJobAge=600
KillWait={kill_wait_s}
InactiveLimit=0
GresTypes=gpu
NodeName={node} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=test Nodes={node} Default=YES MaxTime=600 State=UP
"""


class NoSlurm(Exception):
    """The daemons were started and did not come up; its text has the ends of their logs."""


def why_not() -> str | None:
    """Null where a Slurm can be started here, else what lacks."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"no {', '.join(missing)}: apt-get install slurmctld slurmd slurm-client munge"
    if find_spec(PLUGIN) is None:
        return f"no {PLUGIN}: pip install -r profiles/slurm/requirements.txt"
    if os.getuid() != 0:
        return "its daemons need root"
    ours = [SYSTEM_CONFIGURATION / name for name in ("slurm.conf", "gres.conf", "cgroup.conf")]
    if any(path.exists() and not path.is_symlink() for path in ours):
        return f"{SYSTEM_CONFIGURATION} belongs to a cluster of this machine"
    return None


def _write_configuration(home: Path, node: str) -> None:
    for name in ("state", "spool", "gpus"):
        (home / name).mkdir()
    (home / "slurm.conf").write_text(CONFIGURATION.format(home=home, node=node, kill_wait_s=KILL_WAIT_S))
    lines = []
    for index in range(2):
        device = home / "gpus" / f"gpu{index}"
        os.mknod(device, 0o020600, os.makedev(1, 3))
        lines.append(f"NodeName={node} Name=gpu File={device}\n")
    (home / "gres.conf").write_text("".join(lines))
    (home / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    SYSTEM_CONFIGURATION.mkdir(exist_ok=True)
    for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
        link = SYSTEM_CONFIGURATION / name
        if link.exists():  # a link that leads nowhere was left by one that was killed
            raise NoSlurm(f"{link} leads to {link.readlink()}: another test's Slurm runs here; wait for its end")
        link.unlink(missing_ok=True)
        link.symlink_to(home / name)


def _commands(home: Path, node: str) -> list[list[str]]:
    """The daemons, each kept in the foreground as a child of this process."""
    configuration = str(home / "slurm.conf")
    munge = [f"--{key}={home}/{name}" for key, name in (("key-file", "munge.key"), ("socket", "munge.sock"))]
    munge += [
        f"--{key}={home}/munge.{end}" for key, end in (("pid-file", "pid"), ("log-file", "log"), ("seed-file", "seed"))
    ]
    return [
        ["munged", "--foreground", "--force", *munge],
        ["slurmctld", "-D", "-f", configuration],
        ["slurmd", "-D", "-f", configuration, "-N", node],
    ]


def _wait_until_idle(home: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        state = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True).stdout.strip()
        if state == "idle":
            return
        time.sleep(0.2)
    logs = "\n".join(path.read_text()[-1500:] for path in sorted(home.glob("*.log")))
    raise NoSlurm(f"Slurm did not come up:\n{logs}")


@contextmanager
def one_node_slurm(home: Path) -> Iterator[None]:
    """Slurm, as long as this lasts; `home` must be a new folder with a short name."""
    node = socket.gethostname().split(".")[0]
    home.mkdir(mode=0o755, parents=True)
    (home / "munge.key").write_bytes(os.urandom(1024))
    (home / "munge.key").chmod(0o600)
    _write_configuration(home, node)
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        for command in _commands(home, node):
            with (home / f"{command[0]}.out").open("wb") as output:
                daemons.append(subprocess.Popen(command, stdout=output, stderr=output))
            time.sleep(0.5)
        _wait_until_idle(home)
        yield
    finally:
        subprocess.run(["scancel", "--quiet", "--user=root"], check=False)
        time.sleep(1)
        for daemon in reversed(daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
            (SYSTEM_CONFIGURATION / name).unlink(missing_ok=True)


if __name__ == "__main__":
    if why_not():
        sys.exit(f"no Slurm here: {why_not()}")
    with one_node_slurm(Path(sys.argv[1])):
        input("Slurm is up; Enter ends it: ")
