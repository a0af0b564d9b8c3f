"""The figures, drawn from `tables/*.csv` and the study alone.

In: tables. Out: PDF and PNG. `listing` names them without importing matplotlib; each is a module with
`draw(tables, study, layout) -> Figure`. Imports `paper` and below.
"""
