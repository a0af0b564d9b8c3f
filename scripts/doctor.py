"""Say what this machine can measure and what it can only model, and what a study will cost here at least.

    python -m doctor --configfile studies/strict.yaml     the study as it would be resolved now
    python -m doctor --study results/laptop/study-*.json    a study that was resolved (the first step of every run)

A run hands over the cells that it is about to measure (`--planned`), and gets to know which were measured before.
WATTLAB_DOCTOR=no: a run's machine is not examined. Exit code 1 where the study can not succeed here: counters required and not readable, too little memory or disk.
"""

import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import InputError
from wattlab.foundation.verbs import tell, verb
from wattlab.study.cells import ResolvedStudy
from wattlab.study.specs import read_study
from wattlab.workflow.loading import study_of

CONFIG = Path(__file__).resolve().parents[1] / "config.yaml"
NEEDED = ("codecarbon", "psutil", "pynvml")

#: Length of the idle window that shows the machine's power now (s).
IDLE_S = 1.0


def examine(study: ResolvedStudy, results: Path) -> tuple[list[str], list[str]]:
    """Lines for a person, and what stands in the study's way; takes a few seconds and the machine's lock."""
    from wattlab.machine.describe import describe_machine
    from wattlab.meters.accelerators import on_machine
    from wattlab.meters.codecarbon import CodeCarbonMeter
    from wattlab.workflow.doctor.components import components
    from wattlab.workflow.doctor.report import lines_of, obstacles_of

    accelerator = on_machine(study.config.device)
    meter = CodeCarbonMeter(accelerator=accelerator)
    meter.begin()
    begun = time.perf_counter()
    time.sleep(IDLE_S)
    window = meter.end(time.perf_counter() - begun)
    found = components(window, meter.describe(), accelerator)
    machine = describe_machine(study.config.device)
    folder = results / study.config.study
    return lines_of(study, machine, found, window, folder), obstacles_of(study, machine, found, folder)


def _tell_what_is_measured_again(path: Path, elsewhere: bool) -> None:
    from wattlab.workflow.notice import here, measured_again, notice, restored, restored_words

    study, planned, results = read_study(path), sys.stdin.read().split(), path.parents[1]
    this = None if elsewhere else here(study.config.device)
    again, whole = measured_again(study, planned, results, this), restored(study, planned, results, this)
    if whole:
        print(restored_words(len(whole), len(planned)), flush=True)
    if again:
        print(notice(again), flush=True)


@verb
def main(
    *,
    study: Annotated[Path | None, "results/{study}/study-{key}.json"] = None,
    configfile: Annotated[Sequence[Path], "files beside config.yaml"] = (),
    planned: Annotated[bool, "ids of the cells about to be measured come on stdin"] = False,
    elsewhere: Annotated[bool, "with --planned: other machines measure them"] = False,
) -> int:
    """Examine this machine for a study."""
    lacking = [module for module in NEEDED if importlib.util.find_spec(module) is None]
    if lacking:
        print(f"The machine was not examined: this environment has no {', '.join(lacking)}.")
        return 0
    if planned and study is not None:
        _tell_what_is_measured_again(study, elsewhere)
        if elsewhere or os.environ.get("WATTLAB_DOCTOR") == "no":
            return 0
    from wattlab.foundation.holding import Held
    from wattlab.machine.locks import machine_is_mine

    asked = study_of(CONFIG, *configfile) if study is None else read_study(study)
    if asked.config.is_imported:
        raise InputError(f"study {asked.config.study}: it imports published logs; there is nothing to measure")
    results = Path("results") if study is None else study.parents[1]
    try:
        with machine_is_mine():
            lines, obstacles = examine(asked, results)
    except Held:
        print("The machine was not examined: a measurement is running on it, and is not disturbed.")
        return 0
    print("\n".join(lines))
    for obstacle in obstacles:
        print(f"In the way: {obstacle}")
    return 1 if obstacles else 0


if __name__ == "__main__":
    tell(main)
