"""The figures, drawn from `tables/*.csv` and `study.json` alone.

`listing` names them without importing matplotlib; each is a module of its own with `draw(tables, study, layout) -> Figure`,
so that an edit of one touches one. `reading`, `points` and `notes` are what they share of the data, `style` of the looks.
"""
