"""What the chair of a panel does in a meeting: mask, let members mark, show marks, close."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson, RowNumber
from api.operations.scrutiny import drawing
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, MeetingAccess, load_meeting_access
from api.pages.staff.scrutiny.meetings import MEETING, meeting_page
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.coding.redactions import lines_to_mask, occurrences, redact
from survey.problems import Conflict
from survey.scrutiny.meetings import DrawnRecord, RecordField
from survey.scrutiny.refusals import meeting_moved_on
from survey.scrutiny.rules import DrawnReference
from survey.store.database import Connection
from survey.store.scrutiny import meetings, panels

MASK = MEETING + "/records/{number:int}/mask"
MOST_LINES = 50


async def load_chaired(connection: Connection, person: Person, meeting: UUID) -> MeetingAccess:
    access = await load_meeting_access(connection, person, meeting)
    access.require_chair()
    return access


@get(MASK)
async def show_masking(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    meeting: FromPath[UUID],
    number: RowNumber,
) -> Template:
    """A drawn record as members would see it, before they do: for the chair alone."""
    async with database.connection() as connection:
        access = await load_chaired(connection, person, meeting)
    subject = f"{access.subject}, record {number}"
    async with audited_transaction(database, person, "scrutiny record read", subject) as connection:
        record = await get_drawn(connection, access, number)
    return masking_page(person, access, record, done=done_word(request))


async def get_drawn(connection: Connection, access: MeetingAccess, number: int) -> DrawnRecord:
    """A record of a meeting whose members do not mark yet."""
    if access.meeting.stage != "drawn":
        raise meeting_moved_on()
    return await meetings.get_record(connection, access.meeting.id, number)


def masking_page(
    person: Person, access: MeetingAccess, record: DrawnRecord, **context: Any
) -> Template:
    return staff_page("scrutiny/mask", person, access=access, record=record, **context)


@post(MASK)
async def mask_words(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    meeting: FromPath[UUID],
    number: RowNumber,
) -> Response[Any]:
    """Mask words of a record for good: what they were is stored nowhere."""
    form = await read_form(request)
    lines = lines_to_mask(form["words"])
    async with database.connection() as connection:
        access = await load_chaired(connection, person, meeting)
        record = await get_drawn(connection, access, number)
    fit = 1 <= len(lines) <= MOST_LINES
    form.require(fit, "words", f"Enter up to {MOST_LINES} words or phrases to mask, one a line")
    lost = [one for one in lines if not any(occurrences(f.text, one) for f in record.fields)]
    form.require(not lost, "words", f"Not in this record: {', '.join(lost)}")
    if form.errors:
        return masking_page(person, access, record, form=form)
    subject = f"{access.subject}, record {number}"
    async with audited_transaction(
        database, person, "scrutiny record masked", subject
    ) as connection:
        if not await meetings.save_fields(connection, record.id, masked_fields(record, lines)):
            raise meeting_moved_on()
    return Redirect(f"{access.address}/records/{number}/mask?done=masked", status_code=303)


def masked_fields(record: DrawnRecord, lines: list[str]) -> tuple[RecordField, ...]:
    return tuple(
        msgspec.structs.replace(
            one,
            text=redact(
                one.text, [span for line in lines for span in occurrences(one.text, line)]
            ).redacted,
        )
        for one in record.fields
    )


@post(MEETING + "/marking")
async def open_marking(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """Let the members who take part see the records and mark them alone."""
    form = await read_form(request)
    async with database.connection() as connection:
        access = await load_chaired(connection, person, meeting)
        seats = await panels.load_members(connection, access.panel.id)
    today = clock.today()
    chosen = set(form.all("present"))
    present = [one.account for one in seats if one.account in chosen and one.serves_on(today)]
    form.require(len(present) > 1, "present", "Select who takes part: two members or more")
    if form.errors:
        return await meeting_page(database, person, meeting, form, chosen=chosen)
    detail = {"members": len(present)}
    async with audited_transaction(
        database, person, "scrutiny marking opened", access.subject, detail
    ) as connection:
        await meetings.open_marking(connection, access.meeting.id)
        await panels.insert_attendance(connection, access.meeting.id, present)
    return Redirect(f"{access.address}?done=marking", status_code=303)


@post(MEETING + "/alone")
async def close_alone(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """End marking alone; from now on the members see what was said, and no mark changes."""
    form = await read_form(request)
    form.require(form["sure"] == "yes", "sure", "Confirm that everybody has marked alone")
    if form.errors:
        return await meeting_page(database, person, meeting, form)
    async with database.connection() as connection:
        access = await load_chaired(connection, person, meeting)
    async with audited_transaction(
        database, person, "scrutiny marks shown", access.subject
    ) as connection:
        await meetings.close_alone(connection, access.meeting.id)
    return Redirect(f"{access.address}?done=joint", status_code=303)


@post(MEETING + "/close")
async def close_meeting(
    database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    async with database.connection() as connection:
        access = await load_chaired(connection, person, meeting)
    try:
        async with audited_transaction(
            database, person, "scrutiny meeting closed", access.subject
        ) as connection:
            await meetings.close_meeting(connection, access.meeting.id)
    except Conflict:
        if access.meeting.stage != "joint":
            raise
        form = Form()
        form.add_error("records", "Give every record a joint mark first")
        return await meeting_page(database, person, meeting, form)
    return Redirect(f"{access.address}?done=closed", status_code=303)


@get(MEETING + "/draw.json")
async def download_draw(
    database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[bytes]:
    """The draw with the references of the records, to compare with one that was repeated."""
    async with database.connection() as connection:
        access = await load_chaired(connection, person, meeting)
    async with audited_transaction(
        database, person, "scrutiny draw downloaded", access.subject
    ) as connection:
        found = await meetings.load_records(connection, access.meeting.id)
    drawn = tuple(DrawnReference(one.reference, one.stratum) for one in found)
    published = drawing.published_draw(access.meeting, drawn)
    if published is None:
        raise meeting_moved_on()
    return Response(
        msgspec.json.format(msgspec.json.encode(published), indent=2),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="draw.json"'},
    )


PAGES = [
    StaffPage([show_masking, mask_words], linked_from=ROOT),
    StaffPage([open_marking, close_alone, close_meeting, download_draw], linked_from=ROOT),
]
