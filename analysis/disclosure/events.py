"""Counts of deployments and complaints, and the rates and funnels made from them."""

import datetime
from collections.abc import Sequence

import msgspec

from analysis.disclosure import claims
from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.counts import (
    BASES,
    EVENTS,
    FEWEST_FOR_RATE,
    rounded_cell,
    rounded_count,
    rounded_figure,
)
from analysis.disclosure.session import DisclosureSession
from analysis.statistics import rates as plain
from survey.editions.chapters.deployments import (
    AllegationComplaints,
    Completeness,
    PeriodDeployments,
    WeeklyUses,
)
from survey.editions.chapters.disparities import VulnerableUses
from survey.editions.edition import Edition
from survey.editions.figures import (
    FigureStatus,
    PerceptionComparison,
    Rate,
    ReceivedCounts,
    RestatedFigure,
)

TacticCounts = tuple[tuple[str, int | None], ...]


def gated_rate(found: Rate, events: int | None, *, phi: float = 1.0) -> Rate:
    """The rate of the published count; a rate of the exact count would reveal it."""
    if events is None:
        return without_rate(found, None, "withheld")
    if events < FEWEST_FOR_RATE:
        return without_rate(found, events, "flagged")
    told = plain.rate(found.domain, events, population=found.population, phi=phi)
    return msgspec.structs.replace(
        told,
        per_10_000=rounded_figure(told.per_10_000),
        low=rounded_figure(told.low),
        high=rounded_figure(told.high),
        status=found.status,
    )


def without_rate(found: Rate, events: int | None, status: FigureStatus) -> Rate:
    """The count without a rate or a method, which would reveal whether it was below ten."""
    return msgspec.structs.replace(
        found, events=events, per_10_000=None, low=None, high=None, method="", status=status
    )


def gated_rates(
    passage: DisclosureSession, found: Sequence[Rate], about: tuple[claims.Series, claims.Days]
) -> tuple[Rate, ...]:
    """A table of rates, the city's total first."""
    if not found:
        return ()
    (kind, days), (city, *areas) = about, found
    total = passage.total((*kind, city.domain), days, city.events)
    whole = PublishedCount((*kind, city.domain), days, total)
    shown = passage.table(whole, {one.domain: one.events for one in areas}, about)
    return gated_rate(city, total), *(gated_rate(one, shown[one.domain]) for one in areas)


def gated_received(passage: DisclosureSession, edition: Edition) -> tuple[ReceivedCounts, ...]:
    """Counts received in each stream; the first row is the city's."""
    if not edition.received:
        return ()
    (city, *areas), days = edition.received, claims.edition_days(edition)
    columns = {}
    for stream, rule in (("sampled", BASES), ("open", EVENTS), ("complaints", EVENTS)):
        series, count = (stream, city.domain), getattr(city, stream)
        total = passage.total(series, days, count, rule=rule)
        whole = PublishedCount(series, days, total, rule)
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


def gated_tactics(passage: DisclosureSession, edition: Edition) -> TacticCounts:
    return gated_tactic_counts(passage, edition.tactics, claims.edition_days(edition), edition.city)


def gated_tactic_counts(
    passage: DisclosureSession, found: TacticCounts, days: claims.Days, city: str
) -> TacticCounts:
    """Uses by tactic; their total is published in some edition."""
    total = rounded_count(sum(count or 0 for _, count in found))
    whole = PublishedCount(("uses", city), days, total)
    shown = passage.table(whole, dict(found), (("tactic",), days))
    return tuple((tactic, shown[tactic]) for tactic, _ in found)


def gated_weeks(passage: DisclosureSession, edition: Edition) -> tuple[WeeklyUses, ...]:
    """Weeks by tactic; the total of each week is published in some edition."""
    return tuple(
        msgspec.structs.replace(
            week,
            tactics=gated_tactic_counts(
                passage,
                week.tactics,
                (week.start, week.start + datetime.timedelta(days=6)),
                edition.city,
            ),
        )
        for week in edition.uses_by_week
    )


def gated_period(passage: DisclosureSession, edition: Edition) -> PeriodDeployments | None:
    """The period's figures; the running total is shown for weekly editions only.

    A month's end lies days from a week's, so that both totals would reveal the days between. The
    expected range is computed from the published count before the period, and is withheld with it.
    """
    now, series = edition.this_period, ("uses", edition.city)
    if now is None:
        return None
    events = passage.total(series, claims.edition_days(edition), now.events)
    running = now.cumulative if edition.kind == "weekly" else None
    cumulative = passage.total(series, (now.since, edition.end), running)
    before = passage.total(series, claims.days_before_period(edition), now.before)
    return msgspec.structs.replace(
        now,
        events=events,
        cumulative=cumulative,
        before=before,
        low=None if before is None else rounded_figure(now.low, 0),
        high=None if before is None else rounded_figure(now.high, 0),
    )


def gated_taser_complaints(
    passage: DisclosureSession, edition: Edition
) -> AllegationComplaints | None:
    """The median is the count of some week, so it is rounded like a count."""
    found = edition.about_taser
    if found is None:
        return None
    events = passage.total(
        ("about", found.rate.domain), claims.edition_days(edition), found.rate.events
    )
    median = None if found.median is None else rounded_count(round(found.median))
    return msgspec.structs.replace(found, rate=gated_rate(found.rate, events), median=median)


def gated_persons(passage: DisclosureSession, edition: Edition) -> tuple[VulnerableUses, ...]:
    """Uses on people who may need special care; the typical value only if the window is shown."""
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
        (("persons",), claims.edition_days(edition)),
    )
    return tuple(
        msgspec.structs.replace(
            one,
            period=period[kind],
            window=window[kind],
            typical=gated_typical(one.typical) if window[kind] else None,
        )
        for kind, one in named.items()
    )


def gated_typical(mean: float | None) -> float | None:
    """A mean of counts, rounded like a count."""
    told = None if mean is None else rounded_cell(round(mean))
    return None if told is None else float(told)


def gated_completeness(found: Completeness | None) -> Completeness | None:
    return found and msgspec.structs.replace(found, late=rounded_count(found.late))


def gated_perception(
    passage: DisclosureSession, edition: Edition
) -> tuple[PerceptionComparison, ...]:
    """Perception figures of other publishers stay; each quarter's deployments are one list."""
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
            (("uses",), claims.quarter_days(end)),
        )
    return tuple(
        row
        if row.deployments is None
        else msgspec.structs.replace(
            row,
            deployments=gated_rate(row.deployments, shown[row.quarter_end][row.deployments.domain]),
        )
        for row in edition.beside
    )


def gated_restatements(
    passage: DisclosureSession, found: Sequence[RestatedFigure]
) -> tuple[RestatedFigure, ...]:
    """Revised figures; rows where both values are too small, or round to the same, are left out."""
    rows = (
        msgspec.structs.replace(
            row,
            was=gated_restated_count(passage, "told before", row, row.was),
            now=gated_restated_count(passage, "restated", row, row.now),
        )
        for row in found
    )
    return tuple(row for row in rows if row.was != row.now)


def gated_restated_count(
    passage: DisclosureSession, kind: str, row: RestatedFigure, count: int | None
) -> int | None:
    about = (kind, row.source, row.tactic), (row.start, row.end)
    return passage.table(None, {row.area: count}, about)[row.area]
