"""Tokenizers of architecture mode: real ones of the catalog's kinds, trained on surrogate text."""
