"""What the force answers: to the marks of a meeting, and to the community triggers of a panel."""

import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import RowNumber
from api.pages.forms import Choice, Day, Field, Fields, Form, Number, Text, day_fields
from api.pages.staff.scrutiny import ROOT, MeetingAccess, load_meeting_access, load_panel_access
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from api.security.people import Person
from survey import scrutiny
from survey.cases import allegation_kinds, allegation_title
from survey.places import City
from survey.scrutiny.refusals import changed_answer, stepped_aside, unknown_answer, unknown_trigger
from survey.store import places
from survey.store.database import Connection
from survey.store.scrutiny import marks as mark_store
from survey.store.scrutiny import panels
from survey.words import in_local_words, local_words

ADDRESS = f"{ROOT}/meetings/{{meeting:uuid}}/answers"
MOST_LEARNING = 1_000
YEAR = datetime.timedelta(days=366)
VERDICTS: dict[scrutiny.Verdict, str] = {
    "accepted": "Accepts what the panel says",
    "partly": "Accepts part of it",
    "rejected": "Does not accept it",
}
TRIGGERS = f"{ROOT}/panels/{{panel:uuid}}/triggers"
KINDS: dict[scrutiny.TriggerKind, str] = {
    "number": "A number of complaints in one borough",
    "each": "Each complaint",
    "child": "A child: a complaint by somebody under 16, or a reported use of force under 18",
}
LEAST_SHOWN = 0.05  # a smaller number would be shown as 0.0 times a year
PERIODS: dict[scrutiny.TriggerPeriod, str] = {
    "week": "calendar week",
    "month": "calendar month",
    "quarter": "calendar quarter",
}


class TypedAnswer(msgspec.Struct, frozen=True):
    """What the force answered, as it was typed."""

    words: str
    learning: str
    answered_on: datetime.date
    verdict: scrutiny.Verdict


def answer_fields(held: datetime.date) -> Fields:
    """The fields of the force's answer to a mark; the meeting was held on the day `held`."""
    return Fields(
        {"answered_on": "answered"},
        words=answer_words(),
        learning=Text(MOST_LEARNING, f"Write up to {MOST_LEARNING:,} characters of learning"),
        answered_on=Day(held, clock.today(), "Enter a real date from the meeting to today"),
        verdict=Choice(VERDICTS, "Select what the force says"),
    )


def answer_words() -> Text:
    wanted = f"Enter what the force answered, in {scrutiny.MOST_ANSWER:,} characters or fewer"
    return Text(scrutiny.MOST_ANSWER, wanted, least=1)


class OpenAnswer(msgspec.Struct, frozen=True):
    """An answer that a person may read, with the joint mark that it is about."""

    access: MeetingAccess
    answer: scrutiny.MarkAnswer
    mark: scrutiny.JointMark


async def answers_page(page: FromPage, meeting: FromPath[UUID]) -> Template:
    """The amber and red marks of a meeting, what was answered, and by when the rest is due."""
    async with page.connection() as connection:
        access = await load_meeting_access(connection, page.person, meeting)
        answers = await mark_store.load_answers(connection, access.meeting.id)
        aside = await mark_store.load_stepped_aside(connection, access.meeting.id, page.person.id)
    due = answers[0].due if answers else None
    page.fill(day_fields("due", due) if due else {})
    return page.show(
        "scrutiny/answers",
        access=access,
        answers=answers,
        aside=aside,
        verdicts=VERDICTS,
        today=clock.today(),
    )


