"""What all staff pages share: the request that their handlers take, and days in words."""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from litestar.datastructures import MultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from api import clock, formatting
from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, read_form
from api.pages.templating import AnyRequest
from api.security.people import Person
from survey.store.accounts import people as people_store
from survey.store.database import Connection, Database

Given = ParamSpec("Given")
Loaded = TypeVar("Loaded")


class StaffRequest:
    """A request of somebody who is signed in; a handler takes it as `page: FromPage`.

    `form` holds what was sent and what is wrong with it; of a request that only reads it is empty.
    `load` and `connection` read, `write` saves a change with its line in the audit: each gives its
    connection back at its end. `show` and `to` make the answer.
    """

    def __init__(self, request: AnyRequest, database: Database, person: Person, form: Form) -> None:
        self.request = request
        self.database = database
        self.person = person
        self.form = form

    @property
    def query(self) -> MultiDict[str]:
        """What stands behind the question mark of the address."""
        return self.request.query_params

    @property
    def done_word(self) -> str:
        """The `done` word of the address, by which a template confirms what was just done."""
        return self.query.get("done", "")

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        return self.database.connection()

    async def load(
        self,
        read: Callable[Concatenate[Connection, Given], Awaitable[Loaded]],
        *given: Given.args,
        **more: Given.kwargs,
    ) -> Loaded:
        """What one function reads, on a connection that is given back at once."""
        async with self.database.connection() as connection:
            return await read(connection, *given, **more)

    @asynccontextmanager
    async def write(
        self, act: str, subject: str, detail: object = None
    ) -> AsyncIterator[Connection]:
        """A transaction whose change and audit line are saved together, or not at all.

        Every write from a page happens in one.
        """
        async with self.database.connection() as connection, connection.transaction():
            yield connection
            await people_store.append_audit(
                connection, act, subject, by=self.person.id, detail=detail
            )

    def fill(self, values: Mapping[str, str | list[str]]) -> None:
        """Fill in what the form of the page holds at first; what was sent stays as it was typed."""
        if not self.form.values:
            self.form.values = {
                name: value if isinstance(value, list) else [value]
                for name, value in values.items()
            }

    def show(
        self, name: str, /, *, form: Form | None = None, status: int | None = None, **context: Any
    ) -> Template:
        """Render a staff page, with what was typed into its form and what is wrong with it.

        Staff pages are in English only and offer no other language.
        """
        form = form or self.form
        given: dict[str, Any] = {
            "person": self.person,
            "languages": [],
            "done": self.done_word,
            "errors": form.errors,
            "typed": form.typed_values,
            "refused": form if form.code else None,
        }
        # A page with errors is answered directly, without a redirect: decision 0019 says why.
        wrong = form.status if form.errors else 200
        return Template(f"work/{name}.html", context=given | context, status_code=status or wrong)

    def to(self, address: str, done: str = "") -> Redirect:
        """Go to another page, which confirms by the word `done` what was done."""
        return Redirect(f"{address}?done={done}" if done else address, status_code=303)


FromPage = NamedDependency[StaffRequest]


async def provide_page(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> StaffRequest:
    """The request of the person whom the guard of its folder let in, with its form read."""
    form = Form() if request.method == "GET" else await read_form(request)
    return StaffRequest(request, database, person, form)


def format_day(at: datetime.datetime) -> str:
    return formatting.format_short_day(at.astimezone(clock.LONDON))


def format_moment(at: datetime.datetime) -> str:
    return f"{format_day(at)}, {at.astimezone(clock.LONDON):%H:%M}"
