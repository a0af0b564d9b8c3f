"""The tables of published logs, see `wattlab.tables.listing`."""

TABLES: dict[str, str] = {
    "audit": "wattlab.paper.audit:TABLE",
    "decomposition": "wattlab.paper.decomposition:TABLE",
    "ranks": "wattlab.paper.ranks:TABLE",
    "rank_stability": "wattlab.paper.rank_stability:TABLE",
}
