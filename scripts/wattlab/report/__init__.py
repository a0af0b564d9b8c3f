"""The report: one self-contained page, its closing paragraph, and the verdict on what is missing.

From `study.json`, `tables/*.csv` and `figures/*.png` alone.
"""
