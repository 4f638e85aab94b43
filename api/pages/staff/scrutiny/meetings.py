"""A meeting of a panel, step by step: seed, file and draw, marking alone, joint marks, the end."""

import re
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.operations.scrutiny import drawing
from api.pages.forms import Form, day_fields, filled_form, read_file, read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import (
    ROOT,
    MeetingAccess,
    load_meeting_access,
    load_panel_access,
)
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.problems import Problem
from survey.scrutiny.rules_in_words import rule_sentences
from survey.store.database import Connection, Database
from survey.store.scrutiny import marks, meetings, panels

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


@get(ROOT + "/panels/{panel:uuid}/meetings")
async def show_planning(
    database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Template:
    async with database.connection() as connection:
        access = await load_panel_access(connection, person, panel)
    form = filled_form(day_fields("held", clock.today()))
    return staff_page("scrutiny/plan", person, panel=access.panel, form=form)


@post(ROOT + "/panels/{panel:uuid}/meetings")
async def plan_meeting(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Response[Any]:
    form = await read_form(request)
    async with database.connection() as connection:
        access = await load_panel_access(connection, person, panel)
    day = form.day("held")
    near = day is not None and abs(day.year - clock.today().year) <= 1
    form.require(near, "held-day", "Enter the day of the meeting, within a year")
    if form.errors or day is None:
        return staff_page("scrutiny/plan", person, panel=access.panel, form=form)
    async with audited_transaction(
        database, person, "scrutiny meeting planned", access.panel.name, {"on": str(day)}
    ) as connection:
        ident = await meetings.insert_meeting(connection, access.panel.id, day)
    return Redirect(f"{ROOT}/meetings/{ident}?done=planned", status_code=303)


@get(MEETING)
async def show_meeting(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Template:
    return await meeting_page(database, person, meeting, done=done_word(request))


async def meeting_page(
    database: Database, person: Person, meeting: UUID, form: Form | None = None, **context: Any
) -> Template:
    """The page of a meeting: its steps, and of the records what this person may see."""
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        shown = await meeting_parts(connection, access, person)
    return staff_page(
        "scrutiny/meeting",
        person,
        form=form,
        access=access,
        meeting=access.meeting,
        panel=access.panel,
        stages=STAGES,
        today=clock.today(),
        sentences=rule_sentences(access.meeting.rule or access.panel.rule),
        **(shown | context),
    )


async def meeting_parts(
    connection: Connection, access: MeetingAccess, person: Person
) -> dict[str, Any]:
    """What a meeting's page shows besides its steps: never what one member said to another."""
    meeting = access.meeting
    shown: dict[str, Any] = {"rows": [], "progress": [], "seats": []}
    if access.chairs and meeting.stage == "drawn":
        seats = await panels.load_members(connection, meeting.panel)
        shown["seats"] = [one for one in seats if one.serves_on(clock.today())]
    if meeting.stage in ("marking", "joint", "closed"):
        shown["progress"] = await marks.load_progress(connection, meeting.id)
    if access.present or (access.chairs and meeting.stage == "drawn"):
        own = await marks.load_own_marks(connection, meeting.id, person.id)
        together = {one.record: one for one in await marks.load_joint_marks(connection, meeting.id)}
        shown["rows"] = [
            (one, own.get(one.number, ""), together.get(one.id))
            for one in await meetings.load_records(connection, meeting.id)
        ]
    return shown


@post(MEETING + "/seed")
async def fix_seed(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """Fix the seed of the draw and publish it, with the rule of now."""
    form = await read_form(request)
    sealed = form["sealed"].strip().lower()
    good = SHA256.fullmatch(sealed) or (not sealed and form["later"] == "yes")
    form.require(good, "sealed", NO_DIGEST)
    if form.errors:
        return await meeting_page(database, person, meeting, form)
    async with database.connection() as connection:
        access = await load_steering(connection, person, meeting)
    try:
        async with audited_transaction(
            database, person, "scrutiny seed fixed", access.subject
        ) as connection:
            await drawing.fix_seed(connection, access.meeting, sealed or None)
    except Problem as refused:
        form.refuse(refused, [("sealed", refused.sentence)])
        return await meeting_page(database, person, meeting, form)
    return Redirect(f"{access.address}?done=seed", status_code=303)


async def load_steering(connection: Connection, person: Person, meeting: UUID) -> MeetingAccess:
    """The meeting for somebody who may take its steps: the chair, or the working group."""
    access = await load_meeting_access(connection, person, meeting)
    if not access.manages:
        access.require_chair()
    return access


@post(MEETING + "/file", request_max_body_size=MOST_BYTES)
async def open_file(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """Open the file of the force and draw from it; only what was drawn is stored, masked."""
    form = await read_form(request)
    name, content = await read_file(request)
    form.require(content, "file", "Choose a file that is not empty")
    if form.errors:
        return await meeting_page(database, person, meeting, form)
    async with database.connection() as connection:
        access = await load_steering(connection, person, meeting)
    try:
        async with audited_transaction(
            database, person, "scrutiny records drawn", access.subject, {"file": name}
        ) as connection:
            await drawing.open_file(connection, access.meeting, name, content)
    except Problem as refused:
        form.refuse(refused, [("file", refused.sentence)])
        return await meeting_page(database, person, meeting, form)
    return Redirect(f"{access.address}?done=drawn", status_code=303)


@post(MEETING + "/cancel")
async def cancel_meeting(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """Cancel a meeting with a reason, which is published with its seed; its records are deleted."""
    form = await read_form(request)
    because = form["because"].strip()
    form.set("because", because)
    form.require_length("because", 1, LONGEST_REASON, "Enter why the meeting is cancelled")
    if form.errors:
        return await meeting_page(database, person, meeting, form)
    async with database.connection() as connection:
        access = await load_steering(connection, person, meeting)
    async with audited_transaction(
        database, person, "scrutiny meeting cancelled", access.subject, {"reason": because}
    ) as connection:
        await meetings.cancel_meeting(connection, access.meeting.id, because)
        await meetings.delete_records(connection, access.meeting.id)
    return Redirect(f"{access.address}?done=cancelled", status_code=303)


PAGES = [
    StaffPage([show_planning, plan_meeting], linked_from=ROOT, roles=("reviewer",)),
    StaffPage([show_meeting, fix_seed, open_file, cancel_meeting], linked_from=ROOT),
]
