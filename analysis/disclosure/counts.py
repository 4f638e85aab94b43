"""The smallest counts that may be shown, and how counts are rounded (decisions 0005 and 0013)."""

import math
from typing import NamedTuple

from analysis.statistics.suppression import FeasibleInterval

FEWEST_EVENTS = 5
ROUNDING = 5
# The smallest count shown as 15. With rates from 10, a 10 without a rate would be an 8 or 9.
FEWEST_FOR_RATE = 13
FEWEST_TO_COUNT = 10
FEWEST_RESPONDENTS = 30
FEWEST_UNFLAGGED = 100
FEWEST_TEXTS = 10


def rounded_count(count: int | None, fewest: int = FEWEST_EVENTS) -> int | None:
    """A city's count of persons or events: none for 1 to 4, else rounded to base 5; 0 stays 0."""
    if count is None or 0 < count < fewest:
        return None
    return ROUNDING * round(count / ROUNDING)


def rounded_cell(count: int | None, fewest: int = FEWEST_EVENTS) -> int | None:
    """A count within a table: as `rounded_count`, but 0 is withheld like 1 to 4."""
    return rounded_count(count, fewest) or None


def rounded_base(n: int | None) -> int | None:
    """Number of respondents: None below 10, else rounded down, so that no threshold seems met."""
    return None if n is None or n < FEWEST_TO_COUNT else ROUNDING * (n // ROUNDING)


def count_text(count: int) -> str:
    """A rounded count of persons or events for a sentence."""
    rounded = rounded_count(count)
    return f"fewer than {FEWEST_EVENTS}" if rounded is None else f"about {rounded:,}"


def rounded_figure(figure: float | None, places: int = 2) -> float | None:
    """Rounded to the decimals that a page shows, so that no file or API gives finer figures."""
    return None if figure is None else round(figure, places)


def significant_digits(figure: float | None, many: int = 3) -> float | None:
    """Rounded to significant digits, for coefficients that rest on every cell."""
    return None if figure is None else float(f"{figure:.{many}g}")


class RoundingRule(NamedTuple):
    """How a kind of count is published: the smallest count shown, and how it is rounded."""

    fewest: int
    down: bool = False

    def cell(self, count: int | None) -> int | None:
        """The published count as a cell of a table."""
        return (rounded_base(count) if self.down else rounded_cell(count, self.fewest)) or None

    def total(self, count: int | None) -> int | None:
        """The published count as a city's total, which may be 0."""
        return rounded_base(count) if self.down else rounded_count(count, self.fewest)

    def bounds(self, shown: int | None) -> FeasibleInterval:
        """The true values possible for a reader who knows the rule and sees `shown`."""
        if shown is None:
            # A blank may also be a large count that was hidden to protect another one.
            return FeasibleInterval(0, math.inf)
        if shown == 0:
            return FeasibleInterval(0, 0)
        if self.down:
            return FeasibleInterval(shown, shown + ROUNDING - 1)
        # A shown 5 is 5 to 7: readers know that 3 and 4 would have been withheld.
        return FeasibleInterval(max(shown - ROUNDING // 2, self.fewest), shown + ROUNDING // 2)


EVENTS = RoundingRule(FEWEST_EVENTS)
TEXTS = RoundingRule(FEWEST_TEXTS)
PEOPLE = RoundingRule(FEWEST_TO_COUNT)
BASES = RoundingRule(FEWEST_TO_COUNT, down=True)
