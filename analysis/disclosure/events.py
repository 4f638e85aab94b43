"""Counts of deployments and complaints, and the rates and funnels that are made of them."""

import datetime
from collections.abc import Sequence

import msgspec

from analysis.disclosure import claims
from analysis.disclosure.claims import Claim
from analysis.disclosure.counts import (
    BASES,
    EVENTS,
    FEWEST_FOR_RATE,
    cell,
    persons,
    rounded,
)
from analysis.disclosure.passage import Passage
from analysis.statistics import rates as plain
from survey.disparities import Persons
from survey.editions import Edition
from survey.reports import Beside, Rate, Received, Restated, Status
from survey.weeks import About, Completeness, ThisPeriod, WeekOfUses

Tactics = tuple[tuple[str, int | None], ...]


def rate(found: Rate, events: int | None, *, phi: float = 1.0) -> Rate:
    """The rate of the count as it is told: one of the exact count would tell that count."""
    if events is None:
        return without(found, None, "withheld")
    if events < FEWEST_FOR_RATE:
        return without(found, events, "flagged")
    told = plain.rate(found.domain, events, population=found.population, phi=phi)
    return msgspec.structs.replace(
        told,
        per_10_000=rounded(told.per_10_000),
        low=rounded(told.low),
        high=rounded(told.high),
        status=found.status,
    )


def without(found: Rate, events: int | None, status: Status) -> Rate:
    """No rate, nor the method of its interval, which would tell on which side of ten it was."""
    return msgspec.structs.replace(
        found, events=events, per_10_000=None, low=None, high=None, method="", status=status
    )


def rates(
    passage: Passage, found: Sequence[Rate], about: tuple[claims.Series, claims.Days]
) -> tuple[Rate, ...]:
    """A table of rates, the city's total first."""
    if not found:
        return ()
    (kind, days), (city, *areas) = about, found
    total = passage.total((*kind, city.domain), days, city.events)
    whole = Claim((*kind, city.domain), days, total)
    shown = passage.table(whole, {one.domain: one.events for one in areas}, about)
    return rate(city, total), *(rate(one, shown[one.domain]) for one in areas)


def received(passage: Passage, edition: Edition) -> tuple[Received, ...]:
    """What came in of each stream; the first row is the city's."""
    if not edition.received:
        return ()
    (city, *areas), days = edition.received, claims.period(edition)
    columns = {}
    for stream, rule in (("sampled", BASES), ("open", EVENTS), ("complaints", EVENTS)):
        series, count = (stream, city.domain), getattr(city, stream)
        total = passage.total(series, days, count, rule=rule)
        whole = Claim(series, days, total, rule)
        counts = {row.domain: getattr(row, stream) for row in areas}
        shown = passage.table(whole, counts, ((stream,), days), rule=rule)
        columns[stream] = {city.domain: total, **shown}
    voices = {
        stream: passage.total(("all voices", stream), days, count)
        for stream, count in (("open", city.open_voices), ("complaints", city.complaint_voices))
    }
    return tuple(
        msgspec.structs.replace(
            row,
            **{stream: shown[row.domain] for stream, shown in columns.items()},
            open_voices=voices["open"] if row is city else None,
            complaint_voices=voices["complaints"] if row is city else None,
        )
        for row in edition.received
    )


def tactics(passage: Passage, edition: Edition) -> Tactics:
    return tactic_counts(passage, edition.tactics, claims.period(edition), edition.city)


def tactic_counts(passage: Passage, found: Tactics, days: claims.Days, city: str) -> Tactics:
    """Uses by tactic; some edition tells how many they are together."""
    total = persons(sum(count or 0 for _, count in found))
    whole = Claim(("uses", city), days, total)
    shown = passage.table(whole, dict(found), (("tactic",), days))
    return tuple((tactic, shown[tactic]) for tactic, _ in found)


