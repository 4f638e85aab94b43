"""Smallest detectable changes, and how many answers it takes to see one.

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

    Errors: ValueError for p outside 0 to 1, or n or deff of 0 or less. Source: Bloom (1995).
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


def answers_for_change(change: float, deviation: float, *, deff: float = 1.5) -> float:
    """Answers in each of two separate samples until a change of a mean shows: the n at which it is
    the detectable one, 2.8016²·s²·2·deff/change².

    `change` and the standard deviation `deviation` s in one unit; of a share, s = √(p(1-p)).
    Errors: ValueError for a change, deviation or deff of 0 or less.
    """
    if change <= 0 or deviation <= 0:
        raise ValueError("a change and a deviation are larger than 0")
    return (detectable_mean(deviation, 1, deff=deff) / change) ** 2


def equivalence_margin(standard_error: float, *, level: float = 0.95) -> float:
    """(z.975 + z.9)·SE = 3.2415·SE: the smallest margin within which the interval of a change lies
    in four trials of five if nothing changed; with the z of another `level` where one is given.

    z.9 and not z.8, because the interval may leave the margin on either side.
    Source: Julious (2004), equation 17, for a true difference of 0.
    """
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + level / 2) + normal.inv_cdf(0.9)) * standard_error


def answers_for_equivalence(margin: float, deviation: float, *, deff: float = 1.5) -> float:
    """Answers in each of two separate samples until "no change larger than the margin" can be said
    in four trials of five if nothing changed: 3.2415²·s²·2·deff/margin².

    Symbols and errors as in `answers_for_change`.
    """
    if margin <= 0 or deviation <= 0 or deff <= 0:
        raise ValueError("a margin, a deviation and a design effect are larger than 0")
    return (equivalence_margin(deviation * math.sqrt(2 * deff)) / margin) ** 2
