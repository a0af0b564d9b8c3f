"""Rows of the datasets themselves, drawn at a receipt's commit.

In: a sample spec and a receipt. Out: rows and a manifest. The only part of `samples` that needs the network.
"""
