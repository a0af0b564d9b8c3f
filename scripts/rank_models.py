"""Which models of a task can be told apart, and how stable the orders are: `tables/ranks.csv`, `rank_stability.csv`.

python -m rank_models --study results/published/tables/study-*.json --tables results/published/tables
"""

from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.foundation.verbs import verb
from wattlab.logs.imported import read_records, repeats_frame
from wattlab.paper.ranks import rank_tables
from wattlab.study.specs import read_study
from wattlab.tables.writing import as_csv, as_markdown

NOTE = (
    "Bootstrap over datasets and repeats, 95 %. Repeats of one session are not independent, so that the intervals are "
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
    pairs, stability = rank_tables(repeats_frame(records))
    apart = f"{int(pairs['told_apart'].sum())} of {len(pairs)} pairs of models within a task can be told apart. {NOTE}"
    ranked = f"Rank by energy, 1 the least; tasks are drawn over their models. {NOTE}"
    for name, table, caption in (("ranks", pairs, apart), ("rank_stability", stability, ranked)):
        write_text(tables / f"{name}.csv", as_csv(table))
        write_text(tables / f"{name}.md", as_markdown(table, None, caption))
    print(apart)


if __name__ == "__main__":
    tell(main)
