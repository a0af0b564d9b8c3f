"""The paper's findings put to a study: a typed test per kind of claim, and the verdicts.

In: the table `cells` and `catalog/claims.yaml`. Out: the table `claims`. docs/claims.md says how each kind is judged.
"""
