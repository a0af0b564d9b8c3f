"""What reads energy: meters, and the accelerators that they ask (`contract`).

The session uses `CodeCarbonMeter`; RAPL and the accelerators' counters are its references.
In: counters of the machine. Out: windows in joules, each component with its method. Imports `records` and below.
"""
