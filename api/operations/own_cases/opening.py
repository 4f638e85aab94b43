"""Opens a case for its owner under a key, and changes its passphrase."""

import datetime
import secrets
from typing import NamedTuple

from api import clock
from api.security import people
from api.security.attempts import Guesser
from api.security.keyring import Keyring
from survey.cases.refusals import too_many_passphrases, wrong_passphrase
from survey.receipts import Receipt, passphrase_letters
from survey.store.cases import case_owners
from survey.store.cases.case_owners import CasePassphrase
from survey.store.database import Connection, Database

CASE_KEY_LIFETIME = datetime.timedelta(hours=2)
MOST_PASSPHRASE = 200


class OpenCase(NamedTuple):
    """A case that is open under a key."""

    reference: str
    key: str


class PassphraseChange(NamedTuple):
    """The passphrase as it was typed, and what the new one is made from: a random mark of this
    change, and a language.
    """

    typed: str
    once: str
    language: str


async def check_passphrase(
    database: Database, guesser: Guesser, number: str, letters: str
) -> CasePassphrase:
    """The case with this number, or raise unless the passphrase opens it.

    A wrong number and a wrong passphrase get the same response after the same work: one hash check.
    """
    if not await guesser.tries.admit(number, guesser.source):
        raise too_many_passphrases()
    async with database.connection() as connection:
        found = await case_owners.find_passphrase(connection, number)
    if not await opens_case(found, letters) or found is None:
        guesser.tries.count_wrong(number)
        raise wrong_passphrase()
    guesser.tries.forget(number, guesser.source)
    return found


async def opens_case(found: CasePassphrase | None, letters: str) -> bool:
    """Whether a passphrase with these letters opens the case; the work is always the same."""
    known = found.passphrase_hash if found else None
    return await people.verify_hash(known or people.NOBODY_HASH, letters) and known is not None


def key_end() -> datetime.datetime:
    """When a key that is made now ends: in full hours, so that no row says at what minute somebody
    looked at their case.
    """
    return clock.now().replace(minute=0, second=0, microsecond=0) + CASE_KEY_LIFETIME


async def open_under_new_key(connection: Connection, complaint: str, old_key: str = "") -> str:
    """Open a case under a new key, which is returned; what was open under the old one is closed."""
    key = secrets.token_urlsafe(32)
    # A case that was open before would otherwise stay open under a key nobody has.
    await case_owners.delete_key(connection, people.key_digest(old_key))
    await case_owners.insert_key(connection, people.key_digest(key), complaint, key_end())
    return key


def passphrase_seed(key: str, once: str) -> str:
    return f"{key} {once}"


async def change_passphrase(
    database: Database,
    keyring: Keyring,
    guesser: Guesser,
    opened: OpenCase,
    asked: PassphraseChange,
) -> Receipt:
    """Replace the passphrase, for whoever knows the old one, and close the case everywhere else.

    Sent twice with the same mark it is changed once.
    """
    seed = passphrase_seed(opened.key, asked.once)
    [phrase, *_] = keyring.passphrases(seed, opened.reference, asked.language)
    async with database.connection() as connection:
        found = await case_owners.find_passphrase(connection, opened.reference)
    # A second click, or an answer that was lost on its way: the words are changed already.
    if await opens_case(found, passphrase_letters(phrase)):
        return Receipt(opened.reference, phrase, again=True)
    found = await check_passphrase(
        database, guesser, opened.reference, passphrase_letters(asked.typed)
    )
    if not await save_passphrase(database, found, phrase, opened.key):
        raise wrong_passphrase()
    return Receipt(opened.reference, phrase)


async def save_passphrase(database: Database, found: CasePassphrase, phrase: str, key: str) -> bool:
    """Save the new passphrase and close the case under all other keys; False if it was changed
    elsewhere in the meantime.
    """
    new_hash = await people.hash_secret(passphrase_letters(phrase))
    old_hash = found.passphrase_hash or ""
    async with database.connection() as connection, connection.transaction():
        if not await case_owners.change_passphrase(connection, found.id, old_hash, new_hash):
            return False
        await case_owners.delete_other_keys(connection, found.id, people.key_digest(key))
    return True
