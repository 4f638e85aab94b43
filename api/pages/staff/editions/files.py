"""Files that come in and go out: figures, whole surveys, and an edition for statisticians."""

import contextlib
import datetime
import tempfile
from typing import Any

import anyio.to_thread
from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Stream, Template

from api import clock, dependencies
from api.dependencies import Cursor, FromQuarantine, Slug
from api.editions.files.data_package import StatisticianFile, build_statistician_file
from api.editions.summary import days_in_words
from api.operations import exports, imports, survey_rights, tables
from api.operations.answers import package_intake
from api.operations.answers.package_intake import WantedUnpacking
from api.pages.forms import Form, day_fields, read_file
from api.pages.organiser.exports import continue_with
from api.pages.reports import editions as reader
from api.pages.reports.lists import ON_A_PAGE, EditionListKey
from api.pages.staff.editions import WHICH, FromWhich
from api.pages.work import FromPage, StaffPage, StaffRequest, example_response
from api.process.long_work import run_in_thread
from survey.editions.actions import EditionKey
from survey.problems import Problem
from survey.sources import mopac, plain
from survey.store import deployments, editions, places
from survey.store.accounts import people
from survey.store.editions import EditionLine, edition_work, mappings
from survey.store.surveys import instruments
from survey.surveys.instruments import wording_text

MOST_BYTES = 20_000_000
DATA_KINDS = ("deployments", "perception", "table")
STATISTICIAN = "/work/statistician"
BASE = f"{STATISTICIAN}/{{kind:str}}/{{start:date}}/{{number:int}}"
LEAST_PURPOSE, MOST_PURPOSE = 10, 500
MOVE = "/work/move"
MOST_PACKED = 100_000_000  # larger ones are for the command
MOST_UNPACKED = 1_000_000_000


async def imports_page(page: FromPage) -> Template:
    async with page.connection() as connection:
        rows = await deployments.load_imports(connection)
        held = await mappings.load_held(connection, page.person.id)
    page.fill(day_fields("known", clock.today()))
    return page.show("data/files", rows=rows[::-1], held=held, imported=())


@get("/work/files/deployments.csv")
async def download_counts_example(page: FromPage) -> Response[bytes]:
    """A file of deployments in our plain format, with every column that is read."""
    return example_response(plain.example_counts(await find_example_area(page), clock.today()))


@get("/work/files/perception.csv")
async def download_shares_example(page: FromPage) -> Response[bytes]:
    """A file of perception as MOPAC publishes it, with every column that is read."""
    return example_response(mopac.example_shares(await find_example_area(page), clock.today()))


async def find_example_area(page: FromPage) -> str:
    return (await page.load(places.get_city)).local_areas()[0].name


@post("/work/files", request_max_body_size=MOST_BYTES)
async def import_data_file(page: FromPage) -> Response[Any]:
    name, content = await read_file(page.request)
    kind, day = page.form["kind"], page.form.day("known")
    page.form.require(kind in DATA_KINDS, "kind", "Choose what the file contains")
    page.form.require(content, "file", "Choose a file that is not empty")
    past = day is not None and day <= clock.today()
    page.form.require_day("known", past, "Enter the day it was published, not one in the future")
    if page.form.errors or day is None:
        return await imports_page(page)
    try:
        if kind == "table":
            return await begin_matching(page, name, content, day)
        imported = await page.load(
            imports.import_figures, kind, name, content, day, by=page.person.id
        )
    except Problem as refused:
        if kind == "deployments" and is_unknown(refused) and tables.is_to_be_mapped(content):
            # What cannot be opened as a table either is refused as it was.
            with contextlib.suppress(Problem):
                return await begin_matching(page, name, content, day)
        page.form.refuse(refused, [("file", refused.sentence)])
        return await imports_page(page)
    page.form = Form()
    return await imports_page(page.add(imported=imported))


def is_unknown(refused: Problem) -> bool:
    return refused.code in ("file.format", "file.kind")


async def begin_matching(
    page: StaffRequest, name: str, content: bytes, day: datetime.date
) -> Redirect:
    """Hold the file, and go on where something has to be said about it."""
    held = await page.load(tables.hold_table, page.person.id, name, content, day)
    step = await page.load(tables.find_next_step, held)
    return page.to(f"/work/files/tables/{held.id}/{step}")


@get(STATISTICIAN)
async def list_files(page: FromPage, after: Cursor = None) -> Template:
    lines = await page.load(
        editions.load_page, dependencies.decode_cursor(after, EditionListKey), ON_A_PAGE + 1
    )
    list_page = dependencies.build_page(lines, ON_A_PAGE, lambda line: line, EditionLine.key)
    return page.show(
        "data/statistician", rows=list_page.items, period_of=days_in_words, next=list_page.next
    )


def file_address(which: EditionKey) -> str:
    return f"{STATISTICIAN}/{which.kind}/{which.start}/{which.number}"


