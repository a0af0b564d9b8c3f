"""What the imported energy is made of: `tables/decomposition.csv` and `.md`.

python -m decompose_energy --study results/published/tables/study-*.json --tables results/published/tables
"""

import math
from pathlib import Path
from typing import Annotated

from wattlab.foundation.verbs import tell, verb
from wattlab.logs.imported import read_records, read_unassigned
from wattlab.logs.mapping import mapping_of
from wattlab.paper.decomposition import TABLE, decomposition
from wattlab.study.specs import read_study
from wattlab.tables.writing import twins_of, write_texts

CAPTION = (
    f"{TABLE.title}: GPUs above their idle power, idle GPUs, RAM and CPU (as the tracker "
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


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/tables/study-{key}.json"],
    tables: Annotated[Path, "results/{study}/tables, to write to; records lie beside it"],
) -> None:
    """Read, decompose, write."""
    resolved, runs = read_study(study), tables.parent / "runs"
    mapping = mapping_of(resolved)
    table = decomposition(read_records(resolved, runs), list(read_unassigned(runs)), mapping.ram_power_3_w)
    idle_w = table["idle_gpu_power_w"].iloc[0]
    caption = CAPTION.format(idle=IDLE_UNKNOWN if math.isnan(idle_w) else IDLE_KNOWN.format(idle_w))
    write_texts(twins_of("decomposition", TABLE, table, caption), tables)


if __name__ == "__main__":
    tell(main)
