"""The codebook: the version in use, its past, a draft of the next, and all of them as files."""

import contextlib
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from api.jobs.texts import codebook_versions
from api.pages.forms import read_file
from api.pages.staff.themes import codebook_draft
from api.pages.staff.themes.codebook_draft import (
    BASE,
    DRAFT_ADDRESS,
    codebook_conflict_page,
    load_codebook_draft,
    load_seen_draft,
    parse_revision,
)
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from api.process.long_work import run_in_thread
from survey.files.refusals import empty_file
from survey.formats import codebook_files
from survey.formats import codebook_files as formats
from survey.problems import Conflict, Invalid, Problem
from survey.store import jobs
from survey.store.database import Connection, Database
from survey.store.themes import codebooks, codes, recodings, texts
from survey.surveys.instruments import wording_text
from survey.themes.codebook_edits import next_draft
from survey.themes.codebooks import Add, AnyEdit, Codebook, theme_names

EFFECT_JOB = "draft_effect"
FEWEST_NOTE, MOST_NOTE = 10, 500
Version = Annotated[int, PathParameter(ge=1, le=1_000_000)]
VERSION_ADDRESS = f"{BASE}/versions/{{version:int}}"
MOST_BYTES = formats.MOST_BYTES + 20_000  # the file, and the form around it


@get(BASE)
async def show_codebook(page: FromPage) -> Template:
    """The version in use, what it moved, and every version before it."""
    async with page.connection() as connection:
        book = await codebooks.get_newest(connection)
        versions = await codebooks.load_versions(connection)
        first = await codebooks.get(connection, versions[-1].version)
        draft = await codebooks.find_draft(connection)
        counts = await codes.count_by_theme(connection, book.version)
        coming = await jobs.load_pending(connection, ["recode_texts"])
        moved = await load_theme_moves(connection, book.version)
    return page.show(
        "codebook/codebook",
        book=book,
        history=codebook_draft.codebook_history(first, versions),
        draft=draft,
        counts=counts,
        coming=bool(coming),
        moved=moved,
    )


async def load_theme_moves(connection: Connection, version: int) -> list[tuple[str, str, int]]:
    """How many texts went from which theme to which when a version was applied, by name."""
    rows = await recodings.load_shifts(connection, version)
    if not rows:
        return []
    names = theme_names(await codebooks.get(connection, version))
    if version > 1:
        # A theme that this version merged or retired has its name only in the one before.
        names = theme_names(await codebooks.get(connection, version - 1)) | names
    named = names | {"": "no theme"}
    return [(named.get(was, was), named.get(now, now), texts) for was, now, texts in rows]


@get(f"{BASE}/versions/{{version:int}}")
async def show_version(page: FromPage, version: Version) -> Template:
    """Show one version as it was, with the texts it recoded."""
    async with page.connection() as connection:
        book = await codebooks.get(connection, version)
        newest = await codebooks.get_newest(connection)
        moved = await load_theme_moves(connection, version)
    return page.show("codebook/version", book=book, newest=newest.version, moved=moved)


@post(DRAFT_ADDRESS)
async def start_draft(page: FromPage) -> Response[Any]:
    """Start a draft unless there is one: all reviewers share it."""
    async with page.connection() as connection:
        there = await codebooks.find_draft(connection)
        newest = await codebooks.get_newest(connection)
    if there is None:
        draft = next_draft(newest)
        subject = f"version {draft.version}"
        with contextlib.suppress(Conflict):  # somebody else began it in the same moment
            async with page.write("codebook draft begun", subject) as connection:
                await codebooks.save_draft(connection, draft, revision=0, by=page.person.id)
    return page.to(DRAFT_ADDRESS)


@get(DRAFT_ADDRESS)
async def show_draft(page: FromPage) -> Response[Any]:
    async with page.connection() as connection:
        draft = await codebooks.find_draft(connection)
        newest = await codebooks.get_newest(connection)
    if draft is None:
        return page.to(BASE)
    edits = codebook_draft.edit_sentences(draft.book.edits, theme_names(newest))
    return page.show("codebook/draft", draft=draft, edits=edits)


@get(f"{DRAFT_ADDRESS}/discard")
async def show_discard_form(page: FromPage) -> Template:
    draft = await load_codebook_draft(page.database)
    return page.show("codebook/discard", draft=draft)


