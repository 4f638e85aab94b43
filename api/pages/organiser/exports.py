"""The answers to a survey as files: taken away with what they mean, or uploaded."""

import contextlib
import uuid
from collections.abc import AsyncGenerator
from typing import Annotated, Any
from urllib.parse import urlsplit

import anyio.to_thread
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Stream, Template

from api import clock
from api.dependencies import FromKeyring, FromReadDatabase, Slug
from api.operations import exports, survey_rights
from api.operations.answers import uploads
from api.operations.exports import FORMATS, WantedExport, feed_address
from api.operations.exports.typed_tables import load_dictionary
from api.pages.forms import Form, read_file
from api.pages.shell import AnyRequest
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.paper import render_dictionary_pdf
from api.process.installation import import_lock
from api.security.requests import site_address
from survey.files.delimited import write_csv
from survey.formats.dictionary import DataDictionary, render_ddi, render_ddi_lifecycle
from survey.problems import Problem
from survey.store.accounts import people
from survey.store.answers import counts, entries
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument, Repeat, all_parts
from survey.surveys.refusals import unknown_upload

IN_WORDS, AS_ANSWERED = "words", "as-answered"  # what an address may ask for
BASE = "/work/surveys/{slug:str}/uploads"
MOST_SENT = 3_000_000  # a table of 2 MB, and the form around it
MOST_COLUMNS = 2_000  # a question with many options has a column for each
MOST_LISTED = 100  # faults on a page
UploadId = Annotated[uuid.UUID, PathParameter()]


@get("/work/surveys/{slug:str}/answers.csv")
async def one_table(page: FromPage, read_database: FromReadDatabase, slug: Slug) -> Stream:
    """Download the answers as CSV, one row per response without what people wrote; the download is
    logged.
    """
    wanted = wanted_export(page.request, slug, every_table=False)
    await log_export(page, wanted)
    return await export_response(read_database, wanted)


@get("/work/surveys/{slug:str}/answers.zip")
async def every_table(page: FromPage, read_database: FromReadDatabase, slug: Slug) -> Stream:
    """Download the answers as a ZIP: a table of responses, and one for each repeat with a row for
    each round.
    """
    wanted = wanted_export(page.request, slug, every_table=True)
    await log_export(page, wanted)
    return await export_response(read_database, wanted)


@get("/work/surveys/{slug:str}/take-away/file")
async def download_answers(
    page: FromPage, read_database: FromReadDatabase, slug: Slug
) -> Template | Stream:
    """Download the answers in the format that was chosen; the download is logged."""
    chosen = page.query.get("format", "")
    if chosen not in FORMATS:
        page.form.add_error("format", "Select a format")
        return await formats_page(page, slug)
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "export", slug)
        chain = await instruments.load_history(connection, slug)
        repeats = any(
            isinstance(part, Repeat) for version in chain for part in all_parts(version.items)
        )
    asked = page.query
    wanted = WantedExport(
        slug=slug, format=chosen, words=asked.get(IN_WORDS) == "yes",
        as_answered=AS_ANSWERED in asked, every_table=repeats,
    )  # fmt: skip
    await log_export(page, wanted)
    return await export_response(read_database, wanted)


async def formats_page(page: FromPage, slug: Slug) -> Template:
    """Show the formats to choose from; no answer is read yet."""
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "export", slug)
        chain = await instruments.load_history(connection, slug)
        answers = await counts.count_of_past_hours(connection, slug)
    return page.show(
        "surveys/take_away",
        instrument=chain[-1],
        formats=FORMATS.values(),
        versions=len(chain),
        answers=answers,
        feed=feed_address(page.request, slug),
    )


@get("/work/surveys/{slug:str}/dictionary.pdf")
async def show_dictionary(page: FromPage, slug: Slug) -> Response[bytes]:
    """Download what each column means, to read and print."""
    dictionary = await allowed_dictionary(page, slug)
    content = await anyio.to_thread.run_sync(render_dictionary_pdf, dictionary)
    return file_response(content, f"{slug}-dictionary.pdf", "application/pdf")


