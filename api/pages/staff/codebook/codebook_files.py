"""Download any version of the codebook, or import a file as edits of the draft."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.pages.forms import read_file
from api.pages.registry import StaffPage
from api.pages.staff.codebook import codebook_words
from api.pages.staff.codebook.codebook import Version
from api.pages.staff.codebook.codebook_draft import (
    BASE,
    DRAFT_ADDRESS,
    codebook_conflict_page,
    load_codebook_draft,
    load_seen_draft,
    parse_revision,
)
from api.pages.work import FromPage, StaffRequest
from api.process.installation import import_lock
from api.process.threads import run_in_thread
from survey.files.refusals import empty_file
from survey.formats import codebook_files
from survey.formats import codebook_files as formats
from survey.formats.codebook_files import CodebookFile, CodebookImport
from survey.problems import Conflict, Problem
from survey.store.coding import codebooks
from survey.store.database import Database
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Add, AnyEdit, Codebook, theme_names

VERSION_ADDRESS = f"{BASE}/versions/{{version:int}}"
MOST_BYTES = formats.MOST_BYTES + 20_000  # the file, and the form around it


@get(f"{VERSION_ADDRESS}/codebook.csv")
async def download_csv(page: FromPage, version: Version) -> Response[bytes]:
    book = await load_version(page.database, version)
    return codebook_response(
        codebook_files.to_csv(book), "text/csv; charset=utf-8", f"{version}.csv"
    )


@get(f"{VERSION_ADDRESS}/codebook.qdc")
async def download_qdc(page: FromPage, version: Version) -> Response[bytes]:
    book = await load_version(page.database, version)
    return codebook_response(
        codebook_files.to_qdc(book), "application/xml; charset=utf-8", f"{version}.qdc"
    )


@get(f"{BASE}/new-themes.csv")
async def download_new_themes(page: FromPage) -> Response[bytes]:
    """Themes that Soundings starts with today and that this codebook has never had, as a file.

    A site keeps its own codebook: it gets them where a person imports them and accepts the draft.
    """
    book = await page.load(codebooks.get_newest)
    starting = await run_in_thread(load_starting_codebook)
    new = tuple(theme for theme in starting.themes if theme.id not in book.used_ids())
    content = codebook_files.to_csv(msgspec.structs.replace(starting, themes=new))
    return codebook_response(content, "text/csv; charset=utf-8", "new-themes.csv")


def load_starting_codebook() -> Codebook:
    """The codebook that an installation of today starts with. To be called in a thread."""
    with import_lock("analysis.themes.codebook"):
        from analysis.themes import codebook

    return codebook.STARTING_CODEBOOK


async def load_version(database: Database, version: int) -> Codebook:
    async with database.connection() as connection:
        return await codebooks.get(connection, version)


def codebook_response(content: bytes, kind: str, end: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="codebook-{end}"'}
    return Response(content, media_type=kind, headers=headers)


@get(f"{DRAFT_ADDRESS}/import")
async def show_import_form(page: FromPage) -> Template:
    return page.show(
        "codebook/import", draft=await load_codebook_draft(page.database), imported=None
    )


@post(f"{DRAFT_ADDRESS}/import", request_max_body_size=MOST_BYTES)
async def import_codebook(page: FromPage) -> Response[Any]:
    """Import a file: its differences become edits; what it leaves out is unchanged."""
    name, content = await read_file(page.request)
    try:
        imported = await save_import(page, name, content, parse_revision(page.form))
    except Conflict as refused:
        return await codebook_conflict_page(page, refused)
    except Problem as refused:
        page.form.refuse(refused, [("file", refused.sentence)])
        draft = await load_codebook_draft(page.database)
        return page.show("codebook/import", draft=draft, imported=None)
    return page.show(
        "codebook/import", draft=await load_codebook_draft(page.database), imported=imported
    )


async def save_import(
    page: StaffRequest, name: str, content: bytes, revision: int
) -> dict[str, Any]:
    """Save the edits of an imported file; returns what the page reports on it."""
    if not content:
        raise empty_file("CSV or .qdc, up to 1 MB.")
    detail: dict[str, int] = {}
    async with page.write("codebook imported", name, detail) as connection:
        draft = await load_seen_draft(connection, revision)
        offered = read_codebook_file(name, content, draft.book)
        found = formats.codebook_import(draft.book, offered.offers, name)
        # Known only now; the audit line is written when the block ends.
        detail["edits"] = len(found.edits)
        if found.edits:
            await codebooks.save_draft(
                connection, found.draft, revision=revision, by=page.person.id
            )
    return import_summary(draft.book, found, offered)


def read_codebook_file(name: str, content: bytes, book: Codebook) -> CodebookFile:
    """Read a file by its content rather than its name: XML begins with "<"."""
    # UTF-16 has a NUL in every other byte of such text, and a mark in front.
    begins = content[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if begins.startswith(b"<") or name.lower().endswith(".qdc"):
        return codebook_files.read_qdc(name, content, book.ids())
    return codebook_files.read_csv(name, content)


def import_summary(
    before: Codebook, found: CodebookImport, offered: CodebookFile
) -> dict[str, Any]:
    names = theme_names(before)
    return {
        "edits": codebook_words.edit_sentences(found.edits, names),
        "unnamed": [names[theme] for theme in found.unnamed],
        "notes": [*offered.notes, *undescribed_notes(found.edits)],
    }


def undescribed_notes(edits: tuple[AnyEdit, ...]) -> list[str]:
    """A note on new themes that the file does not describe."""
    added = [edit.theme for edit in edits if isinstance(edit, Add)]
    number = sum(theme.description == wording_text(theme.name) for theme in added)
    if not number:
        return []
    return [f"New themes without a description: {number}. Their name is used instead; write one."]


PAGES = [
    StaffPage(
        [download_csv, download_qdc, download_new_themes, show_import_form, import_codebook],
        linked_from="/work/themes/codebook/draft",
    )
]
