"""What a measurement leaves: windows, repeats, sessions and records, and the store that keeps them.

In: observations. Out: `results/repeats/…jsonl` and the schema of a record. Imports `study` and below.
"""
