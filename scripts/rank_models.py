"""Which models of a task can be distinguished, and how stable the orders are: `tables/ranks.csv`, `rank_stability.csv`.

python -m rank_models --study results/published/tables/study-*.json --tables results/published/tables
"""

from pathlib import Path
from typing import Annotated

from wattlab.foundation.quantities import INTERVALS
from wattlab.foundation.verbs import tell, verb
from wattlab.logs.imported import read_records, repeats_frame
from wattlab.paper import rank_stability, ranks
from wattlab.study.specs import read_study
from wattlab.tables.writing import twins_of, write_texts

NOTE = (
    f"{INTERVALS['ranks'].words}. Repeats of one session are not independent, so that the intervals are "
    "too narrow rather than too wide."
)


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/tables/study-{key}.json"],
    tables: Annotated[Path, "results/{study}/tables, to write to; records lie beside it"],
) -> None:
    """Read, compare, write."""
    records = read_records(read_study(study), tables.parent / "runs")
    pairs, stability = ranks.rank_tables(repeats_frame(records))
    apart = (
        f"{int(pairs['told_apart'].sum())} of {len(pairs)} pairs of models within a task can be distinguished. {NOTE}"
    )
    ranked = f"Rank by energy, 1 the least; tasks are drawn over their models. {NOTE}"
    write_texts(twins_of("ranks", ranks.TABLE, pairs, apart), tables)
    write_texts(twins_of("rank_stability", rank_stability.TABLE, stability, ranked), tables)
    print(apart)


if __name__ == "__main__":
    tell(main)
