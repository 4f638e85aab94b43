"""What the force answers to the amber and red marks of a meeting, and by when."""

import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import clock, formatting
from api.dependencies import RowNumber
from api.pages.forms import Choice, Day, Fields, Text, day_fields
from api.pages.staff.scrutiny.panels import ROOT, MeetingAccess, load_meeting_access
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.people import Person
from survey.scrutiny.panels import MOST_ANSWER, JointMark, MarkAnswer, Verdict
from survey.scrutiny.refusals import chair_needed, changed_answer, stepped_aside, unknown_answer
from survey.store.database import Connection
from survey.store.scrutiny import marks as mark_store

ADDRESS = f"{ROOT}/meetings/{{meeting:uuid}}/answers"
MOST_LEARNING = 1_000
YEAR = datetime.timedelta(days=366)
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


class TypedAnswer(msgspec.Struct, frozen=True):
    """What the force answered, as it was typed."""

    words: str
    learning: str
    answered_on: datetime.date
    verdict: Verdict


def answer_fields(held: datetime.date) -> Fields:
    """The fields of an answer to a mark of a meeting that was held on this day."""
    return Fields(
        {"answered_on": "answered"},
        words=answer_words(),
        learning=Text(MOST_LEARNING, f"Write up to {MOST_LEARNING:,} characters of learning"),
        answered_on=Day(held, clock.today(), "Enter a real date from the meeting to today"),
        verdict=Choice(VERDICTS, "Select what the force says"),
    )


def answer_words() -> Text:
    wanted = f"Enter what the force answered, in {MOST_ANSWER:,} characters or fewer"
    return Text(MOST_ANSWER, wanted, least=1)


class OpenAnswer(msgspec.Struct, frozen=True):
    """An answer that a person may read, with the joint mark that it is about."""

    access: MeetingAccess
    answer: MarkAnswer
    mark: JointMark


@get(ADDRESS)
async def list_answers(page: FromPage, meeting: FromPath[UUID]) -> Template:
    """The amber and red marks of a meeting, what was answered, and by when the rest is due."""
    return await answers_page(page, meeting)


async def answers_page(page: StaffRequest, meeting: UUID) -> Template:
    async with page.connection() as connection:
        access = await load_meeting_access(connection, page.person, meeting)
        found = await mark_store.load_answers(connection, access.meeting.id)
        aside = await mark_store.load_stepped_aside(connection, access.meeting.id, page.person.id)
    due = found[0].due if found else None
    page.fill(day_fields("due", due) if due else {})
    return page.show(
        "scrutiny/answers",
        access=access,
        lines=[answer_line(one, aside) for one in found],
        due=formatting.format_day(due) if due else "",
        runs=may_run(access),
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
async def change_due_day(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Change the day by which the force answers the marks of a meeting."""
    access = await page.load(load_meeting_access, page.person, meeting)
    require_runner(access)
    held = access.meeting.held_on
    year = Day(held, held + YEAR, "Enter a real date in the year after the meeting")
    due = year.read(page.form, "due")
    if page.form.errors or due is None:
        return await answers_page(page, meeting)
    async with page.write(
        "scrutiny answers due", access.subject, {"due": due.isoformat()}
    ) as connection:
        await mark_store.save_due_day(connection, access.meeting.id, due)
    return page.to(f"{access.address}/answers", "due")


async def load_open_answer(
    connection: Connection, person: Person, meeting: UUID, number: int
) -> OpenAnswer:
    """The answer to a record's mark; raises if the person stepped aside from the record."""
    access = await load_meeting_access(connection, person, meeting)
    found = await mark_store.load_answers(connection, access.meeting.id)
    one = next((one for one in found if one.number == number), None)
    if one is None:
        raise unknown_answer()
    if one.record in await mark_store.load_stepped_aside(connection, access.meeting.id, person.id):
        raise stepped_aside()
    marks = await mark_store.load_joint_marks(connection, access.meeting.id)
    return OpenAnswer(access, one, next(mark for mark in marks if mark.record == one.record))


@get(f"{ADDRESS}/{{number:int}}")
async def show_answer(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Template:
    found = await page.load(load_open_answer, page.person, meeting, number)
    day = found.answer.answered_on or clock.today()
    known = msgspec.structs.replace(found.answer, answered_on=day)
    page.fill(answer_fields(found.access.meeting.held_on).fill(known))
    return answer_page(page, found)


def answer_page(page: StaffRequest, found: OpenAnswer) -> Template:
    return page.show(
        "scrutiny/answer",
        access=found.access,
        answer=found.answer,
        mark=found.mark,
        line=answer_line(found.answer, frozenset()),
        runs=may_run(found.access),
        verdicts=VERDICTS,
    )


@post(f"{ADDRESS}/{{number:int}}")
async def save_answer(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Response[Any]:
    """Save what the force answered, if nobody saved another answer since this person saw it."""
    found = await page.load(load_open_answer, page.person, meeting, number)
    require_runner(found.access)
    typed = answer_fields(found.access.meeting.held_on).read(page.form, TypedAnswer)
    if typed is None:
        return answer_page(page, found)
    subject = f"{found.access.subject}, record {number}"
    async with page.write("scrutiny answer saved", subject) as connection:
        given = typed.verdict, typed.words, typed.learning, typed.answered_on
        version = (page.form.number("version") or 0) + 1
        if not await mark_store.append_answer(
            connection, found.answer.record, version, given, by=page.person.id
        ):
            raise changed_answer()
    return page.to(f"{found.access.address}/answers", "answered")


PAGES = [StaffPage([list_answers, change_due_day, show_answer, save_answer], linked_from=ROOT)]
