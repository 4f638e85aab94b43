"""A record in a meeting: each member marks it alone, steps aside, then all mark it together."""

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from api.dependencies import RowNumber
from api.pages.forms import Choice, Field, Fields, Form, Several, Text, Tick
from api.pages.staff.scrutiny import ROOT, MeetingAccess, load_meeting_access
from api.pages.staff.scrutiny.meetings import MEETING, RecordRow, load_rows, unmarked_numbers
from api.pages.staff.scrutiny.schemes import (
    VERDICT_WORDS,
    VIDEO_WORDS,
    Score,
    StepVerdicts,
    score_words,
)
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.people import Person
from survey import scrutiny
from survey.problems import Conflict, Forbidden
from survey.scrutiny.refusals import chair_needed, meeting_moved_on
from survey.store.database import Connection
from survey.store.scrutiny import marks, meetings

AnyMark = TypeVar("AnyMark", bound=scrutiny.Mark)
RECORD = MEETING + "/records/{number:int}"
COLOUR_WORDS: dict[scrutiny.MarkColour, tuple[str, str]] = {
    "green": ("Green", "Right and well recorded, or good practice"),
    "amber": ("Amber", "Something to learn from or to explain"),
    "red": ("Red", "A serious concern"),
    "unsure": ("Cannot tell", "The record does not say enough"),
}
assert tuple(COLOUR_WORDS) == scrutiny.COLOURS
NEED_REASON = ("amber", "red")
MOST_VIEWS = 3


def mark_fields(meeting: scrutiny.PanelMeeting, **more: Field) -> Fields:
    """The fields in which a record of the meeting is judged, by its scheme, and `more`."""
    scheme = meeting.scheme
    fields: dict[str, Field] = {
        "words": Text(scrutiny.LONGEST_WORDS, f"Write up to {scrutiny.LONGEST_WORDS:,} characters"),
        **more,
    }
    if scheme.bands:
        fields |= {"score": Score(scheme)}
    else:
        wanted = "Select green, amber, red, or that you cannot tell"
        fields |= {"colour": Choice(scrutiny.COLOURS, wanted)}
    if scheme.steps:
        fields |= {"steps": StepVerdicts(scheme)}
    else:
        fields |= {"reasons": Several(meeting.reasons or (), "Select reasons from the list")}
    return Fields({"steps": "step", "watched_video": "video"}, **fields)


def own_fields(meeting: scrutiny.PanelMeeting) -> Fields:
    return mark_fields(meeting, watched_video=Tick())


def joint_fields(meeting: scrutiny.PanelMeeting) -> Fields:
    wanted = "Select whether there was body-worn video, or why not"
    return mark_fields(meeting, video=Choice(VIDEO_WORDS, wanted))


def read_mark(
    form: Form,
    meeting: scrutiny.PanelMeeting,
    fields: Fields,
    kind: Callable[..., AnyMark],
    **more: str,
) -> AnyMark | None:
    """The mark that was typed; None if the form has any error. Amber and red need a reason: one
    from the list, a step that was not met, or words.
    """
    scores = meeting.scheme.scores()

    def make(**typed: Any) -> AnyMark:
        if meeting.scheme.bands:
            typed["colour"] = scores.get(typed["score"], "unsure")
        return kind(**typed, **more)

    mark = fields.read(form, make)
    if mark is None or mark.colour not in NEED_REASON:
        return mark
    if mark.reasons or mark.words or "not_met" in mark.steps.values():
        return mark
    if meeting.scheme.steps:
        form.add_error("words", "Mark a step as not met, or write why it is amber or red")
    else:
        form.add_error("reasons", "Select a reason for amber or red, or write why in words")
    return None


