"""Loads the sums of answers that an edition is made from, as arrays."""

import datetime
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypedDict, TypeVar

import msgspec
import numpy as np

from analysis.editions import perception
from analysis.editions.inputs import (
    WEEK,
    CompleteIndexAnswers,
    EventCounts,
    SampledAnswers,
)
from analysis.statistics.sampling.variance import Floats
from api.jobs import kinds
from api.jobs.edition_inputs import sampled_inputs
from api.operations.answers.submissions import PERCEPTION_SURVEY
from survey.editions.perception import IndexWeek
from survey.store.answers import sums
from survey.store.database import Connection
from survey.store.surveys import fieldwork, instruments
from survey.store.surveys.instruments import OutcomeCount, StratumCodes
from survey.surveys.fieldwork import MEANINGS, Letter, SamplePoint
from survey.surveys.samples import LetterOutcome, StratumResponse
from survey.surveys.sums import INDEX_SUMS, SpanSums, StratumAnswers

COMPARISON_WINDOW = datetime.timedelta(weeks=8)  # the weeks that a period is compared with
WeekResult = TypeVar("WeekResult")
Days = tuple[datetime.date, datetime.date]


class SpanInputs(TypedDict):
    """The fields of `EditionInputs` that are summed by span."""

    drawn: EventCounts
    completed: CompleteIndexAnswers


class AnswerInputs(SpanInputs):
    """The fields of `EditionInputs` about answers to the survey."""

    sampled: SampledAnswers
    index_weeks: Sequence[IndexWeek]
    open: EventCounts


# The outcomes of letters that AAPOR's groups of visits are the same as.
LETTER_OUTCOME: dict[Letter, LetterOutcome] = {
    "R": "refused",
    "NC": "not_reached",
    "O": "unable",
    "NE": "ineligible",
}


class InvitationInputs(TypedDict, total=False):
    """The fields of `EditionInputs` about who was invited; none where nobody was."""

    invited: int
    invited_answered: int
    response: Sequence[StratumResponse]


async def answer_inputs(
    connection: Connection,
    kind: str,
    period: Days,
    blocks: Sequence[datetime.date],
    where: sampled_inputs.AreaDays,
    targets: dict[str, Floats],
) -> AnswerInputs:
    """The answers of both streams, and the index of every whole week up to the end of the period.

    `blocks` are the first days of the two index windows. A weekly edition reports no single items,
    so their sums are not loaded for it.
    """
    window = (period[0] - COMPARISON_WINDOW, period[1])
    survey = sampled_inputs.PerceptionSurvey(
        await instruments.load_versions(connection, PERCEPTION_SURVEY)
    )
    items = survey.items if kind == "monthly" else ()
    sampled = await sampled_inputs.load_sampled(connection, blocks, period[1], where, survey, items)
    # Whole weeks, so that saved ones serve windows that begin in the middle of a week too.
    since = kinds.this_week(window[0])
    weeks = await sums.load_answered_weeks(
        connection, PERCEPTION_SURVEY, min(since, where.first), period[1]
    )
    whole = [week for week in weeks if where.first <= week and sunday_of(week) <= period[1]]
    weeks = [week for week in weeks if week >= since]
    return {
        "index_weeks": await load_index_weeks(connection, whole, where, targets, survey),
        **await span_inputs(connection, weeks, window, where, survey),
        "open": where.events(await sums.load_span_counts(connection, "open", *window)),
        "sampled": sampled,
    }


async def invitation_inputs(
    connection: Connection, kind: str, end: datetime.date
) -> InvitationInputs:
    """How many people were invited since the survey began, and what became of them.

    What became of them needs all answers counted, so it is left out for a weekly edition.
    """
    codes = await instruments.count_codes_by_stratum(connection, PERCEPTION_SURVEY, end)
    if not codes:
        return {}
    inputs: InvitationInputs = {
        "invited": sum(code.drawn for code in codes),
        "invited_answered": sum(code.used for code in codes),
    }
    if kind == "monthly":
        sent = await sums.load_stratum_answers(connection, PERCEPTION_SURVEY, end)
        outcomes = await instruments.load_letter_outcomes(connection, PERCEPTION_SURVEY)
        points = await fieldwork.load_points(connection, PERCEPTION_SURVEY, until=end)
        inputs["response"] = stratum_responses(codes, sent, outcomes, points)
    return inputs


