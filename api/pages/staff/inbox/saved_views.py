"""Saved searches of the inbox, for the person who saved them."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, post
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson
from api.pages.staff.inbox.case_search import parse_case_search
from api.pages.staff.inbox.complaints import INBOX, load_inbox, reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, audited_transaction, read_form, staff_page
from api.security.people import Person
from survey.store.cases import saved_views
from survey.store.database import Database

LONGEST_NAME, MOST_VIEWS = 60, 30


@post("/work/complaints/views", guards=reviewers, include_in_schema=False)
async def save_view(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Save the search as this page understood it, not as the address had it."""
    form = await read_form(request)
    name, query = (
        form.get("name", ""),
        parse_case_search(dict(parse_qsl(form.get("query", "")))).query(),
    )
    if wrong := await view_faults(database, person, name):
        return await view_error_page(database, person, query, wrong, form)
    # The name is the person's own and may hold anything; the audit says only that there is one.
    async with audited_transaction(database, person, "view saved", "complaints") as connection:
        await saved_views.save(connection, person.id, name, query)
    return Redirect(f"{INBOX}?{query}{'&' if query else ''}done=saved", status_code=303)


async def view_faults(database: Database, person: Person, name: str) -> Errors:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return [("name", f"Give the view a name of 1 to {LONGEST_NAME} characters")]
    async with database.connection() as connection:
        known = [view.name for view in await saved_views.load_all(connection, person.id)]
    if name not in known and len(known) >= MOST_VIEWS:
        return [("name", f"You have {MOST_VIEWS} views: delete one first")]
    return []


async def view_error_page(
    database: Database, person: Person, query: str, wrong: Errors, form: dict[str, str]
) -> Response[Any]:
    asked = parse_case_search(dict(parse_qsl(query)))
    async with database.connection() as connection:
        shown = await load_inbox(connection, person, asked, None)
    return staff_page(
        "complaints",
        person,
        status=422,
        errors=wrong,
        typed=form,
        asked=asked.parameters(),
        **shown,
    )


@post("/work/complaints/views/delete", guards=reviewers, include_in_schema=False)
async def delete_view(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    async with audited_transaction(database, person, "view deleted", "complaints") as connection:
        await saved_views.delete(connection, person.id, form.get("name", ""))
    return Redirect(f"{INBOX}?done=deleted", status_code=303)


HANDLERS = [save_view, delete_view]
