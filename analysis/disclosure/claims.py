"""What an edition tells of counts: each a series, the days it is of, and how it is told."""

import datetime
import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from analysis.disclosure.counts import BASES, EVENTS, TEXTS, Rule
from analysis.statistics.spans import Told
from survey.deployments import UNDER_18
from survey.disparities import Disparity, Fired
from survey.editions import Edition
from survey.reports import Rate

Days = tuple[datetime.date, datetime.date]
Series = tuple[str, ...]
WHOLE = {"sampled": "sampled", "open": "open", "complaints": "complaints", "uses": "uses"}
WHOLE |= {"tactic": "uses", "theme": "theme"}


class Claim(NamedTuple):
    """A count of a series over days, first and last, as it is told; None where withheld."""

    series: Series
    days: Days
    shown: int | None
    rule: Rule = EVENTS

    @property
    def told(self) -> Told:
        first, last = self.days
        limits = self.rule.bounds(self.shown)
        return Told(first.toordinal(), last.toordinal() + 1, limits.low, limits.high)


def of(edition: Edition) -> Iterator[Claim]:
    """Every count of events, persons and texts in an edition that has passed the gate."""
    yield from of_periods(edition)
    yield from of_rates(edition)
    yield from of_tactics(edition)
    yield from of_kinds(edition)
    yield from of_texts(edition)
    yield from of_restated(edition)


def at_least(edition: Edition) -> Iterator[tuple[Series, Told]]:
    """What the parts say of a city's count: that it is no smaller than they are together."""
    parts = {(one.series, one.days): one.told for one in of(edition)}
    sums: Counter[tuple[str, Series, Days]] = Counter()
    for (series, days), told in parts.items():
        if series[0] in WHOLE and series[-1] != edition.city:
            whole = WHOLE[series[0]], *series[1:-1], edition.city
            sums[series[0], whole, days] += int(told.low)
    for (_, whole, (first, last)), low in sums.items():
        yield whole, Told(first.toordinal(), last.toordinal() + 1, low, math.inf)


def wholes_of(series: Series, city: str) -> tuple[Series, ...]:
    """The series that every event of this one is an event of too, besides a list and its total."""
    match series:
        case ("persons", _):
            return (("uses", city),)
        case ("group", "age", _, band) if f"age:{band}" in UNDER_18:
            return (("persons", "under_18"),)
        case ("group", "age", _, "65+"):
            return (("persons", "over_64"),)
        case ("about", _):
            return (("complaints", city),)
        case ("fired", *of):
            return (("drawn", *of),)
        case ("restated", _, tactic, area):
            return ("uses", area), ("tactic", tactic)
        case ("campaign", _, stream) | ("all voices", stream):
            return ((stream, city),)
        case ("voices", *of):
            return (("theme", *of),)
        case ("recoded", stream, theme):
            return (("theme", stream, theme, city),)
    return ()


def period(edition: Edition) -> Days:
    return edition.start, edition.end


def rates_window(edition: Edition) -> Days:
    return edition.rates_from or edition.start, edition.end


def eve(edition: Edition) -> Days:
    """The 13 weeks or three months before the period, by which deployments are expected."""
    last = edition.start - datetime.timedelta(days=1)
    if edition.kind == "weekly":
        return edition.start - datetime.timedelta(days=91), last
    return (last.replace(day=1) - datetime.timedelta(days=45)).replace(day=1), last


def group_window(row: Disparity | Fired, edition: Edition) -> Days:
    """Groups are counted over a year, or what was told of it."""
    first, last = rates_window(edition)
    return row.since or first, row.until or last


def index_window(edition: Edition) -> Days:
    return edition.index_from or edition.start, edition.end


def of_periods(edition: Edition) -> Iterator[Claim]:
    days = period(edition)
    for row in edition.received:
        yield Claim(("sampled", row.domain), days, row.sampled, BASES)
        yield Claim(("open", row.domain), days, row.open)
        yield Claim(("complaints", row.domain), days, row.complaints)
    about = edition.about_taser
    if about is not None:
        yield Claim(("about", about.rate.domain), days, about.rate.events)
    for theme in edition.themes:
        key = "theme", theme.stream, theme.theme, theme.domain
        yield Claim(key, index_window(edition), theme.texts, TEXTS)
        yield Claim(("voices", *key[1:]), index_window(edition), theme.voices, TEXTS)


def of_texts(edition: Edition) -> Iterator[Claim]:
    """Voices of a city, campaigns, and texts that two codebooks read."""
    days = index_window(edition)
    for row in edition.received[:1]:
        for stream, voices in (("open", row.open_voices), ("complaints", row.complaint_voices)):
            yield Claim(("all voices", stream), period(edition), voices)
    for campaign in edition.campaigns:
        yield Claim(("campaign", campaign.id, campaign.stream), days, campaign.texts, TEXTS)
    for one in edition.new_codebook.recoded if edition.new_codebook else ():
        yield Claim(("recoded", one.stream, one.theme), days, one.after, TEXTS)
        yield Claim(("read before", one.stream, one.theme), days, one.before, TEXTS)


def of_restated(edition: Edition) -> Iterator[Claim]:
    """Figures as a publisher tells them now; what it told before is of other events."""
    for row in edition.restated:
        key, days = (row.source, row.tactic, row.area), (row.start, row.end)
        yield Claim(("restated", *key), days, row.now)
        yield Claim(("told before", *key), days, row.was)


def of_rates(edition: Edition) -> Iterator[Claim]:
    days = rates_window(edition)
    tables: tuple[tuple[str, tuple[Rate, ...]], ...] = (
        ("complaints", edition.complaints),
        ("uses", edition.deployments),
    )
    for name, table in tables:
        for rate in table:
            yield Claim((name, rate.domain), days, rate.events)
    for row in edition.beside:
        if row.deployments is not None:
            yield Claim(
                ("uses", row.deployments.domain),
                quarter(row.quarter_end),
                row.deployments.events,
            )


def quarter(end: datetime.date) -> Days:
    return datetime.date(end.year, end.month - 2, 1), end


def of_tactics(edition: Edition) -> Iterator[Claim]:
    city, now = edition.city, edition.this_period
    if now is not None:
        yield Claim(("uses", city), period(edition), now.events)
        yield Claim(("uses", city), (now.since, edition.end), now.cumulative)
        yield Claim(("uses", city), eve(edition), now.before)
    for tactic, count in edition.tactics:
        yield Claim(("tactic", tactic), period(edition), count)
    for week in edition.uses_by_week:
        days = week.start, week.start + datetime.timedelta(days=6)
        for tactic, count in week.tactics:
            yield Claim(("tactic", tactic), days, count)


def of_kinds(edition: Edition) -> Iterator[Claim]:
    for one in edition.persons:
        yield Claim(("persons", one.kind), period(edition), one.period)
        yield Claim(("persons", one.kind), (one.since, edition.end), one.window)
    for row in edition.disparities:
        key, days = (row.dimension, row.code), group_window(row, edition)
        yield Claim(("group", *key, row.group), days, row.events)
        yield Claim(("group", *key, row.reference), days, row.reference_events)
    for fired in edition.fired:
        days = group_window(fired, edition)
        yield Claim(("drawn", fired.dimension, fired.group), days, fired.drawn)
        yield Claim(("fired", fired.dimension, fired.group), days, fired.fired)
