"""The true architectures with seeded random weights.

In: a spec. Out: built and filled modules. Imports `study` and below.
"""
