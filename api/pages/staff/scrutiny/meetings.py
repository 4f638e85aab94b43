"""A meeting of a panel, step by step: seed, file, draw and masks, marks, and its end."""

import re
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import clock
from api.dependencies import RowNumber
from api.operations import scrutiny
from api.pages.forms import day_fields, read_file
from api.pages.staff.scrutiny import ROOT, MeetingAccess, load_meeting_access, load_panel_access
from api.pages.work import FromPage, StaffPage, StaffRequest, example_response
from api.security.people import Person
from survey.problems import Conflict, Problem
from survey.scrutiny import DrawnRecord, JointMark, PanelMeeting
from survey.scrutiny.records import example_table
from survey.scrutiny.refusals import meeting_moved_on
from survey.scrutiny.rules import DrawnReference, rule_sentences
from survey.store.database import Connection
from survey.store.scrutiny import marks, meetings, panels
from survey.themes.redactions import lines_to_mask, occurrences, redact

MEETING = ROOT + "/meetings/{meeting:uuid}"
MOST_BYTES = 64_000_000
LONGEST_REASON = 500
SHA256 = re.compile(r"[0-9a-f]{64}")
NO_DIGEST = "Enter the 64 digits of the SHA-256, or say that there is no file yet"
STAGES = {
    "planned": ("Planned", "grey"),
    "seeded": ("Seed fixed", "blue"),
    "drawn": ("Records drawn", "blue"),
    "marking": ("Marking alone", "yellow"),
    "joint": ("Marking together", "purple"),
    "closed": ("Closed", "green"),
    "cancelled": ("Cancelled", "red"),
}
MASK = MEETING + "/records/{number:int}/mask"
MOST_LINES = 50
RecordRow = tuple[DrawnRecord, str, JointMark | None]  # with a member's own mark, and the joint one


@get(ROOT + "/panels/{panel:uuid}/meetings")
async def show_planning(page: FromPage, panel: FromPath[UUID]) -> Template:
    access = await page.load(load_panel_access, page.person, panel)
    page.fill(day_fields("held", clock.today()))
    return page.show("scrutiny/plan", panel=access.panel)


