"""Upload answers as a table: see what would be stored, store it, withdraw a whole upload."""

import uuid
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import FromKeyring, Slug
from api.operations import survey_rights
from api.operations.answers.uploads import (
    MOST_ROWS,
    ReadUpload,
    RefusedRows,
    UploadOutcome,
    read_upload,
    store_upload,
    try_upload,
    undo_upload,
)
from api.pages.forms import Form, read_file
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from api.process.installation import import_lock
from survey.files.delimited import write_csv
from survey.problems import Problem
from survey.store.answers import entries
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import unknown_upload

BASE = "/work/surveys/{slug:str}/uploads"
MOST_SENT = 3_000_000  # a table of 2 MB, and the form around it
MOST_COLUMNS = 2_000  # a question with many options has a column for each
MOST_LISTED = 100  # faults on a page
UploadId = Annotated[uuid.UUID, PathParameter()]


async def uploads_page(page: FromPage, slug: Slug) -> Template:
    instrument = await load_survey(page, slug)
    listed = await page.load(entries.load_uploads, slug)
    return page.show(
        "surveys/entering/uploads",
        instrument=instrument,
        uploads=listed,
        most=MOST_ROWS,
    )


async def load_survey(page: StaffRequest, slug: str) -> Instrument:
    """The newest version of a survey whose answers this person may enter."""
    return (await page.load(survey_rights.get_survey, page.person, "collect", slug))[0]


@post(BASE + "/check", request_max_body_size=MOST_SENT)
async def check_upload(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    """Show which rows of a file would be stored and why not the others; nothing is stored."""
    name, content = await read_file(page.request)
    # The file, or what this page gave back of it.
    content = content or sent_rows(page.form)
    instrument = await load_survey(page, slug)
    page.form.require(content, "file", "Choose a file with the answers, as CSV or XLSX")
    try:
        if not page.form.errors:
            table = await read_answers(name or "The file", content)
            read = await read_upload(page.database, keyring, slug, table)
            again = page.form["again"] == "yes"
            outcome = await try_upload(page.database, read, again=again)
            rows = write_csv(table).decode()
            return checked_page(page, instrument, outcome, rows, again=again)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
    return await uploads_page(page, slug)


def sent_rows(form: Form) -> bytes:
    """The rows as the browser sent them back, with the line breaks that a field usually loses."""
    return "".join(str(one) for one in form.values.get("rows", [])[-1:]).encode()


async def read_answers(name: str, content: bytes) -> list[list[str]]:
    with import_lock("survey.files.sheets"):
        from survey.files import sheets
    return await anyio.to_thread.run_sync(sheets.read_table, name, content, MOST_COLUMNS)


def checked_page(
    page: StaffRequest,
    instrument: Instrument,
    outcome: UploadOutcome,
    rows: str,
    *,
    again: bool,
    moved: bool = False,
) -> Template:
    return page.show(
        "surveys/entering/checked",
        status=422 if outcome.faults else 200,
        instrument=instrument,
        outcome=outcome,
        faults=outcome.faults[:MOST_LISTED],
        more=max(len(outcome.faults) - MOST_LISTED, 0),
        rows=rows,
        again=again,
        moved=moved,
        ident=uuid.uuid4(),
    )


@post(BASE, request_max_body_size=MOST_SENT)
async def store_answers(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    """Store the rows that were checked; between the two pages nothing of them is stored."""
    instrument = await load_survey(page, slug)
    content, again = sent_rows(page.form), page.form["again"] == "yes"
    try:
        table = await read_answers("The file", content)
        read = await read_upload(page.database, keyring, slug, table)
        await store_read(page, read)
    except RefusedRows as refused:
        rows = write_csv(table).decode()
        return checked_page(page, instrument, refused.outcome, rows, again=again, moved=True)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await uploads_page(page, slug)
    return page.to(f"/work/surveys/{slug}/uploads", "stored")


async def store_read(page: StaffRequest, read: ReadUpload) -> None:
    detail: dict[str, int] = {}
    slug = read.instrument.slug
    async with page.write("answers uploaded", slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "collect", slug)
        stored = await store_upload(
            connection,
            read,
            upload_id(page.form["upload"]),
            again=page.form["again"] == "yes",
            leave_out=page.form.number("leave_out") or 0,
        )
        if stored:
            detail |= {"upload": stored.number, "answers": stored.answers}


def upload_id(text: str) -> str:
    """The id that the page gave the upload; a new one if it is none of ours."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


@get(BASE + "/{upload:uuid}")
async def show_upload(page: FromPage, slug: Slug, upload: UploadId) -> Template:
    """Ask before an upload is withdrawn."""
    instrument = await load_survey(page, slug)
    async with page.connection() as connection:
        found = await entries.find_upload(connection, slug, str(upload))
        if found is None:
            raise unknown_upload()
        left = len(await entries.load_uploaded_references(connection, found.id))
    return page.show("surveys/entering/upload", instrument=instrument, upload=found, left=left)


@post(BASE + "/{upload:uuid}/undo")
async def undo_one_upload(page: FromPage, slug: Slug, upload: UploadId) -> Redirect:
    """Erase every answer of an upload, in one transaction."""
    detail: dict[str, int] = {}
    async with page.write("upload withdrawn", slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        undone = await undo_upload(connection, slug, str(upload))
        detail["upload"] = undone.number
    return page.to(f"/work/surveys/{slug}/uploads", "undone")


PAGES = [
    StaffPage(
        [get(BASE)(uploads_page), check_upload, store_answers, show_upload, undo_one_upload],
        linked_from="/work/surveys/{slug:str}",
    )
]
