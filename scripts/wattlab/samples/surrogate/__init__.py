"""Rows made offline, with a dataset's schema and its lengths or resolutions.

In: a sample spec. Out: rows, the same for all time. Imports nothing of the hub.
"""
