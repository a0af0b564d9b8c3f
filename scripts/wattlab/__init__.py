"""wattlab: what an inference costs, measured.

The package holds the thinking, the programs beside it (`scripts/*.py`) the input and output. A folder imports only from
folders that stand above it in this list (`make check` tests it), and the data flow down it:

    foundation    facts without dependencies
    catalog       what is known of models, datasets, tasks and protocols
    study         what is asked, resolved into cells
    records       what a measurement leaves
    hub           published models and datasets: fetched, with receipts
    samples       the frozen rows
    models        random weights or a checkpoint
    tasks         what one inference is
    meters        what reads energy
    machine       where it is measured
    runs          one cell measured
    logs          or: other people's measurements, imported
    tables        from records to evidence (from here on without torch)
    quality       scores of the answers
    paper         the study that is reproduced
    figures       pictures of the tables
    report        the page and the verdict
    workflow      what stands around a run
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