@post(f"{DRAFT_ADDRESS}/discard")
async def discard_draft(page: FromPage) -> Response[Any]:
    try:
        async with page.write("codebook draft discarded", "codebook") as connection:
            # Another reviewer may have added edits that this person has never seen.
            await load_seen_draft(connection, parse_revision(page.form))
            await codebooks.discard_draft(connection)
    except Conflict as refused:
        return await codebook_conflict_page(page, refused)
    return page.to(BASE, "discarded")


async def effect_page(page: FromPage) -> Template:
    """What the draft would change in the newest texts once a job worked it out, and the form to
    accept it.
    """
    draft = await load_codebook_draft(page.database)
    async with page.connection() as connection:
        effect = await codebooks.find_effect(connection, draft.revision)
        coming = await jobs.load_pending(connection, [EFFECT_JOB])
        progress = await jobs.load_progress(connection)
        newest = await codebooks.get_newest(connection)
        shown = effect.themes if effect else ()
        ids = [text for theme in shown for text in (*theme.gained, *theme.lost)]
        words = await texts.load_redacted(connection, ids)
    edits = codebook_draft.edit_sentences(draft.book.edits, theme_names(newest))
    return page.show(
        "codebook/effect",
        draft=draft,
        effect=effect,
        coming=bool(coming),
        busy=bool(progress),
        read=next((task.step for task in progress if task.work == EFFECT_JOB), ""),
        words=words,
        edits=edits,
        ids=draft.book.ids(),
        old=newest.ids(),
    )


@post(f"{DRAFT_ADDRESS}/effect")
async def request_effect(page: FromPage) -> Response[Any]:
    """Have the effect of the draft worked out, unless it is known or coming already."""
    draft = await load_codebook_draft(page.database)
    if await page.load(codebooks.find_effect, draft.revision) is None:
        async with page.write("codebook effect asked for", "codebook") as connection:
            await jobs.enqueue_unless_waiting(connection, EFFECT_JOB, str(draft.revision))
    return page.to(f"{DRAFT_ADDRESS}/effect")


@post(f"{DRAFT_ADDRESS}/accept")
async def accept_draft(page: FromPage) -> Response[Any]:
    revision, note = parse_revision(page.form), page.form["note"]
    wanted = f"Say why, in {FEWEST_NOTE} to {MOST_NOTE} characters"
    page.form.require_length("note", FEWEST_NOTE, MOST_NOTE, wanted)
    if page.form.errors:
        return await effect_page(page)
    try:
        act = "codebook accepted"
        async with page.write(act, "codebook", {"note": note}) as connection:
            await load_seen_draft(connection, revision)
            await codebook_versions.accept_draft(
                connection, by=page.person.id, note=note, revision=revision
            )
    except Conflict as refused:
        return await codebook_conflict_page(page, refused)
    except Invalid as refused:
        page.form.refuse(refused, [("note", refused.sentence)])
        return await effect_page(page)
    return page.to(BASE, "accepted")


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
    """Download as a file the themes of today's starting codebook that this codebook has never had.

    A site keeps its own codebook: these themes enter it only if a person imports the file and
    accepts the draft.
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
        # Read a file by its content rather than its name: XML begins with "<".
        # UTF-16 has a NUL in every other byte of such text, and a mark in front.
        begins = content[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        if begins.startswith(b"<") or name.lower().endswith(".qdc"):
            offered = codebook_files.read_qdc(name, content, draft.book.ids())
        else:
            offered = codebook_files.read_csv(name, content)
        codebook_import = formats.codebook_import(draft.book, offered.offers, name)
        # Known only now; the audit line is written when the block ends.
        detail["edits"] = len(codebook_import.edits)
        if codebook_import.edits:
            await codebooks.save_draft(
                connection, codebook_import.draft, revision=revision, by=page.person.id
            )
    names = theme_names(draft.book)
    return {
        "edits": codebook_draft.edit_sentences(codebook_import.edits, names),
        "unnamed": [names[theme] for theme in codebook_import.unnamed],
        "notes": [*offered.notes, *undescribed_notes(codebook_import.edits)],
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
        [
            show_codebook,
            show_version,
            start_draft,
            show_draft,
            show_discard_form,
            discard_draft,
            get(f"{DRAFT_ADDRESS}/effect")(effect_page),
            request_effect,
            accept_draft,
        ],
        linked_from="/work/themes",
    ),
    StaffPage(
        [download_csv, download_qdc, download_new_themes, show_import_form, import_codebook],
        linked_from="/work/themes/codebook/draft",
    ),
]
