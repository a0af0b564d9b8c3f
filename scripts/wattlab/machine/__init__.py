"""The machine that measures: its description, limits, locks and software.

In: the system and the accelerators. Out: facts for the fingerprint, and the right to measure. Imports `meters` and below.
"""
