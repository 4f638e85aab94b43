"""Asking people whose case was closed how it was handled, and making quarters final.

Nobody can look at sums that are not final: this module alone writes them, and only editions read
final ones.
"""

import datetime
from collections.abc import Mapping, Sequence

import msgspec

from api import clock
from survey.cases import DatedCaseEvent
from survey.cases.handling import (
    DAYS_AFTER_QUARTER,
    FEWEST_KEPT,
    closed_quarter,
    last_day_to_answer,
    quarter_end,
)
from survey.cases.refusals import handling_not_asked, late_handling
from survey.store.cases import complaints, events, handling
from survey.store.cases.events import CaseEventLine
from survey.store.database import Connection, Database
from survey.themes.double_coding import quarter_of

DAY = datetime.timedelta(days=1)


class HandlingRequest(msgspec.Struct, frozen=True):
    """What the owner of a closed case is asked: about which quarter, by when, and whether they
    have answered.
    """

    quarter: datetime.date
    until: datetime.date
    answered: bool

    @property
    def is_open(self) -> bool:
        return not self.answered and clock.today() <= self.until


async def find_request(
    connection: Connection, complaint: str, timeline: Sequence[CaseEventLine]
) -> HandlingRequest | None:
    """What the owner of a case is asked about its handling; None unless it is closed."""
    history = [DatedCaseEvent(line.event, clock.local_day(line.at)) for line in timeline]
    quarter = closed_quarter(history)
    if quarter is None:
        return None
    answered = await handling.has_answered(connection, complaint, quarter)
    return HandlingRequest(quarter, last_day_to_answer(quarter), answered)


async def load_request(database: Database, reference: str) -> HandlingRequest | None:
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        timeline = await events.load_timeline(connection, case.id)
        return await find_request(connection, case.id, timeline)


async def save_answers(database: Database, reference: str, answers: Mapping[str, str]) -> None:
    """Add the owner's answers to the sums of the quarter, once; a second time changes nothing."""
    async with database.connection() as connection, connection.transaction():
        # Locked first: of two tabs the second waits, and a case that is reopened is not counted.
        await complaints.lock(connection, reference)
        case = await complaints.get(connection, reference)
        timeline = await events.load_timeline(connection, case.id)
        asked = await find_request(connection, case.id, timeline)
        if asked is None:
            raise handling_not_asked(reference=reference)
        if asked.answered:
            return
        if not asked.is_open:
            raise late_handling(reference=reference, until=asked.until)
        await add_person(connection, case.id, asked.quarter, answers)


async def add_person(
    connection: Connection, complaint: str, quarter: datetime.date, answers: Mapping[str, str]
) -> None:
    """Add one person to the sums of a quarter that is not final, and mark the case as answered."""
    if await handling.mark_answered(connection, complaint, quarter):
        await handling.count_person(connection, quarter)
        await handling.add_answers(connection, quarter, [*answers], [*answers.values()])


async def finish_quarters(connection: Connection) -> None:
    """Make those quarters final whose last day to answer is over."""
    # The quarter of a day this long ago is the first in which somebody may still answer.
    running = quarter_of(clock.today() - DAYS_AFTER_QUARTER * DAY)
    async with connection.transaction():
        for quarter in await handling.lock_unfinished(connection, running):
            after = quarter_end(quarter) + DAY
            await handling.save_final_counts(
                connection, quarter, clock.midnight(quarter), clock.midnight(after)
            )
            await handling.delete_marks(connection, quarter)
            await handling.delete_small_sums(connection, quarter, FEWEST_KEPT)
