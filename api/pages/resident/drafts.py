"""What a resident has typed and not yet sent; found only with the key in the resident's browser."""

import datetime
import secrets

import msgspec
from litestar.datastructures import Cookie

from api import clock
from api.pages.templating import AnyRequest
from api.people import digest
from survey.instruments import Instrument
from survey.responses import Answers
from survey.store import sessions
from survey.store.database import Connection

COOKIE = "soundings_draft"
LASTS = datetime.timedelta(hours=2)


class Draft(msgspec.Struct, kw_only=True):
    """`once` marks the sending, so that two clicks keep one answer; `reference`: it was sent."""

    slug: str
    version: int = 0
    once: str = ""
    access_code: str = ""
    borough: str = ""
    answers: Answers = {}
    may_quote: bool = False
    reference: str = ""


async def begin(connection: Connection, instrument: Instrument, answers: Answers) -> str:
    """The key of a new draft, with the answers that the survey begins with."""
    key = secrets.token_urlsafe(32)
    draft = Draft(slug=instrument.slug, version=instrument.version, answers=answers)
    draft.once = secrets.token_urlsafe(16)
    await save(connection, key, draft)
    return key


async def save(connection: Connection, key: str, draft: Draft) -> None:
    await sessions.put_draft(connection, digest(key), draft, clock.now() + LASTS)


async def find(connection: Connection, key: str, slug: str) -> Draft | None:
    content = await sessions.get_draft(connection, digest(key)) if key else None
    draft = msgspec.convert(content, Draft) if content else None
    return draft if draft and draft.slug == slug else None


async def finish(connection: Connection, key: str, slug: str, reference: str) -> None:
    """Drop what was typed; until the next full hour a second click still finds the receipt.

    A full hour, so that the row does not tell the minute of the answer.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    expires = hour + datetime.timedelta(hours=1)
    await sessions.put_draft(
        connection, digest(key), Draft(slug=slug, reference=reference), expires
    )


def cookie(request: AnyRequest, key: str, path: str) -> Cookie:
    """No age: the browser forgets it when it is closed."""
    return Cookie(
        COOKIE,
        value=key,
        path=path,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure_cookies,
    )
