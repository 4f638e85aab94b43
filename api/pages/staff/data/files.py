"""Data imports: the list, each with its publication date, and importing another file."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.response import Template

from api import clock
from api.operations import imports
from api.pages.forms import Form, day_fields, read_file
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from survey.problems import Problem
from survey.store import deployments

MOST_BYTES = 20_000_000
DATA_KINDS = ("deployments", "perception")


@get("/work/files")
async def list_imports(page: FromPage) -> Template:
    return await imports_page(page)


async def imports_page(page: StaffRequest, imported: Sequence[str] = ()) -> Template:
    rows = await page.load(deployments.load_imports)
    page.fill(day_fields("known", clock.today()))
    return page.show("data/files", rows=rows[::-1], imported=imported)


@post("/work/files", request_max_body_size=MOST_BYTES)
async def import_data_file(page: FromPage) -> Response[Any]:
    name, content = await read_file(page.request)
    kind, day = page.form["kind"], page.form.day("known")
    page.form.require(kind in DATA_KINDS, "kind", "Choose what the file contains")
    page.form.require(content, "file", "Choose a file that is not empty")
    past = day is not None and day <= clock.today()
    page.form.require(past, "known-day", "Enter the day it was published, not one in the future")
    if page.form.errors or day is None:
        return await imports_page(page)
    try:
        imported = await page.load(
            imports.import_figures, kind, name, content, day, by=page.person.id
        )
    except Problem as refused:
        page.form.refuse(refused, [("file", refused.sentence)])
        return await imports_page(page)
    page.form = Form()
    return await imports_page(page, imported)


PAGES = [StaffPage([list_imports, import_data_file], menu="Data", place=70)]
