"""Whether the items of the index measure one thing, so that an index may be published at all.

That is a property of the items, not of a week, so it is judged on all answers used.
"""

from dataclasses import replace

import msgspec
import numpy as np

from analysis.editions.inputs import EditionInputs
from analysis.statistics import index
from analysis.statistics.estimates import finite_or_none
from analysis.statistics.index import ItemSums
from survey.editions.chapters.deployments import IndexWeek
from survey.editions.chapters.sample import IndexReliability

FEWEST = 3
HELD_BACK = (
    "The questions of the Perception Index do not go together well enough in the answers that came "
    "(it is asked that the lower limit of α be 0.70 or more, and that each question go with the "
    "others, r 0.3 or more): no index is told. Single questions are."
)


def index_reliability(material: EditionInputs) -> IndexReliability | None:
    """Reliability of the index over all answers up to the end of the period.

    None with fewer than three people who answered all of its items.
    """
    given = material.completed.together(material.completed.day <= material.day_of(material.end))
    if given.n < FEWEST or not material.sampled.index:
        return None
    return reliability_figures(given, material.sampled.index)


def reliability_figures(given: ItemSums, items: tuple[str, ...]) -> IndexReliability:
    alpha, apart, omega = (
        index.cronbach_alpha(given),
        index.item_rest_correlations(given),
        index.mcdonald_omega(given),
    )
    rest = np.full(len(items), np.nan) if apart is None else apart
    return IndexReliability(
        n=given.n,
        alpha=finite_or_none(alpha.alpha) if alpha else None,
        low=finite_or_none(alpha.low) if alpha else None,
        high=finite_or_none(alpha.high) if alpha else None,
        omega=omega,
        item_rest=tuple(
            (item, finite_or_none(r)) for item, r in zip(items, rest.tolist(), strict=True)
        ),
        publishable=index.is_publishable(given),
    )


def without_unreliable_index(
    material: EditionInputs, found: IndexReliability | None
) -> EditionInputs:
    """The inputs without the values of an index that may not be published."""
    if found is None or found.publishable:
        return material
    return replace(
        material, index_weeks=[week_without_index(week) for week in material.index_weeks]
    )


def week_without_index(week: IndexWeek) -> IndexWeek:
    city = msgspec.structs.replace(week.city, value=None, standard_error=None, low=None, high=None)
    direct = tuple((code, None, worth) for code, _, worth in week.direct)
    return IndexWeek(start=week.start, city=city, direct=direct)