@post(ROOT + "/panels/{panel:uuid}/meetings")
async def plan_meeting(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    access = await page.load(load_panel_access, page.person, panel)
    day = page.form.day("held")
    near = day is not None and abs(day.year - clock.today().year) <= 1
    page.form.require_day("held", near, "Enter the day of the meeting, within a year")
    if page.form.errors or day is None:
        return page.show("scrutiny/plan", panel=access.panel)
    detail = {"on": str(day)}
    async with page.write("scrutiny meeting planned", access.panel.name, detail) as connection:
        ident = await meetings.insert_meeting(connection, access.panel.id, day)
    return page.to(f"{ROOT}/meetings/{ident}", "planned")


async def meeting_page(page: FromPage, meeting: FromPath[UUID]) -> Template:
    """The page of a meeting: its steps, and what this person may see of its records."""
    async with page.connection() as connection:
        access = await load_meeting_access(connection, page.person, meeting)
        shown = await meeting_parts(connection, access, page.person)
    return page.show(
        "scrutiny/meeting",
        access=access,
        meeting=access.meeting,
        panel=access.panel,
        stages=STAGES,
        today=clock.today(),
        sentences=rule_sentences(access.rule),
        headings=access.rule.headings(),
        **shown,
    )


async def meeting_parts(
    connection: Connection, access: MeetingAccess, person: Person
) -> dict[str, Any]:
    """What a meeting's page shows besides its steps; one member's mark is never shown to
    another.
    """
    meeting = access.meeting
    shown: dict[str, Any] = {"rows": [], "progress": [], "seats": []}
    if access.chairs and meeting.stage == "drawn":
        seats = await panels.load_members(connection, meeting.panel)
        shown["seats"] = [seat for seat in seats if seat.serves_on(clock.today())]
    if meeting.stage in ("marking", "joint", "closed"):
        shown["progress"] = await marks.load_progress(connection, meeting.id)
    if access.present or (access.chairs and meeting.stage == "drawn"):
        shown["rows"] = await load_rows(connection, meeting, person)
        shown["left"] = unmarked_numbers(shown["rows"], meeting)
    return shown


async def load_rows(
    connection: Connection, meeting: PanelMeeting, person: Person
) -> list[RecordRow]:
    own = await marks.load_own_marks(connection, meeting.id, person.id)
    joint = {mark.record: mark for mark in await marks.load_joint_marks(connection, meeting.id)}
    records = await meetings.load_records(connection, meeting.id)
    return [(record, own.get(record.number, ""), joint.get(record.id)) for record in records]


def unmarked_numbers(rows: list[RecordRow], meeting: PanelMeeting) -> list[int]:
    """The records that this person can mark and that have no mark yet: none of their own while
    members mark alone, later no joint mark.
    """
    if meeting.stage == "marking":
        return [record.number for record, own, _ in rows if not own]
    open_rows = rows if meeting.stage == "joint" else []
    return [record.number for record, own, joint in open_rows if not joint and own != "aside"]


@post(MEETING + "/seed")
async def fix_seed(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Fix the seed of the draw and publish it, together with the draw rule as it is now."""
    sealed = page.form["sealed"].strip().lower()
    good = SHA256.fullmatch(sealed) or (not sealed and page.form["later"] == "yes")
    page.form.require(good, "sealed", NO_DIGEST)
    if page.form.errors:
        return await meeting_page(page, meeting)
    access = await page.load(load_steering, page.person, meeting)
    try:
        async with page.write("scrutiny seed fixed", access.subject) as connection:
            await scrutiny.fix_seed(connection, access.meeting, sealed or None)
    except Problem as refused:
        page.form.refuse(refused, [("sealed", refused.sentence)])
        return await meeting_page(page, meeting)
    return page.to(access.address, "seed")


async def load_steering(connection: Connection, person: Person, meeting: UUID) -> MeetingAccess:
    """The meeting, if this person may take its steps: the chair or the working group."""
    access = await load_meeting_access(connection, person, meeting)
    if not access.manages:
        access.require_chair()
    return access


@get(MEETING + "/example.csv")
async def download_record_example(page: FromPage, meeting: FromPath[UUID]) -> Response[bytes]:
    """A file with every column that the rule of this meeting reads, and one made-up record."""
    access = await page.load(load_steering, page.person, meeting)
    return example_response(example_table(access.rule, clock.today()))


@post(MEETING + "/file", request_max_body_size=MOST_BYTES)
async def open_file(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Open the file of the force and draw from it; only what was drawn is stored, masked."""
    name, content = await read_file(page.request)
    page.form.require(content, "file", "Choose a file that is not empty")
    if page.form.errors:
        return await meeting_page(page, meeting)
    access = await page.load(load_steering, page.person, meeting)
    try:
        async with page.write(
            "scrutiny records drawn", access.subject, {"file": name}
        ) as connection:
            await scrutiny.open_file(connection, access.meeting, name, content)
    except Problem as refused:
        page.form.refuse(refused, [("file", refused.sentence)])
        return await meeting_page(page, meeting)
    return page.to(access.address, "drawn")


@post(MEETING + "/cancel")
async def cancel_meeting(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Cancel a meeting with a reason, which is published with its seed; its records are deleted."""
    because = page.form["because"].strip()
    page.form.set("because", because)
    page.form.require_length("because", 1, LONGEST_REASON, "Enter why the meeting is cancelled")
    if page.form.errors:
        return await meeting_page(page, meeting)
    access = await page.load(load_steering, page.person, meeting)
    detail = {"reason": because}
    async with page.write("scrutiny meeting cancelled", access.subject, detail) as connection:
        await meetings.cancel_meeting(connection, access.meeting.id, because)
        await meetings.delete_records(connection, access.meeting.id)
    return page.to(access.address, "cancelled")


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
    lost = [line for line in lines if not any(occurrences(f.text, line) for f in record.fields)]
    page.form.require(not lost, "words", f"Not in this record: {', '.join(lost)}")
    if page.form.errors:
        return masking_page(page, access, record)
    subject = f"{access.subject}, record {number}"
    async with page.write("scrutiny record masked", subject) as connection:
        if not await meetings.save_fields(
            connection,
            record.id,
            tuple(
                msgspec.structs.replace(
                    field,
                    text=redact(
                        field.text,
                        [span for line in lines for span in occurrences(field.text, line)],
                    ).redacted,
                )
                for field in record.fields
            ),
        ):
            raise meeting_moved_on()
    return page.to(f"{access.address}/records/{number}/mask", "masked")


@post(MEETING + "/marking")
async def open_marking(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Let the members who take part see the records and mark them alone."""
    async with page.connection() as connection:
        access = await load_chaired(connection, page.person, meeting)
        seats = await panels.load_members(connection, access.panel.id)
    today = clock.today()
    chosen = set(page.form.all("present"))
    present = [seat.account for seat in seats if seat.account in chosen and seat.serves_on(today)]
    page.form.require(len(present) > 1, "present", "Select who takes part: two members or more")
    if page.form.errors:
        return await meeting_page(page.add(chosen=chosen), meeting)
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
    """The draw with the references of its records, so that it can be compared with a repeated
    draw.
    """
    access = await page.load(load_chaired, page.person, meeting)
    async with page.write("scrutiny draw downloaded", access.subject) as connection:
        records = await meetings.load_records(connection, access.meeting.id)
    drawn = tuple(DrawnReference(record.reference, record.stratum) for record in records)
    published = scrutiny.published_draw(access.meeting, drawn)
    if published is None:
        raise meeting_moved_on()
    return Response(
        msgspec.json.format(msgspec.json.encode(published), indent=2),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="draw.json"'},
    )


PAGES = [
    StaffPage([show_planning, plan_meeting], linked_from=ROOT, roles=("reviewer",)),
    StaffPage(
        [get(MEETING)(meeting_page), fix_seed, download_record_example, open_file, cancel_meeting],
        linked_from=ROOT,
    ),
    StaffPage([show_masking, mask_words], linked_from=ROOT),
    StaffPage([open_marking, close_alone, close_meeting, download_draw], linked_from=ROOT),
]
