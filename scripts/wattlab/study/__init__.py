"""A study: what a person configures, resolved into cells with their specs.

In: a configuration and the catalog. Out: `ResolvedStudy`. Imports `catalog` and below.
"""
