"""The answers to a survey to take away, in the format that a page offers, and what they mean."""

import contextlib
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import anyio.to_thread
from litestar import Response, get
from litestar.response import Stream, Template

from api import clock
from api.dependencies import FromReadDatabase, Slug
from api.operations import survey_rights
from api.operations.exports import exports
from api.operations.exports.exports import FORMATS, WantedExport
from api.operations.exports.typed_tables import load_dictionary
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import FromPage, StaffRequest
from api.paper.documents import render_dictionary_pdf
from api.process.installation import import_lock
from api.security.requests import site_address
from survey.formats.dictionary import DataDictionary, render_ddi, render_ddi_lifecycle
from survey.store.accounts import people
from survey.store.answers import counts
from survey.store.database import Connection, Database
from survey.store.surveys import instruments
from survey.surveys.instruments import Repeat, all_parts

IN_WORDS, AS_ANSWERED = "words", "as-answered"  # what an address may ask for


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
        repeats = await has_repeats(connection, slug)
    asked = page.query
    wanted = WantedExport(
        slug=slug, format=chosen, words=asked.get(IN_WORDS) == "yes",
        as_answered=AS_ANSWERED in asked, every_table=repeats,
    )  # fmt: skip
    await log_export(page, wanted)
    return await export_response(read_database, wanted)


async def formats_page(page: FromPage, slug: Slug) -> Template:
    """Choose the format of the answers; nothing is read of them yet."""
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


def feed_address(request: AnyRequest, slug: str) -> str:
    return f"{site_address(request)}/api/v1/odata/{slug}"


async def has_repeats(connection: Connection, slug: str) -> bool:
    """Whether any version of a survey asks something several times."""
    chain = await instruments.load_history(connection, slug)
    return any(isinstance(part, Repeat) for one in chain for part in all_parts(one.items))


@get("/work/surveys/{slug:str}/dictionary.pdf")
async def show_dictionary(page: FromPage, slug: Slug) -> Response[bytes]:
    """Download what each column means, to read and print."""
    found = await allowed_dictionary(page, slug)
    content = await anyio.to_thread.run_sync(render_dictionary_pdf, found)
    return file_response(content, f"{slug}-dictionary.pdf", "application/pdf")


@get("/work/surveys/{slug:str}/dictionary.xml")
async def download_ddi(page: FromPage, slug: Slug) -> Response[bytes]:
    """Download what each column means as DDI-Codebook 2.5, for a data archive."""
    found = await allowed_dictionary(page, slug)
    return file_response(render_ddi(found), f"{slug}-ddi.xml", "application/xml")


@get("/work/surveys/{slug:str}/dictionary-lifecycle.xml")
async def download_ddi_lifecycle(page: FromPage, slug: Slug) -> Response[bytes]:
    """Download what each column means as DDI-Lifecycle 3.3, for a data archive."""
    found = await allowed_dictionary(page, slug)
    # An agency of DDI is written as a host is.
    agency = urlsplit(site_address(page.request)).hostname or "localhost"
    content = await anyio.to_thread.run_sync(make_ddi_lifecycle, found, agency)
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
    """What an address asks for."""
    asked = request.query_params
    return WantedExport(
        slug=slug, words=IN_WORDS in asked, as_answered=AS_ANSWERED in asked,
        every_table=every_table,
    )  # fmt: skip


async def log_export(page: StaffRequest, wanted: WantedExport) -> None:
    """Write to the audit that somebody exports these answers; raises if they may not."""
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "export", wanted.slug)
        # Before anything leaves: of a download that is cut, some rows have left too.
        detail = {"answers": await counts.count_of_past_hours(connection, wanted.slug)}
        await people.append_audit(
            connection, "answers exported", wanted.slug, by=page.person.id, detail=detail
        )


async def export_response(database: Database, wanted: WantedExport) -> Stream:
    """An export, sent while it is read; one that is cut short has no end that a client would take
    for one.
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
    """A name that says what the file holds, and of which day."""
    chosen = FORMATS[wanted.format]
    kinds = [IN_WORDS] * (wanted.words and chosen.has_words) + [AS_ANSWERED] * wanted.as_answered
    zipped = chosen.ending_of(every_table=wanted.every_table) == "zip" and wanted.format != "csv"
    return "-".join([wanted.slug, *kinds, *[wanted.format] * zipped, str(clock.today())])


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
    )
]