async def record_page(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Response[Any]:
    """A record for a member who takes part; that they read it is in the audit."""
    access = await page.load(load_meeting_access, page.person, meeting)
    subject = f"{access.subject}, record {number}"
    try:
        async with page.write("scrutiny record read", subject) as connection:
            record = await meetings.get_open_record(
                connection, access.meeting.id, number, page.person.id
            )
            shown = await record_parts(connection, access, record, page.person)
    except Forbidden:
        # They stepped aside: the list of records says so.
        return page.to(access.address, "aside")
    return page.show(
        f"scrutiny/{'alone' if access.meeting.stage == 'marking' else 'together'}",
        access=access,
        meeting=access.meeting,
        record=record,
        scheme=access.meeting.scheme,
        colours=COLOUR_WORDS,
        verdicts=VERDICT_WORDS,
        scores=score_words(access.meeting.scheme),
        videos=VIDEO_WORDS,
        reasons=access.meeting.reasons,
        views=range(1, MOST_VIEWS + 1),
        **(shown | {"chosen": page.form.values or shown["chosen"]}),
    )


async def record_parts(
    connection: Connection, access: MeetingAccess, record: scrutiny.DrawnRecord, person: Person
) -> dict[str, Any]:
    """While members still mark alone, this member's own mark; later what every member said, and the
    joint mark.
    """
    rows = await load_rows(connection, access.meeting, person)
    unmarked = unmarked_numbers(rows, access.meeting)
    shown: dict[str, Any] = {
        "total": len(rows),
        "unmarked": len(unmarked),
        "following": next_unmarked(record.number, unmarked),
    }
    if access.meeting.stage == "marking":
        own = await marks.find_own_mark(connection, record.id, person.id)
        return shown | {"chosen": own_fields(access.meeting).fill(own), "marked": own is not None}
    everything = await marks.load_marks(connection, record.meeting)
    said = [own_mark for own_mark in everything if own_mark.record == record.id]
    mark = next((joint for drawn_record, _, joint in rows if drawn_record.id == record.id), None)
    counts = [
        (colour, sum(own_mark.colour == colour for own_mark in said)) for colour in scrutiny.COLOURS
    ]
    chosen = joint_fields(access.meeting).fill(mark)
    for number, view in enumerate(mark.minority if mark else (), 1):
        chosen |= {f"view-{number}-colour": [view.colour], f"view-{number}-words": [view.words]}
    return shown | {
        "writes": await may_write_joint(connection, access, record),
        "said_marks": said,
        "counts": [(colour, number) for colour, number in counts if number],
        "said_steps": [
            (step, Counter(own_mark.steps.get(step.key, "unsure") for own_mark in said))
            for step in access.meeting.scheme.steps
        ],
        "joint": mark,
        "chosen": chosen,
    }


@post(RECORD)
async def save_mark(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Response[Any]:
    """Save a member's mark, replacing an earlier mark. The audit says that they marked the record,
    but not which mark they gave.
    """
    access, record = await page.load(load_open_record, page.person, meeting, number)
    mark = read_mark(page.form, access.meeting, own_fields(access.meeting), scrutiny.OwnMark)
    if mark is None:
        return await record_page(page, meeting, number)
    subject = f"{access.subject}, record {number}"
    try:
        async with page.write("scrutiny record marked", subject) as connection:
            await marks.save_mark(connection, record.id, page.person.id, mark)
            rows = await load_rows(connection, access.meeting, page.person)
    except Conflict as closed:
        page.form.refuse(closed, [("", closed.sentence)])
        return await record_page(page, meeting, number)
    return go_on(page, access, number, rows, "marked")


async def load_open_record(
    connection: Connection, person: Person, meeting: UUID, number: int
) -> tuple[MeetingAccess, scrutiny.DrawnRecord]:
    """A record for a member who takes part; raises if they stepped aside from it."""
    access = await load_meeting_access(connection, person, meeting)
    return access, await meetings.get_open_record(connection, access.meeting.id, number, person.id)


def next_unmarked(number: int, unmarked: list[int]) -> int | None:
    """The next record without a mark, starting over after the last one."""
    others = [other for other in unmarked if other != number]
    return next((other for other in others if other > number), others[0] if others else None)


def go_on(
    page: StaffRequest, access: MeetingAccess, number: int, rows: list[RecordRow], done: str
) -> Redirect:
    """Redirect to the next record without a mark; to the meeting's page if every record has one."""
    following = next_unmarked(number, unmarked_numbers(rows, access.meeting))
    if following is None:
        return page.to(access.address, done)
    return page.to(f"{access.address}/records/{following}", "next")


@post(RECORD + "/aside")
async def step_aside(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Response[Any]:
    """A member who knows somebody in a record steps aside: they see and say no more of it."""
    Tick("Confirm that you know somebody in this record").read(page.form, "knows")
    if page.form.errors:
        return await record_page(page, meeting, number)
    access, record = await page.load(load_open_record, page.person, meeting, number)
    if access.meeting.stage not in ("marking", "joint"):
        raise meeting_moved_on()
    subject = f"{access.subject}, record {number}"
    async with page.write("scrutiny member stepped aside", subject) as connection:
        await meetings.insert_conflict(connection, record.id, page.person.id)
    return page.to(access.address, "aside")


async def may_write_joint(
    connection: Connection, access: MeetingAccess, record: scrutiny.DrawnRecord
) -> bool:
    """Whether a member may write down the joint mark: a chair, or any member if no chair can."""
    return access.chairs or await meetings.has_chair_stepped_aside(connection, record.id)


@post(RECORD + "/joint")
async def save_joint_mark(
    page: FromPage, meeting: FromPath[UUID], number: RowNumber
) -> Response[Any]:
    """Save what the panel says together, with the views that differ; the chair writes it down."""
    async with page.connection() as connection:
        access, record = await load_open_record(connection, page.person, meeting, number)
        if not await may_write_joint(connection, access, record):
            raise chair_needed()
    fields = joint_fields(access.meeting)
    mark = read_mark(page.form, access.meeting, fields, scrutiny.JointMark, record=record.id)
    views = [read_view(page.form, place) for place in range(1, MOST_VIEWS + 1)]
    if mark is None or page.form.errors:
        return await record_page(page, meeting, number)
    mark = msgspec.structs.replace(mark, minority=tuple(view for view in views if view))
    subject = f"{access.subject}, record {number}"
    async with page.write("scrutiny joint mark saved", subject) as connection:
        await marks.save_joint_mark(connection, mark)
        rows = await load_rows(connection, access.meeting, page.person)
    return go_on(page, access, number, rows, "together")


def read_view(form: Form, number: int) -> scrutiny.MinorityView | None:
    """A view that differs from the joint mark; None if no view was typed or the form has a
    fault.
    """
    view = f"view-{number}"
    if not (form[f"{view}-words"] or form[f"{view}-colour"]):
        return None
    return Fields(
        {"colour": f"{view}-colour", "words": f"{view}-words"},
        colour=Choice(scrutiny.COLOURS, "Select the colour of this view"),
        words=Text(
            scrutiny.LONGEST_WORDS,
            f"Write this view in up to {scrutiny.LONGEST_WORDS:,} characters",
            1,
        ),
    ).read(form, scrutiny.MinorityView)


PAGES = [
    StaffPage([get(RECORD)(record_page), save_mark, step_aside, save_joint_mark], linked_from=ROOT),
]
