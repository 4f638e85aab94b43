"""Double coding: two people code the same texts, and see nothing of the machine's codes or of each
other's until both have."""

import datetime
import secrets
from typing import Any, get_args

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, figures
from api.loading import loading
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, done, page, tidy
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey import double_coding as nouns
from survey.codebooks import Codebook, Theme
from survey.codes import CommentType
from survey.double_coding import Label, quarter_of
from survey.instruments import said
from survey.problems import Conflict, Invalid
from survey.store import codebooks
from survey.store import double_coding as store
from survey.store.database import Connection, Database

BASE = "/work/double-coding"
NEXT = f"{BASE}/next"
TONES = {"negative": "Negative", "neutral": "Neutral, or both", "positive": "Positive"}
TYPES = {
    "experience": "Experience",
    "complaint": "Complaint",
    "praise": "Praise",
    "suggestion": "Suggestion",
    "question": "Question",
}
assert tuple(TYPES) == get_args(CommentType)
FIELDS = {"label.contradictory": "themes", "label.theme": "themes"}
ASKED = {
    "tone": "Select the tone, or that you are not sure",
    "themes": "Select the themes, none of these, or that you are not sure",
    "comment_type": "Select the type of comment, or that you are not sure",
}
Form = dict[str, list[str]]


@get(BASE, guards=reviewers, include_in_schema=False)
async def read(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await overview(database, person, done=done(request))


async def overview(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        rows = await store.progress(connection, person.id)
        undrawn = await store.to_draw(connection, quarter_of(clock.today()))
        apart = await store.disagreements(connection)
    return page(
        "double_coding",
        person,
        rows=[(quarter_name(row["quarter"]), row) for row in rows],
        left=sum(row["left_to_me"] for row in rows),
        twice=sum(row["twice"] for row in rows),
        open=sum(row["resolution"] is None for row in apart),
        undrawn=[(str(one), quarter_name(one)) for one in undrawn],
        size=nouns.SAMPLE,
        **context,
    )


def quarter_name(start: datetime.date) -> str:
    last = nouns.quarter_after(start) - datetime.timedelta(days=1)
    return f"{figures.day(start)} to {figures.day(last)}"


@post(BASE, guards=reviewers, include_in_schema=False)
async def draw(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Draw the sample of a quarter that is over and has none."""
    chosen = (await chosen_in(request)).get("quarter", [""])[0]
    async with database.connection() as connection:
        undrawn = await store.to_draw(connection, quarter_of(clock.today()))
    quarter = next((one for one in undrawn if str(one) == chosen), None)
    if quarter is None:
        wrong: Errors = [("quarter", "Choose a quarter that has no sample yet")]
        return await overview(database, person, status=422, errors=wrong)
    with loading("api.jobs.double_coding"):
        from api.jobs import double_coding as job  # slow to load, needed once a quarter

    async with acting(database, person, "double coding drawn", chosen) as connection:
        await job.draw(connection, quarter, seed=secrets.randbits(62))
    return Redirect(f"{BASE}?done=drawn", status_code=303)


@get(NEXT, guards=reviewers, include_in_schema=False)
async def next_text(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    return await text_page(database, person, done=done(request))


async def text_page(database: Database, person: Person, **context: Any) -> Response[Any]:
    """The next text: its words without personal data and the codebook, and nothing else."""
    async with database.connection() as connection:
        text = await store.next_text(connection, person.id)
        if text is None:
            return Redirect(f"{BASE}?done=finished", status_code=303)
        book = await codebooks.get(connection, text["codebook"])
        rows = await store.progress(connection, person.id)
    row = next(row for row in rows if row["quarter"] == text["quarter"])
    return page(
        "double_coding_text",
        person,
        text=text,
        **choices(book),
        number=row["mine"] + 1,
        total=row["mine"] + row["left_to_me"],
        **({"chosen": {}} | context),
    )


def choices(book: Codebook) -> dict[str, Any]:
    return {"themes": by_name(book), "tones": TONES, "types": TYPES}


def by_name(book: Codebook) -> list[tuple[str, Theme]]:
    """Themes in the order of their names, which tells nothing of any text."""
    return sorted((said(theme.name), theme) for theme in book.themes)


async def chosen_in(request: AnyRequest) -> Form:
    """Every value of every field."""
    found: Form = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(tidy(value))
    return found


@post(NEXT, guards=reviewers, include_in_schema=False)
async def keep(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Keep what the person says of the text; the audit says that they did, and not what."""
    form = await chosen_in(request)
    text = uuid_in(form)
    try:
        async with acting(database, person, "text coded blind", text) as connection:
            label = label_in(form, await book_of(connection, text))
            await store.insert_label(connection, text, label, by=person.id)
    except Invalid as refused:
        wrong = faults(form, refused)
        return await text_page(database, person, status=422, errors=wrong, chosen=form)
    except Conflict:
        return Redirect(f"{NEXT}?done=taken", status_code=303)
    return Redirect(f"{NEXT}?done=kept", status_code=303)


def uuid_in(form: Form) -> str:
    text = form.get("text", [""])[0]
    if len(text) != 36 or set(text) - set("0123456789abcdef-"):
        raise nouns.not_open()
    return text


async def book_of(connection: Connection, text: str) -> Codebook:
    return await codebooks.get(connection, await store.codebook_of(connection, text))


def label_in(form: Form, book: Codebook) -> Label:
    return nouns.label(
        form.get("tone", [""])[0],
        form.get("themes", []),
        form.get("comment_type", [""])[0],
        known=book.ids(),
    )


def faults(form: Form, refused: Invalid) -> Errors:
    """Each question without an answer, or what is wrong with an answer."""
    missing = [(name, words) for name, words in ASKED.items() if not any(form.get(name, []))]
    return missing or [(FIELDS.get(refused.code, "tone"), refused.sentence)]


HANDLERS = [read, draw, next_text, keep]
