"""Python runs this at the start of each process that finds it on its path: the table is listed."""

from wattlab.tables.listing import TABLES

TABLES["toy"] = "toy_table:TABLE"
