"""Models and datasets of the Hugging Face hub: looking up, downloading, verifying. Without torch.

In: a request (hub id, revision). Out: files in the client's cache and a receipt. Imports `records` and below.
"""
