"""Cost parity (the paper's Table 5): after how many inferences deployment has used as much energy as training."""

from wattlab.catalog.entries import TrainingEntry
from wattlab.tables.intervals import Estimate, quotient


def parity_inferences(training: TrainingEntry, inference_energy_kwh: Estimate) -> Estimate:
    """(training + fine-tuning energy) / energy per inference, unrounded, with the interval of the latter propagated.

    Energies in kWh, gross, of the whole node, as in Table 3 and 5; the training energies are taken as exact, since
    no uncertainty of theirs is published. A quotient by an energy that is not positive is NaN.
    """
    return quotient(training.training_energy_kwh + training.fine_tuning_energy_kwh, inference_energy_kwh)


def printed_parity_inferences(training: TrainingEntry) -> float:
    """The same from the numbers that Table 5 prints, its energy per inference having two digits."""
    return parity_inferences(training, Estimate(training.printed_inference_energy_kwh)).mean
