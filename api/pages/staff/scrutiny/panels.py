"""Scrutiny panels: the list, a new one, one with its rule, members and meetings, its settings."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, load_panel_access
from api.pages.staff.scrutiny.describing import load_shares
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person
from survey.problems import Conflict
from survey.scrutiny.panels import REASONS, ScrutinyPanel
from survey.scrutiny.rules_in_words import READY_RULES, rule_sentences
from survey.store import places
from survey.store.database import Database
from survey.store.scrutiny import meetings, panels

LONGEST_NAME, LONGEST_ABOUT, LONGEST_REASON, MOST_REASONS = 100, 2_000, 60, 20
KINDS = {
    "force": ("Uses of force", "Begins with a rule for the Met’s file, one row a use"),
    "search": ("Stops and searches", "Begins with a rule for the file of data.police.uk"),
    "other": ("Something else", "Begins with an empty rule"),
}
assert set(KINDS) == set(READY_RULES)


@get(ROOT)
async def list_panels(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        if person.may("reviewer"):
            found = await panels.load_panels(connection)
        else:
            found = await panels.load_panels_of(connection, person.id)
        held = await meetings.load_meetings_of(connection, [one.id for one in found])
    return staff_page("scrutiny/panels", person, panels=found, meetings=held)


@get(f"{ROOT}/new")
async def show_new_panel(database: FromDatabase, person: FromPerson) -> Template:
    return await settings_page(database, person, None, filled_form({"reasons": "\n".join(REASONS)}))


async def settings_page(
    database: Database, person: Person, panel: ScrutinyPanel | None, form: Form
) -> Template:
    city = await database.load_cached(places.get_city)
    return staff_page(
        "scrutiny/settings",
        person,
        panel=panel,
        form=form,
        chosen=form.all("areas"),
        kinds=KINDS,
        boroughs=[{"value": one.code, "text": one.name} for one in city.boroughs()],
    )


@post(f"{ROOT}/new")
async def add_panel(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    await check_settings(database, form)
    rule = next((rule for kind, rule in READY_RULES.items() if kind == form["kind"]), None)
    form.require(rule, "kind", "Select what the panel looks at")
    if form.errors or rule is None:
        return await settings_page(database, person, None, form)
    try:
        async with audited_transaction(
            database, person, "scrutiny panel saved", form["name"]
        ) as connection:
            ident = await panels.insert_panel(
                connection, form["name"], form["about"], form.all("areas"), rule, reason_lines(form)
            )
    except Conflict as taken:
        form.refuse(taken, [("name", taken.sentence)])
        return await settings_page(database, person, None, form)
    return Redirect(f"{ROOT}/panels/{ident}?done=added", status_code=303)


async def check_settings(database: Database, form: Form) -> None:
    city = await database.load_cached(places.get_city)
    known = {one.code for one in city.boroughs()}
    for field in ("name", "about"):
        form.set(field, form[field].strip())
    form.require_length("name", 1, LONGEST_NAME, f"Enter a name of up to {LONGEST_NAME} characters")
    form.require_length("about", 0, LONGEST_ABOUT, f"Write up to {LONGEST_ABOUT:,} characters")
    form.require(set(form.all("areas")) <= known, "areas", "Select boroughs from the list")
    lines = reason_lines(form)
    fit = 1 <= len(lines) <= MOST_REASONS and all(len(one) <= LONGEST_REASON for one in lines)
    wanted = f"Enter 1 to {MOST_REASONS} reasons, one a line, of up to {LONGEST_REASON} characters"
    form.require(fit, "reasons", wanted)


def reason_lines(form: Form) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in form["reasons"].splitlines() if one.strip()))


@get(f"{ROOT}/panels/{{panel:uuid}}")
async def show_panel(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Template:
    return await panel_page(database, person, panel, done=done_word(request))


async def panel_page(database: Database, person: Person, panel: UUID, **context: Any) -> Template:
    city = await database.load_cached(places.get_city)
    async with database.connection() as connection:
        access = await load_panel_access(connection, person, panel)
        seats = await panels.load_attendance(connection, access.panel.id)
        held = await meetings.load_meetings(connection, access.panel.id)
    shares = await load_shares(database, access.panel)
    names = {one.code: one.name for one in city.areas}
    return staff_page(
        "scrutiny/panel",
        person,
        access=access,
        panel=access.panel,
        areas=[names.get(one, one) for one in access.panel.areas],
        sentences=rule_sentences(access.panel.rule),
        seats=seats,
        shares=shares,
        meetings=held,
        today=clock.today(),
        **context,
    )


@get(f"{ROOT}/panels/{{panel:uuid}}/settings")
async def show_settings(
    database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Template:
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
    form = filled_form(
        {"name": found.name, "about": found.about, "reasons": "\n".join(found.reasons)}
    )
    form.values["areas"] = list(found.areas)
    return await settings_page(database, person, found, form)


@post(f"{ROOT}/panels/{{panel:uuid}}/settings")
async def save_settings(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Response[Any]:
    form = await read_form(request)
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
    await check_settings(database, form)
    if form.errors:
        return await settings_page(database, person, found, form)
    try:
        async with audited_transaction(
            database, person, "scrutiny panel saved", form["name"]
        ) as connection:
            await panels.save_panel(
                connection,
                found.id,
                form["name"],
                form["about"],
                form.all("areas"),
                reason_lines(form),
            )
    except Conflict as taken:
        form.refuse(taken, [("name", taken.sentence)])
        return await settings_page(database, person, found, form)
    return Redirect(f"{ROOT}/panels/{panel}?done=saved", status_code=303)


PAGES = [
    StaffPage([list_panels], menu="Scrutiny panels", place=78),
    StaffPage([show_panel], linked_from=ROOT),
    StaffPage([show_new_panel, add_panel], linked_from=ROOT, roles=("reviewer",)),
    StaffPage([show_settings, save_settings], linked_from=ROOT, roles=("reviewer",)),
]
