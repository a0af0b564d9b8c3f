"""What the harness costs: beside a bare loop inside a window, and as a whole process beside a bare script.

    PYTHONPATH=scripts python benchmarks/harness_overhead.py [--pairs 5] [--inferences 100]

Paired and interleaved (A B, B A, …), so that a machine that other programs share slows both sides alike; the CPU time of
the processes stands beside the wall clock, since it hardly depends on the others. Aims: at most 1.02 in the loop (100
inferences of a 6-layer BERT at 128 tokens), at most 1.3 as a whole process (no idle windows, no warm-up), and at most
0.2 % of a core for everything of the window that is not the work.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
import yaml

from ratios import Ratio, paired
from wattlab.meters.codecarbon import CodeCarbonMeter
from wattlab.models.random_weights.source import ArchitectureSource
from wattlab.models.tokenizers.file import load_tokenizer, read_tokenizer
from wattlab.runs.job import job_arguments
from wattlab.runs.places import input_paths
from wattlab.runs.session import Bench, measured, run_passes
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.study.specs import spec_path, write_specs, write_study
from wattlab.tasks import adapter_for
from wattlab.workflow.loading import resolve_study

ROOT = Path(__file__).resolve().parents[1]
MODEL = "distilbert--distilbert-base-uncased-finetuned-sst-2-english"
TOKENS = 128
IDLE_S = 10.0


class Cost(NamedTuple):
    """Seconds of one side of a pair."""

    wall_s: float
    cpu_s: float


def study_of(inferences: int, model: str = MODEL) -> ResolvedStudy:
    """One cell: half as many samples as inferences and two repeats, the least that a protocol has."""
    content = yaml.safe_load((ROOT / "config.yaml").read_text())
    values: dict[str, Any] = {
        "repeats": 2,
        "max_redo": 0,
        "n_inferences": inferences // 2,
        "min_window_s": 0,
        "invalid_below_s": 0,
        "warmup_inferences": 0,
        "idle_window_s": 0,
        "max_input_words": TOKENS,
    }
    content |= {
        "study": "overhead",
        "overrides": [{"where": {}, "set": values}],
        "tasks": [{"task": "text-classification", "datasets": ["imdb"], "models": [model]}],
        "multi_purpose": [],
    }
    return resolve_study(content, [ROOT / "config.yaml"])


def verb(*arguments: str, folder: Path) -> None:
    """Run a verb of the project in a folder."""
    subprocess.run([sys.executable, "-m", *arguments], cwd=folder, env=environment(), check=True, capture_output=True)


def environment() -> dict[str, str]:
    """One thread, no network, the project on the path."""
    return os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def prepare(study: ResolvedStudy, folder: Path) -> tuple[MeasuredCell, Path, list[str]]:
    """Samples and tokenizer; the cell, the tokenizer's path and the texts as the adapter sees them."""
    (cell,) = study.measured
    inputs = input_paths(folder / "results", cell)
    samples, tokenizer = inputs.manifest, inputs.tokenizer
    assert cell.spec.tokenizer is not None and tokenizer is not None
    verb("sample_dataset", "--spec", cell.spec.samples.model_dump_json(), "--manifest", str(samples), folder=folder)
    spec = cell.spec.tokenizer.model_dump_json()
    verb("train_tokenizer", "--spec", spec, "--output", str(tokenizer), folder=folder)
    rows = pd.read_parquet(samples.with_suffix(".parquet"))
    adapter = adapter_for(cell.spec)(
        cell.spec, ArchitectureSource(cell.spec, load_tokenizer(read_tokenizer(tokenizer))), torch.device("cpu")
    )
    return (
        cell,
        tokenizer,
        [adapter.prepare({str(key): value for key, value in row.items()}) for row in rows.to_dict("records")],
    )


