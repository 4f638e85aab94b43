"""The page that staff see after signing in: what waits for them."""

import datetime

from litestar import get
from litestar.response import Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import done_word, format_moment, staff_page
from api.process.loading import import_lock
from api.security.people import Person
from survey.coding.double_coding import Accuracy, ReadingStatus
from survey.editions.chapters.alerts import RAISED_KINDS, WEEKS_OPEN
from survey.store import jobs
from survey.store.cases import complaints
from survey.store.coding import double_coding
from survey.store.database import Connection
from survey.store.editions import actions, alerts


@get("/work")
async def show_work(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        waiting = await load_waiting_counts(connection, person)
        reading, read = await load_machine_accuracy(connection, person)
        reported = await load_unassigned_reports(connection, person)
    return staff_page(
        "home/landing",
        person,
        waiting=waiting,
        reading=reading,
        read=read[:2],
        reported=reported,
        done=done_word(request),
    )


async def load_unassigned_reports(connection: Connection, person: Person) -> list[str]:
    """Alerts reported by staff in the last four weeks that have no owner, newest first."""
    if not person.may("reviewer"):
        return []
    since = clock.now() - datetime.timedelta(weeks=WEEKS_OPEN)
    rows = await alerts.load_reports(connection, since)
    return [
        f"{RAISED_KINDS[row.kind]}, reported {format_moment(row.at)}"
        for row in rows
        # A report with a reason was withdrawn.
        if not row.owner and not row.why
    ]


async def load_machine_accuracy(
    connection: Connection, person: Person
) -> tuple[ReadingStatus | None, list[Accuracy]]:
    """How accurately the model reads, for reviewers; nothing before double coding started."""
    # Asked first, so that nobody waits for the import while there is nothing to judge.
    if not person.may("reviewer") or not await double_coding.has_begun(connection):
        return None, []
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    return await job.judge_reading(connection)


async def load_waiting_counts(connection: Connection, person: Person) -> dict[str, int]:
    """How many items need this person's attention, by the address of their page."""
    found = {}
    if person.may("reviewer"):
        progress = await double_coding.load_progress(connection, person.id)
        found["/work/double-coding"] = sum(row.left_to_me for row in progress)
        found["/work/actions"] = await actions.count_overdue(connection, clock.today())
        found["/work/complaints"] = (await complaints.count_by_status(connection)).get("new", 0)
    if person.may("administrator"):
        found["/work/jobs"] = len(await jobs.load_held(connection))
    return found


PAGES = [StaffPage([show_work], menu="Your work", place=10)]
