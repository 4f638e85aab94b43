"""Community triggers of a panel: its rules, what set them off, and what the force answered."""

import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock, formatting
from api.pages.forms import Choice, Day, Field, Fields, Form, Number, day_fields
from api.pages.staff.scrutiny.answers import STANDINGS, answer_words
from api.pages.staff.scrutiny.panels import ROOT, PanelAccess, load_panel_access
from api.pages.work import FromPage, StaffPage
from api.process.installation import import_lock
from api.security.people import Person
from survey.cases.complaints import allegation_kinds, allegation_title
from survey.places import City
from survey.scrutiny.panels import (
    DAYS_OF_PAST,
    MOST_COMPLAINTS,
    MOST_DAYS,
    CommunityTrigger,
    TriggerEvent,
    TriggerKind,
    TriggerPeriod,
)
from survey.scrutiny.refusals import chair_needed, changed_answer, unknown_answer, unknown_trigger
from survey.store import places
from survey.store.database import Connection
from survey.store.scrutiny import triggers

ADDRESS = f"{ROOT}/panels/{{panel:uuid}}/triggers"
KINDS: dict[TriggerKind, str] = {
    "number": "A number of complaints in one borough",
    "each": "Each complaint",
    "child": "A child: a complaint by somebody under 16, or a reported use of force under 18",
}
LEAST_SHOWN = 0.05  # a smaller number would be shown as 0.0 times a year
PERIODS: dict[TriggerPeriod, str] = {
    "week": "calendar week",
    "month": "calendar month",
    "quarter": "calendar quarter",
}


class TriggerLine(msgspec.Struct, frozen=True):
    """A trigger in words, and how often a year it is to be expected."""

    id: str
    words: str
    days: int
    since: str
    ended: str
    expected: str


class EventLine(msgspec.Struct, frozen=True):
    """What set off a trigger, in words, and where its answer stands."""

    id: str
    words: str
    place: str
    period: str
    due: str
    standing: str
    reference: str


async def triggers_page(page: FromPage, panel: FromPath[UUID]) -> Template:
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        found = await triggers.load_triggers(connection, access.panel.id)
        events = await triggers.load_events(connection, access.panel.id)
        expected = await load_expected(connection, found, city)
    words = {one.id: trigger_words(one) for one in found}
    page.fill({"kind": "number", "least": "5", "period": "month", "days": "28"})
    return page.show(
        "scrutiny/triggers",
        access=access,
        runs=may_run(access),
        lines=[trigger_line(one, expected.get(one.id)) for one in found],
        events=[event_line(one, words[one.trigger], city, page.person) for one in events],
        kinds=KINDS,
        periods=PERIODS,
        allegations=[{"value": "", "text": "Any"}]
        + [{"value": one.name, "text": one.title} for one in allegation_kinds().values()],
    )


def may_run(access: PanelAccess) -> bool:
    return access.manages or access.chairs


async def load_expected(
    connection: Connection, found: list[CommunityTrigger], city: City
) -> dict[str, float]:
    """How often a year each trigger that holds is to be expected, from the past year."""
    with import_lock("analysis.scrutiny.gate"):
        from analysis.scrutiny.gate import expected_a_year  # slow to load

    today = clock.today()
    if not found:
        return {}
    past = await triggers.load_past_counts(
        connection,
        found[0].panel,
        (today - datetime.timedelta(days=DAYS_OF_PAST), today),
        [one.code for one in city.local_areas()],
    )
    return {
        one.id: expected_a_year(one, [row.complaints for row in past if row.trigger == one.id])
        for one in found
        if one.ended_on is None
    }


def trigger_words(one: CommunityTrigger) -> str:
    about = f" about {allegation_title(one.allegation)}" if one.allegation else ""
    if one.kind == "number":
        return f"{one.least} complaints or more{about} in one borough in a {PERIODS[one.period]}"
    if one.kind == "each":
        return f"Each complaint{about}"
    return KINDS["child"]


def trigger_line(one: CommunityTrigger, expected: float | None) -> TriggerLine:
    return TriggerLine(
        id=one.id,
        words=trigger_words(one),
        days=one.days,
        since=formatting.format_day(one.since),
        ended=formatting.format_day(one.ended_on) if one.ended_on else "",
        expected="" if expected is None else expected_words(one, expected),
    )


def expected_words(one: CommunityTrigger, expected: float) -> str:
    """How often a trigger is to be expected if complaints go on as in the past year."""
    often = f"about {expected:.1f} times a year"
    if expected < LEAST_SHOWN:
        often = "less than once in 20 years"
    if one.kind == "number":
        return f"If nothing changes, chance alone sets it off {often}: these are false alarms."
    return f"If nothing changes, it is set off {often}."


