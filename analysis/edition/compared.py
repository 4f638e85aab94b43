"""What changed between the window and the one before it: other people, often the same wards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from analysis import perception
from analysis.disclosure import FEWEST_RESPONDENTS
from analysis.edition.respondents import Respondents
from analysis.material import Material, Sampled
from analysis.statistics import estimates, multiplicity, power
from analysis.statistics.estimates import Means, Projection
from analysis.statistics.streams import Sample
from analysis.statistics.variance import Flags, Floats, Whole
from survey.problems import Invalid


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Now less before, in points, with a t interval and p; `detectable` what four of five runs see.

    `of` is 'index', or an item as it is put (then of agree less disagree).
    """

    of: str
    domain: str
    value: float
    low: float
    high: float
    p: float
    detectable: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Both:
    """The people of two windows in one sample, `now` those of the later one."""

    sampled: Sampled
    sample: Sample
    projection: Projection | None
    now: Flags


def of(material: Material, asked: Respondents, window: Flags) -> list[Difference]:
    """The city's index first, then every item that moved, then every borough that did.

    Items and boroughs by Benjamini-Hochberg at 10 % within each family; the error counts
    wards that both windows drew from. Nothing that rests on fewer than thirty answers on a side.
    Each window is raked on its own; where one cannot be, both keep their design weights.
    """
    if asked.refused:
        return []
    try:
        both = together(material, asked, window)
    except Invalid:
        return []
    city = [] if asked.apart else list(index_of(both, [material.city], None))
    areas = [] if asked.apart else list(index_of(both, material.codes, both.sampled.area))
    return [*city, *found(list(items(both, material.city))), *found(areas)]


def together(material: Material, asked: Respondents, late: Flags) -> Both:
    """Both windows in one sample, each raked to the residents on its own."""
    sampled = material.sampled
    before, projection, _ = perception.weighed(sampled.only(~late), material.targets)
    projections = [asked.projection, projection]
    if None in projections:
        return Both(
            sampled=sampled, sample=perception.by_design(sampled), projection=None, now=late
        )
    weight = np.empty(len(late))
    for rows, side in ((late, asked.sample), (~late, before)):
        weight[rows] = side.design.weight
    return Both(
        sampled=sampled,
        sample=perception.as_sample(sampled, weight),
        projection=Projection(
            cells=apart(late, [one.cells for one in projections if one]),
            design_weight=sampled.weight,
            persons=sampled.persons.astype(np.float64),
        ),
        now=late,
    )


def apart(late: Flags, cells: Sequence[dict[str, Whole]]) -> dict[str, Whole]:
    """The margins of both windows as one: no category is shared, for each was raked alone."""
    joint: dict[str, Whole] = {}
    for name in dict.fromkeys(name for one in cells for name in one):
        joint[name] = np.zeros(len(late), dtype=np.int64)
        after = 0
        for rows, one in zip((late, ~late), cells, strict=True):
            own = one.get(name, np.zeros(int(rows.sum()), dtype=np.int64)) + 1
            joint[name][rows] = after + own
            after += int(own.max(initial=0)) + 1
    return joint


def index_of(both: Both, names: Sequence[str], domain: Whole | None) -> Iterator[Difference]:
    sampled = both.sampled
    yield from moved("index", names, both, sampled.score, sampled.scored, domain)


def items(both: Both, city: str) -> Iterator[Difference]:
    sampled = both.sampled
    for at, item in enumerate(sampled.items):
        net = 100 * (sampled.agree[:, at] - sampled.disagree[:, at]).astype(np.float64)
        named = sampled.wording.get(item, item)
        yield from moved(named, [city], both, net, sampled.answered[:, at])


def moved(
    of: str,
    names: Sequence[str],
    both: Both,
    total: Floats,
    count: Whole,
    domain: Whole | None = None,
) -> Iterator[Difference]:
    """The difference in each domain where both sides have thirty answers and the error is known."""
    place = np.zeros(len(count), dtype=np.int64) if domain is None else domain
    sides = both.now, ~both.now
    asked = [np.bincount(place[one], count[one], minlength=len(names)) for one in sides]
    enough = np.minimum(*asked) >= FEWEST_RESPONDENTS
    if enough.any():
        change = estimates.difference(
            total,
            both.sample,
            first=sides[0],
            second=sides[1],
            domain=place,
            projection=both.projection,
            count=count.astype(np.float64),
        )
        known = (change.df >= 1) & (change.se > 0)
        for i in np.flatnonzero(enough[: len(known)] & known).tolist():
            yield described(of, names[i], change, i)


def described(of: str, name: str, change: Means, i: int) -> Difference:
    low, high = change.interval()
    value, se = float(change.value[i]), float(change.se[i])
    return Difference(
        of=of,
        domain=name,
        value=value,
        low=float(low[i]),
        high=float(high[i]),
        p=2 * float(scipy.stats.t.sf(abs(value) / se, change.df[i])),
        detectable=power.detectable(se),
    )


def found(family: list[Difference]) -> list[Difference]:
    """Those of a family that are called changes, the surest first."""
    p = np.array([one.p for one in family])
    if not len(p):
        return []
    called = [one for one, yes in zip(family, multiplicity.discoveries(p), strict=True) if yes]
    return sorted(called, key=lambda one: one.p)
