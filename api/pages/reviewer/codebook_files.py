"""A codebook as a file: any version to take away, and a file that becomes edits of the draft."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Template

from api.pages.reviewer import codebook_words
from api.pages.reviewer.codebook import Version
from api.pages.reviewer.codebook_draft import (
    BASE,
    DRAFT,
    changed_page,
    draft_seen,
    open_draft,
    revision_in,
)
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.files import name_of
from api.pages.templating import AnyRequest
from api.pages.work import acting, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.codebooks import Add, AnyEdit, Codebook, names_of
from survey.formats import codebook_csv, codebook_qdc
from survey.formats import codebooks as formats
from survey.formats.codebooks import Offered, Taken
from survey.instruments import said
from survey.problems import Conflict, Invalid, Problem
from survey.store import codebooks
from survey.store.database import Database

VERSION = f"{BASE}/versions/{{version:int}}"
MOST_BYTES = formats.MOST_BYTES + 20_000  # the file, and the form around it


@get(f"{VERSION}/codebook.csv", guards=reviewers, include_in_schema=False)
async def as_csv(database: FromDatabase, version: Version) -> Response[bytes]:
    book = await version_of(database, version)
    return download(codebook_csv.written(book), "text/csv; charset=utf-8", f"{version}.csv")


@get(f"{VERSION}/codebook.qdc", guards=reviewers, include_in_schema=False)
async def as_qdc(database: FromDatabase, version: Version) -> Response[bytes]:
    book = await version_of(database, version)
    return download(codebook_qdc.written(book), "application/xml; charset=utf-8", f"{version}.qdc")


async def version_of(database: Database, version: int) -> Codebook:
    async with database.connection() as connection:
        return await codebooks.get(connection, version)


def download(content: bytes, kind: str, end: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="codebook-{end}"'}
    return Response(content, media_type=kind, headers=headers)


@get(f"{DRAFT}/import", guards=reviewers, include_in_schema=False)
async def import_form(database: FromDatabase, person: FromPerson) -> Template:
    return page("codebook_import", person, draft=await open_draft(database), told=None)


@post(
    f"{DRAFT}/import", guards=reviewers, include_in_schema=False, request_max_body_size=MOST_BYTES
)
async def take(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Everything that the file says otherwise becomes an edit; what it lacks is left alone."""
    form = await typed(request)
    chosen = (await request.form()).get("file")
    content = await chosen.read() if isinstance(chosen, UploadFile) else b""
    name = name_of(chosen.filename) if isinstance(chosen, UploadFile) else ""
    try:
        told = await kept(database, person, name, content, revision_in(form))
    except Conflict as refused:
        return await changed_page(database, person, refused, form)
    except Problem as refused:
        given: dict[str, Any] = {"errors": [("file", refused.sentence)], "refused": refused}
        draft = await open_draft(database)
        status = refused.status
        return page("codebook_import", person, status=status, draft=draft, told=None, **given)
    return page("codebook_import", person, draft=await open_draft(database), told=told)


async def kept(
    database: Database, person: Person, name: str, content: bytes, revision: int
) -> dict[str, Any]:
    """What the page tells of a file that was taken."""
    if not content:
        raise Invalid("file.empty", "Choose a file that is not empty", "CSV or .qdc, up to 1 MB.")
    detail: dict[str, int] = {}
    async with acting(database, person, "codebook imported", name, detail) as connection:
        draft = await draft_seen(connection, revision)
        offered = read(name, content, draft.book)
        found = formats.taken(draft.book, offered.offers, name)
        detail["edits"] = len(found.edits)
        if found.edits:
            await codebooks.save_draft(connection, found.draft, revision=revision, by=person.id)
    return in_words(draft.book, found, offered)


def read(name: str, content: bytes, book: Codebook) -> Offered:
    """By what the file holds, for a name says little: XML begins with a sign of its own."""
    begins = content[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if begins.startswith(b"<") or name.lower().endswith(".qdc"):
        return codebook_qdc.read(name, content, book.ids())
    return codebook_csv.read(name, content)


def in_words(before: Codebook, found: Taken, offered: Offered) -> dict[str, Any]:
    names = names_of(before)
    return {
        "edits": codebook_words.told(found.edits, names),
        "unnamed": [names[theme] for theme in found.unnamed],
        "notes": [*offered.notes, *bare(found.edits)],
    }


def bare(edits: tuple[AnyEdit, ...]) -> list[str]:
    """What is said of new themes that the file does not describe."""
    added = [edit.theme for edit in edits if isinstance(edit, Add)]
    number = sum(theme.description == said(theme.name) for theme in added)
    if not number:
        return []
    return [f"New themes without a description: {number}. Their name is used instead; write one."]


HANDLERS = [as_csv, as_qdc, import_form, take]
