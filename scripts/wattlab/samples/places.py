"""Where samples lie below `results`: all studies share them."""

from pathlib import Path

from wattlab.foundation.shared import Shared
from wattlab.study.cells import SampleSpec


def manifest_of(results: Path, spec: SampleSpec) -> Path:
    """The manifest of a spec's rows, below the folder of all studies; the rows lie beside it."""
    return results / Shared.SAMPLES / spec.dataset / f"{spec.key}.json"


def earlier_places(path: Path) -> list[Path]:
    """The same manifest from when each study had its own samples: `results/{study}/samples/{dataset}/{key}.json`."""
    return sorted(path.parents[2].glob(f"*/samples/{path.parent.name}/{path.name}"))
