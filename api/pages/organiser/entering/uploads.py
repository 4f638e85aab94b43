"""Upload answers as a table: see what would be stored, store it, withdraw a whole upload."""

import uuid
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromKeyring, FromPerson, Slug
from api.operations import survey_rights
from api.operations.entering.uploads import (
    MOST_ROWS,
    ReadUpload,
    RefusedRows,
    UploadOutcome,
    read_upload,
    store_upload,
    try_upload,
    undo_upload,
)
from api.pages.forms import Form, read_file, read_form
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.process.loading import import_lock
from api.security.people import Person
from survey.formats.csv_files import write_csv
from survey.problems import Problem
from survey.store.database import Database
from survey.store.surveys.entering import uploads
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import unknown_upload

BASE = "/work/surveys/{slug:str}/uploads"
MOST_SENT = 3_000_000  # a table of 2 MB, and the form around it
MOST_COLUMNS = 2_000  # a question with many options has a column for each
MOST_LISTED = 100  # faults on a page
UploadId = Annotated[uuid.UUID, PathParameter()]


@get(BASE)
async def show_uploads(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    return await uploads_page(database, person, slug, done=done_word(request))


async def uploads_page(
    database: Database, person: Person, slug: str, *, form: Form | None = None, **context: Any
) -> Template:
    instrument = await load_survey(database, person, slug)
    async with database.connection() as connection:
        listed = await uploads.load(connection, slug)
    return staff_page(
        "surveys/entering/uploads",
        person,
        form=form,
        instrument=instrument,
        uploads=listed,
        most=MOST_ROWS,
        **context,
    )


async def load_survey(database: Database, person: Person, slug: str) -> Instrument:
    """The newest version of a survey whose answers this person may enter."""
    async with database.connection() as connection:
        return (await survey_rights.get_survey(connection, person, "collect", slug))[0]


@post(BASE + "/check", request_max_body_size=MOST_SENT)
async def check_upload(
    request: AnyRequest,
    database: FromDatabase,
    keyring: FromKeyring,
    person: FromPerson,
    slug: Slug,
) -> Response[Any]:
    """Show which rows of a file would be stored and why not the others; nothing is stored."""
    form = await read_form(request)
    name, content = await read_file(request)
    # The file, or what this page gave back of it.
    content = content or sent_rows(form)
    instrument = await load_survey(database, person, slug)
    form.require(content, "file", "Choose a file with the answers, as CSV or XLSX")
    try:
        if not form.errors:
            table = await read_answers(name or "The file", content)
            read = await read_upload(database, keyring, slug, table)
            again = form["again"] == "yes"
            outcome = await try_upload(database, read, again=again)
            rows = write_csv(table).decode()
            return checked_page(person, instrument, outcome, rows, again=again)
    except Problem as refused:
        form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
    return await uploads_page(database, person, slug, form=form)


def sent_rows(form: Form) -> bytes:
    """The rows as the browser sent them back, with the line breaks that a field usually loses."""
    return "".join(str(one) for one in form.values.get("rows", [])[-1:]).encode()


async def read_answers(name: str, content: bytes) -> list[list[str]]:
    with import_lock("survey.sources.reading.sheets"):
        from survey.sources.reading import sheets
    return await anyio.to_thread.run_sync(sheets.read_table, name, content, MOST_COLUMNS)


def checked_page(
    person: Person,
    instrument: Instrument,
    outcome: UploadOutcome,
    rows: str,
    *,
    again: bool,
    moved: bool = False,
) -> Template:
    return staff_page(
        "surveys/entering/checked",
        person,
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
async def store_answers(
    request: AnyRequest,
    database: FromDatabase,
    keyring: FromKeyring,
    person: FromPerson,
    slug: Slug,
) -> Response[Any]:
    """Store the rows that were checked; between the two pages nothing of them is stored."""
    form = await read_form(request)
    instrument = await load_survey(database, person, slug)
    content, again = sent_rows(form), form["again"] == "yes"
    try:
        table = await read_answers("The file", content)
        read = await read_upload(database, keyring, slug, table)
        await store_read(database, person, read, form)
    except RefusedRows as refused:
        rows = write_csv(table).decode()
        return checked_page(person, instrument, refused.outcome, rows, again=again, moved=True)
    except Problem as refused:
        form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await uploads_page(database, person, slug, form=form)
    return Redirect(f"/work/surveys/{slug}/uploads?done=stored", status_code=303)


async def store_read(database: Database, person: Person, read: ReadUpload, form: Form) -> None:
    detail: dict[str, int] = {}
    slug = read.instrument.slug
    async with audited_transaction(
        database, person, "answers uploaded", slug, detail
    ) as connection:
        await survey_rights.require_right(connection, person, "collect", slug)
        stored = await store_upload(
            connection,
            read,
            upload_id(form["upload"]),
            again=form["again"] == "yes",
            leave_out=form.number("leave_out") or 0,
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
async def show_upload(
    database: FromDatabase, person: FromPerson, slug: Slug, upload: UploadId
) -> Template:
    """Ask before an upload is withdrawn."""
    instrument = await load_survey(database, person, slug)
    async with database.connection() as connection:
        found = await uploads.find(connection, slug, str(upload))
        if found is None:
            raise unknown_upload()
        left = len(await uploads.load_references(connection, found.id))
    return staff_page(
        "surveys/entering/upload", person, instrument=instrument, upload=found, left=left
    )


@post(BASE + "/{upload:uuid}/undo")
async def undo_one_upload(
    database: FromDatabase, person: FromPerson, slug: Slug, upload: UploadId
) -> Redirect:
    """Erase every answer of an upload, in one transaction."""
    detail: dict[str, int] = {}
    async with audited_transaction(
        database, person, "upload withdrawn", slug, detail
    ) as connection:
        await survey_rights.require_right(connection, person, "delete answers", slug)
        undone = await undo_upload(connection, slug, str(upload))
        detail["upload"] = undone.number
    return Redirect(f"/work/surveys/{slug}/uploads?done=undone", status_code=303)


PAGES = [
    StaffPage(
        [show_uploads, check_upload, store_answers, show_upload, undo_one_upload],
        linked_from="/work/surveys/{slug:str}",
    )
]
