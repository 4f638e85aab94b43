"""Reminders, once a working day, of cases on which the working group is late."""

import datetime

from api import casework, clock, working_days
from survey.complaints import Event
from survey.problems import Conflict
from survey.store import cases, complaints
from survey.store.database import Connection

AGAIN_AFTER = 5  # working days


async def run(connection: Connection, _: str) -> None:
    """One reminder for each due day that passed, and again while the silence goes on."""
    today = clock.today()
    await give_days(connection)
    for case in await cases.overdue(connection, today):
        if is_to_be_nudged(case["due_on"], case["nudged_on"], today):
            await nudge(connection, case["reference"])


async def give_days(connection: Connection) -> None:
    """Cases from before there were deadlines get theirs, as their events add up to it."""
    for reference in await cases.without_day(connection):
        case = await complaints.get(connection, reference)
        stands = await casework.stands_now(connection, case)
        await cases.stand(connection, reference, stands)


def is_to_be_nudged(due: datetime.date, nudged: datetime.date | None, today: datetime.date) -> bool:
    if nudged is None or nudged <= due:
        return True
    return working_days.later(nudged, AGAIN_AFTER) <= today


async def nudge(connection: Connection, reference: str) -> None:
    """A case that somebody acts on at this moment needs none."""
    try:
        async with connection.transaction():
            await casework.act_as_it_stands(connection, reference, Event(kind="nudged"), "calendar")
    except Conflict:
        return