def event_line(one: TriggerEvent, words: str, city: City, person: Person) -> EventLine:
    names = {area.code: area.name for area in city.areas}
    return EventLine(
        id=one.id,
        words=words,
        place=names.get(one.area, one.area),
        period=formatting.format_day(one.happened_on),
        due=formatting.format_day(one.due),
        standing=STANDINGS[one.standing(clock.today())],
        # A case is for reviewers only.
        reference=(one.reference or "") if person.may("reviewer") else "",
    )


@post(ADDRESS)
async def add_trigger(page: FromPage, panel: FromPath[UUID]) -> Response[Any]:
    access = await page.load(load_panel_access, page.person, panel)
    require_runner(access)
    new = parse_trigger(page.form, access.panel.id)
    if new is None:
        return await triggers_page(page, panel)
    async with page.write(
        "scrutiny trigger set", f"{access.panel.name}: {trigger_words(new)}"
    ) as connection:
        await triggers.insert_trigger(connection, new)
    return page.to(f"{ROOT}/panels/{panel}/triggers", "set")


def require_runner(access: PanelAccess) -> None:
    if not may_run(access):
        raise chair_needed()


def parse_trigger(form: Form, panel: str) -> CommunityTrigger | None:
    """A new trigger as it was typed; None if something is wrong with it."""
    allegations = ("", *allegation_kinds())
    fields: dict[str, Field] = {
        "kind": Choice(KINDS, "Select what sets off the trigger"),
        "allegation": Choice(allegations, "Select a kind of complaint from the list"),
        "days": Number(1, MOST_DAYS, f"Enter 1 to {MOST_DAYS} days"),
    }
    known = {"id": "", "panel": panel, "since": clock.today()}
    if form["kind"] == "number":
        wanted = f"Enter a number from 2 to {MOST_COMPLAINTS:,}"
        fields["least"] = Number(2, MOST_COMPLAINTS, wanted)
        fields["period"] = Choice(PERIODS, "Select a period")
    else:
        known |= {"least": 1, "period": "month"}
    trigger = Fields(**fields).read(form, CommunityTrigger, **known)
    if trigger and trigger.kind == "child":
        return msgspec.structs.replace(trigger, allegation="")
    return trigger


@post(f"{ADDRESS}/{{trigger:uuid}}/end")
async def end_trigger(page: FromPage, panel: FromPath[UUID], trigger: FromPath[UUID]) -> Redirect:
    """End a trigger; what it asked for before stays to be answered."""
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        known = await triggers.load_triggers(connection, access.panel.id)
    require_runner(access)
    one = next((one for one in known if one.id == str(trigger)), None)
    if one is None:
        raise unknown_trigger()
    async with page.write(
        "scrutiny trigger ended", f"{access.panel.name}: {trigger_words(one)}"
    ) as connection:
        if not await triggers.end_trigger(connection, access.panel.id, one.id, clock.today()):
            raise unknown_trigger()
    return page.to(f"{ROOT}/panels/{panel}/triggers", "ended")


async def event_page(page: FromPage, panel: FromPath[UUID], event: FromPath[UUID]) -> Template:
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        one = await get_event(connection, access.panel.id, event)
        known = await triggers.load_triggers(connection, access.panel.id)
    words = next(trigger_words(rule) for rule in known if rule.id == one.trigger)
    typed = {"words": one.words or ""} | day_fields("answered", one.answered_on or clock.today())
    page.fill(typed)
    return page.show(
        "scrutiny/trigger_event",
        access=access,
        runs=may_run(access),
        line=event_line(one, words, city, page.person),
        answer=one,
    )


async def get_event(connection: Connection, panel: str, event: UUID) -> TriggerEvent:
    found = await triggers.load_events(connection, panel)
    one = next((one for one in found if one.id == str(event)), None)
    if one is None:
        raise unknown_answer()
    return one


@post(f"{ADDRESS}/events/{{event:uuid}}")
async def save_event_answer(
    page: FromPage, panel: FromPath[UUID], event: FromPath[UUID]
) -> Response[Any]:
    """Save what the force answered to a trigger."""
    async with page.connection() as connection:
        access = await load_panel_access(connection, page.person, panel)
        one = await get_event(connection, access.panel.id, event)
    require_runner(access)
    words = answer_words().read(page.form, "words")
    days = Day(one.happened_on, clock.today(), "Enter a real date up to today")
    day = days.read(page.form, "answered")
    if page.form.errors or day is None:
        return await event_page(page, panel, event)
    async with page.write("scrutiny trigger answered", access.panel.name) as connection:
        version = (page.form.number("version") or 0) + 1
        if not await triggers.append_answer(
            connection, one.id, version, words, day, by=page.person.id
        ):
            raise changed_answer()
    return page.to(f"{ROOT}/panels/{panel}/triggers", "answered")


PAGES = [
    StaffPage(
        [
            get(ADDRESS)(triggers_page),
            add_trigger,
            end_trigger,
            get(f"{ADDRESS}/events/{{event:uuid}}")(event_page),
            save_event_answer,
        ],
        linked_from=ROOT,
    )
]
