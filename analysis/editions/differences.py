"""Changes between the window and the one before it: other people, often in the same wards.

And what an edition says about them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from analysis.disclosure.counts import FEWEST_RESPONDENTS
from analysis.editions import perception
from analysis.editions.inputs import EditionInputs, SampledAnswers
from analysis.editions.respondents import Respondents
from analysis.statistics.changes import multiplicity
from analysis.statistics.sampling import estimates, power
from analysis.statistics.sampling.estimates import Means, Projection
from analysis.statistics.sampling.streams import Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from survey.editions.chapters.changes import EditionFinding
from survey.editions.edition import Edition
from survey.problems import Invalid
from survey.sentences import N_, Sentence

OF_EACH = 2
STRONG, GOOD = 0.01, 0.05
STRONG_EVIDENCE = N_("strong evidence")
GOOD_EVIDENCE = N_("good evidence")
NO_EVIDENCE = N_("no clear evidence")
INDEX_CHANGES = {
    "rose": N_(
        "The perception index for {area} rose by {size} points in {window} (95% interval {low} to "
        "{high})."
    ),
    "fell": N_(
        "The perception index for {area} fell by {size} points in {window} (95% interval {low} to "
        "{high})."
    ),
    "unclear": N_(
        "There is no clear evidence that the perception index for {area} changed in {window} (95% "
        "interval {low} to {high}). With this many answers, we would usually miss a change smaller "
        "than {detectable} points."
    ),
}
ITEM_CHANGES = {
    "rose": N_(
        "Agreement minus disagreement with “{item}” rose by {size} points in {window} (95% "
        "interval {low} to {high})."
    ),
    "fell": N_(
        "Agreement minus disagreement with “{item}” fell by {size} points in {window} (95% "
        "interval {low} to {high})."
    ),
    "unclear": N_(
        "There is no clear evidence that agreement minus disagreement with “{item}” changed in "
        "{window} (95% interval {low} to {high}). With this many answers, we would usually miss a "
        "change smaller than {detectable} points."
    ),
}


@dataclass(frozen=True, kw_only=True)
class WindowDifference:
    """Now less before, in points, with a t interval and p.

    `detectable` is the smallest change that four in five trials would show; `of` is 'index', or an
    item as it is worded (then agree less disagree).
    """

    of: str
    domain: str
    value: float
    low: float
    high: float
    p: float
    detectable: float


@dataclass(frozen=True, eq=False, kw_only=True)
class JoinedWindows:
    """The people of two windows in one sample; `now` marks those of the later one."""

    sampled: SampledAnswers
    sample: Sample
    projection: Projection | None
    now: Flags


def window_differences(
    inputs: EditionInputs, asked: Respondents, window: Flags
) -> list[WindowDifference]:
    """The city's index first, then every item that changed, then every borough that did.

    Items and boroughs by Benjamini-Hochberg at 10 % within each family; the error allows for wards
    that both windows drew from. Nothing is based on fewer than thirty answers on a side. Each
    window is raked on its own; if one cannot be, both keep their design weights.
    """
    if asked.refused:
        return []
    try:
        both = joined_windows(inputs, asked, window)
    # Answers of the window before may not fit the margins; the edition is made without changes.
    except Invalid:
        return []
    city = [] if asked.apart else list(index_differences(both, [inputs.city], None))
    areas = [] if asked.apart else list(index_differences(both, inputs.codes, both.sampled.area))
    return [
        *city,
        *significant_differences(list(item_differences(both, inputs.city))),
        *significant_differences(areas),
    ]


def joined_windows(inputs: EditionInputs, asked: Respondents, late: Flags) -> JoinedWindows:
    """Both windows in one sample, each raked to the residents on its own."""
    sampled = inputs.sampled
    before, projection, _ = perception.raked_sample(sampled.only(~late), inputs.targets)
    projections = [asked.projection, projection]
    if None in projections:
        return JoinedWindows(
            sampled=sampled,
            sample=perception.design_weighted_sample(sampled),
            projection=None,
            now=late,
        )
    weight = np.empty(len(late))
    for rows, side in ((late, asked.sample), (~late, before)):
        weight[rows] = side.design.weight
    return JoinedWindows(
        sampled=sampled,
        sample=perception.to_sample(sampled, weight),
        projection=Projection(
            cells=separate_margins(late, [one.cells for one in projections if one]),
            design_weight=sampled.weight,
            persons=sampled.persons.astype(np.float64),
        ),
        now=late,
    )


def separate_margins(late: Flags, cells: Sequence[dict[str, Ints]]) -> dict[str, Ints]:
    """The margins of both windows as one; no category is shared, because each was raked alone."""
    joint: dict[str, Ints] = {}
    for name in dict.fromkeys(name for one in cells for name in one):
        joint[name] = np.zeros(len(late), dtype=np.int64)
        after = 0
        for rows, one in zip((late, ~late), cells, strict=True):
            # An unknown category (-1) becomes one of its own in each window.
            own = one.get(name, np.zeros(int(rows.sum()), dtype=np.int64)) + 1
            joint[name][rows] = after + own
            after += int(own.max(initial=0)) + 1
    return joint


def index_differences(
    both: JoinedWindows, names: Sequence[str], domain: Ints | None
) -> Iterator[WindowDifference]:
    sampled = both.sampled
    yield from domain_differences("index", names, both, sampled.score, sampled.scored, domain)


def item_differences(both: JoinedWindows, city: str) -> Iterator[WindowDifference]:
    sampled = both.sampled
    for at, item in enumerate(sampled.items):
        net = 100 * (sampled.agree[:, at] - sampled.disagree[:, at]).astype(np.float64)
        named = sampled.wording.get(item, item)
        yield from domain_differences(named, [city], both, net, sampled.answered[:, at])


def domain_differences(
    of: str,
    names: Sequence[str],
    both: JoinedWindows,
    total: Floats,
    count: Ints,
    domain: Ints | None = None,
) -> Iterator[WindowDifference]:
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
        # An error of 0 would make any difference certain.
        known = (change.df >= 1) & (change.se > 0)
        for i in np.flatnonzero(enough[: len(known)] & known).tolist():
            yield to_difference(of, names[i], change, i)


def to_difference(of: str, name: str, change: Means, i: int) -> WindowDifference:
    low, high = change.interval()
    value, se = float(change.value[i]), float(change.se[i])
    return WindowDifference(
        of=of,
        domain=name,
        value=value,
        low=float(low[i]),
        high=float(high[i]),
        p=2 * float(scipy.stats.t.sf(abs(value) / se, change.df[i])),
        detectable=power.detectable_effect(se),
    )


def significant_differences(family: list[WindowDifference]) -> list[WindowDifference]:
    """The differences of a family that count as changes, the surest first."""
    p = np.array([one.p for one in family])
    if not len(p):
        return []
    called = [one for one, yes in zip(family, multiplicity.discoveries(p), strict=True) if yes]
    return sorted(called, key=lambda one: one.p)


def change_findings(
    edition: Edition, changes: Sequence[WindowDifference]
) -> Iterator[EditionFinding]:
    """The city's index, changed or not; then the items and the boroughs that did change."""
    city = [one for one in changes if (one.of, one.domain) == ("index", edition.city)]
    items = [one for one in changes if one.of != "index"]
    # A change of a borough whose index is withheld would say where that index lies.
    published = {one.domain for one in edition.index if one.status != "withheld"} - {edition.city}
    areas = [one for one in changes if one.of == "index" and one.domain in published]
    for one in (*city, *items[:OF_EACH], *areas[:OF_EACH]):
        yield EditionFinding(
            sentence=change_sentence(edition, one),
            confidence=confidence_word(one.p),
            so_what=what_follows(one),
        )


