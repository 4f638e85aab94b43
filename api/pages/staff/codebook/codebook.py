"""The codebook: the version in use, how it came about, and a draft of the next."""

import contextlib
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from api.jobs.texts import codebook_versions
from api.pages.registry import StaffPage
from api.pages.staff.codebook import codebook_words
from api.pages.staff.codebook.codebook_draft import (
    BASE,
    DRAFT_ADDRESS,
    codebook_conflict_page,
    load_codebook_draft,
    load_seen_draft,
    parse_revision,
)
from api.pages.work import FromPage, format_moment
from survey.problems import Conflict, Invalid
from survey.store import jobs
from survey.store.coding import codebooks, codes, recodings
from survey.store.database import Connection
from survey.themes.codebook_edits import next_draft
from survey.themes.codebooks import theme_names

FEWEST_NOTE, MOST_NOTE = 10, 500
Version = Annotated[int, PathParameter(ge=1, le=1_000_000)]


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
        history=codebook_words.codebook_history(first, versions),
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
    edits = codebook_words.edit_sentences(draft.book.edits, theme_names(newest))
    return page.show(
        "codebook/draft", draft=draft, edited=format_moment(draft.edited_at), edits=edits
    )


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
    """What the draft would change in the newest texts, and the form to accept it."""
    draft = await load_codebook_draft(page.database)
    async with page.connection() as connection:
        found = await codebook_versions.preview_draft(connection, draft.book)
        newest = await codebooks.get_newest(connection)
    edits = codebook_words.edit_sentences(draft.book.edits, theme_names(newest))
    ids = draft.book.ids()
    return page.show(
        "codebook/effect",
        draft=draft,
        found=found,
        edits=edits,
        ids=ids,
        old=newest.ids(),
    )


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
            accept_draft,
        ],
        linked_from="/work/themes",
    )
]
