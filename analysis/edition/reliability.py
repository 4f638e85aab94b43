"""Whether the items of the index measure one thing, so that an index may be told at all.

That is a property of the items, not of a week: it is judged on all answers that are read.
"""

from dataclasses import replace

import msgspec
import numpy as np

from analysis.material import Material
from analysis.statistics import index
from analysis.statistics.estimates import known
from analysis.statistics.index import Together
from survey.samples import Reliable
from survey.weeks import IndexWeek

FEWEST = 3
HELD_BACK = (
    "The questions of the Perception Index do not go together well enough in the answers that came "
    "(it is asked that the lower limit of α be 0.70 or more, and that each question go with the "
    "others, r 0.3 or more): no index is told. Single questions are."
)


def of(material: Material) -> Reliable | None:
    """Reliability of the index over the answers that are read.

    None with fewer than three people who answered all of its items, for whom nothing is known.
    """
    given = material.completed.together(material.completed.day <= material.day_of(material.end))
    if given.n < FEWEST or not material.sampled.index:
        return None
    return told(given, material.sampled.index)


def told(given: Together, items: tuple[str, ...]) -> Reliable:
    alpha, apart, omega = index.reliability(given), index.item_rest(given), index.omega(given)
    rest = np.full(len(items), np.nan) if apart is None else apart
    return Reliable(
        n=given.n,
        alpha=known(alpha.alpha) if alpha else None,
        low=known(alpha.low) if alpha else None,
        high=known(alpha.high) if alpha else None,
        omega=omega,
        item_rest=tuple((item, known(r)) for item, r in zip(items, rest.tolist(), strict=True)),
        publishable=index.publishable(given),
    )


def held(material: Material, found: Reliable | None) -> Material:
    """The material without the figures of an index that may not be told; who answered stays."""
    if found is None or found.publishable:
        return material
    return replace(material, index_weeks=[without(week) for week in material.index_weeks])


def without(week: IndexWeek) -> IndexWeek:
    city = msgspec.structs.replace(week.city, value=None, standard_error=None, low=None, high=None)
    direct = tuple((code, None, worth) for code, _, worth in week.direct)
    return IndexWeek(start=week.start, city=city, direct=direct)
