"""Unsent answers, found only with the key in a browser; refused pages, and tries of a draft."""

import datetime
import secrets
from typing import Any

import msgspec
from litestar.datastructures import Cookie

from api import clock
from api.operations.cases import ONLINE, DataEntry
from api.pages.forms import Form
from api.pages.shell import AnyRequest
from api.security import cookies
from api.security.keyring import Keyring
from api.security.people import key_digest
from survey.problems import NotFound
from survey.receipts import parse_resume_code, resume_code
from survey.store.accounts import sessions
from survey.store.accounts.sessions import SealedDraft
from survey.store.database import Connection
from survey.surveys import instruments
from survey.surveys.instruments.drafts import map_siblings
from survey.surveys.item_types.answers import Answers

DRAFT_LIFETIME = datetime.timedelta(hours=2)
SAVED_DAYS = datetime.timedelta(days=14)
START = ""  # the first page, which is no step
MOST_PAGES = 5  # of one draft that wait at once, in several tabs
TEST_PATH = "/try"
NO_FILES = " (People send a file here. The test leaves it out.)"


class ResidentDraft(msgspec.Struct, kw_only=True):
    """A questionnaire that is being filled in.

    `once` identifies the submission, so that two clicks store one response. `contact` is encrypted
    already. `desk` says which member of staff enters it for somebody. `file_names` are the names of
    the files on the sender's device, shown to the sender only. `case` is the case that is being
    corrected. `opened` is the digest of the case key or staff session under which the draft was
    started: the draft ends with that. `way` is the short link that the person came by, which is
    counted and stored with no answer. `admitted` says that the survey's password was given.
    `reference` is set once the draft was sent. `tests` is True for a test run of a survey that is
    not published: it is never sent.

    Answers that were saved for later can be opened `until` a day, at the page `paused_at`. `writer`
    is a random mark of the device that saved them last, in the full hour `written`. In the database
    all else of them is in `sealed`.
    """

    slug: str
    version: int = 0
    once: str = ""
    access_code: str = ""
    area: str = msgspec.field(default="", name="borough")
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
    tests: bool = False
    refused: dict[str, str] = {}
    until: datetime.date | None = None
    paused_at: str = ""
    writer: str = ""
    written: datetime.datetime | None = None
    sealed: str = ""


def new(instrument: instruments.Instrument, **given: Any) -> ResidentDraft:
    once = secrets.token_urlsafe(16)
    return ResidentDraft(slug=instrument.slug, version=instrument.version, once=once, **given)


async def start_draft(
    connection: Connection, instrument: instruments.Instrument, answers: Answers, **more: Any
) -> str:
    """Start a draft with the survey's default answers; returns its key."""
    key = secrets.token_urlsafe(32)
    draft = new(instrument, answers=answers, **more)
    await store_draft(connection, key, draft, clock.now() + DRAFT_LIFETIME)
    return key


async def store_draft(
    connection: Connection, key: str, draft: ResidentDraft, expires: datetime.datetime
) -> None:
    await sessions.save_draft(connection, key_digest(key), draft, expires)


async def delete_draft(connection: Connection, key: str) -> None:
    """Delete the draft, so that the next person at this browser finds nothing."""
    await sessions.delete_draft(connection, key_digest(key))


async def save_draft(
    connection: Connection, keyring: Keyring, key: str, draft: ResidentDraft
) -> None:
    """Save the draft for two hours; if it was saved for later, encrypted and for days."""
    if draft.until is None:
        await store_draft(connection, key, draft, clock.now() + DRAFT_LIFETIME)
        return
    draft.written = clock.now().replace(minute=0, second=0, microsecond=0)
    words = seal_draft(keyring, draft)
    sealed = ResidentDraft(slug=draft.slug, until=draft.until, sealed=words)
    await store_draft(connection, key, sealed, end_of_saved(draft.until))


def end_of_saved(until: datetime.date) -> datetime.datetime:
    """The instant from which saved answers cannot be opened: when their last day is over."""
    return clock.midnight(until + datetime.timedelta(days=1))


async def find_draft(
    connection: Connection, keyring: Keyring, key: str, slug: str = ""
) -> ResidentDraft | None:
    """The draft under this key; if `slug` names a survey, only a draft of that survey."""
    draft = await sessions.find_draft(connection, key_digest(key), ResidentDraft) if key else None
    # A key of another survey's draft must not fill in this one.
    if draft is None or (slug and draft.slug != slug):
        return None
    return open_sealed(keyring, draft) if draft.sealed else draft


async def find_saved_or_begun(
    connection: Connection, keyring: Keyring, key: str, slug: str
) -> tuple[str, ResidentDraft | None]:
    """The key of a draft and the draft; if it was saved for later, its code is now its key."""
    if draft := await find_draft(connection, keyring, key, slug):
        return key, draft
    # The answer that brought the code may have been lost on its way to the browser.
    code = code_of(keyring, key)
    draft = await find_draft(connection, keyring, code, slug)
    return (code if draft else key), draft


def open_sealed(keyring: Keyring, draft: ResidentDraft) -> ResidentDraft | None:
    """Saved answers, decrypted; None if the key is gone."""
    words = keyring.unseal_words(draft.sealed)
    return msgspec.json.decode(words, type=ResidentDraft) if words else None