async def file_page(page: FromPage, which: FromWhich) -> Template:
    served = await reader.load_edition(page.database, *which)
    stored = await page.load(edition_work.find_inputs, *which) is not None
    edition = served.edition
    return page.show(
        "data/statistician_file",
        edition=edition,
        period=days_in_words(edition.start, edition.end),
        stored=stored,
        address=file_address(which),
    )


@post("/")
async def download_file(page: FromPage, which: FromWhich) -> Response[Any]:
    """Download the file of a published edition; who, why and which file is written to the audit."""
    wanted = f"Say what you need the file for, in {LEAST_PURPOSE} to {MOST_PURPOSE} characters"
    purpose = page.form["purpose"]
    page.form.require_length("purpose", LEAST_PURPOSE, MOST_PURPOSE, wanted)
    if not page.form.errors:
        try:
            file = await export_file(page, which, purpose)
            name = f"soundings-statistician-{which.kind}-{which.start}-{which.number}.zip"
            return Response(
                file.body,
                media_type="application/zip",
                status_code=200,
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        except Problem as refused:
            page.form.refuse(refused, [("purpose", refused.sentence)])
    return await file_page(page, which)


async def export_file(page: StaffRequest, which: EditionKey, purpose: str) -> StatisticianFile:
    # Only published editions: a draft may still be changed by another one.
    served = await reader.load_edition(page.database, *which)
    stored = await page.load(edition_work.get_inputs, *which)
    file = await run_in_thread(build_statistician_file, served.edition, served.sha256, stored.body)
    detail = {
        "purpose": purpose,
        "answers": file.people,
        "alone": file.alone,
        "sha256": file.sha256,
    }
    # Before anything is sent: what is not in the audit was not downloaded.
    async with page.write("statistician file exported", str(which), detail):
        return file


async def moving_page(page: FromPage) -> Template:
    async with page.connection() as connection:
        listed = await instruments.load_overview(connection)
        accounts = await people.load_all(connection)
    return page.show(
        "admin/move",
        surveys=[
            (row.survey.slug, wording_text(row.instrument.title), row.answers)
            for row in listed
            if survey_rights.is_allowed(page.person, "move", row.survey)
        ],
        owners=[account for account in accounts if account.active and account.may("organiser")],
        lines=[],
        dry_run=False,
        stored="",
    )


@get(MOVE + "/{slug:str}/survey.zip")
async def download_package(page: FromPage, slug: Slug) -> Stream:
    """Download a survey with its answers; the download is logged."""
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "move", slug)
        await people.append_audit(connection, "survey packed", slug, by=page.person.id)
    parts = exports.stream_package(page.database, slug)
    # What stops it before its first byte is refused on a page, not by an empty file.
    first = await anext(parts)
    return Stream(
        continue_with(first, parts),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{slug}-survey.zip"'},
    )


@post(MOVE, request_max_body_size=MOST_PACKED)
async def take_in(page: FromPage, quarantine: FromQuarantine) -> Response[Any]:
    """Take in a package, or say what it would do."""
    chosen = (await page.request.form()).get("file")
    page.form.require(
        page.form["act"] in ("try", "store"), "act", "Select whether to try it or to store it"
    )
    page.form.require(isinstance(chosen, UploadFile) and chosen.filename, "file", "Choose a file")
    if page.form.errors or not isinstance(chosen, UploadFile):
        return await moving_page(page)
    dry_run = page.form["act"] == "try"
    try:
        with tempfile.TemporaryFile() as copy:
            # Write an upload to a file of ours, which can be read from anywhere.
            while part := await chosen.read(1 << 20):
                copy.write(part)
            copy.seek(0)
            package, manifest = await anyio.to_thread.run_sync(
                package_intake.check_package, copy, MOST_UNPACKED
            )
            owner = await page.load(
                package_intake.find_owner, page.form["owner"] or page.person.email
            )
            wanted = WantedUnpacking(
                by=page.person, owner=owner, dry_run=dry_run, quarantine=quarantine
            )
            done = await package_intake.unpack_survey(page.database, package, manifest, wanted)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await moving_page(page)
    lines = package_intake.unpacking_lines(done, dry_run=dry_run)
    # Whoever has stored one begins the next by trying it again.
    if not dry_run:
        page.form = Form()
    stored = "" if dry_run else done.slug
    return await moving_page(page.add(lines=lines, dry_run=dry_run, stored=stored))


PAGES = [
    StaffPage(
        [
            get("/work/files")(imports_page),
            download_counts_example,
            download_shares_example,
            import_data_file,
        ],
        menu="Data",
        place=70,
        group="Data",
    ),
    StaffPage(
        [
            list_files,
            Router(BASE, route_handlers=[get("/")(file_page), download_file], dependencies=WHICH),
        ],
        menu="Statistician's files",
        place=95,
        roles=("statistician",),
        group="Data",
    ),
    StaffPage(
        [get(MOVE)(moving_page), download_package, take_in],
        linked_from="/work/surveys",
        roles=("administrator",),
        group="Administration",
    ),
]
