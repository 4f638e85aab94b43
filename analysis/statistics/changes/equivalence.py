"""Equivalence: where a change that did not show is known to be small, by the interval it has."""

from typing import Literal

import scipy

# In points; the margin of the verdict on deployments and of changes of the index.
SMALLEST_OF_INTEREST = 2.0

ChangeVerdict = Literal["rose", "fell", "none_larger", "unclear"]


def is_within_margin(low: float, high: float, margin: float = SMALLEST_OF_INTEREST) -> bool:
    """True if the interval from `low` to `high` lies wholly between -margin and +margin.

    -margin < low and high < margin, all in the unit of the change. An interval of level 1-2α does
    so exactly where two one-sided tests at α both reject: that the change is -margin or less, and
    that it is +margin or more. So the interval that is printed is the test.
    Source: Schuirmann (1987); Berger & Hsu (1996).
    """
    return -margin < low and high < margin


def equivalence_p(
    value: float, se: float, df: float, margin: float = SMALLEST_OF_INTEREST
) -> float:
    """p of the two one-sided tests: P(T ≥ (margin - |value|)/se), T by Student's t on df.

    The larger of both p; that of the nearer side of the margin. Below α exactly where the interval
    of level 1-2α is within the margin.
    Source: Schuirmann (1987).
    """
    return float(scipy.stats.t.sf((margin - abs(value)) / se, df))


def change_verdict(low: float, high: float, margin: float = SMALLEST_OF_INTEREST) -> ChangeVerdict:
    """What may be said of a change by its interval: that it rose or fell, that there is none larger
    than the margin, or nothing clear.

    A change that shows is told as one however small it is. Source: Schuirmann (1987).
    """
    if low > 0:
        return "rose"
    if high < 0:
        return "fell"
    return "none_larger" if is_within_margin(low, high, margin) else "unclear"
