"""Unsent answers, found only with the key in the resident's browser."""

import datetime
import secrets
from typing import Any

import msgspec
from litestar.datastructures import Cookie

from api import clock
from api.operations.complaint_intake import ONLINE, DataEntry
from api.pages.templating import AnyRequest
from api.security import cookies
from api.security.people import key_digest
from survey.store.accounts import sessions
from survey.store.database import Connection
from survey.surveys.instruments import Instrument
from survey.surveys.responses import Answers

DRAFT_LIFETIME = datetime.timedelta(hours=2)


class ResidentDraft(msgspec.Struct, kw_only=True):
    """A questionnaire that is being filled in.

    `once` identifies the submission, so that two clicks store one response. `contact` is encrypted
    already. `desk` says which member of staff enters it for somebody. `file_names` are the names of
    the files on the sender's device, shown to the sender only. `case` is the case that is being
    corrected. `opened` is the digest of the case key or staff session under which the draft was
    started: the draft ends with that. `way` is the short link that the person came by, which is
    counted and stored with no answer. `admitted` says that the survey's password was given.
    `reference` is set once the draft was sent.
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
    desk: DataEntry = ONLINE
    case: str = ""
    opened: str = ""
    way: str = ""
    admitted: bool = False
    reference: str = ""
    refused: dict[str, str] = {}


def new(instrument: Instrument, **given: Any) -> ResidentDraft:
    once = secrets.token_urlsafe(16)
    return ResidentDraft(slug=instrument.slug, version=instrument.version, once=once, **given)


async def start_draft(
    connection: Connection, instrument: Instrument, answers: Answers, **more: Any
) -> str:
    """Start a draft with the survey's default answers; returns its key."""
    key = secrets.token_urlsafe(32)
    draft = new(instrument, answers=answers, **more)
    await save_draft(connection, key, draft)
    return key


async def delete_draft(connection: Connection, key: str) -> None:
    """Delete the draft, so that the next person at this browser finds nothing."""
    await sessions.delete_draft(connection, key_digest(key))


async def save_draft(connection: Connection, key: str, draft: ResidentDraft) -> None:
    await sessions.save_draft(connection, key_digest(key), draft, clock.now() + DRAFT_LIFETIME)


async def find_draft(connection: Connection, key: str, slug: str) -> ResidentDraft | None:
    draft = await sessions.find_draft(connection, key_digest(key), ResidentDraft) if key else None
    # A key of another survey's draft must not fill in this one.
    return draft if draft and draft.slug == slug else None


async def finish_draft(
    connection: Connection, key: str, draft: ResidentDraft, reference: str
) -> None:
    """Delete what was typed; until the next full hour a second click still finds the receipt.

    A full hour, so that the row does not reveal the minute of the submission.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    expires = hour + datetime.timedelta(hours=1)
    # Without answers: what was sent must not be readable from this browser any longer.
    left = ResidentDraft(slug=draft.slug, desk=draft.desk, opened=draft.opened, reference=reference)
    await sessions.save_draft(connection, key_digest(key), left, expires)


def draft_cookie(request: AnyRequest, key: str, path: str) -> Cookie:
    """The cookie with the key of a draft; without a lifetime, so it ends with the browser."""
    return cookies.build_cookie(request, cookies.DRAFT, key, path=path)


def draft_removal_cookie(request: AnyRequest, path: str = cookies.COMPLAINTS) -> Cookie:
    """The cookie that removes the key of a draft from the browser."""
    return cookies.build_removal(request, cookies.DRAFT, path)
