"""wattlab: what an inference costs, measured.

The package holds the thinking, the verbs beside it (`scripts/*.py`) the input and output. A folder imports only from
folders above it in this list (`make check` holds it); the data flow through them in this order:

    foundation                    facts without dependencies
    catalog  study  records       what is known, what is asked, what a measurement leaves
    hub  samples  models  tasks   what a cell needs
    meters  machine               what reads energy, and where
    runs  (or logs)               measuring one cell, or importing other people's measurements
    tables  quality  paper        from records to evidence (from here on without torch)
    figures  report               evidence for people
    workflow                      what stands around a run
"""

#: Part of every spec: raise it when a change of the code makes old measurements incomparable with new ones.
METHOD_VERSION = 1

#: Version of what a measurement leaves: the store's files and the records. Older ones are read, newer ones refused.
SCHEMA_VERSION = 1

#: Version of the study file.
STUDY_VERSION = 2

#: Raised when surrogate generators or the hub sampler yield other rows for the same spec.
SAMPLES_VERSION = 1

#: Raised when the tokenizers' training corpus or trainer changes what it yields.
TOKENIZERS_VERSION = 1
