"""Numbers as text for people, and grams that follow the intensity that the page's reader chooses.

The page's script writes numbers in the same way (`words` in `assets/core.js`); a test holds the two together.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from wattlab.foundation.quantities import DIGITS, rounded, significant

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


def interval_words(low: float | None, high: float | None) -> str:
    """`0.0501 to 0.0622`, or that there is none."""
    parts = [three_digits(low), three_digits(high)]
    return "no interval" if "missing" in parts else " to ".join(parts)


def grams_words(mass_g: float) -> str:
    """Grams; kg from 1,000 g."""
    return f"{three_digits(mass_g / 1000)} kg" if mass_g >= 1000 else f"{three_digits(mass_g)} g"


def grams(kwh: float | None, intensity_g_per_kwh: float, per_g: float | None = 1.0) -> Markup:
    """The emissions of an energy, marked so that the page's script writes them again for another grid.

    A bare number, of what weighs so many grams: 1000 gives kg. Without `per_g`, with a unit: `6.94 g` or `1.29 kg`.
    """
    if kwh is None or kwh is pd.NA or math.isnan(kwh):
        return Markup("missing")
    value = kwh * intensity_g_per_kwh
    text = grams_words(value) if per_g is None else three_digits(value / per_g)
    per = "" if per_g is None else f"{per_g:g}"
    return Markup('<span class="g" data-kwh="{}" data-per="{}">{}</span>').format(repr(float(kwh)), per, text)


def value_text(value: Any, column: str = "") -> str:
    """A value of a table as text, numbers as in its Markdown twin; an empty string for a missing one."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, int | float | np.number):
        return str(value)
    return rounded(float(value), DIGITS["md"], column)
