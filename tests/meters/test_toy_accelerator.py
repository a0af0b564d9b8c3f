"""An accelerator from outside the package is one class and its name: from the dry run to the tables and the page."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from measure_cell import _hardware
from support.meters_fake import forget_hardware
from support.toys.accelerator import POWER_W
from support.workflow import make_project
from wattlab.foundation.errors import InputError, NoDevice
from wattlab.machine.describe import describe_machine
from wattlab.machine.software import versions
from wattlab.meters.accelerators import ACCELERATORS, computing, on_machine
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.records.record import read_record
from wattlab.runs.deaths import death_of
from wattlab.workflow.doctor.components import components
from wattlab.workflow.loading import study_of

TOYS = Path(__file__).parents[1] / "support/toys"


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The toy is registered in this process, as by somebody else's code."""
    forget_hardware()
    monkeypatch.setenv("WATTLAB_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setitem(ACCELERATORS, "toy", "support.toys.accelerator:Toy")


@pytest.mark.usefixtures("_toy")
def test_the_machine_is_described_by_it() -> None:
    machine = describe_machine("auto")
    assert machine.device == describe_machine("toy").device == "toy"
    assert (machine.gpu_names, machine.gpu_driver) == (["Toy 0", "Toy 1", "Toy 2"], "0.1")
    assert machine.kind["device"] == "toy"
    assert describe_machine("cpu").device == "cpu"
    assert versions()["toy"] == "0.2"
    assert death_of(1, ["RuntimeError: TOY is full"]).reason.startswith("out of memory on the device")


@pytest.mark.usefixtures("_toy")
def test_its_whole_visible_boards_are_leased_and_named_to_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    with _hardware(False, "toy") as one, _hardware(False, "toy") as other:
        assert one == {"TOY_VISIBLE_DEVICES": "1", "WATTLAB_GPU_INDEX": "1"}
        assert other == {"TOY_VISIBLE_DEVICES": "2", "WATTLAB_GPU_INDEX": "2"}
    monkeypatch.setenv("TOY_VISIBLE_DEVICES", "TOY-0")
    with pytest.raises(NoDevice, match="GPU 0: it is cut in two.*glue it"), _hardware(False, "toy"):
        pass
    monkeypatch.setenv("TOY_VISIBLE_DEVICES", "none")
    assert describe_machine("auto").device == "cpu"


@pytest.mark.usefixtures("_toy")
def test_a_window_has_its_energy_though_codecarbon_does_not_know_it() -> None:
    meter = CodeCarbonMeter(1)
    meter.begin()
    window = meter.end(duration_s=0.0)
    assert window.energy_gpu_method == "counter" and window.gpu_count == 3
    assert window.energy_gpu_j is not None
    assert window.energy_gpu_j[0] / window.energy_gpu_j[2] == pytest.approx(5.0, rel=0.2)
    assert window.reference_energy_gpu_j is None  # no second reading
    assert window.gpu_state is not None and window.gpu_state.power_w == 40.0
    assert meter.foreign_processes() == []
    found = {one.name: one for one in components(window, meter.describe(), on_machine())}
    assert "it is cut in two for 0: not used" in found["GPU"].meaning and found["GPU"].remedy == "glue it"


@pytest.mark.usefixtures("_toy")
def test_a_board_without_a_counter_is_missing_and_never_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = computing("toy")
    monkeypatch.setattr(toy, "energy_j", lambda gpu: None if gpu.index == 2 else 1.0)
    meter = CodeCarbonMeter(1, toy)
    meter.begin()
    window = meter.end(duration_s=0.0)
    assert window.energy_gpu_j is None
    assert window.problems == ["GPU 2 has no energy counter that can be read"]


def write_config(tmp_path: Path, device: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(f"device: {device}\n")
    return path


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("support.toys.accelerator", "'module:Class'"),
        ("support.no_such_module:Toy", "No module named"),
        ("support.toys.accelerator:Tay", "no attribute 'Tay'"),
        ("pathlib:Path", "no subclass of Accelerator"),
        ("wattlab.meters.contract:Accelerator", "abstract class"),
    ],
)
@pytest.mark.usefixtures("_toy")
def test_a_member_that_is_none_is_told_at_the_dry_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, target: str, fault: str
) -> None:
    monkeypatch.setitem(ACCELERATORS, "broken", target)
    with pytest.raises(InputError, match=f"accelerator 'broken' = '{target}': .*{fault}"):
        study_of(Path("config.yaml"), write_config(tmp_path, "auto"))


@pytest.mark.usefixtures("_toy")
def test_a_device_is_the_name_of_an_accelerator(tmp_path: Path) -> None:
    assert study_of(Path("config.yaml"), write_config(tmp_path, "toy")).config.device == "toy"
    with pytest.raises(InputError, match=r"mine\.yaml: device = 'gpu': give one of auto, cuda, cpu, toy"):
        study_of(Path("config.yaml"), write_config(tmp_path, "gpu"))


def test_the_check_at_the_dry_run_imports_no_library_of_a_vendor() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('pynvml', 'torch', 'psutil', 'codecarbon', 'pandas')))\n"
        "from wattlab.meters.accelerators import ACCELERATORS, computing; print(*map(type, map(computing, ACCELERATORS)))"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.stderr == "" and "Nvidia" in done.stdout and "NoAccelerator" in done.stdout


#: Windows of half a second: the toy's energy is a time, and known to a percent of it.
QUICK = {"repeats": 2, "n_inferences": 2, "min_window_s": 0.5, "idle_window_s": 0.1, "warmup_inferences": 1}
QUICK |= {"warmup_s": 0.0, "invalid_below_s": 0.0, "max_other_load_cores": None}


@pytest.mark.slow
def test_from_the_dry_run_to_the_page(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    cell = {"task": "image-classification", "datasets": ["cifar10"], "models": ["microsoft--resnet-18"]}
    project.configure(tasks=[cell], device="toy", headline_scope="device", overrides=[{"where": {}, "set": QUICK}])
    done = project.snakemake(**project.with_modules_of(TOYS), WATTLAB_LOCKS=str(project.root / "locks"))
    assert done.returncode == 0, done.stdout
    record = read_record(next((project.results / "small/runs").rglob("*.json")))
    (session,) = record.sessions
    assert (record.status, record.device, session.gpu_index) == ("complete", "toy", 1)
    for repeat in record.repeats:
        assert repeat.energy_gpu_j == pytest.approx([power_w * repeat.window_s for power_w in POWER_W], rel=0.05)
    valid = record.valid_repeats
    expected = sum(40.0 * repeat.window_s / repeat.n_inferences for repeat in valid) / len(valid) / 3600
    (row,) = pd.read_csv(project.results / "small/tables/cells.csv").to_dict("records")
    assert row["device"] == "toy"
    assert row["energy_kwh_per_1000"] == pytest.approx(expected, rel=0.05)
    assert row["energy_method"] == "counter"
    page = (project.results / "small/report.html").read_text()
    assert "on toy" in page
