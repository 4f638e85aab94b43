"""What a resident has typed and not yet sent; found only with the key in the resident's browser."""

import datetime
import secrets
from typing import Any

import msgspec
from litestar.datastructures import Cookie

from api import clock, cookies
from api.lodging import ONLINE, Desk
from api.pages.templating import AnyRequest
from api.people import digest
from survey.instruments import Instrument
from survey.responses import Answers
from survey.store import sessions
from survey.store.database import Connection

LASTS = datetime.timedelta(hours=2)


class Draft(msgspec.Struct, kw_only=True):
    """`once` marks the sending, so that two clicks keep one answer; `reference`: it was sent.

    `contact` is sealed already; `desk` says who of the working group keys it, for somebody;
    `file_names` are what the files are called on the device they came from, for their sender alone.
    `case` is the case whose record it corrects. `opened` is the digest of the key, of a case or of
    a session of staff, that it was begun under: it ends with that. `refused` is what was typed on
    pages that could not be taken as they were, under seal, by the name of the page.
    """

    slug: str
    version: int = 0
    once: str = ""
    access_code: str = ""
    borough: str = ""
    answers: Answers = {}
    may_quote: bool = False
    contact: str = ""
    file_names: dict[str, str] = {}
    desk: Desk = ONLINE
    case: str = ""
    opened: str = ""
    reference: str = ""
    refused: dict[str, str] = {}


def new(instrument: Instrument, **given: Any) -> Draft:
    once = secrets.token_urlsafe(16)
    return Draft(slug=instrument.slug, version=instrument.version, once=once, **given)


async def begin(
    connection: Connection, instrument: Instrument, answers: Answers, **more: Any
) -> str:
    """The key of a new draft, with the answers that the survey begins with."""
    key = secrets.token_urlsafe(32)
    draft = new(instrument, answers=answers, **more)
    await save(connection, key, draft)
    return key


async def put_away(connection: Connection, key: str) -> None:
    """Nothing of it is left for who uses this browser next."""
    await sessions.delete_draft(connection, digest(key))


async def save(connection: Connection, key: str, draft: Draft) -> None:
    await sessions.put_draft(connection, digest(key), draft, clock.now() + LASTS)


async def find(connection: Connection, key: str, slug: str) -> Draft | None:
    content = await sessions.get_draft(connection, digest(key)) if key else None
    draft = msgspec.convert(content, Draft) if content else None
    return draft if draft and draft.slug == slug else None


async def finish(connection: Connection, key: str, draft: Draft, reference: str) -> None:
    """Drop what was typed; until the next full hour a second click still finds the receipt.

    A full hour, so that the row does not tell the minute of the answer.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    expires = hour + datetime.timedelta(hours=1)
    left = Draft(slug=draft.slug, desk=draft.desk, opened=draft.opened, reference=reference)
    await sessions.put_draft(connection, digest(key), left, expires)


def cookie(request: AnyRequest, key: str, path: str) -> Cookie:
    """No age: the browser forgets it when it is closed."""
    return cookies.build_cookie(request, cookies.DRAFT, key, path=path)


def gone_cookie(request: AnyRequest, path: str = cookies.COMPLAINTS) -> Cookie:
    """Takes the key of a draft out of the browser, from whatever page."""
    return cookies.build_removal(request, cookies.DRAFT, path)
