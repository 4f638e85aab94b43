"""The statistician's file: weighted answers behind a published edition, for a purpose that is
logged.
"""

from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.response import Template

from api import pagination
from api.dependencies import Cursor, FromDatabase, FromPerson, provide_person
from api.editions.files.statistician import StatisticianFile, build_statistician_file
from api.editions.summary import days_in_words
from api.jobs.threads import run_in_thread
from api.pages import reader
from api.pages.forms import read_form
from api.pages.registry import StaffPage
from api.pages.reports.listing import ON_A_PAGE, EditionListKey
from api.pages.staff.editions.addresses import WHICH, FromWhich
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from survey.editions.actions import EditionKey
from survey.problems import Problem
from survey.store.database import Database
from survey.store.editions import editions, inputs
from survey.store.editions.editions import EditionLine

ADDRESS = "/work/statistician"
BASE = f"{ADDRESS}/{{kind:str}}/{{start:date}}/{{number:int}}"
LEAST_PURPOSE, MOST_PURPOSE = 10, 500


class StatisticianRow(msgspec.Struct, frozen=True):
    """A published edition in the list."""

    period: str
    kind: str
    number: int
    address: str
    public: str
    withdrawn: bool


@get(ADDRESS)
async def list_files(database: FromDatabase, person: FromPerson, after: Cursor = None) -> Template:
    async with database.connection() as connection:
        lines = await editions.load_page(
            connection, pagination.decode_cursor(after, EditionListKey), ON_A_PAGE + 1
        )
    found = pagination.build_page(lines, ON_A_PAGE, statistician_row, EditionLine.key)
    return staff_page("data/statistician", person, rows=found.items, next=found.next)


def statistician_row(found: EditionLine) -> StatisticianRow:
    return StatisticianRow(
        period=days_in_words(found.start, found.end),
        kind=found.kind.capitalize(),
        number=found.number,
        address=file_address(EditionKey(found.kind, found.start, found.number)),
        public=f"/reports/{found.kind}/{found.start}?number={found.number}",
        withdrawn=bool(found.withdrawn),
    )


def file_address(which: EditionKey) -> str:
    return f"{ADDRESS}/{which.kind}/{which.start}/{which.number}"


@get("/")
async def show_file(request: AnyRequest, database: FromDatabase, which: FromWhich) -> Template:
    return await file_page(request, database, which)


async def file_page(
    request: AnyRequest, database: Database, which: EditionKey, **context: Any
) -> Template:
    served = await reader.load_edition(database, *which)
    async with database.connection() as connection:
        stored = await inputs.find(connection, *which) is not None
    edition = served.edition
    return staff_page(
        "data/statistician_file",
        provide_person(request),
        edition=edition,
        period=days_in_words(edition.start, edition.end),
        stored=stored,
        address=file_address(which),
        **context,
    )


@post("/")
async def download_file(
    request: AnyRequest, database: FromDatabase, which: FromWhich
) -> Response[Any]:
    """Download the file of a published edition; who, why and which file is written to the audit."""
    form = await read_form(request)
    wanted = f"Say what you need the file for, in {LEAST_PURPOSE} to {MOST_PURPOSE} characters"
    purpose = form["purpose"]
    form.require_length("purpose", LEAST_PURPOSE, MOST_PURPOSE, wanted)
    if not form.errors:
        try:
            return file_response(which, await export_file(request, database, which, purpose))
        except Problem as refused:
            form.refuse(refused, [("purpose", refused.sentence)])
    return await file_page(request, database, which, form=form)


async def export_file(
    request: AnyRequest, database: Database, which: EditionKey, purpose: str
) -> StatisticianFile:
    # Only published editions: a draft may still be changed by another one.
    served = await reader.load_edition(database, *which)
    async with database.connection() as connection:
        stored = await inputs.get(connection, *which)
    found = await run_in_thread(build_statistician_file, served.edition, served.sha256, stored.body)
    detail = {
        "purpose": purpose,
        "answers": found.people,
        "alone": found.alone,
        "sha256": found.sha256,
    }
    # Before anything is sent: what is not in the audit was not downloaded.
    async with audited_transaction(
        database, provide_person(request), "statistician file exported", str(which), detail
    ):
        return found


def file_response(which: EditionKey, found: StatisticianFile) -> Response[bytes]:
    name = f"soundings-statistician-{which.kind}-{which.start}-{which.number}.zip"
    return Response(
        found.body,
        media_type="application/zip",
        status_code=200,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


PAGES = [
    StaffPage(
        [
            list_files,
            Router(BASE, route_handlers=[show_file, download_file], dependencies=WHICH),
        ],
        menu="Statistician's files",
        place=95,
        roles=("statistician",),
    )
]
