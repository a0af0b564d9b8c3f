"""What each kind of failure says, and that a restart goes on after the last finished repeat.

One study of seven cells with ten repeats, whose fake workers die in different ways; then `make retry`.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from support import records
from support.chaos import fake_project, small_disk
from support.fragile import FINISHED, FULL, OVERRIDES, REPEATS, Fragile, first_part
from wattlab.records.store import read_store

pytestmark = pytest.mark.slow

PLACE = "image-classification/cifar10"
#: Cell, its fault, reason and remedy in missing.csv (the beginning of each).
DEATHS = {
    "killed": (
        f"{PLACE}/microsoft--resnet-18",
        "the worker was ended by SIGKILL (out of memory?)",
        "give it more (another machine; on a cluster a larger mem_mb)",
    ),
    "memory": (f"{PLACE}/microsoft--resnet-50", "out of memory on the host: MemoryError", "give it more"),
    "device memory": (
        f"{PLACE}/google--mobilenet_v1_0.75_192",
        "out of memory on the device: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has "
        "a total capacity of 79.25 GiB of which 1.93 GiB is free. Including non-PyTorch memory, this process has 77.31 "
        "GiB memory in use.",
        "free the GPU or take one with more memory, or list the cell under known_missing",
    ),
    "no such layer": (f"{PLACE}/google--vit-base-patch16-224", "RuntimeError: no such layer", "see the log; mend it"),
    "full disk": (f"{PLACE}@native/microsoft--resnet-18", "no space was left on the disk", "free some"),
    "hang": (
        "object-detection/cppe-5/hustvl--yolos-tiny",
        "it met its time limit of 8 s (time_limit_s)",
        "raise time_limit_s, or list the cell under known_missing; `make retry` goes on",
    ),
}
SOUND = f"{PLACE}@native/microsoft--resnet-50"
STUDY: dict[str, Any] = {
    "study": "deaths",
    "tasks": [
        {
            "task": "image-classification",
            "datasets": ["cifar10"],
            "models": [DEATHS[fault][0].rpartition("/")[2] for fault in list(DEATHS)[:4]],
        },
        {
            "task": "image-classification",
            "datasets": ["cifar10@native"],
            "models": ["microsoft--resnet-18", "microsoft--resnet-50"],
        },
        {"task": "object-detection", "datasets": ["cppe-5"], "models": ["hustvl--yolos-tiny"]},
    ],
    "multi_purpose": [],
    "time_limit_s": {"object-detection": 8},
    "overrides": OVERRIDES,
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    """The study after its first run, in which all cells but one died after seven repeats."""
    folder = tmp_path_factory.mktemp("deaths")
    study = Fragile(fake_project(folder / "project", STUDY), folder)
    with small_disk(study.project.results / "repeats") as mounted:
        faults = {cell: (fault, FINISHED) for fault, (cell, *_) in DEATHS.items() if mounted or fault != "full disk"}
        study.fail(faults)
        (folder / "output.txt").write_text(study.snakemake("tables").stdout)
        yield study


@pytest.fixture(scope="module")
def retried(broken: Fragile) -> tuple[Fragile, pd.DataFrame, str]:
    """The study after `make retry`, with what was missing before, and what was said."""
    before = pd.read_csv(broken.project.results / "deaths/tables/missing.csv")
    broken.fail({})
    retry = broken.call("retry_cells", "--cores", "2", "tables")
    assert retry.returncode == 0, retry.stdout
    return broken, before, retry.stdout


def test_each_death_is_one_reason_with_a_remedy_and_stops_nothing_else(
    broken: Fragile, retried: tuple[Fragile, pd.DataFrame, str]
) -> None:
    said = (broken.folder / "output.txt").read_text()
    missing = retried[1]
    missing.index = pd.Index(
        missing["task"] + "/" + missing["dataset"] + "@" + missing["variant"].fillna("") + "/" + missing["model"]
    )
    missing.index = missing.index.str.replace("@/", "/")
    assert SOUND not in missing.index
    assert set(missing["kind"]) == {"failed"}
    assert set(missing["n_valid"].drop(DEATHS["full disk"][0], errors="ignore")) == {FINISHED}
    assert set(missing["n_valid"]) <= FULL
    for cell, reason, remedy in DEATHS.values():
        if cell in missing.index:
            assert missing.loc[cell, "reason"] == reason
            assert missing.loc[cell, "remedy"].startswith(remedy)
            assert "make retry" in missing.loc[cell, "remedy"]
    assert "Traceback" not in said


@pytest.mark.parametrize("fault", DEATHS)
def test_a_retry_goes_on_after_the_last_finished_repeat(retried: tuple[Fragile, pd.DataFrame, str], fault: str) -> None:
    cell, reason, _ = DEATHS[fault]
    study, before, _ = retried
    finished = FINISHED
    if len(before) < len(DEATHS) and fault == "full disk":
        pytest.skip("no tmpfs can be mounted here")
    if fault == "full disk":
        finished = first_part(study.record(cell))
        assert finished in FULL
    study.check_resumed(cell, "failed", finished)
    assert study.record(cell).sessions[0].reason == reason
    assert study.record(cell).failure is None


def test_a_retry_measures_nothing_else(retried: tuple[Fragile, pd.DataFrame, str]) -> None:
    study, before, said = retried
    assert f"{len(before)} files to make again" in said
    assert [session.ended for session in study.record(SOUND).sessions] == ["done"]
    assert pd.read_csv(study.project.results / "deaths/tables/missing.csv").empty


def test_a_changed_fingerprint_starts_over_and_keeps_the_old_repeats(
    retried: tuple[Fragile, pd.DataFrame, str],
) -> None:
    study, *_ = retried
    cell = DEATHS["hang"][0]
    (old,) = study.stores(cell)
    content = old.read_bytes()
    changes = [*STUDY["overrides"], {"where": {"task": "object-detection"}, "set": {"idle_window_s": 0.02}}]
    study.project.configure(overrides=changes)
    assert study.snakemake("task_object-detection").returncode == 0
    assert study.stores(cell)[0] == old
    assert old.read_bytes() == content
    record = study.record(cell)
    assert [session.attempt for session in record.sessions] == [1], "another fingerprint counts its own attempts"
    assert [repeat.index for repeat in record.repeats] == list(range(REPEATS))
    assert not {r.energy_cpu_j for r in record.repeats} & {r.energy_cpu_j for r in read_store(old).observed}


def test_a_missing_device_is_a_reason_and_no_crash(retried: tuple[Fragile, pd.DataFrame, str]) -> None:
    study, *_ = retried
    study.project.configure(device="cuda")
    study.project.plan()
    resolved = study.project.study("deaths")
    (cell,) = [cell for cell in resolved.measured if cell.cell.id == SOUND]
    measured = study.call("measure_cell", *records.job_of(study.project.results / "deaths", resolved, cell).arguments)
    record = study.record(SOUND)
    if record.device == "cuda":
        pytest.skip("this machine has a GPU")
    assert measured.returncode == 0
    assert record.status == "failed"
    assert record.failure is not None
    assert record.failure.reason.startswith(
        "device = 'cuda': NVML shows no GPU on this machine; set device: auto or cpu"
    )
    assert record.failure.remedy == "then `make retry`"
