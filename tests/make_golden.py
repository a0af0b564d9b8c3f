"""Makes the recorded inputs of the golden tests, with the code of d48ec93: `PYTHONPATH=scripts:tests python tests/make_golden.py`.

Stores are written by `open_store`, records assembled by `measured_record`: only the joules, times, machines and versions
are made up.
"""

import json
import os
import random
import shutil
from collections.abc import Iterator
from typing import Any

import wattlab.record
import wattlab.store
import yaml
from wattlab.assembly import measured_record, unmeasured_record, write_record
from wattlab.deaths import Death
from wattlab.fingerprint import fingerprint_of, identity
from wattlab.inputs import InputContents
from wattlab.loading import resolve_study, write_study
from wattlab.record import GpuState, Machine, Observed
from wattlab.store import open_store, phase_event, store_path

import records
from golden_files import GOLDEN
from wattlab.study import ResolvedCell, ResolvedStudy

MEASURED = GOLDEN / "measured"
RESULTS = MEASURED / "results"

DISTILBERT, ALBERT = "distilbert--distilbert-base-uncased", "albert--albert-base-v2"
SST2, NLPTOWN = (
    "distilbert--distilbert-base-uncased-finetuned-sst-2-english",
    "nlptown--bert-base-multilingual-uncased-sentiment",
)
#: With these a task has the five models from which on its mean has an interval.
THREE_MORE = [
    "lvwerra--distilbert-imdb",
    "sbcBI--sentiment_analysis_model",
    "cardiffnlp--twitter-roberta-base-sentiment-latest",
]
RESNET, FLAN, BLOOMZ = "microsoft--resnet-18", "google--flan-t5-base", "bigscience--bloomz-560m"

BASE: dict[str, Any] = {
    "source": "measure",
    "weights": "architecture",
    "data": "surrogate",
    "grid": "us-oregon-2023-codecarbon",
    "protocol": "laptop",
}
CONFIGS: dict[str, dict[str, Any]] = {
    "golden": {
        "study": "golden",
        **BASE,
        "beside": ["golden-careful"],
        "overrides": [{"where": {"task": "text-to-image"}, "set": {"repeats": 2}}],
        "tasks": [
            {"task": "text-classification", "datasets": ["imdb"], "models": [SST2, NLPTOWN, *THREE_MORE]},
            {"task": "fill-mask", "datasets": ["bookcorpus", "c4"], "models": [DISTILBERT, ALBERT]},
            {"task": "text-generation", "datasets": ["bookcorpus", "wikitext"], "models": ["distilbert--distilgpt2"]},
            {"task": "summarization", "datasets": ["xsum"], "models": ["ainize--bart-base-cnn"]},
            {"task": "image-classification", "datasets": ["cifar10", "cifar10@native"], "models": [RESNET]},
            {"task": "object-detection", "datasets": ["coco"], "models": ["hustvl--yolos-tiny"]},
            {"task": "image-to-text", "datasets": ["red-caps"], "models": ["microsoft--git-base"]},
            {"task": "text-to-image", "datasets": ["diffusiondb"], "models": ["segmind--tiny-sd"]},
        ],
        "multi_purpose": [
            {"task": "text-classification", "datasets": ["imdb"], "models": [FLAN, BLOOMZ]},
            {"task": "question-answering", "datasets": ["squad"], "models": [FLAN, BLOOMZ]},
            {"task": "summarization", "datasets": ["xsum"], "models": [FLAN, BLOOMZ]},
        ],
        "known_missing": [
            {"where": {"task": "text-generation", "dataset": "bookcorpus"}, "reason": "the books are not to be had"}
        ],
    },
    "golden-careful": {
        "study": "golden-careful",
        **BASE,
        "overrides": [{"where": {}, "set": {"repeats": 4, "idle_window_s": 2}}],
        "tasks": [{"task": "fill-mask", "datasets": ["bookcorpus", "oscar"], "models": [DISTILBERT]}],
        "multi_purpose": [],
    },
}

