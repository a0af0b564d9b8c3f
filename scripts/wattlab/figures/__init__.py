"""The figures, drawn from `tables/*.csv` and the study alone.

In: tables. Out: PDF and PNG. `listing` names them without importing matplotlib; each is a module with one
`FIGURE`, which says what it shows, which tables it reads and how it is drawn. Imports `paper` and below.
"""
