"""Small hand-written CodeCarbon logs: three runs of one cell, in the columns of each version, whole or damaged."""

import random
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from import_logs import account_line
from support.imports import ROOT
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.logs.archive import LOGS_VARIABLE, LogFiles
from wattlab.logs.assemble import Import, import_study
from wattlab.logs.mapping import load_mapping
from wattlab.logs.resolve import resolve_published
from wattlab.records.record import Record
from wattlab.study.cells import ResolvedStudy
from wattlab.study.resolve import check_config

RUNS = ("run-a", "run-b", "run-c")
CELL = "text-classification/imdb/distilbert--distilbert-base-uncased-finetuned-sst-2-english"
MODEL = "distilbert-base-uncased-finetuned-sst-2-english"

V2_TASKS = (
    "task_name,timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,"
    "gpu_energy,ram_energy,energy_consumed,country_name,country_iso_code,region,cloud_provider,cloud_region,os,"
    "python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,latitude,ram_total_size,"
    "tracking_mode,on_cloud"
)
V3_TASKS = (
    "task_name,timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,"
    "gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,cloud_provider,"
    "cloud_region,os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,ram_total_size,"
    "tracking_mode,cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,ram_used_gb,on_cloud"
)

#: What CodeCarbon 3.3.2 wrote on a machine without a GPU, two runs.
V3_TOTALS = """\
timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,\
gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,cloud_provider,cloud_region,\
os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,latitude,ram_total_size,\
tracking_mode,cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,ram_used_gb,on_cloud,pue,wue
2026-02-23T08:28:22,my-run,6566d079-b1c7-43e5-b748-60e827c7d38f,5b0fa12a-3dd7-45bb-9766-cc326314d9f1,\
1.2068417559999034,1.1483834716655957e-06,9.515609365986237e-07,0.8000003749,0.0,20.0,2.669326690199887e-07,0.0,\
6.6700778777784665e-06,6.937010546798455e-06,0.0,United States,USA,oregon,,,Linux,3.11.7,3.3.2,2,AMD EPYC,0,,,,23.54,\
machine,0.0,0,2.1,0.504,N,1.0,0.0
2026-02-23T08:28:24,my-run,8df42867-09b0-42cb-87be-5ebdd5f07983,5b0fa12a-3dd7-45bb-9766-cc326314d9f1,\
1.2009693219999917,1.3400443925808217e-06,1.1158023506788885e-06,0.8000003749,0.0,20.0,3.115010943635487e-07,0.0,\
7.783270655554336e-06,8.094771749917884e-06,0.0,United States,USA,oregon,,,Linux,3.11.7,3.3.2,2,AMD EPYC,0,,,,23.54,\
machine,0.8,0,2.1,0.504,N,1.0,0.0
"""

_COMMON = {
    "project_name": MODEL,
    "emissions_rate": "1e-5",
    "country_name": "United States",
    "country_iso_code": "USA",
    "region": "oregon",
    "os": "Linux",
    "python_version": "3.8.16",
    "codecarbon_version": "2.3.1",
    "cpu_count": "1",
    "cpu_model": "Xeon",
    "gpu_count": "8",
    "gpu_model": "8 x NVIDIA A100",
    "ram_total_size": "1148.738",
    "tracking_mode": "machine",
    "on_cloud": "N",
}


def _row(header: str, task: str, timestamp: str, run: str, duration_s: float, gpu_kwh: float, kg: str) -> str:
    """CPU 36 W, RAM 360 W, and the GPUs' energy as given."""
    cpu_kwh, ram_kwh = 36 * duration_s / 3.6e6, 360 * duration_s / 3.6e6
    values = {
        **_COMMON,
        "task_name": task,
        "timestamp": timestamp,
        "run_id": run,
        "duration": repr(duration_s),
        "emissions": kg,
        "cpu_power": "36.0",
        "gpu_power": repr(gpu_kwh * 3.6e6 / duration_s),
        "ram_power": "360.0",
        "cpu_energy": repr(cpu_kwh),
        "gpu_energy": repr(gpu_kwh),
        "ram_energy": repr(ram_kwh),
        "energy_consumed": repr(cpu_kwh + gpu_kwh + ram_kwh),
    }
    return ",".join(values.get(column, "") for column in header.split(","))


def files_of(header: str = V2_TASKS) -> dict[str, bytes]:
    """Three runs with a load (2 s) and a query (10 s; 7,200, 7,236 and 7,272 J of the GPUs), and the file that lists them."""
    files = {}
    listed = ["timestamp,project_name,run_id"]
    for number, run in enumerate(RUNS):
        load = _row(header, "load model", f"2023-10-02T20:2{number}:05", run, 2.0, 900 / 3.6e6, "0.00002")
        query_kwh = (7200 + 36 * number) / 3.6e6
        query = _row(header, "query model", f"2023-10-02T20:2{number}:31", run, 10.0, query_kwh, "0.0004")
        files[f"base/emissions_base_{run}.csv"] = f"{header}\n{load}\n{query}\n".encode()
        listed.append(f"2023-10-02T20:2{number}:31,{MODEL},{run}")
    files["complete/imdb.csv"] = ("\n".join(listed) + "\n").encode()
    return files


def mapping_of(folder: Path) -> str:
    """A mapping of those files, written to the folder."""
    content = {
        "windows": ["base/*.csv"],
        "phases": {"load model": "load", "query model": "query"},
        "n_inferences": 1000,
        "repeats": 3,
        "groups": [{"file": "complete/imdb.csv", "task": "text-classification", "dataset": "imdb", "models": [MODEL]}],
    }
    path = folder / "mapping-of-tasks.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


def study_of(mapping: str) -> ResolvedStudy:
    """A study that selects the one cell."""
    config = {
        "study": "own",
        "source": "codecarbon-logs",
        "logs": {"mapping": mapping},
        "weights": "hub",
        "data": "hub",
        "grid": "us-oregon-2023-codecarbon",
        "protocol": "laptop",
        "tasks": [{"task": "text-classification", "datasets": ["imdb"], "models": [MODEL]}],
    }
    return resolve_published(check_config(config, "own.yaml"), load_catalog(CATALOG_ROOT), "own.yaml")


def run_import(files: dict[str, bytes], written: str) -> Import:
    study, mapping = study_of(written), load_mapping(written)
    result = import_study(study, mapping, load_catalog(CATALOG_ROOT), LogFiles("logs", files))
    account_line(result)  # raises when the rows do not add up
    return result


def cell_of(result: Import, cell: str = CELL) -> Record:
    return next(record for record in result.records if record.cell_id == cell)


def told(result: Import, text: str) -> list:
    return [problem for problem in result.problems if text in problem.problem]


def base(number: int) -> str:
    return f"base/emissions_base_{RUNS[number]}.csv"


def noise(content: bytes) -> bytes:
    return random.Random(0).randbytes(2000)


def swapped(name: str, value: str):
    def damage(content: bytes) -> bytes:
        header, load, query = content.decode().splitlines()
        values = query.split(",")
        values[header.split(",").index(name)] = value
        return "\n".join([header, load, ",".join(values)]).encode()

    return damage


def snakemake(folder: Path, study: str, *arguments: str, **variables: str) -> str:
    """Run it there, warm (see warm.py), with the project's Snakefile; what it said. Skips where not all is installed."""
    if find_spec("torch") is None:
        pytest.skip("a workflow needs the whole environment")
    from support.workflow import warm_environment

    environment = {key: value for key, value in warm_environment().items() if key != LOGS_VARIABLE}
    command = ["python", "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "1", *arguments]
    done = subprocess.run(
        [*command, "--configfile", study],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr
