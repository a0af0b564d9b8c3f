"""One cell measured: inputs, the session of the worker, verdicts on repeats, the record.

In: a spec and the inputs of its cell. Out: events in the store and a record. Imports `machine` and below.
"""