def stratum_responses(
    codes: Sequence[StratumCodes],
    sent: Sequence[StratumAnswers],
    outcomes: Sequence[OutcomeCount],
    points: Sequence[SamplePoint] = (),
) -> list[StratumResponse]:
    """Invitations, answers and people without an answer, put together for each stratum.

    Where interviewers visited a stratum, its outcomes come from visits and not from letters: for
    the same people the two are never added up. A stratum where people answered without an
    invitation from us has nobody invited.
    """
    invited = {code.stratum: code.drawn for code in codes}
    answers = {row.stratum: row for row in sent}
    visited = visit_outcomes(points)
    responses = []
    for stratum in sorted(invited.keys() | answers.keys()):
        mine = answers.get(stratum)
        responses.append(
            StratumResponse(
                stratum=stratum,
                invited=invited.get(stratum, 0),
                since=mine.since if mine else None,
                answered=mine.answered if mine else 0,
                scored=mine.scored if mine else 0,
                complete=mine.complete if mine else 0,
                outcomes=visited[stratum]
                if stratum in visited
                else {
                    outcome.outcome: outcome.letters
                    for outcome in outcomes
                    if outcome.stratum == stratum
                },
                by_visits=stratum in visited,
            )
        )
    return responses


def visit_outcomes(points: Sequence[SamplePoint]) -> dict[str, dict[str, int]]:
    """Points without an answer, by visited stratum and by outcome.

    Points of unknown eligibility are left out, so they count as silent. Points that were sent back
    are left out too, as their earlier answer still counts.
    """
    outcomes: dict[str, dict[str, int]] = {point.stratum: {} for point in points if point.visits}
    for sample_point in points:
        outcome = LETTER_OUTCOME.get(MEANINGS[sample_point.outcome].letter)
        if sample_point.stratum in outcomes and outcome and sample_point.outcome != "sent_back":
            counts = outcomes[sample_point.stratum]
            counts[outcome] = counts.get(outcome, 0) + 1
    return outcomes


async def compute_weeks(
    connection: Connection,
    basis: str,
    weeks: Sequence[datetime.date],
    kind: type[WeekResult],
    make: Callable[[datetime.date], Awaitable[WeekResult]],
) -> list[WeekResult]:
    """The result of `make` for each week; only weeks whose sums have changed are computed and
    saved.
    """
    saved = await sums.load_saved_weeks(connection, basis, kind)
    # Before any sums are read: what is read next to an uncommitted change must not be saved.
    alone = await sums.try_lock_weeks(connection)
    results = []
    for week in weeks:
        if week not in saved:
            saved[week] = await make(week)
            if alone:
                await sums.save_week(connection, week, basis, saved[week])
        results.append(saved[week])
    return results


def sunday_of(week: datetime.date) -> datetime.date:
    return week + datetime.timedelta(days=WEEK - 1)


async def load_index_weeks(
    connection: Connection,
    weeks: Sequence[datetime.date],
    where: sampled_inputs.AreaDays,
    targets: dict[str, Floats],
    survey: sampled_inputs.PerceptionSurvey,
) -> list[IndexWeek]:
    """The index of each week. One that is not over must not be among them: its index is saved."""

    async def estimate_week(week: datetime.date) -> IndexWeek:
        cells = await sampled_inputs.load_sampled(
            connection, [week], sunday_of(week), where, survey
        )
        return perception.index_week(cells, targets, where.city, where.codes, week)

    basis = week_basis(targets, survey, where.city)
    return await compute_weeks(connection, basis, weeks, IndexWeek, estimate_week)


def week_basis(
    targets: dict[str, Floats], survey: sampled_inputs.PerceptionSurvey, city: str
) -> str:
    """A digest of everything, except answers, that a week's estimate depends on."""
    basis = msgspec.json.encode(
        (
            # With the method: after a change of formula no week of the old one is used again.
            perception.INDEX_METHOD,
            city,
            survey.index,
            sorted(survey.layouts),
            {name: target.tolist() for name, target in targets.items()},
        )
    )
    return hashlib.sha256(basis).hexdigest()


async def span_inputs(
    connection: Connection,
    weeks: Sequence[datetime.date],
    days: Days,
    where: sampled_inputs.AreaDays,
    survey: sampled_inputs.PerceptionSurvey,
) -> SpanInputs:
    """How many answered in each span of the days, and the sums of those who answered every item of
    the index. `weeks` are those of the days that have answers.
    """
    k = len(survey.index.items)
    # Arrays of PostgreSQL begin at 1; here are the number of complete answers, k sums and products.
    places = range(INDEX_SUMS + 1, INDEX_SUMS + 2 + k + k * (k + 1) // 2)

    async def of_week(week: datetime.date) -> list[SpanSums]:
        return await sums.load_span_sums(
            connection, PERCEPTION_SURVEY, (week, sunday_of(week)), places
        )

    week_sums = await compute_weeks(
        connection, f"spans of {k} items", weeks, list[SpanSums], of_week
    )
    rows = [
        row
        for week in week_sums
        for row in week
        if row.version in survey.layouts and days[0] <= row.since <= days[1]
    ]
    drawn = where.events(rows)
    table = np.array([row.sums for row in rows], dtype=np.int64)
    return {
        "drawn": drawn,
        "completed": CompleteIndexAnswers(
            day=drawn.day, sums=table.reshape(len(rows), len(places))
        ),
    }
