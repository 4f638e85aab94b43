"""The counts that an edition publishes: each with its series, its days and its rounding."""

import datetime
import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from analysis.disclosure.counts import BASES, EVENTS, TEXTS, RoundingRule
from analysis.statistics.spans import PublishedSpan
from survey.deployments.counts import UNDER_18
from survey.editions.chapters.disparities import EditionDisparity, FiredShare
from survey.editions.edition import Edition
from survey.editions.figures import Rate

Days = tuple[datetime.date, datetime.date]
Series = tuple[str, ...]
TOTAL_SERIES = {"sampled": "sampled", "open": "open", "complaints": "complaints", "uses": "uses"}
TOTAL_SERIES |= {"tactic": "uses", "theme": "theme"}


class PublishedCount(NamedTuple):
    """A published count of a series over days (first and last); None where withheld."""

    series: Series
    days: Days
    shown: int | None
    rule: RoundingRule = EVENTS

    @property
    def told(self) -> PublishedSpan:
        first, last = self.days
        limits = self.rule.bounds(self.shown)
        return PublishedSpan(first.toordinal(), last.toordinal() + 1, limits.low, limits.high)


def published_counts(edition: Edition) -> Iterator[PublishedCount]:
    """Every count of events, persons and texts in an edition that has passed the gate."""
    yield from period_counts(edition)
    yield from rate_counts(edition)
    yield from tactic_claims(edition)
    yield from group_counts(edition)
    yield from text_counts(edition)
    yield from restated_counts(edition)


def lower_bounds_from_parts(edition: Edition) -> Iterator[tuple[Series, PublishedSpan]]:
    """Lower bounds for city counts: a total is at least the sum of its published parts."""
    parts = {(one.series, one.days): one.told for one in published_counts(edition)}
    sums: Counter[tuple[str, Series, Days]] = Counter()
    for (series, days), told in parts.items():
        if series[0] in TOTAL_SERIES and series[-1] != edition.city:
            whole = TOTAL_SERIES[series[0]], *series[1:-1], edition.city
            sums[series[0], whole, days] += int(told.low)
    for (_, whole, (first, last)), low in sums.items():
        yield whole, PublishedSpan(first.toordinal(), last.toordinal() + 1, low, math.inf)


def enclosing_series(series: Series, city: str) -> tuple[Series, ...]:
    """The series that contain every event of this one, apart from the total of a list."""
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


def edition_days(edition: Edition) -> Days:
    return edition.start, edition.end


def rates_window(edition: Edition) -> Days:
    return edition.rates_from or edition.start, edition.end


def days_before_period(edition: Edition) -> Days:
    """The 13 weeks or three months before the period, from which deployments are predicted."""
    last = edition.start - datetime.timedelta(days=1)
    if edition.kind == "weekly":
        return edition.start - datetime.timedelta(days=91), last
    return (last.replace(day=1) - datetime.timedelta(days=45)).replace(day=1), last


def group_window(row: EditionDisparity | FiredShare, edition: Edition) -> Days:
    """The days of counts by group: a year, or as much of it as was published."""
    first, last = rates_window(edition)
    return row.since or first, row.until or last


def index_window(edition: Edition) -> Days:
    return edition.index_from or edition.start, edition.end


def period_counts(edition: Edition) -> Iterator[PublishedCount]:
    days = edition_days(edition)
    for row in edition.received:
        yield PublishedCount(("sampled", row.domain), days, row.sampled, BASES)
        yield PublishedCount(("open", row.domain), days, row.open)
        yield PublishedCount(("complaints", row.domain), days, row.complaints)
    about = edition.about_taser
    if about is not None:
        yield PublishedCount(("about", about.rate.domain), days, about.rate.events)
    for theme in edition.themes:
        key = "theme", theme.stream, theme.theme, theme.domain
        yield PublishedCount(key, index_window(edition), theme.texts, TEXTS)
        yield PublishedCount(("voices", *key[1:]), index_window(edition), theme.voices, TEXTS)


def text_counts(edition: Edition) -> Iterator[PublishedCount]:
    """City-wide counts of voices, texts of campaigns, and texts read under two codebooks."""
    days = index_window(edition)
    for row in edition.received[:1]:
        for stream, voices in (("open", row.open_voices), ("complaints", row.complaint_voices)):
            yield PublishedCount(("all voices", stream), edition_days(edition), voices)
    for campaign in edition.campaigns:
        yield PublishedCount(
            ("campaign", campaign.id, campaign.stream), days, campaign.texts, TEXTS
        )
    for one in edition.new_codebook.recoded if edition.new_codebook else ():
        yield PublishedCount(("recoded", one.stream, one.theme), days, one.after, TEXTS)
        yield PublishedCount(("read before", one.stream, one.theme), days, one.before, TEXTS)


def restated_counts(edition: Edition) -> Iterator[PublishedCount]:
    """Figures as a publisher gives them now; its earlier figures count as different events."""
    for row in edition.restated:
        key, days = (row.source, row.tactic, row.area), (row.start, row.end)
        yield PublishedCount(("restated", *key), days, row.now)
        yield PublishedCount(("told before", *key), days, row.was)


def rate_counts(edition: Edition) -> Iterator[PublishedCount]:
    days = rates_window(edition)
    tables: tuple[tuple[str, tuple[Rate, ...]], ...] = (
        ("complaints", edition.complaints),
        ("uses", edition.deployments),
    )
    for name, table in tables:
        for rate in table:
            yield PublishedCount((name, rate.domain), days, rate.events)
    for row in edition.beside:
        if row.deployments is not None:
            yield PublishedCount(
                ("uses", row.deployments.domain),
                quarter_days(row.quarter_end),
                row.deployments.events,
            )


def quarter_days(end: datetime.date) -> Days:
    return datetime.date(end.year, end.month - 2, 1), end


def tactic_claims(edition: Edition) -> Iterator[PublishedCount]:
    city, now = edition.city, edition.this_period
    if now is not None:
        yield PublishedCount(("uses", city), edition_days(edition), now.events)
        yield PublishedCount(("uses", city), (now.since, edition.end), now.cumulative)
        yield PublishedCount(("uses", city), days_before_period(edition), now.before)
    for tactic, count in edition.tactics:
        yield PublishedCount(("tactic", tactic), edition_days(edition), count)
    for week in edition.uses_by_week:
        days = week.start, week.start + datetime.timedelta(days=6)
        for tactic, count in week.tactics:
            yield PublishedCount(("tactic", tactic), days, count)


def group_counts(edition: Edition) -> Iterator[PublishedCount]:
    for one in edition.persons:
        yield PublishedCount(("persons", one.kind), edition_days(edition), one.period)
        yield PublishedCount(("persons", one.kind), (one.since, edition.end), one.window)
    for row in edition.disparities:
        key, days = (row.dimension, row.code), group_window(row, edition)
        yield PublishedCount(("group", *key, row.group), days, row.events)
        yield PublishedCount(("group", *key, row.reference), days, row.reference_events)
    for fired in edition.fired:
        days = group_window(fired, edition)
        yield PublishedCount(("drawn", fired.dimension, fired.group), days, fired.drawn)
        yield PublishedCount(("fired", fired.dimension, fired.group), days, fired.fired)
