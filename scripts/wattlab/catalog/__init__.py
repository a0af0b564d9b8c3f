"""The catalog: one file per model and per dataset, and the facts of tasks, protocols, grids, training and the paper.

In: `catalog/*.yaml`. Out: typed entries. Imports `foundation`.
"""