def by_week(passage: Passage, edition: Edition) -> tuple[WeekOfUses, ...]:
    """Weeks by tactic: each week is a list whose total some edition tells."""
    return tuple(
        msgspec.structs.replace(
            week,
            tactics=tactic_counts(
                passage,
                week.tactics,
                (week.start, week.start + datetime.timedelta(days=6)),
                edition.city,
            ),
        )
        for week in edition.uses_by_week
    )


def this_period(passage: Passage, edition: Edition) -> ThisPeriod | None:
    """The running total is told at the ends of weeks only: those of months lie days from them.

    The expected range is made of the uses before as they may be told, and goes where they go.
    """
    now, series = edition.this_period, ("uses", edition.city)
    if now is None:
        return None
    events = passage.total(series, claims.period(edition), now.events)
    running = now.cumulative if edition.kind == "weekly" else None
    cumulative = passage.total(series, (now.since, edition.end), running)
    before = passage.total(series, claims.eve(edition), now.before)
    return msgspec.structs.replace(
        now,
        events=events,
        cumulative=cumulative,
        before=before,
        low=None if before is None else rounded(now.low, 0),
        high=None if before is None else rounded(now.high, 0),
    )


def about_taser(passage: Passage, edition: Edition) -> About | None:
    """The median is the count of some week, and is told as a count is."""
    found = edition.about_taser
    if found is None:
        return None
    events = passage.total(("about", found.rate.domain), claims.period(edition), found.rate.events)
    median = None if found.median is None else persons(round(found.median))
    return msgspec.structs.replace(found, rate=rate(found.rate, events), median=median)


def persons_of(passage: Passage, edition: Edition) -> tuple[Persons, ...]:
    """Uses on people who may need special care; what is typical only beside a told window."""
    named = {one.kind: one for one in edition.persons}
    window = {
        one.kind: passage.table(
            None,
            {one.kind: one.window},
            (("persons",), (one.since, edition.end)),
        )[one.kind]
        for one in edition.persons
    }
    period = passage.table(
        None,
        {kind: one.period for kind, one in named.items()},
        (("persons",), claims.period(edition)),
    )
    return tuple(
        msgspec.structs.replace(
            one,
            period=period[kind],
            window=window[kind],
            typical=typical(one.typical) if window[kind] else None,
        )
        for kind, one in named.items()
    )


def typical(mean: float | None) -> float | None:
    """A mean of counts, told as a count is."""
    told = None if mean is None else cell(round(mean))
    return None if told is None else float(told)


def completeness(found: Completeness | None) -> Completeness | None:
    return found and msgspec.structs.replace(found, late=persons(found.late))


def beside(passage: Passage, edition: Edition) -> tuple[Beside, ...]:
    """Perception that its publisher has released stays; each quarter's deployments are a list."""
    shown: dict[datetime.date, dict[str, int | None]] = {}
    for end in sorted({row.quarter_end for row in edition.beside}):
        counts = {
            row.deployments.domain: row.deployments.events
            for row in edition.beside
            if row.quarter_end == end and row.deployments is not None
        }
        shown[end] = passage.table(
            None,
            counts,
            (("uses",), claims.quarter(end)),
        )
    return tuple(
        row
        if row.deployments is None
        else msgspec.structs.replace(
            row,
            deployments=rate(row.deployments, shown[row.quarter_end][row.deployments.domain]),
        )
        for row in edition.beside
    )


def restated(passage: Passage, found: Sequence[Restated]) -> tuple[Restated, ...]:
    """Figures that were told otherwise; where both are too small, or alike, nothing is told."""
    rows = (
        msgspec.structs.replace(
            row,
            was=restatement(passage, "told before", row, row.was),
            now=restatement(passage, "restated", row, row.now),
        )
        for row in found
    )
    return tuple(row for row in rows if row.was != row.now)


def restatement(passage: Passage, kind: str, row: Restated, count: int | None) -> int | None:
    about = (kind, row.source, row.tactic), (row.start, row.end)
    return passage.table(None, {row.area: count}, about)[row.area]
