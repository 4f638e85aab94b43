"""Saved searches of the inbox, for the person who saved them."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, post
from litestar.response import Redirect

from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.inbox.case_search import parse_case_search
from api.pages.staff.inbox.complaints import INBOX, load_inbox
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from api.security.people import Person
from survey.store.cases import inbox
from survey.store.database import Database

LONGEST_NAME, MOST_VIEWS = 60, 30


@post("/work/complaints/views")
async def save_view(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Save the search as this page understood it, not as the address had it."""
    form = await read_form(request)
    name, query = form["name"], parse_case_search(dict(parse_qsl(form["query"]))).query()
    await check_view_name(database, person, form)
    if form.errors:
        return await view_error_page(database, person, query, form)
    # The name is the person's own and may hold anything; the audit says only that there is one.
    async with audited_transaction(database, person, "view saved", "complaints") as connection:
        await inbox.save_view(connection, person.id, name, query)
    return Redirect(f"{INBOX}?{query}{'&' if query else ''}done=saved", status_code=303)


async def check_view_name(database: Database, person: Person, form: Form) -> None:
    name = form["name"]
    is_name = 0 < len(name) <= LONGEST_NAME and name.isprintable()
    form.require(is_name, "name", f"Give the view a name of 1 to {LONGEST_NAME} characters")
    async with database.connection() as connection:
        known = [view.name for view in await inbox.load_saved_views(connection, person.id)]
    has_room = not is_name or name in known or len(known) < MOST_VIEWS
    form.require(has_room, "name", f"You have {MOST_VIEWS} views: delete one first")


async def view_error_page(
    database: Database, person: Person, query: str, form: Form
) -> Response[Any]:
    asked = parse_case_search(dict(parse_qsl(query)))
    async with database.connection() as connection:
        shown = await load_inbox(connection, person, asked, None)
    return staff_page("inbox/complaints", person, form=form, asked=asked.parameters(), **shown)


@post("/work/complaints/views/delete")
async def delete_view(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    async with audited_transaction(database, person, "view deleted", "complaints") as connection:
        await inbox.delete_view(connection, person.id, form["name"])
    return Redirect(f"{INBOX}?done=deleted", status_code=303)


PAGES = [StaffPage([save_view, delete_view], linked_from="/work/complaints")]
