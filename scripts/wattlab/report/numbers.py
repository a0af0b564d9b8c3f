"""Numbers as text for people. The page's script writes numbers in the same way (`words` in `assets/core.js`); a test holds
the two together."""

import math

import pandas as pd

from wattlab.foundation.quantities import significant

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def three_digits(value: float | None) -> str:
    """Three significant digits: `0.000612`, `8.40`, `1,290`, `5.43 × 10⁻⁷`; `missing` for none."""
    if value is None or value is pd.NA or math.isnan(value):
        return "missing"
    if value == 0:
        return "0"
    if math.isinf(value):
        return "never"
    text, _, power = significant(value, 3).partition("e")
    return f"{text} × 10{str(int(power)).translate(_SUPERSCRIPT)}" if power else text


def grams_words(mass_g: float) -> str:
    """Grams; kg from 1,000 g."""
    return f"{three_digits(mass_g / 1000)} kg" if mass_g >= 1000 else f"{three_digits(mass_g)} g"
