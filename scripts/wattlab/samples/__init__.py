"""Samples: the frozen rows that a cell reads.

In: a sample spec. Out: a manifest and Parquet rows, from `surrogate` or `from_hub`. Imports `hub` and below.
"""
