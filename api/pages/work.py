"""What all staff pages share: how they are rendered, what they read, what they save."""

import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar.response import Template

from api import clock, formatting
from api.pages.forms import Form
from api.pages.templating import AnyRequest
from api.security.people import Person
from survey.store.accounts import people as people_store
from survey.store.database import Connection, Database


@asynccontextmanager
async def audited_transaction(
    database: Database, person: Person, act: str, subject: str, detail: object = None
) -> AsyncIterator[Connection]:
    """A transaction whose change and audit line are saved together, or not at all.

    Every write from a page happens in one.
    """
    async with database.connection() as connection, connection.transaction():
        yield connection
        await people_store.append_audit(connection, act, subject, by=person.id, detail=detail)


def staff_page(
    name: str,
    person: Person,
    /,
    *,
    form: Form | None = None,
    status: int | None = None,
    **context: Any,
) -> Template:
    """Render a staff page, with what was typed into its form and what is wrong with it.

    Staff pages are in English only and offer no other language.
    """
    form = form or Form()
    given: dict[str, Any] = {
        "person": person,
        "languages": [],
        "done": "",
        "errors": form.errors,
        "typed": form.typed_values,
        "refused": form if form.code else None,
    }
    # A page with errors is answered directly, without a redirect: decision 0019 says why.
    wrong = form.status if form.errors else 200
    return Template(f"work/{name}.html", context=given | context, status_code=status or wrong)


def done_word(request: AnyRequest) -> str:
    """The `done` word of the address, by which a template confirms what was just done."""
    return request.query_params.get("done", "")


def format_day(at: datetime.datetime) -> str:
    return formatting.format_short_day(at.astimezone(clock.LONDON))


def format_moment(at: datetime.datetime) -> str:
    return f"{format_day(at)}, {at.astimezone(clock.LONDON):%H:%M}"