@get("/work/surveys/{slug:str}/dictionary.xml")
async def download_ddi(page: FromPage, slug: Slug) -> Response[bytes]:
    """Download what each column means as DDI-Codebook 2.5, for a data archive."""
    dictionary = await allowed_dictionary(page, slug)
    return file_response(render_ddi(dictionary), f"{slug}-ddi.xml", "application/xml")


@get("/work/surveys/{slug:str}/dictionary-lifecycle.xml")
async def download_ddi_lifecycle(page: FromPage, slug: Slug) -> Response[bytes]:
    """Download what each column means as DDI-Lifecycle 3.3, for a data archive."""
    dictionary = await allowed_dictionary(page, slug)
    # An agency of DDI is written as a host is.
    agency = urlsplit(site_address(page.request)).hostname or "localhost"
    content = await anyio.to_thread.run_sync(make_ddi_lifecycle, dictionary, agency)
    return file_response(content, f"{slug}-ddi-lifecycle.xml", "application/xml")


def make_ddi_lifecycle(dictionary: DataDictionary, agency: str) -> bytes:
    with import_lock("ddi_l.tables"):
        import ddi_l.tables  # noqa: F401
    return render_ddi_lifecycle(dictionary, agency)


async def allowed_dictionary(page: StaffRequest, slug: str) -> DataDictionary:
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "export", slug)
        return await load_dictionary(connection, slug)


def file_response(content: bytes, name: str, media_type: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


def wanted_export(request: AnyRequest, slug: str, *, every_table: bool) -> WantedExport:
    """The export that an address asks for."""
    asked = request.query_params
    return WantedExport(
        slug=slug, words=IN_WORDS in asked, as_answered=AS_ANSWERED in asked,
        every_table=every_table,
    )  # fmt: skip


async def log_export(page: StaffRequest, wanted: WantedExport) -> None:
    """Record in the audit that this person exports these answers; raises if they may not."""
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "export", wanted.slug)
        # Before anything leaves: of a download that is cut, some rows have left too.
        detail = {"answers": await counts.count_of_past_hours(connection, wanted.slug)}
        await people.append_audit(
            connection, "answers exported", wanted.slug, by=page.person.id, detail=detail
        )


async def export_response(database: Database, wanted: WantedExport) -> Stream:
    """An export, sent while it is read; if it is cut short, a client notices that its end is
    missing.
    """
    parts, chosen = exports.stream_export(database, wanted), FORMATS[wanted.format]
    ending = chosen.ending_of(every_table=wanted.every_table)
    # What stops it before its first byte is refused on a page, not by an empty file.
    first = await anext(parts)
    return Stream(
        continue_with(first, parts),
        media_type=chosen.media_type_of(every_table=wanted.every_table),
        headers={"Content-Disposition": f'attachment; filename="{file_name(wanted)}.{ending}"'},
    )


