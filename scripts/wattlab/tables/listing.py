"""Which tables there are. Imports nothing heavy: the Snakefile reads it."""

#: Every table and the module that holds its function of the same name, in the order in which they are computed: a
#: function finds the earlier ones in `built`.
TABLES = {
    "runs": "runs",
    "cells": "cells",
    "tasks": "tasks",
    "multipurpose": "models",
    "output_lengths": "models",
    "parity": "parity",
    "models": "models",
    "comparison": "comparison",
    "emissions": "costs",
    "totals": "costs",
    "missing": "missing",
    "provenance": "provenance",
    "drift": "drift",
    "protocols": "protocols",
}
