"""Loads the past that a monthly edition looks back on: its two years, and all earlier times."""

import datetime
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from analysis.editions.inputs import EventCounts, LongPast, PastYears, SampledAnswers
from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs.count_inputs import PublisherInputs
from api.jobs.edition_inputs.sampled_inputs import AreaDays, PerceptionSurvey, load_sampled
from api.operations.answers.submissions import PERCEPTION_SURVEY
from survey.deployments import (
    DAY,
    Perception,
    SourceCount,
    months_before,
    uses_by_span,
    without_double_counts,
)
from survey.editions.figures import SeriesMark, least_days
from survey.store import deployments, editions
from survey.store.answers import sums
from survey.store.cases import caseload
from survey.store.database import Connection
from survey.store.editions import edition_work
from survey.store.surveys import instruments

WEEKS_OF_YEAR = 52
YEAR = datetime.timedelta(days=360)  # with 365, the quarter that ended a year ago would be a fifth
Period = tuple[datetime.date, datetime.date]


class PastInputs(TypedDict):
    """The fields of `EditionInputs` about earlier times."""

    past: PastYears | None
    long_past: LongPast | None
    events: Sequence[SeriesMark]
    perceptions: Sequence[Perception]


async def past_inputs(
    connection: Connection,
    kind: str,
    years: tuple[Period, Period],
    as_of: datetime.date,
    where: AreaDays,
    publisher: PublisherInputs,
    running: Sequence[SourceCount],
) -> PastInputs:
    """The two years to the end of a month, all earlier times, and the days to mark on series.

    `years` are the twelve months to the end of the edition, and those before them; `running` all
    uses of the publisher.
    """
    end = years[0][1]
    past, long_past = None, None
    if kind == "monthly":
        past = await load_past(connection, years, where)
        long_past = await load_long_past(connection, end, as_of, publisher, running)
    every = long_past.perceptions if long_past else ()
    return {
        "past": past,
        "long_past": long_past,
        "events": await edition_work.load_series_marks(connection, end),
        "perceptions": [one for one in every if one.quarter_end >= end - YEAR],
    }


async def load_past(
    connection: Connection, years: tuple[Period, Period], where: AreaDays
) -> PastYears:
    """What the two years to the end of a month are made of."""
    now, before = years
    weeks = await sums.load_answered_weeks(
        connection, PERCEPTION_SURVEY, kinds.this_week(before[0]), now[1]
    )
    return PastYears(
        complaints_since=await load_complaints_since(connection),
        complaints=await load_complaints(connection, (before[0], now[1]), where),
        weeks=weeks,
        sampled=await load_years_sampled(connection, now, before, where)
        if sum(week >= now[0] for week in weeks) >= least_days(WEEKS_OF_YEAR)
        else None,
    )


async def load_complaints_since(connection: Connection) -> datetime.date | None:
    """The first of the month after the first complaint: the first month surely counted whole.

    That complaint's own day would say that nobody complained before it.
    """
    first = await caseload.find_first_received(connection)
    if first is None:
        return None
    return months_before(first.astimezone(clock.LONDON).date(), -1)


async def load_complaints(connection: Connection, days: Period, where: AreaDays) -> EventCounts:
    """Complaints by borough and day, added up: nobody's complaint is an entry of its own."""
    first, last = days
    cases = await caseload.load_received(
        connection, clock.midnight(first), clock.midnight(last + datetime.timedelta(days=1))
    )
    pairs = np.column_stack(
        [where.days([one.received_at for one in cases]), where.areas([one.area for one in cases])]
    ).reshape(-1, 2)
    found, persons = np.unique(pairs, axis=0, return_counts=True)
    return EventCounts(day=found[:, 0], area=found[:, 1], persons=persons.astype(np.int64))


async def load_years_sampled(
    connection: Connection, now: Period, before: Period, where: AreaDays
) -> SampledAnswers:
    """The answers of both years, each added up as a whole."""
    survey = PerceptionSurvey(await instruments.load_versions(connection, PERCEPTION_SURVEY))
    return await load_sampled(connection, [before[0], now[0]], now[1], where, survey)


async def load_long_past(
    connection: Connection,
    end: datetime.date,
    as_of: datetime.date,
    publisher: PublisherInputs,
    running: Sequence[SourceCount],
) -> LongPast:
    """All times before the month that ends on the day `end`, of the edition's publisher alone."""
    source = publisher["counts_source"]
    measure = next((one.measure for one in publisher["counts"]), "")
    complaints = await load_complaint_months(connection, end)
    uses = uses_by_span(without_double_counts([one.count for one in running]))
    months = (
        await deployments.load_area_months(connection, source, measure, end, as_of)
        if publisher["published"]
        else []
    )
    return LongPast(
        perceptions=await deployments.load_perceptions(
            connection, datetime.date.min, end, as_of=as_of
        ),
        uses=[(*span, count) for span, count in sorted(uses.items())],
        months=without_double_counts(months),
        complaints=complaints,
        index=await editions.load_monthly_index(connection, end.replace(day=1)),
    )


async def load_complaint_months(
    connection: Connection, end: datetime.date
) -> Sequence[tuple[datetime.date, int]]:
    """The complaints of each whole month up to the day `end`."""
    since = await load_complaints_since(connection)
    last = months_before(end + DAY, 0)
    if since is None or since >= last:
        return ()
    return await caseload.count_by_month(connection, clock.midnight(since), clock.midnight(last))
