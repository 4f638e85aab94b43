"""Loads the past that a monthly edition looks back on: its two years, and all earlier times."""

import datetime
from collections.abc import Sequence
from typing import TypedDict

import msgspec
import numpy as np

from analysis.editions.inputs import EventCounts, LongPast, PastYears
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


class PastComplaints(msgspec.Struct, frozen=True):
    """Complaints of earlier times: by borough and day in two years, and by month in all.

    They are known whole from the day `since` on, the first of the month after the first complaint:
    that complaint's own day would say that nobody complained before it.
    """

    since: datetime.date | None
    by_day: EventCounts
    by_month: Sequence[tuple[datetime.date, int]]


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
    now, before = years
    end = now[1]
    events = await edition_work.load_series_marks(connection, end)
    if kind != "monthly":
        return {"past": None, "long_past": None, "events": events, "perceptions": ()}
    complaints = await load_past_complaints(connection, (before[0], end), where)
    weeks = await sums.load_answered_weeks(
        connection, PERCEPTION_SURVEY, kinds.this_week(before[0]), end
    )
    sampled = None
    if sum(week >= now[0] for week in weeks) >= least_days(WEEKS_OF_YEAR):
        survey = PerceptionSurvey(await instruments.load_versions(connection, PERCEPTION_SURVEY))
        # The answers of both years, each added up as a whole.
        sampled = await load_sampled(connection, [before[0], now[0]], end, where, survey)
    perceptions = await deployments.load_perceptions(
        connection, datetime.date.min, end, as_of=as_of
    )
    measure = next((count.measure for count in publisher["counts"]), "")
    months = (
        await deployments.load_area_months(
            connection, publisher["counts_source"], measure, end, as_of
        )
        if publisher["published"]
        else []
    )
    uses = uses_by_span(without_double_counts([use.count for use in running]))
    return {
        "past": PastYears(
            complaints_since=complaints.since,
            complaints=complaints.by_day,
            weeks=weeks,
            sampled=sampled,
        ),
        "long_past": LongPast(
            perceptions=perceptions,
            uses=[(*span, count) for span, count in sorted(uses.items())],
            months=without_double_counts(months),
            complaints=complaints.by_month,
            index=await editions.load_monthly_index(connection, end.replace(day=1)),
        ),
        "events": events,
        "perceptions": [
            perception for perception in perceptions if perception.quarter_end >= end - YEAR
        ],
    }


async def load_past_complaints(
    connection: Connection, days: Period, where: AreaDays
) -> PastComplaints:
    """Complaints by day within the days, added up so that nobody's is an entry of its own; and the
    number of each whole month up to the last day.
    """
    first = await caseload.find_first_received(connection)
    since = first and months_before(clock.local_day(first), -1)
    last = months_before(days[1] + DAY, 0)
    cases = await caseload.load_received(
        connection, clock.midnight(days[0]), clock.midnight(days[1] + DAY)
    )
    pairs = np.column_stack(
        [
            where.days([case.received_at for case in cases]),
            where.areas([case.area for case in cases]),
        ]
    ).reshape(-1, 2)
    counted, persons = np.unique(pairs, axis=0, return_counts=True)
    return PastComplaints(
        since=since,
        by_day=EventCounts(day=counted[:, 0], area=counted[:, 1], persons=persons.astype(np.int64)),
        by_month=await caseload.count_by_month(
            connection, clock.midnight(since), clock.midnight(last)
        )
        if since is not None and since < last
        else (),
    )
