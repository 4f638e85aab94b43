"""What is missing from the material of an edition, or came otherwise than it should."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy

from analysis.disclosure import FEWEST_RESPONDENTS, FEWEST_TO_COUNT
from analysis.material import WEEK, Material, is_use
from analysis.statistics.variance import Floats, Whole
from survey.editions import Edition

CHANCE = 0.001  # that a place from which nothing came is silent by chance
WEEKS_BEFORE = 8
DAYS_BEFORE = 91
FEWEST = 0.5


class Silent(NamedTuple):
    """Places from which nothing came; `by_chance` how many chance alone silences in a period."""

    places: tuple[str, ...]
    by_chance: float


def silent(codes: Sequence[str], expected: Floats, came: Whole) -> Silent:
    """Where nothing came though P(0) = e^-E < 0.001, E what the time before led one to expect.

    `expected` and `came` one a place. Source: Poisson.
    """
    chance = np.exp(-expected)
    heard = chance < CHANCE
    return Silent(
        tuple(code for code, none in zip(codes, heard & (came == 0), strict=True) if none),
        float(chance[heard].sum()),
    )


def days_of(material: Material) -> int:
    return (material.end - material.start).days + 1


def unanswered(material: Material) -> Silent:
    """Boroughs in which nobody answered, by the eight weeks before."""
    drawn, start = material.drawn, material.day_of(material.start)
    before = (drawn.day >= start - WEEKS_BEFORE * WEEK) & (drawn.day < start)
    came, usual = (
        np.bincount(drawn.area[rows], drawn.persons[rows], minlength=len(material.boroughs))
        for rows in (material.window(drawn.day), before)
    )
    return silent(
        material.codes, usual * days_of(material) / (WEEKS_BEFORE * WEEK), came.astype(np.int64)
    )


def untold(material: Material) -> bool:
    """Whether no deployment was told of the whole city, though some were in the 13 weeks before.

    Of single boroughs nothing is said: their name would tell that nothing was recorded there.
    """
    now = earlier = False
    for count in filter(is_use, material.counts):
        now |= count.start <= material.end and material.start <= count.end
        earlier |= 0 < (material.start - count.end).days <= DAYS_BEFORE
    return earlier and not now


def too_few_answers(material: Material) -> float | None:
    """The chance of so few answers, where fewer than half the median of eight weeks came.

    Nothing where that median is below ten, or answers began later. Source: Poisson.
    """
    drawn, start = material.drawn, material.day_of(material.start)
    ago = (start - 1 - drawn.day) // WEEK
    rows = (ago >= 0) & (ago < WEEKS_BEFORE)
    weekly = np.bincount(ago[rows], drawn.persons[rows], minlength=WEEKS_BEFORE)
    usual = float(np.median(weekly)) * days_of(material) / WEEK
    came = float(drawn.persons[material.window(drawn.day)].sum())
    if start < WEEKS_BEFORE * WEEK or np.median(weekly) < FEWEST_TO_COUNT or came >= FEWEST * usual:
        return None
    return float(scipy.stats.poisson.cdf(np.ceil(FEWEST * usual) - 1, usual))


def unraked(edition: Edition) -> bool:
    """Whether answers enough for an index could not be weighed to the residents."""
    if not edition.index or edition.index[0].value is not None or unequal(edition):
        return False
    sound = edition.reliability is None or edition.reliability.publishable
    return sound and (edition.index[0].n or 0) >= FEWEST_RESPONDENTS


def unequal(edition: Edition) -> bool:
    """Whether weights differ so much that the design effect is above 4."""
    return edition.weighting is not None and edition.weighting.flag == "red"


def bursts(edition: Edition, last: Edition | None) -> Iterator[tuple[str, str]]:
    """Campaigns that may be listed and began in the period, and their stream."""
    known = {(one.id, one.stream) for one in last.campaigns} if last else set()
    for one in edition.campaigns:
        if one.first >= edition.start and (one.id, one.stream) not in known:
            yield one.id, one.stream
