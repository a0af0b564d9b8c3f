"""wattlab: what an inference costs, measured.

The package holds the thinking, the verbs beside it (`scripts/*.py`) the input and output. Modules import
downwards only:

    units errors files hashing          facts without dependencies
    catalog study record                schemas, and the study resolved into cells
    samples tokenizers weights adapters meters      what a cell needs
    store validity protocol             measuring one cell
    tables parity figures report        from records to evidence (never import torch)
"""

#: Part of every spec: raise it when a change of the code makes old measurements incomparable with new ones.
METHOD_VERSION = 1

#: Version of the files that `record.py` and `study.py` describe.
SCHEMA_VERSION = 1
