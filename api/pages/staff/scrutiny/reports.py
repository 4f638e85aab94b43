"""The report of a meeting: in full for its panel, as the public will read it, and its actions."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock, formatting
from api.dependencies import FromDatabase, FromPerson
from api.editions.files import meeting_report
from api.operations.scrutiny.reports import make_public_report, make_report
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.editions.actions import action_row, parse_action
from api.pages.staff.scrutiny.access import ROOT, load_meeting_access
from api.pages.staff.scrutiny.answers import may_run, require_runner
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.scrutiny.answer_refusals import withdrawn_report
from survey.store.database import Database
from survey.store.editions import actions
from survey.store.scrutiny import reports

MOST_REASON = 300
ADDRESS = f"{ROOT}/meetings/{{meeting:uuid}}/report"


@get(ADDRESS)
async def show_panel_report(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Template:
    """The report with exact figures, which only the panel and the working group may read."""
    return await report_page(database, person, meeting, done=done_word(request))


async def report_page(
    database: Database, person: Person, meeting: UUID, form: Form | None = None, **context: Any
) -> Template:
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        full = await make_report(connection, access.meeting, clock.today())
        published = await reports.load_versions(connection, access.meeting.id)
        agreed = await actions.load_of_meeting(connection, access.meeting.id)
    return staff_page(
        "scrutiny/report",
        person,
        access=access,
        sheet=meeting_report.meeting_view(full, version=0),
        published=[
            (one.version, formatting.format_day(one.published_on), one.withdrawn)
            for one in published
        ],
        agreed=[action_row(one) for one in agreed],
        overdue=full.answers.overdue if full.answers else 0,
        runs=may_run(access),
        form=form,
        **context,
    )


@get(f"{ADDRESS}/public")
async def preview_report(
    database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Template:
    """The report as everybody will read it once it is published."""
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        full = await make_report(connection, access.meeting, clock.today())
        safe = await make_public_report(connection, full)
        published = await reports.load_versions(connection, access.meeting.id)
    return staff_page(
        "scrutiny/preview",
        person,
        access=access,
        sheet=meeting_report.meeting_view(safe, version=len(published) + 1),
        versions=len(published),
        runs=may_run(access),
    )


@post(f"{ADDRESS}/public")
async def publish_report(
    database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Redirect:
    """Publish the report as it is today; versions published before stay as they are."""
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        require_runner(access)
        full = await make_report(connection, access.meeting, clock.today())
        safe = await make_public_report(connection, full)
    async with audited_transaction(
        database, person, "scrutiny report published", access.subject
    ) as connection:
        await reports.insert_report(connection, safe, by=person.id)
    return Redirect(f"{access.address}/report?done=published", status_code=303)


@post(f"{ADDRESS}/withdrawal")
async def withdraw_panel_report(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """Withdraw the newest report. It stays online with the reason, so that citations still work."""
    form = await read_form(request)
    wanted = f"Say why, in {MOST_REASON} characters or fewer"
    form.require_length("reason", 1, MOST_REASON, wanted)
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
    require_runner(access)
    if form.errors:
        return await report_page(database, person, meeting, form)
    async with audited_transaction(
        database, person, "scrutiny report withdrawn", access.subject
    ) as connection:
        if not await reports.withdraw_newest(
            connection, access.meeting.id, form["reason"], by=person.id
        ):
            raise withdrawn_report()
    return Redirect(f"{access.address}/report?done=withdrawn", status_code=303)


@post(f"{ADDRESS}/actions")
async def add_meeting_action(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """Add an action that the panel agreed on; it is followed where all actions are."""
    form = await read_form(request)
    found = parse_action(form)
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
    require_runner(access)
    if found is None:
        return await report_page(database, person, meeting, form)
    async with audited_transaction(database, person, "action agreed", access.subject) as connection:
        await actions.insert_at_meeting(
            connection, access.meeting.id, found.what, found.owner, found.due, by=person.id
        )
    return Redirect(f"{access.address}/report?done=agreed", status_code=303)


PAGES = [
    StaffPage(
        [
            show_panel_report,
            preview_report,
            publish_report,
            withdraw_panel_report,
            add_meeting_action,
        ],
        linked_from=ROOT,
    )
]
