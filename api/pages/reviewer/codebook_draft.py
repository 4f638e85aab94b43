"""The shared draft of the codebook: opened, changed by an edit, or changed by others."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response

from api.pages.reviewer import codebook_words
from api.pages.work import Errors, acting, moment, page
from api.people import Person
from survey.codebooks import AnyEdit, Codebook, names_of
from survey.edits import edited
from survey.problems import Conflict, Invalid
from survey.store import codebooks
from survey.store.codebooks import Draft
from survey.store.database import Connection, Database

BASE = "/work/themes/codebook"
DRAFT = f"{BASE}/draft"
LAST_EDITS = 5
# What a form holds besides what a person typed or chose in words of their own.
LABELS = {
    "name-en": "Name",
    "name-ar": "Name in Arabic",
    "description": "Description",
    "seeds": "Seed words",
    "example": "Example",
    "note": "Why",
    **{f"name-{part}": f"Name of part {part}" for part in range(1, 5)},
    **{f"description-{part}": f"Description of part {part}" for part in range(1, 5)},
}

# Where on a page a refusal belongs.
FIELDS = {
    "theme.name": "name-en",
    "theme.description": "description",
    "theme.seeds": "seeds",
    "theme.example": "example",
    "theme.examples": "example",
    "theme.merge_self": "into",
}


def revision_in(form: dict[str, str]) -> int:
    """The draft that the person saw; -1, which never was, where the form tells none."""
    told = form.get("revision", "")
    return int(told) if told.isdecimal() and len(told) < 18 else -1


def missing() -> Conflict:
    return Conflict(
        "codebook.draft_missing",
        "There is no draft any more: it was accepted or discarded.",
        "Look at the version in use, then start a new draft.",
    )


async def open_draft(database: Database) -> Draft:
    async with database.connection() as connection:
        draft = await codebooks.draft(connection)
    if draft is None:
        raise missing()
    return draft


async def draft_seen(connection: Connection, revision: int) -> Draft:
    """The draft, if it still stands as the person saw it."""
    draft = await codebooks.draft(connection)
    if draft is None:
        raise missing()
    if draft.revision != revision:
        raise codebooks.changed()
    return draft


async def change(
    database: Database,
    person: Person,
    subject: str,
    form: dict[str, str],
    make: Callable[[Codebook], AnyEdit],
    again: Callable[[Errors], Awaitable[Response[Any]]],
) -> Response[Any] | None:
    """One edit of the draft that the person saw, with its line in the audit.

    None when it is kept; else the page that says why not: their own once more, by `again`, or
    what others did in the meantime.
    """
    revision, detail = revision_in(form), dict[str, str]()
    try:
        async with acting(database, person, "codebook changed", subject, detail) as connection:
            draft = await draft_seen(connection, revision)
            edit = make(draft.book)
            detail["edit"] = type(edit).__name__.lower()
            book = edited(draft.book, edit)
            await codebooks.save_draft(connection, book, revision=revision, by=person.id)
    except Conflict as refused:
        return await changed_page(database, person, refused, form)
    except Invalid as refused:
        return await again([(FIELDS.get(refused.code, ""), refused.sentence)])
    return None


async def changed_page(
    database: Database, person: Person, refused: Conflict, form: dict[str, str]
) -> Response[Any]:
    """What others did in the meantime, and what the person had typed, so that nothing is lost."""
    async with database.connection() as connection:
        draft = await codebooks.draft(connection)
        newest = await codebooks.newest(connection)
    names = names_of(newest)
    last = codebook_words.told(draft.book.edits, names)[-LAST_EDITS:] if draft else []
    return page(
        "codebook_changed",
        person,
        status=refused.status,
        refused=refused,
        draft=draft,
        edited=moment(draft.edited_at) if draft else "",
        last=last[::-1],
        words=[(label, form[name]) for name, label in LABELS.items() if form.get(name)],
    )
