"""What the chair of a panel does in a meeting: mask, let members mark, show marks, close."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import clock
from api.dependencies import RowNumber
from api.operations import scrutiny
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, MeetingAccess, load_meeting_access
from api.pages.staff.scrutiny.meetings import MEETING, meeting_page
from api.pages.work import FromPage, StaffRequest
from api.security.people import Person
from survey.problems import Conflict
from survey.scrutiny.panels import DrawnRecord, RecordField
from survey.scrutiny.refusals import meeting_moved_on
from survey.scrutiny.rules import DrawnReference
from survey.store.database import Connection
from survey.store.scrutiny import meetings, panels
from survey.themes.redactions import lines_to_mask, occurrences, redact

MASK = MEETING + "/records/{number:int}/mask"
MOST_LINES = 50


async def load_chaired(connection: Connection, person: Person, meeting: UUID) -> MeetingAccess:
    access = await load_meeting_access(connection, person, meeting)
    access.require_chair()
    return access


@get(MASK)
async def show_masking(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Template:
    """A drawn record as members would see it, before they do: for the chair alone."""
    access = await page.load(load_chaired, page.person, meeting)
    subject = f"{access.subject}, record {number}"
    async with page.write("scrutiny record read", subject) as connection:
        record = await get_drawn(connection, access, number)
    return masking_page(page, access, record)


async def get_drawn(connection: Connection, access: MeetingAccess, number: int) -> DrawnRecord:
    """A record of a meeting whose members do not mark yet."""
    if access.meeting.stage != "drawn":
        raise meeting_moved_on()
    return await meetings.get_record(connection, access.meeting.id, number)


def masking_page(page: StaffRequest, access: MeetingAccess, record: DrawnRecord) -> Template:
    return page.show("scrutiny/mask", access=access, record=record)


@post(MASK)
async def mask_words(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Response[Any]:
    """Mask words of a record for good: what they were is stored nowhere."""
    lines = lines_to_mask(page.form["words"])
    async with page.connection() as connection:
        access = await load_chaired(connection, page.person, meeting)
        record = await get_drawn(connection, access, number)
    fit = 1 <= len(lines) <= MOST_LINES
    page.form.require(
        fit, "words", f"Enter up to {MOST_LINES} words or phrases to mask, one a line"
    )
    lost = [one for one in lines if not any(occurrences(f.text, one) for f in record.fields)]
    page.form.require(not lost, "words", f"Not in this record: {', '.join(lost)}")
    if page.form.errors:
        return masking_page(page, access, record)
    subject = f"{access.subject}, record {number}"
    async with page.write("scrutiny record masked", subject) as connection:
        if not await meetings.save_fields(connection, record.id, masked_fields(record, lines)):
            raise meeting_moved_on()
    return page.to(f"{access.address}/records/{number}/mask", "masked")


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
async def open_marking(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Let the members who take part see the records and mark them alone."""
    async with page.connection() as connection:
        access = await load_chaired(connection, page.person, meeting)
        seats = await panels.load_members(connection, access.panel.id)
    today = clock.today()
    chosen = set(page.form.all("present"))
    present = [one.account for one in seats if one.account in chosen and one.serves_on(today)]
    page.form.require(len(present) > 1, "present", "Select who takes part: two members or more")
    if page.form.errors:
        return await meeting_page(page, meeting, chosen=chosen)
    detail = {"members": len(present)}
    async with page.write("scrutiny marking opened", access.subject, detail) as connection:
        await meetings.open_marking(connection, access.meeting.id)
        await panels.insert_attendance(connection, access.meeting.id, present)
    return page.to(access.address, "marking")


@post(MEETING + "/alone")
async def close_alone(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """End marking alone; from now on the members see what was said, and no mark changes."""
    page.form.require(page.form["sure"] == "yes", "sure", "Confirm that everybody has marked alone")
    if page.form.errors:
        return await meeting_page(page, meeting)
    access = await page.load(load_chaired, page.person, meeting)
    async with page.write("scrutiny marks shown", access.subject) as connection:
        await meetings.close_alone(connection, access.meeting.id)
    return page.to(access.address, "joint")


@post(MEETING + "/close")
async def close_meeting(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    access = await page.load(load_chaired, page.person, meeting)
    try:
        async with page.write("scrutiny meeting closed", access.subject) as connection:
            await meetings.close_meeting(connection, access.meeting.id)
    except Conflict:
        if access.meeting.stage != "joint":
            raise
        page.form.add_error("records", "Give every record a joint mark first")
        return await meeting_page(page, meeting)
    return page.to(access.address, "closed")


@get(MEETING + "/draw.json")
async def download_draw(page: FromPage, meeting: FromPath[UUID]) -> Response[bytes]:
    """The draw with the references of the records, to compare with one that was repeated."""
    access = await page.load(load_chaired, page.person, meeting)
    async with page.write("scrutiny draw downloaded", access.subject) as connection:
        found = await meetings.load_records(connection, access.meeting.id)
    drawn = tuple(DrawnReference(one.reference, one.stratum) for one in found)
    published = scrutiny.published_draw(access.meeting, drawn)
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
