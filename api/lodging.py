"""A complaint becomes a case that its owner can follow: by page, JSON, or keyed for a caller."""

import datetime
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from anyio import to_thread

from api import casework, clock, intake, people, working_days
from api.keys import Keyring
from api.loading import loading
from survey import attachments, contacts, problems
from survey.codes import Span
from survey.complaints import Case, Channel, Event, Happened, open_case, standing
from survey.contacts import Contact
from survey.instruments import Instrument
from survey.ready import COMPLAINT
from survey.receipts import ALPHABET, Receipt, case_number, letters_of
from survey.redactions import carried
from survey.responses import Answers, Submission, attached_in
from survey.store import attachments as attachment_store
from survey.store import complaints as store
from survey.store import places, redactions
from survey.store.complaints import Opening
from survey.store.database import Connection, Database


class Lodged(Submission, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A complaint as it arrives; a contact is never asked for, and sealed as soon as it is read."""

    contact: Contact | None = None


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Who keyed a complaint for somebody, and how it came to them."""

    channel: Channel = "online"
    by: str | None = None


ONLINE = Desk()
NOTHING: Answers = {}


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
        instrument = await intake.open_instrument(connection, COMPLAINT)
    area = intake.area_of(city, instrument, lodged)
    now = intake.occasion(instrument, city)
    case = await intake.beside(instrument, open_case, instrument, lodged, area.code, now)
    reference = new_number()
    [phrase, *_] = keyring.passphrases(key, reference)
    opening = Opening(
        case=case,
        reference=reference,
        passphrase_hash=await people.hashed(letters_of(phrase)),
        request=intake.marks(keyring, COMPLAINT, lodged, key),
        due=first_due(case, clock.today()),
        channel=desk.channel,
        by=desk.by,
        sealed=sealed(keyring, reference, contact) if contact else None,
        by_mail=bool(contact and contact.email),
    )
    async with database.connection() as connection, connection.transaction():
        known, passphrase_hash = await store.insert(connection, opening)
        if known == reference:
            await take_files(connection, instrument, reference, case)
    if known == reference:
        return Receipt(reference, phrase)
    return await receipt_again(keyring, key, known, passphrase_hash)


async def take_files(
    connection: Connection,
    instrument: Instrument,
    reference: str,
    case: Case,
    before: Answers = NOTHING,
) -> None:
    """Give a case the files that its answers name and that it has not yet; all, or a refusal."""
    known = {file.mark for file in attached_in(instrument, before)}
    files = [file for file in attached_in(instrument, case.answers) if file.mark not in known]
    if not files:
        return
    wanted = {file.mark: file.item for file in files[: attachments.MOST_FILES]}
    taken = await attachment_store.take_for_case(connection, reference, instrument.slug, wanted)
    if faults := intake.faults_of_files(files, taken):
        raise problems.bad_answers(tuple(faults))


async def receipt_again(
    keyring: Keyring, key: str, reference: str, passphrase_hash: str | None
) -> Receipt:
    """The receipt as it was given the first time, under whichever key that was."""
    for phrase in keyring.passphrases(key, reference):
        if await people.verify(passphrase_hash or people.NOBODY, letters_of(phrase)):
            return Receipt(reference, phrase, again=True)
    return Receipt(reference, "", again=True)


async def correct(database: Database, reference: str, lodged: Submission) -> None:
    """Put the record right, by its owner's word; what stood before is kept and marked."""
    city = await database.remembered(places.get_city)
    async with database.connection() as connection, connection.transaction():
        instrument = await intake.open_instrument(connection, COMPLAINT)
        area = intake.area_of(city, instrument, lodged)
        around = intake.occasion(instrument, city)
        now = await intake.beside(instrument, open_case, instrument, lodged, area.code, around)
        await store.lock(connection, reference)
        before = await store.get(connection, reference)
        words = await store.words(connection, before["id"])
        items = corrected(before, words, now)
        if not items:
            return
        await take_files(connection, instrument, reference, now, before["answers"])
        event = Event(kind="corrected", items=items)
        version = await casework.act_as_it_stands(
            connection, reference, event, "person", allegations=now.allegations
        )
        decided = [row for row in await redactions.written(connection, before["id"]) if row["by"]]
        await store.correct(connection, reference, version, now)
        await mask_again(connection, before["id"], [row for row in decided if row["item"] in items])


async def mask_again(connection: Connection, complaint: str, rows: Sequence[Any]) -> None:
    """What a person masked of words that were corrected stays masked where it stands again."""
    for row in rows:
        for now in await redactions.written(connection, complaint):
            if now["item"] == row["item"]:
                found = await to_thread.run_sync(machine_finds, now["body"])
                decided = msgspec.convert(row["decided"], list[Span])
                masked = carried(row["body"], decided, now["body"], found)
                await redactions.insert(connection, now["id"], masked, by=row["by"])


def machine_finds(words: str) -> Sequence[Span]:
    with loading("analysis.text.redaction"):
        from analysis.text import redaction  # slow to load

    [(_, spans)] = redaction.redact([words])
    return spans


def corrected(before: Any, words: dict[str, str], now: Case) -> tuple[str, ...]:
    """The names of what is told otherwise now; the borough is one of them."""
    was, told = before["answers"] | words, now.answers | now.texts
    moved = ("borough",) if before["area"] != now.area else ()
    names = sorted(name for name in was.keys() | told.keys() if was.get(name) != told.get(name))
    return (*moved, *names)


def sealed(keyring: Keyring, reference: str, contact: Contact) -> bytes:
    """Under seal as of this hour: nothing on the side of a resident is dated to the minute."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    return keyring.seal(reference, contact, int(hour.timestamp()))


def first_due(case: Case, today: datetime.date) -> datetime.date | None:
    return standing([Happened(case.first, today)], case.allegations, working_days.later).due


def new_number() -> str:
    return case_number("".join(secrets.choice(ALPHABET) for _ in range(7)))