def timed(work: Callable[[], Any]) -> Cost:
    """Wall clock, and CPU time of this process."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall_s, time.process_time() - cpu_s)


def process(command: list[str], folder: Path) -> Cost:
    """Wall clock and CPU time of a command with all its children."""
    before, wall_s = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.perf_counter() - wall_s, cpu_s)


def pairs(n: int, ours: Callable[[], Cost], bare: Callable[[], Cost]) -> list[tuple[Cost, Cost]]:
    """`n` pairs, their order turning about."""
    made = []
    for place in range(n):
        first, second = (ours, bare) if place % 2 == 0 else (bare, ours)
        one, other = first(), second()
        made.append((one, other) if place % 2 == 0 else (other, one))
    return made


def ratios_of(name: str, made: list[tuple[Cost, Cost]], tolerance: float) -> list[Ratio]:
    """Ours over the other side, by wall clock and by CPU time."""
    return [
        paired(f"{name}, {words}", [ours[place] for ours, _ in made], [bare[place] for _, bare in made], tolerance)
        for place, words in enumerate(("wall clock", "CPU time"))
    ]


def in_the_loop(cell: MeasuredCell, tokenizer: Path, texts: list[str], n_pairs: int, inferences: int) -> list[Ratio]:
    """The same inferences in our window and in a plain loop, in one process."""
    torch.set_num_threads(1)
    adapter: Any = adapter_for(cell.spec)(
        cell.spec, ArchitectureSource(cell.spec, load_tokenizer(read_tokenizer(tokenizer))), torch.device("cpu")
    )
    adapter.load()
    adapter.max_tokens = TOKENS
    text = " ".join([texts[0]] * 8)  # more than that, and cut
    meter = CodeCarbonMeter()
    bench = Bench(cell.spec, adapter, meter, None, "s", samples=[text])  # type: ignore[arg-type]

    def ours() -> Cost:
        # The clock around the work alone, as a record has it; CPU time of the process, the sampler's included.
        window, _ = measured(bench, lambda: run_passes(bench, inferences))
        assert window.process_cpu_s is not None
        return Cost(window.duration_s, window.process_cpu_s)

    def bare() -> Cost:
        return timed(lambda: [alone(adapter, text) for _ in range(inferences)])

    bare()
    return [
        *ratios_of("in the loop over a bare one", pairs(n_pairs, ours, bare), 0.02),
        Ratio("beside the work in a window, of a core", beside_the_work(bench), 2.0),
    ]


@torch.inference_mode()
def alone(adapter: Any, text: str) -> tuple[str, float]:
    """One inference as a script for a single text has it: no list, no padding, no harness."""
    encoded = adapter.tokenizer(text, return_tensors="pt", truncation=True, max_length=TOKENS)
    inputs = {name: tensor.to(adapter.device) for name, tensor in encoded.items() if name in adapter._accepted}
    probability, index = torch.softmax(adapter.model(**inputs).logits[0].float(), dim=-1).max(dim=-1)
    return adapter.model.config.id2label[int(index)], float(probability)


def beside_the_work(bench: Bench) -> float:
    """CPU time that all threads but the working one take in a window, over its length."""

    def sleep() -> float:
        process_s, thread_s = time.process_time(), time.thread_time()
        time.sleep(IDLE_S)
        return (time.process_time() - process_s) - (time.thread_time() - thread_s)

    window, cpu_s = measured(bench, sleep)
    return cpu_s / window.duration_s


def ours_of(study: ResolvedStudy, folder: Path) -> Callable[[], Cost]:
    """`measure_cell`, from nothing to the record."""
    (cell,) = study.measured
    keys, path = write_specs(folder / "results", study), write_study(folder / "results/overhead", study)
    spec = spec_path(folder / "results", keys[cell.cell.id])
    measure = [sys.executable, "-m", "measure_cell", *job_arguments(path, spec, cell)]

    def ours() -> Cost:
        shutil.rmtree(folder / "results/repeats", ignore_errors=True)
        cost = process(measure, folder)
        record = json.loads((folder / f"results/overhead/runs/{cell.cell.id}.json").read_text())
        if record["status"] != "complete":
            raise RuntimeError(f"the cell is {record['status']}: {record['failure']}")
        return cost

    return ours


def whole_process(study: ResolvedStudy, tokenizer: Path, texts: list[str], n_pairs: int, folder: Path) -> list[Ratio]:
    """`measure_cell` beside a script that loads and loops."""
    (folder / "texts.json").write_text(json.dumps(texts))
    plain = folder / "tokenizer.json"
    load_tokenizer(read_tokenizer(tokenizer)).backend_tokenizer.save(str(plain))
    script = [
        *(sys.executable, str(ROOT / "benchmarks/bare_script.py"), "--texts", str(folder / "texts.json")),
        *("--tokenizer", str(plain), "--passes", "2"),
    ]
    made = pairs(n_pairs, ours_of(study, folder), lambda: process(script, folder))
    return ratios_of("whole process over a bare script", made, 0.1)


def ratios(n_pairs: int = 5, inferences: int = 100, loop_pairs: int = 200, loop_inferences: int = 10) -> list[Ratio]:
    """Both comparisons."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ.setdefault("WATTLAB_LOCKS", str(folder / "locks"))
        study = study_of(inferences)
        cell, tokenizer, texts = prepare(study, folder)
        return [
            *in_the_loop(cell, tokenizer, texts, loop_pairs, loop_inferences),
            *whole_process(study, tokenizer, texts, n_pairs, folder),
        ]


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--inferences", type=int, default=100)
    parser.add_argument("--loop-pairs", type=int, default=200)
    parser.add_argument("--loop-inferences", type=int, default=10)
    arguments = parser.parse_args()
    for ratio in ratios(arguments.pairs, arguments.inferences, arguments.loop_pairs, arguments.loop_inferences):
        print(ratio, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
