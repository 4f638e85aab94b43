"""Reminders, once a working day, of cases on which the working group is late."""

import datetime

from api import clock
from api.operations import case_commands, working_days
from survey.cases.complaints import CaseEvent
from survey.problems import Conflict
from survey.store.cases import complaints, events
from survey.store.database import Connection

AGAIN_AFTER = 5  # working days


async def remind_overdue_cases(connection: Connection, _: str) -> None:
    """Remind of each case once when its deadline has passed, and again while nothing happens."""
    today = clock.today()
    await set_missing_deadlines(connection)
    for case in await events.load_overdue(connection, today):
        if is_reminder_due(case.due_on, case.nudged_on, today):
            await append_reminder(connection, case.reference)


async def set_missing_deadlines(connection: Connection) -> None:
    """Set the deadline of cases from before there were deadlines."""
    for reference in await events.load_without_deadline(connection):
        case = await complaints.get(connection, reference)
        state = await case_commands.load_status(connection, case)
        await events.save_state(connection, reference, state)


def is_reminder_due(due: datetime.date, nudged: datetime.date | None, today: datetime.date) -> bool:
    # A reminder from before this deadline was about an earlier one.
    if nudged is None or nudged <= due:
        return True
    return working_days.working_day_after(nudged, AGAIN_AFTER) <= today


async def append_reminder(connection: Connection, reference: str) -> None:
    """Append a reminder to a case; none is needed if somebody acts on it at this moment."""
    try:
        # A savepoint: a case that changed undoes its own reminder and not those before it.
        async with connection.transaction():
            await case_commands.apply_to_latest(
                connection, reference, CaseEvent(kind="nudged"), "calendar"
            )
    except Conflict:
        return
