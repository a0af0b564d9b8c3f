"""What the imported energy is made of: `tables/decomposition.csv` and `.md`.

python -m decompose_energy --study results/published/study.json --tables results/published/tables
"""

import argparse
import math
from pathlib import Path

from wattlab.foundation.errors import InputError, tell
from wattlab.foundation.files import write_text
from wattlab.logs.imported import read_records, read_unassigned
from wattlab.logs.mapping import load_mapping
from wattlab.paper.decomposition import decomposition
from wattlab.study.specs import read_study
from wattlab.tables.writing import as_csv, as_markdown

CAPTION = (
    "What the logged node energy is made of: GPUs above their idle power, idle GPUs, RAM and CPU (as the tracker "
    "charged them), as shares; the same runs with CodeCarbon 3's RAM power, and with one GPU alone. {idle} Rows by task "
    "are over the selected cells; decomposition.csv has every cell."
)
IDLE_KNOWN = (
    "The paper says that the idle GPUs are in its numbers. Their idle power is not logged: {:.0f} W for all of them is "
    "the lowest mean of any window of ten seconds or more, an upper bound."
)
IDLE_UNKNOWN = (
    "No window of ten seconds or more bounds the idle power of GPUs: where there are any, they are not split."
)


def main(argv: list[str] | None = None) -> int:
    """Read, decompose, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/tables/study-{key}.json")
    parser.add_argument(
        "--tables", type=Path, required=True, help="results/{study}/tables, to write to; records lie beside it"
    )
    arguments = parser.parse_args(argv)
    study, runs = read_study(arguments.study), arguments.tables.parent / "runs"
    if study.config.logs is None:
        raise InputError(f"{arguments.study}: logs is missing; only imported studies are decomposed")
    mapping = load_mapping(study.config.logs.mapping)
    table = decomposition(read_records(study, runs), list(read_unassigned(runs)), mapping.ram_power_3_w)
    write_text(arguments.tables / "decomposition.csv", as_csv(table))
    shown = [column for column in table.columns if column not in ("dataset", "variant", "model", "idle_gpu_power_w")]
    idle_w = table["idle_gpu_power_w"].iloc[0]
    caption = CAPTION.format(idle=IDLE_UNKNOWN if math.isnan(idle_w) else IDLE_KNOWN.format(idle_w))
    write_text(arguments.tables / "decomposition.md", as_markdown(table[table["level"] != "cell"], shown, caption))
    return 0


if __name__ == "__main__":
    tell(main)