@post(f"{ADDRESS}/due")
async def change_due_day(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Change the day by which the force answers the marks of a meeting."""
    access = await page.load(load_meeting_access, page.person, meeting)
    access.require_runner()
    held = access.meeting.held_on
    year = Day(held, held + YEAR, "Enter a real date in the year after the meeting")
    due = year.read(page.form, "due")
    if page.form.errors or due is None:
        return await answers_page(page, meeting)
    detail = {"due": due.isoformat()}
    async with page.write("scrutiny answers due", access.subject, detail) as connection:
        await mark_store.save_due_day(connection, access.meeting.id, due)
    return page.to(f"{access.address}/answers", "due")


async def load_open_answer(
    connection: Connection, person: Person, meeting: UUID, number: int
) -> OpenAnswer:
    """The answer to a record's mark; raises if the person stepped aside from the record."""
    access = await load_meeting_access(connection, person, meeting)
    answers = await mark_store.load_answers(connection, access.meeting.id)
    answer = next((answer for answer in answers if answer.number == number), None)
    if answer is None:
        raise unknown_answer()
    aside = await mark_store.load_stepped_aside(connection, access.meeting.id, person.id)
    if answer.record in aside:
        raise stepped_aside()
    marks = await mark_store.load_joint_marks(connection, access.meeting.id)
    return OpenAnswer(access, answer, next(mark for mark in marks if mark.record == answer.record))


@get(f"{ADDRESS}/{{number:int}}")
async def show_answer(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Template:
    open_answer = await page.load(load_open_answer, page.person, meeting, number)
    day = open_answer.answer.answered_on or clock.today()
    known = msgspec.structs.replace(open_answer.answer, answered_on=day)
    page.fill(answer_fields(open_answer.access.meeting.held_on).fill(known))
    return answer_page(page, open_answer)


def answer_page(page: StaffRequest, answer: OpenAnswer) -> Template:
    return page.show(
        "scrutiny/answer",
        access=answer.access,
        answer=answer.answer,
        mark=answer.mark,
        verdicts=VERDICTS,
        today=clock.today(),
    )


@post(f"{ADDRESS}/{{number:int}}")
async def save_answer(page: FromPage, meeting: FromPath[UUID], number: RowNumber) -> Response[Any]:
    """Save what the force answered, if nobody saved another answer since this person saw it."""
    open_answer = await page.load(load_open_answer, page.person, meeting, number)
    open_answer.access.require_runner()
    typed = answer_fields(open_answer.access.meeting.held_on).read(page.form, TypedAnswer)
    if typed is None:
        return answer_page(page, open_answer)
    subject = f"{open_answer.access.subject}, record {number}"
    async with page.write("scrutiny answer saved", subject) as connection:
        given = typed.verdict, typed.words, typed.learning, typed.answered_on
        version = (page.form.number("version") or 0) + 1
        if not await mark_store.append_answer(
            connection, open_answer.answer.record, version, given, by=page.person.id
        ):
            raise changed_answer()
    return page.to(f"{open_answer.access.address}/answers", "answered")


async def triggers_page(page: FromPage, panel: FromPath[UUID]) -> Template:
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        triggers = await panels.load_triggers(connection, access.panel.id)
        events = await panels.load_events(connection, access.panel.id)
        expected = await load_expected(connection, triggers, city)
    page.fill({"kind": "number", "least": "5", "period": "month", "days": "28"})
    return page.show(
        "scrutiny/triggers",
        access=access,
        triggers=triggers,
        words={trigger.id: trigger_words(trigger) for trigger in triggers},
        expected={
            trigger.id: expected_words(trigger, expected[trigger.id])
            for trigger in triggers
            if trigger.id in expected
        },
        events=events,
        places={area.code: area.name for area in city.areas},
        today=clock.today(),
        kinds={kind: in_local_words(said) for kind, said in KINDS.items()},
        periods=PERIODS,
        allegations=[{"value": "", "text": "Any"}]
        + [{"value": kind.name, "text": kind.title} for kind in allegation_kinds().values()],
    )


async def load_expected(
    connection: Connection, triggers: list[scrutiny.CommunityTrigger], city: City
) -> dict[str, float]:
    """How often a year each trigger that has not ended can be expected, worked out from the past
    year.
    """
    with import_lock("analysis.scrutiny.gate"):
        from analysis.scrutiny.gate import expected_a_year  # slow to load

    today = clock.today()
    if not triggers:
        return {}
    past = await panels.load_past_counts(
        connection,
        triggers[0].panel,
        (today - datetime.timedelta(days=scrutiny.DAYS_OF_PAST), today),
        [area.code for area in city.local_areas()],
    )
    return {
        trigger.id: expected_a_year(
            trigger, [row.complaints for row in past if row.trigger == trigger.id]
        )
        for trigger in triggers
        if trigger.ended_on is None
    }


def trigger_words(trigger: scrutiny.CommunityTrigger) -> str:
    about = f" about {allegation_title(trigger.allegation)}" if trigger.allegation else ""
    if trigger.kind == "number":
        where = f"in one {local_words().area} in a {PERIODS[trigger.period]}"
        return f"{trigger.least} complaints or more{about} {where}"
    if trigger.kind == "each":
        return f"Each complaint{about}"
    return KINDS["child"]


def expected_words(trigger: scrutiny.CommunityTrigger, expected: float) -> str:
    """How often a trigger is to be expected if complaints go on as in the past year."""
    often = f"about {expected:.1f} times a year"
    if expected < LEAST_SHOWN:
        often = "less than once in 20 years"
    if trigger.kind == "number":
        return f"If nothing changes, chance alone sets it off {often}: these are false alarms."
    return f"If nothing changes, it is set off {often}."


@post(TRIGGERS)
async def add_trigger(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    access = await page.load(load_panel_access, page.person, panel)
    access.require_runner()
    new = parse_trigger(page.form, access.panel.id)
    if new is None:
        return await triggers_page(page, panel)
    async with page.write(
        "scrutiny trigger set", f"{access.panel.name}: {trigger_words(new)}"
    ) as connection:
        await panels.insert_trigger(connection, new)
    return page.to(f"{ROOT}/panels/{panel}/triggers", "set")


def parse_trigger(form: Form, panel: str) -> scrutiny.CommunityTrigger | None:
    """A new trigger as it was typed; None if something is wrong with it."""
    allegations = ("", *allegation_kinds())
    fields: dict[str, Field] = {
        "kind": Choice(KINDS, "Select what sets off the trigger"),
        "allegation": Choice(allegations, "Select a kind of complaint from the list"),
        "days": Number(1, scrutiny.MOST_DAYS, f"Enter 1 to {scrutiny.MOST_DAYS} days"),
    }
    known = {"id": "", "panel": panel, "since": clock.today()}
    if form["kind"] == "number":
        wanted = f"Enter a number from 2 to {scrutiny.MOST_COMPLAINTS:,}"
        fields["least"] = Number(2, scrutiny.MOST_COMPLAINTS, wanted)
        fields["period"] = Choice(PERIODS, "Select a period")
    else:
        known |= {"least": 1, "period": "month"}
    trigger = Fields(**fields).read(form, scrutiny.CommunityTrigger, **known)
    if trigger and trigger.kind == "child":
        return msgspec.structs.replace(trigger, allegation="")
    return trigger


@post(f"{TRIGGERS}/{{trigger:uuid}}/end")
async def end_trigger(page: FromPage, panel: FromPath[UUID], trigger: FromPath[UUID]) -> Redirect:
    """End a trigger; the answers it asked for before are still due."""
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        known = await panels.load_triggers(connection, access.panel.id)
    access.require_runner()
    rule = next((rule for rule in known if rule.id == str(trigger)), None)
    if rule is None:
        raise unknown_trigger()
    async with page.write(
        "scrutiny trigger ended", f"{access.panel.name}: {trigger_words(rule)}"
    ) as connection:
        if not await panels.end_trigger(connection, access.panel.id, rule.id, clock.today()):
            raise unknown_trigger()
    return page.to(f"{ROOT}/panels/{panel}/triggers", "ended")


async def event_page(page: FromPage, panel: FromPath[UUID], event: FromPath[UUID]) -> Template:
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        trigger_event = await get_event(connection, access.panel.id, event)
        known = await panels.load_triggers(connection, access.panel.id)
    words = next(trigger_words(rule) for rule in known if rule.id == trigger_event.trigger)
    typed = {"words": trigger_event.words or ""} | day_fields(
        "answered", trigger_event.answered_on or clock.today()
    )
    page.fill(typed)
    return page.show(
        "scrutiny/trigger_event",
        access=access,
        answer=trigger_event,
        words=words,
        places={area.code: area.name for area in city.areas},
        today=clock.today(),
        # A case is for reviewers only.
        reference=trigger_event.reference if page.person.may("reviewer") else None,
    )


async def get_event(connection: Connection, panel: str, event: UUID) -> scrutiny.TriggerEvent:
    events = await panels.load_events(connection, panel)
    trigger_event = next(
        (trigger_event for trigger_event in events if trigger_event.id == str(event)), None
    )
    if trigger_event is None:
        raise unknown_answer()
    return trigger_event


@post(f"{TRIGGERS}/events/{{event:uuid}}")
async def save_event_answer(
    page: FromPage, panel: FromPath[UUID], event: FromPath[UUID]
) -> Response[Any]:
    """Save what the force answered to a trigger."""
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        trigger_event = await get_event(connection, access.panel.id, event)
    access.require_runner()
    words = answer_words().read(page.form, "words")
    days = Day(trigger_event.happened_on, clock.today(), "Enter a real date up to today")
    day = days.read(page.form, "answered")
    if page.form.errors or day is None:
        return await event_page(page, panel, event)
    async with page.write("scrutiny trigger answered", access.panel.name) as connection:
        version = (page.form.number("version") or 0) + 1
        if not await panels.append_answer(
            connection, trigger_event.id, version, words, day, by=page.person.id
        ):
            raise changed_answer()
    return page.to(f"{ROOT}/panels/{panel}/triggers", "answered")


PAGES = [
    StaffPage(
        [get(ADDRESS)(answers_page), change_due_day, show_answer, save_answer], linked_from=ROOT
    ),
    StaffPage(
        [
            get(TRIGGERS)(triggers_page),
            add_trigger,
            end_trigger,
            get(f"{TRIGGERS}/events/{{event:uuid}}")(event_page),
            save_event_answer,
        ],
        linked_from=ROOT,
    ),
]
