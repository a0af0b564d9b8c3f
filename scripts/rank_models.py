"""Which models of a task can be told apart, and how stable the orders are: `tables/ranks.csv`, `rank_stability.csv`.

python -m rank_models --study results/published/study.json --tables results/published/tables
"""

import argparse
from pathlib import Path

from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.foundation.quantities import INTERVALS
from wattlab.logs.imported import read_records
from wattlab.paper.frame import repeats_frame
from wattlab.paper.ranks import rank_tables
from wattlab.study.resolve import read_study
from wattlab.tables.writing import as_csv, as_markdown

NOTE = (
    f"{INTERVALS['ranks'].words}. Repeats of one session are not independent, so that the intervals are "
    "too narrow rather than too wide."
)


def main(argv: list[str] | None = None) -> int:
    """Read, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/study.json; records lie beside it")
    parser.add_argument("--tables", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args(argv)
    records = read_records(read_study(arguments.study), arguments.study.parent / "runs")
    pairs, stability = rank_tables(repeats_frame(records))
    apart = f"{int(pairs['told_apart'].sum())} of {len(pairs)} pairs of models within a task can be told apart. {NOTE}"
    ranked = f"Rank by energy, 1 the least; tasks are drawn over their models. {NOTE}"
    for name, table, caption in (("ranks", pairs, apart), ("rank_stability", stability, ranked)):
        write_text(arguments.tables / f"{name}.csv", as_csv(table))
        write_text(arguments.tables / f"{name}.md", as_markdown(table, None, caption))
    print(apart)
    return 0


if __name__ == "__main__":
    tell(main)
