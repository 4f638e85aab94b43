"""The codebook: the version in use, how it came about, and a draft of the next."""

import contextlib
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.jobs import recoding
from api.pages.reviewer import codebook_words
from api.pages.reviewer.codebook_draft import (
    BASE,
    DRAFT,
    changed_page,
    draft_seen,
    open_draft,
    revision_in,
)
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, done, moment, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.codebooks import names_of
from survey.edits import draft_of
from survey.problems import Conflict, Invalid
from survey.store import codebooks, codes, jobs, recodings
from survey.store.database import Connection, Database

FEWEST_NOTE, MOST_NOTE = 10, 500
Version = Annotated[int, PathParameter(ge=1, le=1_000_000)]


@get(BASE, guards=reviewers, include_in_schema=False)
async def read(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    """The version in use, what it moved, and every version before it."""
    async with database.connection() as connection:
        book = await codebooks.newest(connection)
        rows = await codebooks.versions(connection)
        first = await codebooks.get(connection, rows[-1]["version"])
        draft = await codebooks.draft(connection)
        counts = await codes.theme_counts(connection, book.version)
        coming = await jobs.asked(connection, ["recode_texts"])
        moved = await moves_of(connection, book.version)
    return page(
        "codebook",
        person,
        book=book,
        history=codebook_words.history(first, rows),
        draft=draft,
        counts=counts,
        coming=bool(coming),
        moved=moved,
        done=done(request),
    )


async def moves_of(connection: Connection, version: int) -> list[tuple[str, str, int]]:
    """How many texts went from which theme to which when a version was applied, by name."""
    rows = await recodings.of_version(connection, version)
    if not rows:
        return []
    names = names_of(await codebooks.get(connection, version))
    if version > 1:
        names = names_of(await codebooks.get(connection, version - 1)) | names
    named = names | {"": "no theme"}
    return [(named.get(was, was), named.get(now, now), texts) for was, now, texts in rows]


@get(f"{BASE}/versions/{{version:int}}", guards=reviewers, include_in_schema=False)
async def read_version(database: FromDatabase, person: FromPerson, version: Version) -> Template:
    """One version as it stood, with what it moved."""
    async with database.connection() as connection:
        book = await codebooks.get(connection, version)
        newest = await codebooks.newest(connection)
        moved = await moves_of(connection, version)
    return page("codebook_version", person, book=book, newest=newest.version, moved=moved)


@post(DRAFT, guards=reviewers, include_in_schema=False)
async def start(database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Begin a draft, unless there is one: it is shared."""
    async with database.connection() as connection:
        there = await codebooks.draft(connection)
        newest = await codebooks.newest(connection)
    if there is None:
        draft = draft_of(newest)
        subject = f"version {draft.version}"
        with contextlib.suppress(Conflict):  # somebody else began it in the same moment
            async with acting(database, person, "codebook draft begun", subject) as connection:
                await codebooks.save_draft(connection, draft, revision=0, by=person.id)
    return Redirect(DRAFT, status_code=303)


@get(DRAFT, guards=reviewers, include_in_schema=False)
async def read_draft(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    async with database.connection() as connection:
        draft = await codebooks.draft(connection)
        newest = await codebooks.newest(connection)
    if draft is None:
        return Redirect(BASE, status_code=303)
    edits = codebook_words.told(draft.book.edits, names_of(newest))
    return page(
        "codebook_draft",
        person,
        draft=draft,
        edited=moment(draft.edited_at),
        edits=edits,
        done=done(request),
    )


@get(f"{DRAFT}/discard", guards=reviewers, include_in_schema=False)
async def confirm_discard(database: FromDatabase, person: FromPerson) -> Template:
    draft = await open_draft(database)
    return page("codebook_discard", person, draft=draft)


@post(f"{DRAFT}/discard", guards=reviewers, include_in_schema=False)
async def discard(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    form = await typed(request)
    try:
        async with acting(database, person, "codebook draft discarded", "codebook") as connection:
            await draft_seen(connection, revision_in(form))
            await codebooks.drop_draft(connection)
    except Conflict as refused:
        return await changed_page(database, person, refused, form)
    return Redirect(f"{BASE}?done=discarded", status_code=303)


@get(f"{DRAFT}/effect", guards=reviewers, include_in_schema=False)
async def read_effect(database: FromDatabase, person: FromPerson) -> Response[Any]:
    return await effect_page(database, person)


async def effect_page(
    database: Database, person: Person, *, status: int = 200, **context: Any
) -> Template:
    """What the draft would do to the newest texts, and the form that accepts it."""
    draft = await open_draft(database)
    async with database.connection() as connection:
        found = await recoding.preview(connection, draft.book)
        newest = await codebooks.newest(connection)
    edits = codebook_words.told(draft.book.edits, names_of(newest))
    ids = draft.book.ids()
    given = {"draft": draft, "found": found, "edits": edits, "ids": ids, "old": newest.ids()}
    return page("codebook_effect", person, status=status, **(given | context))


@post(f"{DRAFT}/accept", guards=reviewers, include_in_schema=False)
async def accept(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    form = await typed(request)
    revision, note = revision_in(form), form.get("note", "")
    try:
        if not FEWEST_NOTE <= len(note) <= MOST_NOTE:
            wrong = f"Say why, in {FEWEST_NOTE} to {MOST_NOTE} characters"
            raise Invalid("codebook.note", wrong)
        act = "codebook accepted"
        async with acting(database, person, act, "codebook", {"note": note}) as connection:
            await draft_seen(connection, revision)
            await recoding.accept(connection, by=person.id, note=note, revision=revision)
    except Conflict as refused:
        return await changed_page(database, person, refused, form)
    except Invalid as refused:
        told: Errors = [("note", refused.sentence)]
        return await effect_page(database, person, status=422, errors=told, typed=form)
    return Redirect(f"{BASE}?done=accepted", status_code=303)


HANDLERS = [
    read, read_version, start, read_draft, confirm_discard, discard, read_effect, accept,
]  # fmt: skip
