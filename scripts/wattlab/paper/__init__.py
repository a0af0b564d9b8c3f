"""The study that is reproduced: the printed numbers, their audit, and what the authors' logs say beyond them.

In: imported records and `printed.yaml`. Out: the tables `audit`, `decomposition`, `ranks`. Imports `quality` and below.
"""
