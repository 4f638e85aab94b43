"""What all staff pages share: how they are rendered, what they read, what they save."""

import datetime
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar.response import Template

from api import clock
from api.pages.templating import AnyRequest
from api.security.people import Person
from survey.store.accounts import people as people_store
from survey.store.database import Connection, Database

Errors = list[tuple[str, str]]
EMPTY_FORM: dict[str, str] = {}


@asynccontextmanager
async def audited_transaction(
    database: Database, person: Person, act: str, subject: str, detail: object = None
) -> AsyncIterator[Connection]:
    """A transaction whose change and audit line are saved together, or not at all.

    Every write from a page happens in one.
    """
    async with database.connection() as connection, connection.transaction():
        yield connection
        await people_store.append_audit(connection, act, subject, by=person.id, detail=detail)


def staff_page(name: str, person: Person, /, *, status: int = 200, **context: Any) -> Template:
    """Render a staff page. Staff pages are in English only and offer no other language."""
    given = {"person": person, "languages": [], "done": ""}
    empty: dict[str, Any] = {"errors": [], "typed": EMPTY_FORM, "refused": None}
    return Template(f"work/{name}.html", context=given | empty | context, status_code=status)


def done_word(request: AnyRequest) -> str:
    """The `done` word of the address, by which a template confirms what was just done."""
    return request.query_params.get("done", "")


async def read_form(request: AnyRequest) -> dict[str, str]:
    """The text fields of a form; the last value if a field comes twice."""
    form = await request.form()
    return {name: clean_text(value) for name, value in form.multi_items() if isinstance(value, str)}


def clean_text(text: str) -> str:
    """Text without control characters, which cannot be shown and which the database refuses."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(
        c for c in plain if c in "\n\t" or unicodedata.category(c) not in REMOVED_CATEGORIES
    ).strip()


REMOVED_CATEGORIES = ("Cc", "Cs")


def parse_day(form: dict[str, str], name: str) -> datetime.date | None:
    """The date in the three fields of a form; None if they are not a date."""
    try:
        year, month, day = (int(form.get(f"{name}-{one}", "")) for one in ("year", "month", "day"))
        return datetime.date(year, month, day)
    except (ValueError, OverflowError):
        return None


def day_fields(name: str, day: datetime.date) -> dict[str, str]:
    """The three form fields for a date."""
    parts = {"day": day.day, "month": day.month, "year": day.year}
    return {f"{name}-{part}": str(number) for part, number in parts.items()}


def format_day(at: datetime.datetime) -> str:
    return f"{at.astimezone(clock.LONDON):%-d %b %Y}"


def format_moment(at: datetime.datetime) -> str:
    return f"{format_day(at)}, {at.astimezone(clock.LONDON):%H:%M}"
