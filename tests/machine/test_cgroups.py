"""Limits of control groups: both versions, the process's own group and those above it."""

from pathlib import Path

import pytest

from wattlab.machine.cgroups import cpu_limit_cores, memory_limit_bytes


def machine(root: Path, groups: str, **files: str) -> Path:
    """A file system with these control groups; names of files say `/` as `__`."""
    for name, text in {
        "proc/self/cgroup": groups,
        **{key.replace("__", "/"): text for key, text in files.items()},
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        ("0::/", {"sys__fs__cgroup__cpu.max": "25000 100000"}, 0.25),
        ("0::/", {"sys__fs__cgroup__cpu.max": "max 100000"}, None),
        # A Slurm job or a slice of systemd: the quota is the group's own, or that of one above it.
        ("0::/system.slice/job", {"sys__fs__cgroup__system.slice__job__cpu.max": "150000 100000"}, 1.5),
        (
            "0::/slice/job",
            {"sys__fs__cgroup__slice__cpu.max": "50000 100000", "sys__fs__cgroup__slice__job__cpu.max": "max 100000"},
            0.5,
        ),
        (
            "4:cpu,cpuacct:/job\n0::/",
            {
                "sys__fs__cgroup__cpu,cpuacct__job__cpu.cfs_quota_us": "25000",
                "sys__fs__cgroup__cpu,cpuacct__job__cpu.cfs_period_us": "100000",
            },
            0.25,
        ),
        (
            "4:cpu,cpuacct:/docker/abc",
            {"sys__fs__cgroup__cpu__cpu.cfs_quota_us": "50000", "sys__fs__cgroup__cpu__cpu.cfs_period_us": "100000"},
            0.5,
        ),
        (
            "4:cpu:/",
            {"sys__fs__cgroup__cpu__cpu.cfs_quota_us": "-1", "sys__fs__cgroup__cpu__cpu.cfs_period_us": "100000"},
            None,
        ),
        ("3:cpuset:/job", {}, None),
    ],
)
def test_a_quota_of_cpu_time_is_found(tmp_path: Path, groups: str, files: dict[str, str], cores: float | None) -> None:
    assert cpu_limit_cores(machine(tmp_path, groups, **files)) == cores


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert cpu_limit_cores(tmp_path) is None and memory_limit_bytes(tmp_path) is None
