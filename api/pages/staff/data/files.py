"""Data imports: the list, each with its publication date, and importing another file."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.operations import importing
from api.pages.forms import day_fields, filled_form, read_file, read_form
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import staff_page
from api.security.people import Person
from survey.problems import Problem
from survey.store import deployments
from survey.store.database import Database

MOST_BYTES = 20_000_000
DATA_KINDS = ("deployments", "perception")


@get("/work/files")
async def list_imports(database: FromDatabase, person: FromPerson) -> Template:
    return await imports_page(database, person)


async def imports_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        rows = await deployments.load_imports(connection)
    suggested = filled_form(day_fields("known", clock.today()))
    given: dict[str, Any] = {"rows": rows[::-1], "form": suggested, "imported": []}
    return staff_page("data/files", person, **(given | context))


@post("/work/files", request_max_body_size=MOST_BYTES)
async def import_data_file(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    name, content = await read_file(request)
    kind, day = form["kind"], form.day("known")
    form.require(kind in DATA_KINDS, "kind", "Choose what the file contains")
    form.require(content, "file", "Choose a file that is not empty")
    past = day is not None and day <= clock.today()
    form.require(past, "known-day", "Enter the day it was published, not one in the future")
    if form.errors or day is None:
        return await imports_page(database, person, form=form)
    try:
        async with database.connection() as connection:
            imported = await importing.import_figures(
                connection, kind, name, content, day, by=person.id
            )
    except Problem as refused:
        form.refuse(refused, [("file", refused.sentence)])
        return await imports_page(database, person, form=form)
    return await imports_page(database, person, imported=imported)


PAGES = [StaffPage([list_imports, import_data_file], menu="Data", place=70)]
