"""A page that was answered wrongly: what was typed and what is wrong wait under seal for two hours.

The browser is sent to the page again instead of being shown it at once. So Back and reload find an
address that is only read, and no browser asks whether a form is to be sent a second time.
"""

import msgspec

from api import clock
from api.pages.forms import Form
from api.pages.resident.questionnaire.drafts import DRAFT_LIFETIME, ResidentDraft
from api.security.keyring import Keyring
from api.security.people import key_digest
from survey.store.accounts import sessions
from survey.store.accounts.sessions import SealedDraft
from survey.store.database import Connection

START = ""  # the first page, which is no step
MOST_PAGES = 5  # of one draft that wait at once, in several tabs


def seal_refused_page(keyring: Keyring, asked: Form) -> str:
    # The token shows its time to everybody, so it gets the full hour and not the minute.
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    return keyring.seal_words(msgspec.json.encode(asked), int(hour.timestamp()))


def open_refused_page(keyring: Keyring, sealed: str) -> Form | None:
    words = keyring.unseal_words(sealed) if sealed else None
    return msgspec.json.decode(words, type=Form) if words else None


def save_refused_page(keyring: Keyring, draft: ResidentDraft, page: str, asked: Form) -> None:
    """Put a page that has to be asked again into the draft; of many the newest stay."""
    others = {name: one for name, one in draft.refused.items() if name != page}
    # One fewer than the limit, which leaves room for the page that is added.
    newest = list(others.items())[1 - MOST_PAGES :]
    draft.refused = dict([*newest, (page, seal_refused_page(keyring, asked))])


def find_refused_page(keyring: Keyring, draft: ResidentDraft | None, page: str) -> Form | None:
    """The page with what was typed on it and refused; None if there is nothing."""
    return open_refused_page(keyring, draft.refused.get(page, "")) if draft else None


def drop_refused_pages(draft: ResidentDraft, *pages: str) -> None:
    draft.refused = {name: one for name, one in draft.refused.items() if name not in pages}


def row_of(key: str) -> bytes:
    """The digest under which a page's row is stored; not the key's own, which may be that of a
    case.
    """
    return key_digest(f"refused {key}")


async def save_apart(connection: Connection, keyring: Keyring, key: str, asked: Form) -> None:
    """Save a page that belongs to no draft, under a key that only this browser has."""
    content = SealedDraft(seal_refused_page(keyring, asked))
    await sessions.save_draft(connection, row_of(key), content, clock.now() + DRAFT_LIFETIME)


async def find_apart(connection: Connection, keyring: Keyring, key: str) -> Form | None:
    found = await sessions.find_draft(connection, row_of(key), SealedDraft) if key else None
    return open_refused_page(keyring, found.sealed) if found else None


async def drop_apart(connection: Connection, key: str) -> None:
    await sessions.delete_draft(connection, row_of(key))
