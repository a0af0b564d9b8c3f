"""Compare two runs of one study, B over A: is it the same energy, what changed, and is more than a limit used beyond doubt?

A run is a study's folder (`results/laptop`), a whole `results` folder with one study, or a bundle of `make bundle`.
Exit code 3 where a ratio lies above `--fail-above` beyond doubt.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import InputError
from wattlab.foundation.files import write_json, write_text
from wattlab.foundation.verbs import tell, verb
from wattlab.workflow.bundle.archive import read_manifest, unpacked
from wattlab.workflow.comparing import compare, read_side
from wattlab.workflow.comparison_texts import as_json, as_markdown

#: Exit code where B uses more than it may.
ABOVE_EXIT = 3


@verb
def main(
    first: Annotated[Path, "A: what was measured before"],
    second: Annotated[Path, "B: what was measured after"],
    *,
    fail_above: Annotated[float | None, "exit with 3 where a ratio is above this one beyond doubt, as 1.05"] = None,
    json: Annotated[Path | None, "write every number to this file"] = None,
    markdown: Annotated[Path | None, "write the page to this file too"] = None,
) -> int:
    """Print the comparison as Markdown."""
    if fail_above is not None and not fail_above > 0:
        raise InputError(f"FAIL_ABOVE={fail_above}: give a ratio above zero, as 1.05")
    with ExitStack() as opened:
        a, b = (read_side(_place(path, opened), str(path)) for path in (first, second))
        found = compare(a, b, fail_above)
    text = as_markdown(found)
    print(text, end="")
    if json is not None:
        write_json(json, as_json(found))
    if markdown is not None:
        write_text(markdown, text)
    return ABOVE_EXIT if found.above else 0


def _place(path: Path, opened: ExitStack) -> Path:
    """The folder of a study; a bundle is unpacked for as long as it is needed."""
    if not path.is_file():
        return path
    folder = opened.enter_context(unpacked(path))
    return folder / "results" / read_manifest(folder).study


if __name__ == "__main__":
    tell(main)
