"""Samples: the frozen rows that a cell reads, and the surrogate generators that make them offline."""
