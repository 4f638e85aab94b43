"""From how few a figure is told, and how a count is told at all (decisions 0005 and 0013)."""

import math
from typing import NamedTuple

from analysis.statistics.suppression import Between

FEWEST_EVENTS = 5
ROUNDING = 5
# The least count told as 15: a rate from 10 would tell the 8 and 9 without one from 10 to 12.
FEWEST_FOR_RATE = 13
FEWEST_TO_COUNT = 10
FEWEST_RESPONDENTS = 30
FEWEST_UNFLAGGED = 100
FEWEST_TEXTS = 10


def persons(count: int | None, fewest: int = FEWEST_EVENTS) -> int | None:
    """A city's count of persons or events: none for 1 to 4, else rounded to base 5; 0 stays 0."""
    if count is None or 0 < count < fewest:
        return None
    return ROUNDING * round(count / ROUNDING)


def cell(count: int | None, fewest: int = FEWEST_EVENTS) -> int | None:
    """A count within a table: as `persons`, but 0 is withheld like 1 to 4, and looks like them."""
    return persons(count, fewest) or None


def base(n: int | None) -> int | None:
    """How many answered: none below 10, else rounded down, so that no threshold seems passed."""
    return None if n is None or n < FEWEST_TO_COUNT else ROUNDING * (n // ROUNDING)


def told(count: int) -> str:
    """A count of persons or events in a sentence."""
    rounded = persons(count)
    return f"fewer than {FEWEST_EVENTS}" if rounded is None else f"about {rounded:,}"


def rounded(figure: float | None, places: int = 2) -> float | None:
    """As many decimals as a page shows: nothing finer leaves the house by another door."""
    return None if figure is None else round(figure, places)


def digits(figure: float | None, many: int = 3) -> float | None:
    """So many significant digits: a coefficient of every cell is told no finer."""
    return None if figure is None else float(f"{figure:.{many}g}")


class Rule(NamedTuple):
    """How a kind of count is told: from how few, and rounded how."""

    fewest: int
    down: bool = False

    def tell(self, count: int | None) -> int | None:
        """The count as one cell of a table."""
        return (base(count) if self.down else cell(count, self.fewest)) or None

    def total(self, count: int | None) -> int | None:
        """The count as a city's total, of which 0 may be told."""
        return base(count) if self.down else persons(count, self.fewest)

    def bounds(self, shown: int | None) -> Between:
        """What a reader who knows the rule knows of a count that is told as `shown`."""
        if shown is None:
            return Between(0, math.inf)
        if shown == 0:
            return Between(0, 0)
        if self.down:
            return Between(shown, shown + ROUNDING - 1)
        return Between(max(shown - ROUNDING // 2, self.fewest), shown + ROUNDING // 2)


EVENTS = Rule(FEWEST_EVENTS)
TEXTS = Rule(FEWEST_TEXTS)
BASES = Rule(FEWEST_TO_COUNT, down=True)
