"""Alerts: which rules hold, and how they stand beside the alerts of the edition before.

What holds is read from figures that may be shown, or told without a figure: an alert never tells a
small count, nor where a person was.
"""

import datetime
from collections.abc import Iterator

import msgspec
import numpy as np

from analysis.disclosure import FEWEST_TEXTS
from analysis.edition import gaps, signals
from analysis.material import Material
from analysis.statistics import control
from analysis.statistics.variance import Flags
from survey.alerts import WEEKS_STANDING, Alert, Assigned, Level
from survey.disparities import Disparity, called
from survey.editions import Edition

EDITIONS = {"weekly": 52, "monthly": 12}
WEEKS = 52
OUTSIDE = 0.002  # of areas lie outside 99.8 % limits by chance
ABOVE = 0.001
LOWER = 0.025  # of 95 % intervals lie wholly above the truth
ORDER = ("red", "amber", "data")
REPORTED = {
    "under_18": "A deployment on a person under 18 was reported.",
    "death": "A death after a deployment was reported.",
    "serious_injury": "A serious injury after a deployment was reported.",
}
MEASURED = {
    "index": "The perception index",
    "deployments": "The rate of deployments",
    "complaints": "The rate of complaints",
}


class Holds(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that holds now, in one place; `of` what else it is about."""

    rule: str
    level: Level
    domain: str
    sentence: str
    of: str = ""
    expected: float | None = None

    @property
    def key(self) -> str:
        return "/".join(part for part in (self.rule, self.of, self.domain) if part)


def of(material: Material, edition: Edition) -> tuple[Alert, ...]:
    """The alerts of an edition that may be read: red first, closed ones last of their level.

    An alert stands for four weeks after its rule last held; one about missing material ends when
    that has come. One that ended is told once more, as closed.
    """
    last = material.last
    before = {one.key: one for one in last.alerts} if last else {}
    now = {one.key: one for one in holding(material, edition)}
    found = [standing(one, before.get(key), material.end) for key, one in now.items()]
    for key, one in before.items():
        again = last is not None and last.end == material.end
        if key not in now and (one.standing != "closed" or again):
            found.append(left(one, material.end))
    owners = {one.key: one for one in material.assigned}
    told = [owned(one, owners.get(one.key)) for one in found]
    return tuple(
        sorted(told, key=lambda one: (ORDER.index(one.level), one.standing == "closed", one.key))
    )


def standing(one: Holds, before: Alert | None, end: datetime.date) -> Alert:
    """A rule that holds: new, or renewed for four weeks more."""
    since = before.since if before and before.standing != "closed" else end
    return Alert(
        key=one.key,
        rule=one.rule,
        level=one.level,
        domain=one.domain,
        sentence=one.sentence,
        standing="new" if since == end else "continuing",
        since=since,
        until=end + datetime.timedelta(weeks=WEEKS_STANDING),
        expected_a_year=one.expected,
    )


def left(one: Alert, end: datetime.date) -> Alert:
    """A rule that holds no more: the alert stands until its day, one about material no longer."""
    if one.standing == "closed":
        return one
    if one.until > end and one.level != "data":
        return msgspec.structs.replace(one, standing="new" if one.since == end else "continuing")
    return msgspec.structs.replace(one, standing="closed", until=min(one.until, end))


def owned(one: Alert, by: Assigned | None) -> Alert:
    return msgspec.structs.replace(one, owner=by.owner, action=by.action) if by else one


def holding(material: Material, edition: Edition) -> Iterator[Holds]:
    yield from red(material, edition)
    yield from warned(material, edition)
    yield from outside(edition)
    yield from newly(edition, material.last)
    yield from themes(edition)
    yield from missing(material)
    yield from unsound(edition, material.last)


def red(material: Material, edition: Edition) -> Iterator[Holds]:
    city = edition.city
    for kind, sentence in REPORTED.items():
        if any(one.kind == kind for one in material.raised):
            yield Holds(rule=kind, level="red", domain=city, sentence=sentence)
    if (far := signals.city(material)) is not None:
        yield Holds(
            rule="index_signal",
            level="red",
            domain=city,
            sentence=f"The perception index was {side(far)} than the weeks before led one to "
            "expect, two weeks running.",
            expected=control.expected_false_alarms(1, WEEKS),
        )
    if signals.too_many_complaints(material):
        yield Holds(
            rule="complaints_limit",
            level="red",
            domain=city,
            sentence="More complaints came than the 99.8 % limit of the weeks before.",
            expected=ABOVE * EDITIONS[edition.kind],
        )
    if edition.reading == "dropped":
        yield Holds(
            rule="reading_dropped",
            level="red",
            domain=city,
            sentence="The machine's reading of themes fell by ten points or more: themes are "
            "withheld.",
        )


def side(far: float) -> str:
    return "lower" if far < 0 else "higher"


def warned(material: Material, edition: Edition) -> Iterator[Holds]:
    """Boroughs whose index warns on two weeks.

    Two simulated years gave 3 and 5 false alarms where 3.5 are told.
    """
    shown = shown_areas(material, edition)
    for code, far in signals.areas(material, shown).items():
        yield Holds(
            rule="index_signal",
            level="amber",
            domain=code,
            sentence=f"The index was {side(far)} than the weeks before led one to expect, two "
            "weeks running, after allowing for the number of boroughs looked at.",
            expected=control.expected_false_alarms(int(shown.sum()), WEEKS),
        )


def shown_areas(material: Material, edition: Edition) -> Flags:
    shown = {one.domain for one in edition.index if one.value is not None}
    return np.array([code in shown for code in material.codes], dtype=np.bool_)


def outside(edition: Edition) -> Iterator[Holds]:
    for funnel in edition.funnels:
        known = [spot for spot in funnel.spots if spot.place != "withheld"]
        for spot in known:
            if spot.place in ("below", "above"):
                yield Holds(
                    rule=f"funnel_{funnel.measure}",
                    level="amber",
                    domain=spot.domain,
                    sentence=f"{MEASURED.get(funnel.measure, funnel.measure)} lies {spot.place} "
                    "the 99.8 % limits of the funnel.",
                    expected=OUTSIDE * len(known) * EDITIONS[edition.kind],
                )


def newly(edition: Edition, last: Edition | None) -> Iterator[Holds]:
    """Ratios of recorded use whose exact lower limit lies above 1, and did not an edition ago."""
    if last is None:
        return
    before = {which(one) for one in last.disparities if above(one)}
    told = [one for one in edition.disparities if one.exact.low is not None]
    for one in told:
        if above(one) and which(one) not in before:
            yield Holds(
                rule="disparity",
                level="amber",
                domain=edition.city,
                of=which(one),
                sentence=f"{called(one.dimension, one.group)} ({one.code}): the recorded rate, set "
                f"against {one.benchmark}, now lies clearly above that of "
                f"{called(one.dimension, one.reference)}.",
                expected=LOWER * len(told) * EDITIONS[edition.kind],
            )


def which(one: Disparity) -> str:
    return ":".join((one.dimension, one.code, one.group, one.benchmark))


def above(one: Disparity) -> bool:
    return one.status != "withheld" and one.exact.low is not None and one.exact.low > 1


def themes(edition: Edition) -> Iterator[Holds]:
    """A theme that is new, of which ten texts or more of one stream speak."""
    for theme, name in {
        one.theme: one.name
        for one in edition.themes
        if one.new and one.domain == edition.city and (one.texts or 0) >= FEWEST_TEXTS
    }.items():
        yield Holds(
            rule="new_theme",
            level="amber",
            domain=edition.city,
            of=theme,
            sentence=f"A new theme is spoken of: “{name}”.",
        )


def missing(material: Material) -> Iterator[Holds]:
    """Boroughs are not named: their name would tell that nothing was recorded there."""
    editions = EDITIONS[material.kind]
    answers = gaps.unanswered(material)
    if gaps.untold(material):
        yield Holds(
            rule="feed_deployments",
            level="data",
            domain=material.city,
            sentence="No deployments were told for the period.",
        )
    if answers.places:
        yield Holds(
            rule="feed_answers",
            level="data",
            domain=material.city,
            sentence="No sampled answer came from at least one borough where several usually come.",
            expected=answers.by_chance * editions,
        )
    if (chance := gaps.too_few_answers(material)) is not None:
        yield Holds(
            rule="few_answers",
            level="data",
            domain=material.city,
            sentence="Fewer than half as many sampled answers came as in the eight weeks before.",
            expected=chance * editions,
        )


def unsound(edition: Edition, last: Edition | None) -> Iterator[Holds]:
    if gaps.unraked(edition):
        yield Holds(
            rule="unraked",
            level="data",
            domain=edition.city,
            sentence="The answers could not be weighed to the census: no index is given.",
        )
    if gaps.unequal(edition):
        yield Holds(
            rule="unequal_weights",
            level="data",
            domain=edition.city,
            sentence="Weights are too unequal (design effect above 4): no index is given.",
        )
    for campaign, stream in gaps.bursts(edition, last):
        yield Holds(
            rule="burst",
            level="data",
            domain=edition.city,
            of=f"{campaign}:{stream}",
            sentence="Many texts of one wording came, "
            + ("as complaints." if stream == "complaints" else "as open answers."),
        )
