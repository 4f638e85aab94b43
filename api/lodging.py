"""A complaint becomes a case that its owner can follow: by page, JSON, or keyed for a caller."""

import datetime
import secrets

import msgspec

from api import clock, intake, people, working_days
from api.keys import Keyring
from survey import contacts
from survey.complaints import Case, Channel, Happened, open_case, standing
from survey.contacts import Contact
from survey.receipts import ALPHABET, Receipt, case_number, letters_of
from survey.responses import Submission
from survey.store import complaints as store
from survey.store import places
from survey.store.complaints import Opening
from survey.store.database import Database


class Lodged(Submission, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A complaint as it arrives; a contact is never asked for, and sealed as soon as it is read."""

    contact: Contact | None = None


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Who keyed a complaint for somebody, and how it came to them."""

    channel: Channel = "online"
    by: str | None = None


ONLINE = Desk()


async def lodge(
    database: Database,
    keyring: Keyring,
    lodged: Lodged,
    key: str | None = None,
    desk: Desk = ONLINE,
) -> Receipt:
    """Open a case and give its receipt; the same request again gives the same one."""
    key = key or secrets.token_hex(32)
    contact = contacts.accept(lodged.contact) if lodged.contact else None
    city = await database.remembered(places.get_city)
    async with database.connection() as connection:
        instrument = await intake.open_instrument(connection, intake.COMPLAINT)
    area = intake.area_of(city, instrument, lodged)
    case = open_case(instrument, lodged, area.code, intake.occasion(instrument, city))
    [phrase, *_] = keyring.passphrases(key)
    reference = new_number()
    opening = Opening(
        case=case,
        reference=reference,
        passphrase_hash=await people.hashed(letters_of(phrase)),
        request=intake.marks(intake.COMPLAINT, lodged, key),
        due=first_due(case, clock.today()),
        channel=desk.channel,
        by=desk.by,
        sealed=sealed(keyring, reference, contact),
        by_mail=bool(contact and contact.email),
    )
    async with database.connection() as connection:
        known, passphrase_hash = await store.insert(connection, opening)
    if known == reference:
        return Receipt(reference, phrase)
    return await receipt_again(keyring, key, known, passphrase_hash)


async def receipt_again(
    keyring: Keyring, key: str, reference: str, passphrase_hash: str | None
) -> Receipt:
    """The receipt as it was given the first time, under whichever key that was."""
    for phrase in keyring.passphrases(key):
        if await people.verify(passphrase_hash or people.NOBODY, letters_of(phrase)):
            return Receipt(reference, phrase, again=True)
    return Receipt(reference, "", again=True)


def sealed(keyring: Keyring, reference: str, contact: Contact | None) -> bytes | None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    return keyring.seal(reference, contact, int(hour.timestamp())) if contact else None


def first_due(case: Case, today: datetime.date) -> datetime.date | None:
    return standing([Happened(case.first, today)], case.allegations, working_days.later).due


def new_number() -> str:
    return case_number("".join(secrets.choice(ALPHABET) for _ in range(7)))
