"""Python runs this at the start of every process that has this folder on PYTHONPATH."""

from wattlab.meters.accelerators import ACCELERATORS

ACCELERATORS["toy"] = "accelerator:Toy"
