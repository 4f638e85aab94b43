"""API keys of the person who is signed in: made, shown once, deleted."""

import datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.operations import survey_rights
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.security.people import Person, create_api_key
from survey.store.accounts import api_keys
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import wording_text

ADDRESS = "/work/keys"
LONGEST_NAME, MOST = 60, 20
LASTING = {"30": "30 days", "90": "90 days", "365": "A year"}


@get(ADDRESS)
async def list_keys(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await keys_page(database, person, Form(), done=done_word(request))


@post(ADDRESS)
async def make_key(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Make a key and show it, this once."""
    form = await read_form(request)
    async with database.connection() as connection:
        known = await api_keys.load_all_of(connection, person.id)
    name = form["name"]
    is_name = 0 < len(name) <= LONGEST_NAME and name.isprintable()
    form.require(is_name, "name", f"Give the key a name of 1 to {LONGEST_NAME} characters")
    form.require(form["days"] in LASTING, "days", "Select how long the key lasts")
    survey = form["survey"]
    form.require(
        not survey or survey in await load_own_surveys(database, person),
        "survey",
        "Select one of your surveys",
    )
    form.require(len(known) < MOST, "name", f"You have {MOST} keys: delete one first")
    if form.errors:
        return await keys_page(database, person, form)
    expires_on = clock.today() + datetime.timedelta(days=int(form["days"]))
    # Without the name, which may be a person's: the audit never forgets.
    detail = {"survey": survey, "until": str(expires_on)}
    async with audited_transaction(database, person, "API key made", "", detail) as connection:
        key = await create_api_key(connection, person.id, name, expires_on, survey or None)
    page = await keys_page(database, person, Form(), made=key)
    page.headers["Cache-Control"] = "no-store"
    return page


@post(f"{ADDRESS}/delete")
async def delete_key(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Delete a key: no program can use it from now on."""
    form = await read_form(request)
    number = form.number("id")
    async with database.connection() as connection:
        known = [one.id for one in await api_keys.load_all_of(connection, person.id)]
    if number is None or number not in known:
        return Redirect(ADDRESS, status_code=303)
    async with audited_transaction(database, person, "API key deleted", "") as connection:
        await api_keys.delete(connection, person.id, number)
    return Redirect(f"{ADDRESS}?done=deleted", status_code=303)


async def load_own_surveys(database: Database, person: Person) -> dict[str, str]:
    """The titles of the surveys that a program of this person may send answers to, by slug."""
    async with database.connection() as connection:
        found = await instruments.load_overview(connection)
    return {
        one.survey.slug: wording_text(one.instrument.title)
        for one in found
        if survey_rights.is_allowed(person, "collect", one.survey)
    }


async def keys_page(
    database: Database, person: Person, form: Form, *, done: str = "", made: str = ""
) -> Template:
    async with database.connection() as connection:
        found = await api_keys.load_all_of(connection, person.id)
    return staff_page(
        "home/keys", person, form=form, done=done, keys=found, made=made, lasting=LASTING,
        today=clock.today(), surveys=await load_own_surveys(database, person),
    )  # fmt: skip


PAGES = [StaffPage([list_keys, make_key, delete_key], linked_from="/work")]
