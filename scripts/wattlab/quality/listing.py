"""The table that this folder adds, see `wattlab.tables.listing`."""

TABLES: dict[str, str] = {"quality": "wattlab.quality.table:TABLE"}
