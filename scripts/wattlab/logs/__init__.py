"""Other people's measurements instead of runs: CodeCarbon logs become the same records.

In: log files and a mapping (`catalog/published/*.yaml`). Out: records, unassigned windows, an account of every row.
Imports `runs` and below.
"""
