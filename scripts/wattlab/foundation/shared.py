"""The folders of `results` that all studies share."""

from enum import StrEnum


class Shared(StrEnum):
    """Their names: no study may have one of them, since its own files lie in a folder of its name."""

    FETCHED = "fetched"
    PLACES = "places"
    REPEATS = "repeats"
    SAMPLES = "samples"
    SPECS = "specs"
    TOKENIZERS = "tokenizers"


#: Those that hold what measuring reads.
INPUT_FOLDERS = (Shared.FETCHED, Shared.SAMPLES, Shared.TOKENIZERS)