def change_sentence(edition: Edition, one: WindowDifference) -> Sentence:
    about: dict[str, str] = {"window": change_window(edition)}
    if one.of == "index":
        messages = INDEX_CHANGES
        names = {tile.area: tile.name for tile in edition.tiles}
        about["area"] = names.get(one.domain, one.domain)
    else:
        messages, about["item"] = ITEM_CHANGES, one.of
    if one.low <= 0 <= one.high:
        unclear = messages["unclear"]
        return Sentence(
            unclear,
            **about,
            low=f"{one.low:.1f}",
            high=f"{one.high:.1f}",
            detectable=f"{one.detectable:.1f}",
        )
    # A fall is written as a positive number, so its limits change places.
    low, high = sorted((abs(one.low), abs(one.high)))
    moved = messages["fell" if one.value < 0 else "rose"]
    return Sentence(
        moved,
        **about,
        size=f"{abs(one.value):.1f}",
        low=f"{low:.1f}",
        high=f"{high:.1f}",
    )


def change_window(edition: Edition) -> Sentence:
    """The days that are compared, in words."""
    if edition.kind == "weekly":
        return Sentence(
            "the four weeks to {end}, compared with the four weeks before", end=edition.end
        )
    return Sentence("the month to {end}, compared with the month before", end=edition.end)


def confidence_word(p: float) -> Sentence:
    """The word for how sure a difference is: strong below 1%, good below 5%."""
    if p < STRONG:
        return Sentence(STRONG_EVIDENCE)
    return Sentence(GOOD_EVIDENCE if p < GOOD else NO_EVIDENCE)


def what_follows(one: WindowDifference) -> Sentence:
    if one.low <= 0 <= one.high:
        return Sentence(
            "No action needed on this figure alone; more weeks or more answers would show more."
        )
    if one.of == "index":
        return Sentence(
            "Check whether the next edition shows it too, and which questions it comes from."
        )
    return Sentence(
        "Read what people wrote about it, and check whether the next edition shows it too."
    )