VERSIONS = {
    "torch": "2.13.0",
    "transformers": "5.0.0",
    "tokenizers": "0.22.0",
    "codecarbon": "3.3.2",
    "pillow": "12.0.0",
}
OLDER = {**VERSIONS, "torch": "2.12.0"}
CPU = Machine(cpu_model="Example CPU", cpu_cores=8, ram_gb=31.4, host_sha256="0" * 64, device="cpu")
GPU = Machine(
    cpu_model="Example server CPU",
    cpu_cores=32,
    ram_gb=251.6,
    gpu_names=["Example GPU", "Example GPU"],
    gpu_uuids=["GPU-example-0", "GPU-example-1"],
    gpu_driver="999.1",
    host_sha256="1" * 64,
    device="cuda",
)
UNITS = {
    "text-classification": ("label", 1),
    "question-answering": ("token", 3),
    "fill-mask": ("token", 1),
    "summarization": ("token", 15),
    "image-classification": ("label", 1),
    "object-detection": ("box", 5),
    "text-to-image": ("image", 1),
}


class Draw:
    """Numbers of one cell: from its name alone."""

    def __init__(self, resolved: ResolvedCell) -> None:
        self.random = random.Random(f"golden {resolved.cell.id}")
        self.resolved = resolved
        self.power_w = self.uniform(20, 60)

    def uniform(self, low: float, high: float) -> float:
        return round(self.random.uniform(low, high), 3)

    def measured(self, window_s: float, kind: str, share: float = 1.0) -> dict[str, Any]:
        """Energies of a window by the meters of a kind of machine."""
        cpu_j = round(self.power_w * share * window_s * self.random.uniform(0.98, 1.02), 3)
        found: dict[str, Any] = {
            "window_s": window_s,
            "duration_s": round(window_s - 0.002, 3),
            "energy_cpu_j": cpu_j,
            "energy_ram_j": round(10.0 * window_s, 3),
            "energy_gpu_j": None,
            "gpu_count": 0,
            "energy_cpu_method": "model",
            "energy_ram_method": "model",
            "energy_gpu_method": "absent",
            "other_load_cores": self.uniform(0, 0.2),
            "process_cpu_s": round(window_s * self.random.uniform(0.97, 0.999), 3),
        }
        if kind == "rapl":
            found |= {"energy_cpu_method": "counter", "reference_energy_cpu_j": round(cpu_j * 1.001, 3)}
        if kind == "constant":
            found |= {"energy_ram_method": "constant"}
        if kind == "gpu":
            gpus = [
                round(60.0 * window_s, 3),
                round((40 + 260 * share) * window_s * self.random.uniform(0.99, 1.01), 3),
            ]
            state = GpuState(power_w=300.0, power_limit_w=400.0, sm_clock_mhz=1400, sm_clock_limit_mhz=1410)
            found |= {
                "energy_gpu_j": gpus,
                "gpu_count": 2,
                "energy_gpu_method": "counter",
                "reference_energy_gpu_j": [round(gpu * 1.0005, 3) for gpu in gpus],
                "gpu_state": state.model_dump(),
            }
        return found


def session_of(draw: Draw, name: str, kind: str, start_s: float, **extra: Any) -> tuple[dict[str, Any], list[Any]]:
    """A session's line and its windows."""
    machine, software = (GPU, VERSIONS) if kind == "gpu" else (CPU, VERSIONS)
    line = {
        "session": name,
        "started_at_utc": records.utc(start_s - 40),
        "boot_id": "boot",
        "attempt": 1,
        "study": "golden",
        "machine": machine.model_dump(mode="json"),
        "software": software,
        "code_sha256": "c" * 64,
        "method_version": draw.resolved.spec.method_version,
        "gpu_index": 1 if kind == "gpu" else None,
        "meter": {"cpu_mode": "rapl" if kind == "rapl" else "load", "ram_model": "codecarbon-3"},
        **extra,
    }
    windows = []
    for phase, before_s in (("load", 30.0), ("transfer", 20.0), ("warmup", 10.0)):
        content = {"phase": phase, "started_at_utc": records.utc(start_s - before_s), **draw.measured(2.5, kind, 0.8)}
        if phase == "load":
            content |= {"parameters": 1_000_000 * draw.random.randrange(10, 300), "parameters_as_published": None}
            content["parameters_as_published"] = content["parameters"] + 1234
        if phase == "warmup":
            content["n_inferences"] = draw.resolved.spec.protocol.warmup_inferences
        windows.append(wattlab.record.Phase.model_validate(content))
    return line, windows


