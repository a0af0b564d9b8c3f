"""The other side of optimum.py, run by .venv-optimum: optimum-benchmark's own energy run of a model in a folder.

Without `--loop` it is one run as its users start it, in a process that it isolates. With `--loop` the same window is set
beside a bare loop of the same calls in one process, so many times in turn; a JSON line has the seconds of each pair.
"""

import argparse
import json
import os
import time
from pathlib import Path

from optimum_benchmark import Benchmark, BenchmarkConfig, InferenceConfig, ProcessConfig, PyTorchConfig
from optimum_benchmark.backends.pytorch.backend import PyTorchBackend
from optimum_benchmark.benchmark.report import BenchmarkReport
from optimum_benchmark.generators.input_generator import InputGenerator
from optimum_benchmark.scenarios.inference.scenario import InferenceScenario
from optimum_benchmark.trackers.energy import EnergyTracker

TASK = "text-classification"


def in_the_loop(backend: PyTorchConfig, scenario: InferenceConfig, pairs: int) -> None:
    """Its window and the bare loop, their order turning about: wall and CPU seconds of each, and CPU beside the work."""
    run = InferenceScenario(scenario)
    run.backend = PyTorchBackend(backend)
    run.report = BenchmarkReport.from_list(targets=["forward"])
    run.energy_tracker = EnergyTracker(backend="pytorch", device="cpu")
    shapes = {"task": TASK, "model_shapes": run.backend.model_shapes, "model_type": backend.model_type}
    inputs = InputGenerator(input_shapes=scenario.input_shapes, **shapes)()
    run.backend.load()
    run.inputs = run.backend.prepare_inputs(inputs=inputs)

    def bare() -> None:
        for _ in range(scenario.iterations):
            run.backend.forward(run.inputs, {})

    def timed(work: object) -> list[float]:
        wall_s, cpu_s, thread_s = time.perf_counter(), time.process_time(), time.thread_time()
        work()  # type: ignore[operator]
        cpu_s, thread_s = time.process_time() - cpu_s, time.thread_time() - thread_s
        return [time.perf_counter() - wall_s, cpu_s, cpu_s - thread_s]

    bare()
    made = []
    for place in range(pairs):
        sides = [run.run_inference_energy_tracking, bare]
        first, second = (timed(side) for side in (sides if place % 2 == 0 else reversed(sides)))
        made.append([first, second] if place % 2 == 0 else [second, first])
    print(json.dumps(made))


def main() -> None:
    """Measure as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with config.json and model.safetensors")
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--inferences", type=int, required=True)
    parser.add_argument("--loop", type=int, default=0, help="pairs")
    arguments = parser.parse_args()
    os.environ |= {"LOG_LEVEL": "ERROR", "LOG_TO_FILE": "0"}
    backend = PyTorchConfig(
        model=str(arguments.model),
        task=TASK,
        library="transformers",
        model_type="distilbert",
        device="cpu",
        inter_op_num_threads=1,  # as its names go, the threads of an operation
    )
    scenario = InferenceConfig(
        iterations=arguments.inferences,
        duration=0,
        warmup_runs=0,
        input_shapes={"batch_size": 1, "sequence_length": arguments.tokens},
        latency=False,
        energy=True,
    )
    if arguments.loop:
        in_the_loop(backend, scenario, arguments.loop)
        return
    config = BenchmarkConfig(name="beside", launcher=ProcessConfig(), backend=backend, scenario=scenario)
    energy = Benchmark.launch(config).forward.energy
    print(json.dumps({"energy_kwh": energy.total}))


if __name__ == "__main__":
    main()
