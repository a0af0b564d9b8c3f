"""What published logs allow beyond the tables of every study: `decomposition`, `ranks` and `rank_stability`, and `audit`
where the mapping names printed numbers.

python -m examine_logs --study results/published/tables/study-*.json --tables results/published/tables
"""

from pathlib import Path
from typing import Annotated

from wattlab.foundation.verbs import tell, verb
from wattlab.logs.imported import read_account, read_records, read_unassigned, repeats_frame
from wattlab.logs.mapping import mapping_of, printed_path
from wattlab.paper import audit, decomposition, rank_stability, ranks
from wattlab.paper.definitions import Logs
from wattlab.paper.printed import load_printed
from wattlab.study.specs import read_study
from wattlab.tables.writing import twins_of, write_texts


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/tables/study-{key}.json"],
    tables: Annotated[Path, "results/{study}/tables, to write to; records lie beside it"],
) -> None:
    """Read, compute, write, and print the counts of the verdicts."""
    resolved, runs = read_study(study), tables.parent / "runs"
    mapping, records = mapping_of(resolved), read_records(resolved, runs)
    repeats = repeats_frame(records)
    parts = decomposition.decomposition(records, read_unassigned(runs), mapping.idle_phases, mapping.ram_power_3_w)
    write_texts(twins_of("decomposition", decomposition.TABLE, parts, decomposition.caption(parts)), tables)
    pairs, stability = ranks.rank_tables(repeats)
    write_texts(twins_of("ranks", ranks.TABLE, pairs, ranks.caption(pairs)), tables)
    write_texts(twins_of("rank_stability", rank_stability.TABLE, stability, ranks.RANKS_CAPTION), tables)
    if (path := printed_path(resolved)) is not None:
        printed, logs = load_printed(path), Logs(repeats, read_account(tables.parent / "import.json"))
        table = audit.audit_table(printed.statements, logs)
        write_texts(twins_of("audit", audit.TABLE, table, audit.caption(table, printed)), tables)
        print(audit.summary(table))


if __name__ == "__main__":
    tell(main)
