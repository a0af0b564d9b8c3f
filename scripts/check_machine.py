"""Examine this machine for four to five minutes: which of its energies can be trusted, and from which window on.

    python -m check_machine                    writes results/machine-check.json and .md

Records of cells that are measured afterwards refer to it.
"""

from pathlib import Path
from typing import Annotated

from wattlab.foundation.files import write_json, write_text
from wattlab.foundation.verbs import tell, verb
from wattlab.machine.checked import NAME
from wattlab.machine.locks import machine_lock


@verb
def main(
    *,
    results: Annotated[Path, "folder to write to"] = Path("results"),
    device: Annotated[str, "auto, cpu, or an accelerator"] = "auto",
    seconds: Annotated[float, "work of the smallest size"] = 5.0,
) -> None:
    """Measure, write, tell."""
    from wattlab.workflow.doctor.check import check
    from wattlab.workflow.doctor.verdicts import markdown

    results.mkdir(parents=True, exist_ok=True)
    with machine_lock():
        content = check(device, results, seconds, seconds)
    write_json(results / NAME, content)
    words = markdown(content)
    write_text((results / NAME).with_suffix(".md"), words)
    print(words, end="")


if __name__ == "__main__":
    tell(main)
