"""The report: one self-contained page, its closing paragraph, and the verdict on what is missing.

In: the study, tables and figures. Out: `report.html`, `verdict.txt`. Imports `figures` and below.
"""
