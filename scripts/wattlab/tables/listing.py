"""Which tables every study has. Imports nothing heavy: the Snakefile reads it."""

#: Name -> `module:NAME`, in the order in which they are computed: a table finds the earlier ones in `built`.
TABLES: dict[str, str] = {
    "runs": "wattlab.tables.runs:TABLE",
    "cells": "wattlab.tables.cells:TABLE",
    "tasks": "wattlab.tables.tasks:TABLE",
    "multipurpose": "wattlab.tables.multipurpose:TABLE",
    "output_lengths": "wattlab.tables.output_lengths:TABLE",
    "parity": "wattlab.tables.parity:TABLE",
    "models": "wattlab.tables.models:TABLE",
    "comparison": "wattlab.tables.comparison:TABLE",
    "functional_units": "wattlab.tables.functional_units:TABLE",
    "factors": "wattlab.tables.factors:TABLE",
    "emissions": "wattlab.tables.emissions:TABLE",
    "totals": "wattlab.tables.totals:TABLE",
    "missing": "wattlab.tables.missing:TABLE",
    "provenance": "wattlab.tables.provenance:TABLE",
    "drift": "wattlab.tables.drift:TABLE",
    "protocols": "wattlab.tables.protocols:TABLE",
    "claims": "wattlab.tables.claims.table:TABLE",
    "then_and_now": "wattlab.tables.then_and_now:TABLE",
    "then_and_now_claims": "wattlab.tables.then_and_now:CLAIMS",
    "power": "wattlab.tables.power:TABLE",
}

#: Tables that a study has once its FLOPs are counted (`make flops`).
OF_FLOPS: dict[str, str] = {
    "flops": "wattlab.tables.flops:TABLE",
    "flop_energy": "wattlab.tables.flop_energy:TABLE",
    "flop_ranks": "wattlab.tables.flop_ranks:TABLE",
}
