"""From records to tables: one module per table, each from the evidence and the tables before it. No torch.

In: records and the study. Out: `tables/*.csv` with twins for people. Imports `logs` and below.
"""
