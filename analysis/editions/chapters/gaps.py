"""What is missing from the inputs of an edition, or arrived differently than it should."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy

from analysis.disclosure import FEWEST_RESPONDENTS, FEWEST_TO_COUNT
from analysis.editions.inputs import WEEK, EditionInputs, is_use
from analysis.statistics.variance import Floats, Ints
from survey.editions.edition import Edition

SILENCE_CHANCE = 0.001  # that an area from which nothing came is silent by chance alone
WEEKS_BEFORE = 8
DAYS_BEFORE = 91
FEWEST_OF_USUAL = 0.5


class SilentAreas(NamedTuple):
    """Areas from which nothing came; `by_chance` of them are silent by chance alone."""

    places: tuple[str, ...]
    by_chance: float


def silent_areas(codes: Sequence[str], expected: Floats, came: Ints) -> SilentAreas:
    """Areas from which nothing came though P(0) = e^-E < 0.001, E predicted from the time before.

    `expected` and `came` one an area. Source: Poisson.
    """
    chance = np.exp(-expected)
    heard = chance < SILENCE_CHANCE
    return SilentAreas(
        tuple(code for code, none in zip(codes, heard & (came == 0), strict=True) if none),
        float(chance[heard].sum()),
    )


def days_in_period(material: EditionInputs) -> int:
    return (material.end - material.start).days + 1


def areas_without_answers(material: EditionInputs) -> SilentAreas:
    """Boroughs in which nobody answered, judged by the eight weeks before."""
    drawn, start = material.drawn, material.day_of(material.start)
    before = (drawn.day >= start - WEEKS_BEFORE * WEEK) & (drawn.day < start)
    came, usual = (
        np.bincount(drawn.area[rows], drawn.persons[rows], minlength=len(material.boroughs))
        for rows in (material.window(drawn.day), before)
    )
    return silent_areas(
        material.codes,
        usual * days_in_period(material) / (WEEKS_BEFORE * WEEK),
        came.astype(np.int64),
    )


def has_no_deployments(material: EditionInputs) -> bool:
    """Whether no deployment was reported in the whole city, though some were in 13 weeks before.

    Single boroughs are not reported: a name would reveal that nothing was recorded there.
    """
    now = earlier = False
    for count in filter(is_use, material.counts):
        now |= count.start <= material.end and material.start <= count.end
        earlier |= 0 < (material.start - count.end).days <= DAYS_BEFORE
    return earlier and not now


def chance_of_so_few_answers(material: EditionInputs) -> float | None:
    """The chance of so few answers, if less than half the median of eight weeks came.

    None where that median is below ten, or answers began later. Source: Poisson.
    """
    drawn, start = material.drawn, material.day_of(material.start)
    ago = (start - 1 - drawn.day) // WEEK
    rows = (ago >= 0) & (ago < WEEKS_BEFORE)
    weekly = np.bincount(ago[rows], drawn.persons[rows], minlength=WEEKS_BEFORE)
    usual = float(np.median(weekly)) * days_in_period(material) / WEEK
    came = float(drawn.persons[material.window(drawn.day)].sum())
    if (
        start < WEEKS_BEFORE * WEEK
        or np.median(weekly) < FEWEST_TO_COUNT
        or came >= FEWEST_OF_USUAL * usual
    ):
        return None
    return float(scipy.stats.poisson.cdf(np.ceil(FEWEST_OF_USUAL * usual) - 1, usual))


def is_unraked(edition: Edition) -> bool:
    """Whether answers enough for an index could not be weighted to the residents."""
    if not edition.index or edition.index[0].value is not None or has_unequal_weights(edition):
        return False
    sound = edition.reliability is None or edition.reliability.publishable
    return sound and (edition.index[0].n or 0) >= FEWEST_RESPONDENTS


def has_unequal_weights(edition: Edition) -> bool:
    """Whether weights differ so much that the design effect is above 4."""
    return edition.weighting is not None and edition.weighting.flag == "red"


def new_campaigns(edition: Edition, last: Edition | None) -> Iterator[tuple[str, str]]:
    """Published campaigns that began in the period, and their stream."""
    known = {(one.id, one.stream) for one in last.campaigns} if last else set()
    for one in edition.campaigns:
        if one.first >= edition.start and (one.id, one.stream) not in known:
            yield one.id, one.stream
