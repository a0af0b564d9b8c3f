"""Models: random weights of a stated architecture or a published checkpoint, with tokenizer and image processor.

In: a spec and its inputs. Out: torch modules and pipelines behind `source.Source`. Imports `samples` and below.
"""