def reseal_saved(keyring: Keyring, sealed: str) -> str | None:
    """Saved answers and their contact, encrypted again with the keyring's first key; None if no key
    opens them.
    """
    draft = open_sealed(keyring, ResidentDraft(slug="", sealed=sealed))
    if draft is None:
        return None
    if draft.contact:
        draft.contact = keyring.reseal(draft.contact.encode()).decode()
    return seal_draft(keyring, draft)


def seal_draft(keyring: Keyring, draft: ResidentDraft) -> str:
    # The token shows its time to whoever has it: the full hour in which the draft was written.
    hour = int(draft.written.timestamp()) if draft.written else None
    return keyring.seal_words(msgspec.json.encode(draft), hour)


def code_of(keyring: Keyring, key: str) -> str:
    """The resume code of the draft with this key, which is the key once the draft is saved."""
    return parse_resume_code(key) or resume_code(keyring.resume_seed(key))


async def finish_draft(
    connection: Connection, key: str, draft: ResidentDraft, reference: str
) -> None:
    """Delete what was typed; until the next full hour a second click still finds the receipt.

    A full hour, so that the row does not reveal the minute of the submission.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    expires = hour + datetime.timedelta(hours=1)
    # Without answers: what was sent is stored once. The receipt shows a copy until then, and a
    # button on it deletes this.
    left = ResidentDraft(slug=draft.slug, desk=draft.desk, opened=draft.opened, reference=reference)
    await store_draft(connection, key, left, expires)


def draft_cookie(request: AnyRequest, key: str, path: str) -> Cookie:
    """The cookie with the key of a draft; without a lifetime, so it ends with the browser."""
    return cookies.build_cookie(request, cookies.DRAFT, key, path=path)


def draft_removal_cookie(request: AnyRequest, path: str = cookies.COMPLAINTS) -> Cookie:
    """The cookie that removes the key of a draft from the browser."""
    return cookies.build_removal(request, cookies.DRAFT, path)


def seal_refused_page(keyring: Keyring, asked: Form) -> str:
    return keyring.seal_words(msgspec.json.encode(asked))


def open_refused_page(keyring: Keyring, sealed: str) -> Form | None:
    words = keyring.unseal_words(sealed) if sealed else None
    return msgspec.json.decode(words, type=Form) if words else None


def save_refused_page(keyring: Keyring, draft: ResidentDraft, page: str, asked: Form) -> None:
    """Put a refused page into the draft to be shown again; only the newest refused pages are
    kept.
    """
    others = {name: sealed_page for name, sealed_page in draft.refused.items() if name != page}
    # One fewer than the limit, which leaves room for the page that is added.
    newest = list(others.items())[1 - MOST_PAGES :]
    draft.refused = dict([*newest, (page, seal_refused_page(keyring, asked))])


def find_refused_page(keyring: Keyring, draft: ResidentDraft | None, page: str) -> Form | None:
    """The refused page with what was typed on it; None if no such page is stored."""
    return open_refused_page(keyring, draft.refused.get(page, "")) if draft else None


def drop_refused_pages(draft: ResidentDraft, *pages: str) -> None:
    draft.refused = {
        name: sealed_page for name, sealed_page in draft.refused.items() if name not in pages
    }


def row_of(key: str) -> bytes:
    """The digest under which a refused page is stored; not the digest of the key alone, as that may
    be a case's.
    """
    return key_digest(f"refused {key}")


async def save_apart(connection: Connection, keyring: Keyring, key: str, asked: Form) -> None:
    """Save a page that belongs to no draft, under a key that only this browser has."""
    content = SealedDraft(seal_refused_page(keyring, asked))
    await sessions.save_draft(connection, row_of(key), content, clock.now() + DRAFT_LIFETIME)


async def find_apart(connection: Connection, keyring: Keyring, key: str) -> Form | None:
    draft = await sessions.find_draft(connection, row_of(key), SealedDraft) if key else None
    return open_refused_page(keyring, draft.sealed) if draft else None


async def drop_apart(connection: Connection, key: str) -> None:
    await sessions.delete_draft(connection, row_of(key))


def testable_instrument(instrument: instruments.Instrument) -> instruments.Instrument:
    """The survey without access code, with a note in place of each file question."""
    items = map_siblings(instrument.items, lambda row: tuple(file_as_note(part) for part in row))
    # Its opening days do not matter before it is published.
    return msgspec.structs.replace(instrument, mode="open", items=items)


def file_as_note(part: instruments.AnyPart) -> instruments.AnyPart:
    if not isinstance(part, instruments.FileItem):
        return part
    text = {code: words + NO_FILES for code, words in part.text.items()}
    return instruments.Note(name=part.name, text=text, relevant=part.relevant)


def skipped_questions(instrument: instruments.Instrument, asked: set[str]) -> list[str]:
    """The questions that were not asked because of these answers."""
    return [
        instruments.wording_text(item.text)
        for item in instrument.questions()
        if item.name not in asked and item.is_asked and instruments.wording_text(item.text)
        if not any(
            isinstance(part, instruments.Repeat) and item in part.items
            for part in instruments.all_parts(instrument.items)
        )
    ]


unknown_test = NotFound.of("test.unknown", "This test is over.", "Start it again from your draft.")
