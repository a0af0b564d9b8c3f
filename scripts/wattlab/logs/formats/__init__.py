"""Formats of log files, a module each.

In: bytes of a log. Out: its rows, and what is wrong with them. Imports `foundation`.
"""
