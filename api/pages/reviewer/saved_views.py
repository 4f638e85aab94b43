"""Saved views: a search of the inbox under a name, for the person who saved it."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, post
from litestar.response import Redirect

from api.pages.reviewer.case_search import asked_in
from api.pages.reviewer.complaints import INBOX, inbox_of, reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.store import saved_views
from survey.store.database import Database

LONGEST_NAME, MOST_VIEWS = 60, 30


@post("/work/complaints/views", guards=reviewers, include_in_schema=False)
async def save(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """What is kept is the search as this page understood it, and not what an address said."""
    form = await typed(request)
    name, query = form.get("name", ""), asked_in(dict(parse_qsl(form.get("query", "")))).query()
    if wrong := await faults_of(database, person, name):
        return await refused(database, person, query, wrong, form)
    # The name is the person's own and may hold anything; the audit says only that there is one.
    async with acting(database, person, "view saved", "complaints") as connection:
        await saved_views.save(connection, person.id, name, query)
    return Redirect(f"{INBOX}?{query}{'&' if query else ''}done=saved", status_code=303)


async def faults_of(database: Database, person: Person, name: str) -> Errors:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return [("name", f"Give the view a name of 1 to {LONGEST_NAME} characters")]
    async with database.connection() as connection:
        known = [view.name for view in await saved_views.every(connection, person.id)]
    if name not in known and len(known) >= MOST_VIEWS:
        return [("name", f"You have {MOST_VIEWS} views: delete one first")]
    return []


async def refused(
    database: Database, person: Person, query: str, wrong: Errors, form: dict[str, str]
) -> Response[Any]:
    asked = asked_in(dict(parse_qsl(query)))
    async with database.connection() as connection:
        shown = await inbox_of(connection, person, asked, None)
    return page(
        "complaints", person, status=422, errors=wrong, typed=form, asked=asked.given(), **shown
    )


@post("/work/complaints/views/delete", guards=reviewers, include_in_schema=False)
async def delete(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    form = await typed(request)
    async with acting(database, person, "view deleted", "complaints") as connection:
        await saved_views.delete(connection, person.id, form.get("name", ""))
    return Redirect(f"{INBOX}?done=deleted", status_code=303)


HANDLERS = [save, delete]
