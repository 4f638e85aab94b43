"""Smallest detectable changes.

All for a two-sided test at 5 %; a change is called detectable where four trials of five find
it.
"""

import math
from statistics import NormalDist


def detectable_effect(standard_error: float, *, level: float = 0.95) -> float:
    """(z.975 + z.8)·SE = 2.8016·SE, in the unit of the standard error; with the z of another
    `level` where one is given. Source: Bloom (1995).
    """
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + level / 2) + normal.inv_cdf(0.8)) * standard_error


def detectable_share(p: float, n: float, *, deff: float = 1.5) -> float:
    """Change of a share (0 to 1) between two separate samples of n: 2.8016·√(2p(1-p)·deff/n).

    Errors: ValueError for p outside 0 to 1, or n or deff of 0 or less. Source: statistics.md 2.19.
    """
    if not 0 <= p <= 1:
        raise ValueError("a share lies between 0 and 1")
    return detectable_mean(math.sqrt(p * (1 - p)), n, deff=deff)


def detectable_mean(deviation: float, n: float, *, deff: float = 1.5) -> float:
    """Change of a mean between two separate samples of n: 2.8016·s·√(2·deff/n).

    `deviation` s, the standard deviation of the answers, in their unit.
    Errors: ValueError for n or deff of 0 or less.
    """
    if n <= 0 or deff <= 0:
        raise ValueError("a sample and its design effect are larger than 0")
    return detectable_effect(deviation * math.sqrt(2 * deff / n))
