"""Double coding: two reviewers code the same texts, blind to the model and to each other."""

import datetime
import secrets
from typing import Any, get_args

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, formatting
from api.dependencies import FromDatabase, FromPerson
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from api.process.loading import import_lock
from api.security.people import Person
from survey.coding import double_coding as nouns
from survey.coding.codebooks import Codebook, Theme
from survey.coding.codes import CommentType
from survey.coding.double_coding import CoderLabel, quarter_of
from survey.problems import Conflict, Invalid
from survey.store.coding import codebooks
from survey.store.coding import double_coding as store
from survey.store.database import Connection, Database
from survey.surveys.instruments import wording_text

BASE = "/work/double-coding"
NEXT_ADDRESS = f"{BASE}/next"
TONES = {"negative": "Negative", "neutral": "Neutral, or both", "positive": "Positive"}
TYPES = {
    "experience": "Experience",
    "complaint": "Complaint",
    "praise": "Praise",
    "suggestion": "Suggestion",
    "question": "Question",
}
# A type that the model learns needs its words here, or coders could not choose it.
assert tuple(TYPES) == get_args(CommentType)
FIELDS = {"label.contradictory": "themes", "label.theme": "themes"}
QUESTION_ERRORS = {
    "tone": "Select the tone, or that you are not sure",
    "themes": "Select the themes, none of these, or that you are not sure",
    "comment_type": "Select the type of comment, or that you are not sure",
}


@get(BASE)
async def show_double_coding(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Template:
    return await double_coding_page(database, person, done=done_word(request))


async def double_coding_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        rows = await store.load_progress(connection, person.id)
        undrawn = await store.load_quarters_to_draw(connection, quarter_of(clock.today()))
        apart = await store.load_disagreements(connection)
    return staff_page(
        "double_coding/double_coding",
        person,
        rows=[(quarter_name(row.quarter), row) for row in rows],
        left=sum(row.left_to_me for row in rows),
        twice=sum(row.twice for row in rows),
        open=sum(row.resolution is None for row in apart),
        undrawn=[(str(one), quarter_name(one)) for one in undrawn],
        size=nouns.SAMPLE_SIZE,
        **context,
    )


def quarter_name(start: datetime.date) -> str:
    last = nouns.quarter_after(start) - datetime.timedelta(days=1)
    return f"{formatting.format_day(start)} to {formatting.format_day(last)}"


@post(BASE)
async def draw_sample(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Draw the sample of a quarter that is over and has none."""
    form = await read_form(request)
    chosen = form["quarter"]
    async with database.connection() as connection:
        undrawn = await store.load_quarters_to_draw(connection, quarter_of(clock.today()))
    quarter = next((one for one in undrawn if str(one) == chosen), None)
    if quarter is None:
        form.add_error("quarter", "Choose a quarter that has no sample yet")
        return await double_coding_page(database, person, form=form)
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load, needed once a quarter

    async with audited_transaction(database, person, "double coding drawn", chosen) as connection:
        # A seed that nobody chooses: the sample must not be drawn until it suits.
        await job.draw_sample(connection, quarter, seed=secrets.randbits(62))
    return Redirect(f"{BASE}?done=drawn", status_code=303)


@get(NEXT_ADDRESS)
async def show_next_text(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    return await coding_page(database, person, done=done_word(request))


async def coding_page(
    database: Database, person: Person, form: Form | None = None, **context: Any
) -> Response[Any]:
    """The next text: its words without personal data and the codebook, and nothing else."""
    async with database.connection() as connection:
        text = await store.find_next_text(connection, person.id)
        if text is None:
            return Redirect(f"{BASE}?done=finished", status_code=303)
        # Of the sample and not the newest: model and people are compared on the same themes.
        book = await codebooks.get(connection, text.codebook)
        rows = await store.load_progress(connection, person.id)
    row = next(row for row in rows if row.quarter == text.quarter)
    return staff_page(
        "double_coding/text",
        person,
        text=text,
        **label_choices(book),
        number=row.mine + 1,
        total=row.mine + row.left_to_me,
        form=form,
        chosen=form.values if form else {},
        **context,
    )


def label_choices(book: Codebook) -> dict[str, Any]:
    return {"themes": themes_by_name(book), "tones": TONES, "types": TYPES}


def themes_by_name(book: Codebook) -> list[tuple[str, Theme]]:
    """Themes in the order of their names, which gives no hint about the text."""
    return sorted((wording_text(theme.name), theme) for theme in book.themes)


@post(NEXT_ADDRESS)
async def save_label(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Save a reviewer's label; the audit records that they coded the text, not how."""
    form = await read_form(request)
    text = parse_text_id(form)
    try:
        async with audited_transaction(database, person, "text coded blind", text) as connection:
            label = parse_label(form, await load_codebook(connection, text))
            await store.insert_label(connection, text, label, by=person.id)
    except Invalid as refused:
        add_label_errors(form, refused)
        return await coding_page(database, person, form=form)
    except Conflict:
        # Two others were faster, or this was the second click: the next text is shown either way.
        return Redirect(f"{NEXT_ADDRESS}?done=taken", status_code=303)
    return Redirect(f"{NEXT_ADDRESS}?done=kept", status_code=303)


def parse_text_id(form: Form) -> str:
    text = form["text"]
    if len(text) != 36 or set(text) - set("0123456789abcdef-"):
        raise nouns.text_not_coded_twice()
    return text


async def load_codebook(connection: Connection, text: str) -> Codebook:
    return await codebooks.get(connection, await store.get_codebook_version(connection, text))


def parse_label(form: Form, book: Codebook) -> CoderLabel:
    return nouns.parse_label(
        form["tone"], form.all("themes"), form["comment_type"], known=book.ids()
    )


def add_label_errors(form: Form, refused: Invalid) -> None:
    """Add an error for each unanswered question, else for the refused answer."""
    for name, words in QUESTION_ERRORS.items():
        form.require(any(form.all(name)), name, words)
    if not form.errors:
        form.add_error(FIELDS.get(refused.code, "tone"), refused.sentence)


PAGES = [
    StaffPage(
        [show_double_coding, draw_sample, show_next_text, save_label],
        menu="Double coding",
        place=90,
    )
]