def repeat_of(draw: Draw, index: int, session: str, kind: str, start_s: float, **extra: Any) -> dict[str, Any]:
    """One repeat's line; `window_s` may be given."""
    resolved = draw.resolved
    unit, n_units = UNITS[resolved.cell.task]
    n = resolved.spec.protocol.n_inferences * 2
    window_s = extra.pop("window_s", draw.uniform(6, 9))
    idle_s = resolved.spec.protocol.idle_window_s
    at = start_s + 100 * index
    idle = [{"started_at_utc": records.utc(at + place), **draw.measured(idle_s, kind, 0.3)} for place in (0.0, 60.0)]
    given = {
        "index": index,
        "session": session,
        "started_at_utc": records.utc(at + 1),
        **draw.measured(window_s, kind),
        "n_inferences": n,
        "n_output_units": n * n_units + (index if unit == "token" and n_units > 1 else 0),
        "output_unit": unit,
        "idle_before": idle[0],
        "idle_after": idle[1],
        "foreign_processes": [] if kind == "gpu" else None,
        **extra,
    }
    return Observed.model_validate(given).model_dump(mode="json")


#: Repeats of a cell by its sessions: (session, keys of the session, keys of each repeat, how it ended).
Plan = list[tuple[str, dict[str, Any], list[dict[str, Any]], str]]
PLAIN: dict[str, Any] = {}
SHORT = {"window_s": 0.3}


def plan_of(cell_id: str, wanted: int) -> tuple[str, Plan]:
    """The meters of a cell's machine, and what happened to it."""
    plans: dict[str, tuple[str, Plan]] = {
        f"fill-mask/c4/{DISTILBERT}": (
            "plain",
            [
                ("s1", {"software": OLDER, "code_sha256": "d" * 64}, [PLAIN], "killed"),
                ("s2", {"attempt": 2}, [PLAIN, PLAIN], "done"),
            ],
        ),
        f"fill-mask/bookcorpus/{ALBERT}": ("plain", [("s1", {}, [PLAIN, SHORT, PLAIN, PLAIN], "done")]),
        f"fill-mask/c4/{ALBERT}": ("constant", [("s1", {}, [PLAIN, SHORT, SHORT, PLAIN, SHORT], "done")]),
        f"text-classification/imdb/{SST2}": ("gpu", [("s1", {"study": "another"}, [PLAIN] * 3, "done")]),
        f"text-classification/imdb/{NLPTOWN}": ("rapl", [("s1", {}, [PLAIN] * 5, "done")]),
        "summarization/xsum/ainize--bart-base-cnn": (
            "plain",
            [("s1", {}, [{"process_cpu_s": 4.0}, {"idle_after": None}, PLAIN], "done")],
        ),
        "object-detection/coco/hustvl--yolos-tiny": ("plain", [("s1", {}, [PLAIN], "failed")]),
        f"text-classification/imdb/{FLAN}": (
            "plain",
            [("s1", {}, [{"problems": ["the tracker lost its counter"]}, *[PLAIN] * 3], "done")],
        ),
    }
    return plans.get(cell_id, ("plain", [("s1", {}, [PLAIN] * wanted, "done")]))