async def continue_with(first: bytes, parts: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with contextlib.aclosing(parts):
        yield first
        async for part in parts:
            yield part


def file_name(wanted: WantedExport) -> str:
    """The file's name, without its ending: survey, choices made and today's date."""
    chosen = FORMATS[wanted.format]
    kinds = [IN_WORDS] * (wanted.words and chosen.has_words) + [AS_ANSWERED] * wanted.as_answered
    zipped = chosen.ending_of(every_table=wanted.every_table) == "zip" and wanted.format != "csv"
    return "-".join([wanted.slug, *kinds, *[wanted.format] * zipped, str(clock.today())])


async def uploads_page(page: FromPage, slug: Slug) -> Template:
    instrument = await load_survey(page, slug)
    listed = await page.load(entries.load_uploads, slug)
    return page.show(
        "surveys/entering/uploads",
        instrument=instrument,
        uploads=listed,
        most=uploads.MOST_ROWS,
    )


async def load_survey(page: StaffRequest, slug: str) -> Instrument:
    """The newest version of a survey for which this person may enter other people's answers."""
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
            read = await uploads.read_upload(page.database, keyring, slug, table)
            again = page.form["again"] == "yes"
            outcome = await uploads.try_upload(page.database, read, again=again)
            rows = write_csv(table).decode()
            return checked_page(page, instrument, outcome, rows, again=again)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
    return await uploads_page(page, slug)


def sent_rows(form: Form) -> bytes:
    """The rows as the browser sent them back, with the line breaks that a field usually loses."""
    return "".join(str(text) for text in form.values.get("rows", [])[-1:]).encode()


async def read_answers(name: str, content: bytes) -> list[list[str]]:
    with import_lock("survey.files.sheets"):
        from survey.files import sheets
    return await anyio.to_thread.run_sync(sheets.read_table, name, content, MOST_COLUMNS)


def checked_page(
    page: StaffRequest,
    instrument: Instrument,
    outcome: uploads.UploadOutcome,
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
    """Store the rows that were checked on the page before; until then none of them was stored."""
    instrument = await load_survey(page, slug)
    content, again = sent_rows(page.form), page.form["again"] == "yes"
    try:
        table = await read_answers("The file", content)
        read = await uploads.read_upload(page.database, keyring, slug, table)
        await store_read(page, read)
    except uploads.RefusedRows as refused:
        rows = write_csv(table).decode()
        return checked_page(page, instrument, refused.outcome, rows, again=again, moved=True)
    except Problem as refused:
        page.form.refuse(refused, [("file", f"{refused.sentence} {refused.remedy}")])
        return await uploads_page(page, slug)
    return page.to(f"/work/surveys/{slug}/uploads", "stored")


async def store_read(page: StaffRequest, read: uploads.ReadUpload) -> None:
    detail: dict[str, int] = {}
    slug = read.instrument.slug
    async with page.write("answers uploaded", slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "collect", slug)
        stored = await uploads.store_upload(
            connection,
            read,
            upload_id(page.form["upload"]),
            again=page.form["again"] == "yes",
            leave_out=page.form.number("leave_out") or 0,
        )
        if stored:
            detail |= {"upload": stored.number, "answers": stored.answers}


def upload_id(text: str) -> str:
    """The id that the page gave the upload; a new id if the text is no id."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


@get(BASE + "/{upload:uuid}")
async def show_upload(page: FromPage, slug: Slug, upload: UploadId) -> Template:
    """Ask before an upload is withdrawn."""
    instrument = await load_survey(page, slug)
    async with page.connection() as connection:
        answer_upload = await entries.find_upload(connection, slug, str(upload))
        if answer_upload is None:
            raise unknown_upload()
        left = len(await entries.load_uploaded_references(connection, answer_upload.id))
    return page.show(
        "surveys/entering/upload", instrument=instrument, upload=answer_upload, left=left
    )


@post(BASE + "/{upload:uuid}/undo")
async def undo_one_upload(page: FromPage, slug: Slug, upload: UploadId) -> Redirect:
    """Erase every answer of an upload, in one transaction."""
    detail: dict[str, int] = {}
    async with page.write("upload withdrawn", slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "delete answers", slug)
        undone = await uploads.undo_upload(connection, slug, str(upload))
        detail["upload"] = undone.number
    return page.to(f"/work/surveys/{slug}/uploads", "undone")


PAGES = [
    StaffPage(
        [
            get("/work/surveys/{slug:str}/take-away")(formats_page),
            download_answers,
            one_table,
            every_table,
            show_dictionary,
            download_ddi,
            download_ddi_lifecycle,
        ],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    ),
    StaffPage(
        [get(BASE)(uploads_page), check_upload, store_answers, show_upload, undo_one_upload],
        linked_from="/work/surveys/{slug:str}",
    ),
]
