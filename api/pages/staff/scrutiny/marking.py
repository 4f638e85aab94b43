"""A record in a meeting: each member marks it alone, steps aside, then all mark it together."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson, RowNumber
from api.pages.forms import Form, Values, read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, MeetingAccess, load_meeting_access
from api.pages.staff.scrutiny.meetings import MEETING
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.problems import Conflict, Forbidden
from survey.scrutiny.marks import (
    COLOURS,
    LONGEST_WORDS,
    JointMark,
    MarkColour,
    MemberMark,
    MinorityView,
    OwnMark,
)
from survey.scrutiny.meetings import DrawnRecord
from survey.scrutiny.refusals import chair_needed, meeting_moved_on
from survey.store.database import Connection, Database
from survey.store.scrutiny import marks, meetings

RECORD = MEETING + "/records/{number:int}"
COLOUR_WORDS: dict[MarkColour, tuple[str, str]] = {
    "green": ("Green", "Right and well recorded, or good practice"),
    "amber": ("Amber", "Something to learn from or to explain"),
    "red": ("Red", "A serious concern"),
    "unsure": ("Cannot tell", "The record does not say enough"),
}
assert tuple(COLOUR_WORDS) == COLOURS
NEED_REASON = ("amber", "red")
MOST_VIEWS = 3


@get(RECORD)
async def show_record(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    meeting: FromPath[UUID],
    number: RowNumber,
) -> Response[Any]:
    """A record for a member who takes part; that they read it is in the audit."""
    return await record_page(database, person, meeting, number, done=done_word(request))


async def record_page(
    database: Database,
    person: Person,
    meeting: UUID,
    number: int,
    form: Form | None = None,
    **context: Any,
) -> Response[Any]:
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
    try:
        async with audited_transaction(
            database, person, "scrutiny record read", f"{access.subject}, record {number}"
        ) as connection:
            record = await meetings.get_open_record(
                connection, access.meeting.id, number, person.id
            )
            shown = await record_parts(connection, access, record, person)
    except Forbidden:
        # They stepped aside: the list of records says so.
        return Redirect(f"{access.address}?done=aside", status_code=303)
    return staff_page(
        f"scrutiny/{'alone' if access.meeting.stage == 'marking' else 'together'}",
        person,
        access=access,
        meeting=access.meeting,
        record=record,
        colours=COLOUR_WORDS,
        reasons=access.meeting.reasons,
        form=form,
        views=range(1, MOST_VIEWS + 1),
        **(shown | {"chosen": form.values} if form else shown),
        **context,
    )


async def record_parts(
    connection: Connection, access: MeetingAccess, record: DrawnRecord, person: Person
) -> dict[str, Any]:
    """The member's own mark while all mark alone; then what everybody said, and the joint mark."""
    found = await meetings.load_records(connection, access.meeting.id)
    shown: dict[str, Any] = {"total": len(found)}
    if access.meeting.stage == "marking":
        own = await marks.find_own_mark(connection, record.id, person.id)
        return shown | {"chosen": own_values(own), "marked": own is not None}
    everything = await marks.load_marks(connection, record.meeting)
    said = [one for one in everything if one.record == record.id]
    together = await marks.load_joint_marks(connection, record.meeting)
    mark = next((one for one in together if one.record == record.id), None)
    return shown | {
        "writes": await may_write_joint(connection, access, record),
        "said_marks": said,
        "counts": colour_counts(said),
        "joint": mark,
        "chosen": joint_values(mark),
    }


def colour_counts(said: list[MemberMark]) -> list[tuple[MarkColour, int]]:
    """How many members gave each colour, those that nobody gave left out."""
    found = [(colour, sum(one.colour == colour for one in said)) for colour in COLOURS]
    return [(colour, number) for colour, number in found if number]


def own_values(mark: OwnMark | None) -> Values:
    """A mark as the values of its form; none where nothing was said yet."""
    if mark is None:
        return {}
    video = {"video": ["yes"]} if mark.watched_video else {}
    return {"colour": [mark.colour], "reasons": [*mark.reasons], "words": [mark.words], **video}


def joint_values(mark: JointMark | None) -> Values:
    if mark is None:
        return {}
    found: Values = {
        "colour": [mark.colour], "reasons": [*mark.reasons], "words": [mark.words]
    }  # fmt: skip
    for number, view in enumerate(mark.minority, 1):
        found |= {f"view-{number}-colour": [view.colour], f"view-{number}-words": [view.words]}
    return found


@post(RECORD)
async def save_mark(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    meeting: FromPath[UUID],
    number: RowNumber,
) -> Response[Any]:
    """Save a member's mark, also in place of theirs from before. The audit says that they marked
    the record, not how.
    """
    form = await read_form(request)
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        record = await meetings.get_open_record(connection, access.meeting.id, number, person.id)
    mark = mark_from_form(form, access.meeting.reasons or ())
    if mark is None:
        return await record_page(database, person, meeting, number, form)
    try:
        async with audited_transaction(
            database, person, "scrutiny record marked", f"{access.subject}, record {number}"
        ) as connection:
            await marks.save_mark(connection, record.id, person.id, mark)
            left = await next_record(connection, access, person, number)
    except Conflict as closed:
        form.refuse(closed, [("", closed.sentence)])
        return await record_page(database, person, meeting, number, form)
    if left is None:
        return Redirect(f"{access.address}?done=marked", status_code=303)
    return Redirect(f"{access.address}/records/{left}?done=next", status_code=303)