DIED = Death("the worker was killed by signal 9 (SIGKILL)", "is there enough memory? then `make retry`")
TAIL = ["loading", "killed"]


def fill(resolved: ResolvedCell, start_s: float) -> tuple[str, str, Death | None]:
    """Write a cell's store; its fingerprint, the hash of its samples, and whether its worker died."""
    spec = resolved.spec
    assert spec is not None
    kind, plan = plan_of(resolved.cell.id, spec.protocol.repeats)
    draw = Draw(resolved)
    samples = f"{spec.samples.key:0>64}"
    inputs = InputContents(samples, "2" * 64 if spec.tokenizer else None, None)
    content = identity(spec, GPU if kind == "gpu" else CPU, inputs) | {"versions": VERSIONS, "hub_endpoint": None}
    path = store_path(RESULTS, resolved.cell.id, fingerprint_of(content))
    index, died = 0, None
    with open_store(path, content) as store:
        for name, keys, repeats, ended in plan:
            line, windows = session_of(draw, name, kind, start_s + 100 * index, **keys)
            store.append("session", **line)
            for window in windows:
                store.append("window", **phase_event(name, window))
            if index == 0:
                store.append("passes", passes=2)
            for given in repeats:
                store.append("repeat", **repeat_of(draw, index, name, kind, start_s, **given))
                index += 1
            wattlab.store.utc_now = lambda at=start_s + 100 * index: records.utc(at)
            if ended == "done":
                store.end(name, "done", repeats=spec.protocol.repeats, max_redo=spec.protocol.max_redo)
            elif ended == "failed":
                store.end(name, "failed", reason=DIED.reason)
                died = DIED
    path.with_suffix(".lock").unlink(missing_ok=True)
    return path.stem, samples, died


def unmeasured(resolved: ResolvedCell) -> tuple[str, str, str] | None:
    """Cells that could not be measured: status, reason, remedy."""
    return {
        "text-generation/wikitext/distilbert--distilgpt2": (
            "waiting",
            "the environment is not installed",
            "`make env-example`, then `make retry`",
        ),
        "text-generation/bookcorpus/distilbert--distilgpt2": ("unavailable", "HTTP 404", "then `make retry`"),
    }.get(resolved.cell.id)


def cells_of(study: ResolvedStudy) -> Iterator[ResolvedCell]:
    """Every cell but the one that was never measured; one with the spec that it had before."""
    for resolved in study.cells:
        if resolved.cell.task == "image-to-text":
            continue
        if resolved.cell.id == f"question-answering/squad/{FLAN}":
            spec = resolved.spec
            protocol = spec.protocol.model_copy(update={"seed": 7})
            yield resolved.model_copy(update={"spec": spec.model_copy(update={"protocol": protocol})})
            continue
        yield resolved


def write_measured() -> None:
    """`tests/golden/measured`: configurations, studies, stores, records."""
    shutil.rmtree(MEASURED, ignore_errors=True)
    start_s = 0.0
    for name, config in CONFIGS.items():
        study = resolve_study(config, [])
        write_study(RESULTS / name / "study.json", study)
        (MEASURED / f"{name}.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        for resolved in cells_of(study):
            start_s += 10_000
            lacking = unmeasured(resolved)
            path = RESULTS / name / "runs" / f"{resolved.cell.id}.json"
            if lacking:
                write_record(path, unmeasured_record(RESULTS, resolved, *lacking))
                continue
            fingerprint, samples, died = fill(resolved, start_s)
            outputs = RESULTS / name / "outputs" / f"{resolved.cell.id}.jsonl.gz"
            tail = TAIL if died else []
            write_record(path, measured_record(RESULTS, resolved, fingerprint, samples, outputs, died, tail))
    n = len(list(RESULTS.rglob("*.jsonl")))
    print(json.dumps({"stores": n, "records": len(list(RESULTS.rglob("runs/**/*.json")))}))


if __name__ == "__main__":
    os.environ.pop("HF_ENDPOINT", None)
    write_measured()
