"""What the force answers to the amber and red marks of a meeting, and by when."""

import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock, formatting
from api.dependencies import FromDatabase, FromPerson, RowNumber
from api.pages.forms import Form, day_fields, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, MeetingAccess, load_meeting_access
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.scrutiny.answer_refusals import changed_answer, unknown_answer
from survey.scrutiny.answers import MOST_ANSWER, MarkAnswer, Verdict
from survey.scrutiny.marks import JointMark
from survey.scrutiny.refusals import chair_needed, stepped_aside
from survey.store.database import Connection, Database
from survey.store.scrutiny import answers
from survey.store.scrutiny import marks as mark_store

ADDRESS = f"{ROOT}/meetings/{{meeting:uuid}}/answers"
MOST_LEARNING = 1_000
VERDICTS: dict[Verdict, str] = {
    "accepted": "Accepts what the panel says",
    "partly": "Accepts part of it",
    "rejected": "Does not accept it",
}
STANDINGS = {
    "in_time": "Answered",
    "late": "Answered late",
    "overdue": "Overdue",
    "waiting": "Not due yet",
}


class AnswerLine(msgspec.Struct, frozen=True):
    """An amber or red mark and its answer as the list shows them; `aside` if this person may see
    no more of the record.
    """

    number: int
    stratum: str
    colour: str
    standing: str
    due: str
    verdict: str
    aside: bool


class OpenAnswer(msgspec.Struct, frozen=True):
    """An answer that a person may read, with the joint mark that it is about."""

    access: MeetingAccess
    answer: MarkAnswer
    mark: JointMark


@get(ADDRESS)
async def list_answers(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Template:
    """The amber and red marks of a meeting, what was answered, and by when the rest is due."""
    return await answers_page(database, person, meeting, done=done_word(request))


async def answers_page(
    database: Database, person: Person, meeting: UUID, form: Form | None = None, **context: Any
) -> Template:
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
        found = await answers.load_answers(connection, access.meeting.id)
        aside = await answers.load_stepped_aside(connection, access.meeting.id, person.id)
    due = found[0].due if found else None
    return staff_page(
        "scrutiny/answers",
        person,
        access=access,
        lines=[answer_line(one, aside) for one in found],
        due=formatting.format_day(due) if due else "",
        runs=may_run(access),
        form=form or filled_form(day_fields("due", due) if due else {}),
        **context,
    )


def answer_line(one: MarkAnswer, aside: frozenset[str]) -> AnswerLine:
    return AnswerLine(
        number=one.number,
        stratum=one.stratum,
        colour=one.colour,
        standing=STANDINGS[one.standing(clock.today())],
        due=formatting.format_day(one.due),
        verdict=VERDICTS[one.verdict] if one.verdict else "",
        aside=one.record in aside,
    )


def may_run(access: MeetingAccess) -> bool:
    """Whether a person may enter answers: the working group, or the panel's chair."""
    return access.manages or access.chairs


def require_runner(access: MeetingAccess) -> None:
    if not may_run(access):
        raise chair_needed()


@post(f"{ADDRESS}/due")
async def change_due_day(
    request: AnyRequest, database: FromDatabase, person: FromPerson, meeting: FromPath[UUID]
) -> Response[Any]:
    """Change the day by which the force answers the marks of a meeting."""
    form = await read_form(request)
    due = form.day("due")
    async with database.connection() as connection:
        access = await load_meeting_access(connection, person, meeting)
    require_runner(access)
    held = access.meeting.held_on
    near = due is not None and held <= due <= held + datetime.timedelta(days=366)
    form.require(near, "due-day", "Enter a real date in the year after the meeting")
    if form.errors or due is None:
        return await answers_page(database, person, meeting, form)
    async with audited_transaction(
        database, person, "scrutiny answers due", access.subject, {"due": due.isoformat()}
    ) as connection:
        await answers.save_due_day(connection, access.meeting.id, due)
    return Redirect(f"{access.address}/answers?done=due", status_code=303)


async def load_open_answer(
    connection: Connection, person: Person, meeting: UUID, number: int
) -> OpenAnswer:
    """The answer to a record's mark; raises if the person stepped aside from the record."""
    access = await load_meeting_access(connection, person, meeting)
    found = await answers.load_answers(connection, access.meeting.id)
    one = next((one for one in found if one.number == number), None)
    if one is None:
        raise unknown_answer()
    if one.record in await answers.load_stepped_aside(connection, access.meeting.id, person.id):
        raise stepped_aside()
    marks = await mark_store.load_joint_marks(connection, access.meeting.id)
    return OpenAnswer(access, one, next(mark for mark in marks if mark.record == one.record))


@get(f"{ADDRESS}/{{number:int}}")
async def show_answer(
    database: FromDatabase, person: FromPerson, meeting: FromPath[UUID], number: RowNumber
) -> Template:
    async with database.connection() as connection:
        found = await load_open_answer(connection, person, meeting, number)
    one = found.answer
    day = one.answered_on or clock.today()
    typed = {"verdict": one.verdict or "", "words": one.words or "", "learning": one.learning or ""}
    return answer_page(person, found, filled_form(typed | day_fields("answered", day)))


def answer_page(person: Person, found: OpenAnswer, form: Form) -> Template:
    return staff_page(
        "scrutiny/answer",
        person,
        access=found.access,
        answer=found.answer,
        mark=found.mark,
        line=answer_line(found.answer, frozenset()),
        runs=may_run(found.access),
        verdicts=VERDICTS,
        form=form,
    )


@post(f"{ADDRESS}/{{number:int}}")
async def save_answer(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    meeting: FromPath[UUID],
    number: RowNumber,
) -> Response[Any]:
    """Save what the force answered, if nobody saved another answer since this person saw it."""
    form = await read_form(request)
    async with database.connection() as connection:
        found = await load_open_answer(connection, person, meeting, number)
    require_runner(found.access)
    day = check_answer(form, found.access.meeting.held_on)
    verdict = next((one for one in VERDICTS if one == form["verdict"]), None)
    form.require(verdict, "verdict", "Select what the force says")
    if form.errors or day is None or verdict is None:
        return answer_page(person, found, form)
    async with audited_transaction(
        database, person, "scrutiny answer saved", f"{found.access.subject}, record {number}"
    ) as connection:
        given = verdict, form["words"], form["learning"], day
        version = (form.number("version") or 0) + 1
        if not await answers.append_answer(
            connection, found.answer.record, version, given, by=person.id
        ):
            raise changed_answer()
    return Redirect(f"{found.access.address}/answers?done=answered", status_code=303)


def check_answer(form: Form, held: datetime.date) -> datetime.date | None:
    """The day of an answer; adds what is wrong with it and with its words."""
    day, today = form.day("answered"), clock.today()
    wanted = f"Enter what the force answered, in {MOST_ANSWER:,} characters or fewer"
    form.require_length("words", 1, MOST_ANSWER, wanted)
    form.require_length(
        "learning", 0, MOST_LEARNING, f"Write up to {MOST_LEARNING:,} characters of learning"
    )
    near = day is not None and held <= day <= today
    form.require(near, "answered-day", "Enter a real date from the meeting to today")
    return day


PAGES = [
    StaffPage(
        [list_answers, change_due_day, show_answer, save_answer],
        linked_from=ROOT,
    )
]
