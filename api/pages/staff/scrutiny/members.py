"""The members of a panel: who chairs it, terms of office, days of training and vetting."""

import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, day_fields, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.scrutiny.access import ROOT, load_panel_access
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from api.security.people import Person
from survey.scrutiny.panels import PanelMember, ScrutinyPanel
from survey.store.database import Connection, Database
from survey.store.scrutiny import panels

MEMBERS = ROOT + "/panels/{panel:uuid}/members"
TERM = datetime.timedelta(days=2 * 365)  # what most panels give


@get(MEMBERS)
async def show_members(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Template:
    """The form for a new member; with `change` in the address, for one of those there are."""
    chosen = request.query_params.get("change", "")
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
        seats = await panels.load_members(connection, found.id)
    member = next((one for one in seats if one.account == chosen), None)
    today = clock.today()
    if member is None:
        fields = day_fields("from", today) | day_fields("to", today + TERM)
        return await members_page(database, person, found, filled_form(fields))
    fields = day_fields("from", member.term_from) | day_fields("to", member.term_to)
    for name, day in (("trained", member.trained_on), ("vetted", member.vetted_on)):
        fields |= day_fields(name, day) if day else {}
    fields |= {"account": member.account} | ({"chairs": "yes"} if member.chairs else {})
    return await members_page(database, person, found, filled_form(fields))


async def members_page(
    database: Database, person: Person, panel: ScrutinyPanel, form: Form
) -> Template:
    async with database.connection() as connection:
        seats = await panels.load_members(connection, panel.id)
        others = await panels.load_accounts_to_add(connection, panel.id)
    member = next((one for one in seats if one.account == form["account"]), None)
    return staff_page(
        "scrutiny/members",
        person,
        panel=panel,
        form=form,
        seats=seats,
        member=member,
        others=[{"value": one.id, "text": f"{one.name} ({one.email})"} for one in others],
    )


@post(MEMBERS)
async def save_member(
    request: AnyRequest, database: FromDatabase, person: FromPerson, panel: FromPath[UUID]
) -> Response[Any]:
    form = await read_form(request)
    async with database.connection() as connection:
        found = (await load_panel_access(connection, person, panel)).panel
        member = await member_from_form(connection, found, form)
    if member is None:
        return await members_page(database, person, found, form)
    subject = f"{member.name}, {found.name}"
    async with audited_transaction(
        database, person, "scrutiny member saved", subject
    ) as connection:
        await panels.save_member(connection, found.id, member)
    return Redirect(f"{ROOT}/panels/{panel}?done=member", status_code=303)


async def member_from_form(
    connection: Connection, panel: ScrutinyPanel, form: Form
) -> PanelMember | None:
    """The member that was typed; None, with errors at their fields, where it is not one."""
    known = {one.account: one for one in await panels.load_members(connection, panel.id)}
    others = {one.id: one for one in await panels.load_accounts_to_add(connection, panel.id)}
    account = known.get(form["account"]) or others.get(form["account"])
    form.require(account, "account", "Select who it is")
    start, end = form.day("from"), form.day("to")
    form.require(start, "from-day", "Enter the first day of the term")
    form.require(end, "to-day", "Enter the last day of the term")
    if start and end:
        form.require(start <= end, "to-day", "The last day of the term is before the first")
    for name in ("trained", "vetted"):
        day = form.day(name)
        past = day is not None and day <= clock.today()
        form.require(past or not form.has_day(name), f"{name}-day", "Enter a past day, or nothing")
    if form.errors or account is None or start is None or end is None:
        return None
    return PanelMember(
        account=form["account"],
        name=account.name,
        email=account.email,
        chairs=form["chairs"] == "yes",
        term_from=start,
        term_to=end,
        trained_on=form.day("trained"),
        vetted_on=form.day("vetted"),
    )


PAGES = [StaffPage([show_members, save_member], linked_from=ROOT, roles=("reviewer",))]
