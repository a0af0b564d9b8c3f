"""What the flags of cells say, in words; docs/protocol.md has their limits."""

import pandas as pd

from wattlab.foundation.wording import percent
from wattlab.records.record import OTHER_MODEL
from wattlab.tables.intervals import OUTLIER_SHARE

#: Flag -> what a reader is to mind.
MEANINGS = {
    "short": "a window below the length that how it is read needs: its energy is less certain",
    "throttled_cores": "the process got less than its cores: time and energy hold what else ran",
    "outlier": f"a repeat is more than {percent(OUTLIER_SHARE)} off the cell's median energy",
    "scattered": f"half of the repeats or more are more than {percent(OUTLIER_SHARE)} off the cell's median energy",
    "trend": "the energy rises or falls with the order of the repeats",
    "several_sessions": "the repeats are of several processes",
    "power_capped": "the GPU was at its power limit",
    "clock_changed": "the GPU ran at a lower clock than in other repeats of the cell",
    "limits_changed": "the GPU's power or clock limit is another one than in most repeats of the cell",
    "idle_power_disagrees": "two readings of the GPU's power differ when it is idle",
    "processes_unknown": "whether another process computed on the GPU is not known",
    "shared_device": "other cells ran on the same device",
    "parameters_differ": "the model has another number of parameters than was published",
    "tokenizer_differs": "an input has other token ids than the model's own tokenizer gives",
    "unknown_words": "many tokens of the inputs are unknown to the tokenizer",
    "unused_weights": "the checkpoint has tensors that the class which runs does not use",
    OTHER_MODEL.strip(": "): "the runs were those of another model, and so is the energy",
}


def meanings(cells: pd.DataFrame) -> dict[str, str]:
    """The flags of these cells as they are shown -> what they say, in the order of `MEANINGS`."""
    found = {flag.partition(": ")[0] for flags in cells["flags"].dropna() for flag in str(flags).split("; ")}
    return {flag.replace("_", " "): meaning for flag, meaning in MEANINGS.items() if flag in found}
