"""Data imports: the list, each with its publication date, and importing another file."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.operations import importing
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import Errors, day_fields, parse_day, read_form, staff_page
from api.security.people import Person
from survey.problems import Problem
from survey.store import deployments
from survey.store.database import Database

MOST_BYTES = 20_000_000
DATA_KINDS = ("deployments", "perception")
MOST_NAME = 120


@get("/work/files")
async def list_imports(database: FromDatabase, person: FromPerson) -> Template:
    return await imports_page(database, person)


async def imports_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        rows = await deployments.load_imports(connection)
    suggested = day_fields("known", clock.today())
    given = {"rows": rows[::-1], "typed": suggested, "told": []}
    return staff_page("files", person, **(given | context))


@post("/work/files", request_max_body_size=MOST_BYTES)
async def import_data_file(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    chosen = (await request.form()).get("file")
    content = await chosen.read() if isinstance(chosen, UploadFile) else b""
    name = clean_file_name(chosen.filename) if isinstance(chosen, UploadFile) else ""
    kind, day = form.get("kind", ""), parse_day(form, "known")
    errors: Errors = []
    if kind not in DATA_KINDS:
        errors.append(("kind", "Choose what the file contains"))
    if not content:
        errors.append(("file", "Choose a file that is not empty"))
    if day is None or day > clock.today():
        errors.append(("known-day", "Enter the day it was published, not one in the future"))
    if errors or day is None:
        return await imports_page(database, person, status=422, errors=errors, typed=form)
    try:
        async with database.connection() as connection:
            told = await importing.import_figures(
                connection, kind, name, content, day, by=person.id
            )
    except Problem as refused:
        wrong: Errors = [("file", refused.sentence)]
        return await imports_page(
            database, person, status=refused.status, errors=wrong, refused=refused, typed=form
        )
    return await imports_page(database, person, told=told)


def clean_file_name(given: str) -> str:
    """The last part of an uploaded file's name, in printable characters."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-MOST_NAME:] or "file"


PAGES = [StaffPage([list_imports, import_data_file], menu="Data", place=70)]
