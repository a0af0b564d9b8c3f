"""Other people's measurements instead of runs: logs become the same records.

In: log files and a mapping (`catalog/published/*.yaml`). Out: records, unassigned windows, an account of every row.
`formats` alone knows the columns of a tool. Imports `runs` and below.
"""