async def next_record(
    connection: Connection, access: MeetingAccess, person: Person, number: int
) -> int | None:
    """The number of the next record that this member has not marked, after the given one."""
    said = await marks.load_own_marks(connection, access.meeting.id, person.id)
    found = await meetings.load_records(connection, access.meeting.id)
    left = [one.number for one in found if one.number not in said]
    return next((one for one in left if one > number), left[0] if left else None)


def mark_from_form(form: Form, reasons: tuple[str, ...]) -> OwnMark | None:
    """The mark that was given; None, with errors at their fields, where something is missing."""
    colour = next((one for one in COLOURS if one == form["colour"]), None)
    chosen, words = tuple(form.all("reasons")), form["words"].strip()
    form.require(colour, "colour", "Select green, amber, red, or that you cannot tell")
    form.require(set(chosen) <= set(reasons), "reasons", "Select reasons from the list")
    form.require(
        chosen or words or colour not in NEED_REASON,
        "reasons",
        "Select a reason for amber or red, or write why in words",
    )
    form.require_length("words", 0, LONGEST_WORDS, f"Write up to {LONGEST_WORDS:,} characters")
    if form.errors or colour is None:
        return None
    return OwnMark(colour=colour, reasons=chosen, words=words, watched_video=form["video"] == "yes")


@post(RECORD + "/aside")
async def step_aside(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    meeting: FromPath[UUID],
    number: RowNumber,
) -> Response[Any]:
    """A member who knows somebody in a record steps aside: they see and say no more of it."""
    form = await read_form(request)
    form.require(form["knows"] == "yes", "knows", "Confirm that you know somebody in this record")
    if form.errors:
        return await record_page(database, person, meeting, number, form)
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        record = await meetings.get_open_record(connection, access.meeting.id, number, person.id)
    if access.meeting.stage not in ("marking", "joint"):
        raise meeting_moved_on()
    async with audited_transaction(
        database, person, "scrutiny member stepped aside", f"{access.subject}, record {number}"
    ) as connection:
        await meetings.insert_conflict(connection, record.id, person.id)
    return Redirect(f"{access.address}?done=aside", status_code=303)


async def may_write_joint(
    connection: Connection, access: MeetingAccess, record: DrawnRecord
) -> bool:
    """Whether a member may write down the joint mark: the chair, or anybody where no chair can."""
    return access.chairs or await meetings.has_chair_stepped_aside(connection, record.id)


@post(RECORD + "/joint")
async def save_joint_mark(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    meeting: FromPath[UUID],
    number: RowNumber,
) -> Response[Any]:
    """Save what the panel says together, with the views that differ; the chair writes it down."""
    form = await read_form(request)
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        record = await meetings.get_open_record(connection, access.meeting.id, number, person.id)
        if not await may_write_joint(connection, access, record):
            raise chair_needed()
    mark = mark_from_form(form, access.meeting.reasons or ())
    views = minority_from_form(form)
    if mark is None or form.errors:
        return await record_page(database, person, meeting, number, form)
    together = JointMark(
        record=record.id,
        colour=mark.colour,
        reasons=mark.reasons,
        words=mark.words,
        minority=views,
    )
    async with audited_transaction(
        database, person, "scrutiny joint mark saved", f"{access.subject}, record {number}"
    ) as connection:
        await marks.save_joint_mark(connection, together)
        left = await next_without_joint_mark(connection, access, person, number)
    if left is None:
        return Redirect(f"{access.address}?done=together", status_code=303)
    return Redirect(f"{access.address}/records/{left}?done=next", status_code=303)


def minority_from_form(form: Form) -> tuple[MinorityView, ...]:
    """The views that differ from the joint mark, each with its colour and words."""
    found = []
    for number in range(1, MOST_VIEWS + 1):
        words = form[f"view-{number}-words"].strip()
        given = form[f"view-{number}-colour"]
        colour = next((one for one in COLOURS if one == given), None)
        if words or given:
            form.require(colour, f"view-{number}-colour", "Select the colour of this view")
            form.require(
                1 <= len(words) <= LONGEST_WORDS,
                f"view-{number}-words",
                f"Write this view in up to {LONGEST_WORDS:,} characters",
            )
        if colour and words:
            found.append(MinorityView(colour, words))
    return tuple(found)


async def next_without_joint_mark(
    connection: Connection, access: MeetingAccess, person: Person, number: int
) -> int | None:
    """The next record without a joint mark that this person did not step aside from."""
    said = await marks.load_own_marks(connection, access.meeting.id, person.id)
    marked = {one.record for one in await marks.load_joint_marks(connection, access.meeting.id)}
    left = [
        one.number
        for one in await meetings.load_records(connection, access.meeting.id)
        if one.id not in marked and said.get(one.number) != "aside"
    ]
    return next((one for one in left if one > number), left[0] if left else None)


PAGES = [
    StaffPage([show_record, save_mark, step_aside, save_joint_mark], linked_from=ROOT),
]
