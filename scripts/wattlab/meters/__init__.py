"""Meters: what reads energy. The session uses `CodeCarbonMeter`; the others are its references.

In: counters of the machine. Out: windows in joules, each component with its method. Imports `records` and below.
"""
