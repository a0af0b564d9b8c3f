"""How likely the tried definitions give a printed number that has nothing to do with them."""

import math
from decimal import Decimal

from wattlab.paper.printed import Relation, Statement

#: An unrelated number has the digits of the print, and lies between the print divided and multiplied by this, as likely
#: in each part of the logarithmic scale.
FACTOR = 2.0


def limits(statement: Statement, relation: Relation) -> tuple[float, float]:
    """Where a value has to lie for a print that is a bound."""
    if statement.bounds is not None:
        return statement.bounds[0], statement.bounds[1]
    printed = float(statement.printed)
    return (printed, math.inf) if relation == "over" else (0.0, printed)


def chance(statement: Statement, tried: list[tuple[Relation, float]], cut: bool = True) -> float:
    """Probability that a tried value gives an unrelated number instead of the print: rounded, or (`cut`) truncated, to
    the digits that the print surely holds. Bounds move by the factor by which the number differs from the print."""
    covered, place = 0.0, 1 / FACTOR
    for low, high in sorted(span for relation, value in tried for span in _spans(statement, relation, value, cut)):
        low, high = max(low, place), min(high, FACTOR)
        if high > low:
            covered, place = covered + math.log(high / low), high
    return covered / math.log(FACTOR**2)


def _spans(statement: Statement, relation: Relation, value: float, cut: bool) -> set[tuple[float, float]]:
    """Factors between an unrelated number and the print under which the value gives the number."""
    if relation != "equal":
        low, high = limits(statement, relation)
        return {(value / high, value / low if low > 0 else math.inf)}
    exponent = Decimal(statement.sure).as_tuple().exponent
    step, printed = 10.0 ** int(exponent), float(statement.printed)
    last = {math.floor(value / step + 0.5), *([math.floor(value / step)] if cut else [])}
    return {((digits - 0.5) * step / printed, (digits + 0.5) * step / printed) for digits in last}
