"""From records to tables: one function per table, each from the evidence and the tables before it. No torch."""
