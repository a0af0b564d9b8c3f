"""Units and the only conversion constants of the project.

Records carry SI (joules, seconds, watts); tables carry the paper's unit, kWh per 1,000 inferences. A quantity's
unit is the end of its name; `UNITS` is the list that the tests hold every table against.
"""

#: Joules in one kilowatt-hour (exact: 1,000 W x 3,600 s).
J_PER_KWH = 3_600_000.0

#: Joules per kWh in CodeCarbon 3.3.2's own arithmetic: it multiplies joules by the rounded 2.77778e-7
#: (codecarbon/core/units.py). Dividing its kWh by the same factor gives back the joules that its counters read.
KWH_PER_J_CODECARBON = 2.77778e-7

#: The paper prints every energy for this many inferences.
INFERENCES_PER_ROW = 1_000

#: Every column of every table that holds a number with a unit ends in one of these -> the unit as people read it, empty
#: for a bare number. A longer ending comes before a shorter one that it ends in.
UNITS = {
    "_kwh_per_1000": "kWh per 1,000",
    "_g_per_1000": "g CO2eq per 1,000",
    "_s_per_1000": "s per 1,000",
    "_g_per_kwh": "g per kWh",
    "_kwh": "kWh",
    "_j_per_tflop": "J per 10^12 FLOP",
    "_kg": "kg",
    "_j": "J",
    "_s": "s",
    "_w": "W",
    **dict.fromkeys(
        (
            "_cores",
            "_share",
            "_ratio",
            "_rank",
            "_rho",
            "_tau",
            "_p",
            "_score",
            "_inferences",
            "_per_inference",
            "_per_call",
            "_tokens",
            "_effect",
        ),
        "",
    ),
}


def ending_of(column: str) -> str | None:
    """The end of a column's name that says its unit; None for text and counts."""
    return next((ending for ending in UNITS if column.endswith(ending)), None)


def kwh_per_1000(energy_j: float, n_inferences: int) -> float:
    """Energy of `n_inferences` (J) as kWh per 1,000 inferences, the unit of the paper's tables."""
    return energy_j / J_PER_KWH / n_inferences * INFERENCES_PER_ROW


def s_per_1000(duration_s: float, n_inferences: int) -> float:
    """Duration of `n_inferences` (s) as seconds per 1,000 inferences."""
    return duration_s / n_inferences * INFERENCES_PER_ROW


def emissions_g(energy_kwh: float, intensity_g_per_kwh: float) -> float:
    """Emissions (g CO2eq) of an energy under a stated carbon intensity."""
    return energy_kwh * intensity_g_per_kwh
