"""What the owner of a case may see of it, and what they add to it."""

import datetime
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from api import clock
from api.operations import cases
from api.security import people
from api.security.keyring import Keyring, ReceiptSigner
from api.security.limits import Guesser
from survey.cases import (
    DAYS_AFTER_QUARTER,
    AllegationOutcome,
    CaseEvent,
    CaseState,
    CaseTransition,
    DatedCaseEvent,
    allegation_outcomes,
    allowed_transitions,
    closed_quarter,
    last_day_to_answer,
    quarter_end,
)
from survey.cases.contacts import Contact
from survey.cases.refusals import (
    handling_not_asked,
    late_handling,
    too_many_passphrases,
    wrong_passphrase,
)
from survey.deployments import quarter_of
from survey.editions.caseload import FEWEST_KEPT
from survey.receipts import Receipt, SignedReceipt, passphrase_letters, receipt_text, week_name
from survey.store.answers import attachments
from survey.store.answers.attachments import StoredFile
from survey.store.cases import case_owners, caseload, complaints, events
from survey.store.cases.case_owners import CaseOpening, CasePassphrase
from survey.store.cases.complaints import StoredCase
from survey.store.cases.events import CaseEventLine
from survey.store.database import Connection, Database
from survey.surveys.item_types.answers import Answers

DAY = datetime.timedelta(days=1)
MOST_OPENINGS = 60
OWNER_EVENTS = frozenset(
    {
        "received",
        "answered",
        "evidence",
        "file_removed",
        "corrected",
        "withdrawn",
        "appealed",
        "nudged",
    }
)
# Other events are the working group's own, such as its notes.
EVENTS_SHOWN = OWNER_EVENTS | {
    "acknowledged",
    "assigned",
    "asked",
    "told",
    "merged",
    "joined",
    "parted",
    "outcome",
    "closed",
    "reopened",
}
CASE_KEY_LIFETIME = datetime.timedelta(hours=2)
MOST_PASSPHRASE = 200


class OwnerTimelineEntry(msgspec.Struct, frozen=True):
    """One entry of the timeline; `ours` if the working group did or wrote it."""

    event: CaseEvent
    day: datetime.date
    ours: bool
    words: str | None
    language: str | None


class HandlingRequest(msgspec.Struct, frozen=True):
    """What the owner of a closed case is asked: about which quarter, by when, and whether they
    have answered.
    """

    quarter: datetime.date
    until: datetime.date
    answered: bool

    @property
    def is_open(self) -> bool:
        return not self.answered and clock.today() <= self.until


class OwnerView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the owner of a case may see: never a note, nor which member of staff did what.

    `main` is the state of the case that this one was merged into.
    """

    case: StoredCase
    answers: Answers
    status: CaseState
    main: CaseState | None
    lines: list[OwnerTimelineEntry]
    files: list[StoredFile]
    openings: list[CaseOpening]
    contact: Contact | None
    handling: HandlingRequest | None

    @property
    def possible(self) -> list[CaseTransition]:
        """What the owner can do today."""
        return allowed_transitions(self.status, "person", clock.today())

    @property
    def outcomes(self) -> dict[str, AllegationOutcome]:
        """The outcome of each allegation that has one."""
        return allegation_outcomes([line.event for line in self.lines], self.case.allegations)


async def load_owner_view(connection: Connection, keyring: Keyring, reference: str) -> OwnerView:
    case = await complaints.get(connection, reference)
    status = await cases.load_status(connection, case)
    main = status.merged_into and await complaints.get(connection, status.merged_into)
    sealed = await case_owners.find_contact(connection, case.id)
    timeline = await events.load_timeline(connection, case.id)
    return OwnerView(
        case=case,
        answers=case.answers | await complaints.load_written_texts(connection, case.id),
        status=status,
        main=await cases.load_status(connection, main) if main else None,
        lines=[timeline_entry(row) for row in timeline],
        files=await attachments.load_for_case(connection, case.id),
        openings=await case_owners.load_openings(connection, case.id, MOST_OPENINGS),
        contact=keyring.unseal(reference, sealed) if sealed else None,
        handling=await find_handling_request(connection, case.id, timeline),
    )


def timeline_entry(line: CaseEventLine) -> OwnerTimelineEntry:
    day = clock.local_day(line.at)
    # Their own moves are listed, so that a new kind of event is never shown as theirs by mistake.
    ours = line.event.kind not in OWNER_EVENTS
    return OwnerTimelineEntry(line.event, day, ours, line.body, line.language)


async def save_owner_move(
    database: Database, reference: str, kind: CaseTransition, words: str, language: str
) -> None:
    """Save a step of the owner, such as a message, unless the same words were just sent; raises if
    the case no longer allows it.
    """
    async with database.connection() as connection, connection.transaction():
        # Locked first, so that the second of two clicks sees the message of the first.
        await complaints.lock(connection, reference)
        case = await complaints.get(connection, reference)
        last = (await events.load_timeline(connection, case.id))[-1]
        # Whether a move without words may come twice is decided by the table of transitions.
        if words and (last.event.kind, last.body) == (kind, words):
            return  # sent twice, by two clicks
        await cases.apply_to_latest(
            connection,
            reference,
            CaseEvent(kind=kind),
            "person",
            message=words or None,
            language=language,
        )


class WrittenCase(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner of a case has written so far. `salt` keeps the digest from revealing what was
    written to anyone who tries out guesses.
    """

    number: str
    received: datetime.date
    salt: str
    area: str = msgspec.field(name="borough")
    answers: Answers
    texts: dict[str, str]
    messages: list[str]

    def content(self) -> bytes:
        """The file whose digest the receipt has: the same bytes whenever it is made."""
        facts = msgspec.to_builtins(self) | {"received": week_name(self.received)}
        return msgspec.json.format(msgspec.json.encode(facts, order="sorted"), indent=1) + b"\n"


def sign_receipt(
    signer: ReceiptSigner, site: str, written: WrittenCase, today: datetime.date
) -> str:
    """The receipt as a text file, signed."""
    receipt = SignedReceipt(
        site=site,
        number=written.number,
        received=week_name(written.received),
        made=week_name(today),
        digest=hashlib.sha256(written.content()).hexdigest(),
    )
    return receipt_text(receipt, signer.sign(receipt.message().encode()))


async def load_written_case(
    database: Database, signer: ReceiptSigner, reference: str
) -> WrittenCase:
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        lines = await events.load_timeline(connection, case.id)
        return WrittenCase(
            number=reference,
            received=clock.local_day(case.received_at),
            salt=signer.salt(reference),
            area=case.area,
            answers=case.answers,
            texts=await complaints.load_written_texts(connection, case.id),
            messages=[line.body for line in lines if line.body and line.event.kind in OWNER_EVENTS],
        )


class OpenCase(NamedTuple):
    """A case that is open in a browser, and the key that it is open under."""

    reference: str
    key: str


class PassphraseChange(NamedTuple):
    """The passphrase that was typed, and what the new one is made from: `once`, a random mark of
    this change, and a language.
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
        passphrase = await case_owners.find_passphrase(connection, number)
    if not await opens_case(passphrase, letters) or passphrase is None:
        guesser.tries.count_wrong(number)
        raise wrong_passphrase()
    guesser.tries.forget(number, guesser.source)
    return passphrase


async def opens_case(passphrase: CasePassphrase | None, letters: str) -> bool:
    """Whether a passphrase with these letters opens the case; a wrong one takes as long to
    check.
    """
    known = passphrase.passphrase_hash if passphrase else None
    return await people.verify_hash(known or people.NOBODY_HASH, letters) and known is not None


def key_end() -> datetime.datetime:
    """When a key that is made now ends: on a full hour, so that no row tells the minute at which
    somebody looked at their case.
    """
    return clock.now().replace(minute=0, second=0, microsecond=0) + CASE_KEY_LIFETIME


async def open_under_new_key(connection: Connection, complaint: str, old_key: str = "") -> str:
    """Open a case under a new key and return that key; the case is closed under the old key."""
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
    """Replace the passphrase, for whoever knows the old one, and close the case in other browsers.

    A request that is sent twice with the same `once` changes the passphrase once.
    """
    seed = passphrase_seed(opened.key, asked.once)
    [phrase, *_] = keyring.passphrases(seed, opened.reference, asked.language)
    async with database.connection() as connection:
        passphrase = await case_owners.find_passphrase(connection, opened.reference)
    # A second click, or an answer that was lost on its way: the words are changed already.
    if await opens_case(passphrase, passphrase_letters(phrase)):
        return Receipt(opened.reference, phrase, again=True)
    passphrase = await check_passphrase(
        database, guesser, opened.reference, passphrase_letters(asked.typed)
    )
    if not await save_passphrase(database, passphrase, phrase, opened.key):
        raise wrong_passphrase()
    return Receipt(opened.reference, phrase)


async def save_passphrase(
    database: Database, passphrase: CasePassphrase, phrase: str, key: str
) -> bool:
    """Save the new passphrase and close the case under all other keys; returns False if the
    passphrase was changed elsewhere in the meantime.
    """
    new_hash = await people.hash_secret(passphrase_letters(phrase))
    old_hash = passphrase.passphrase_hash or ""
    async with database.connection() as connection, connection.transaction():
        if not await case_owners.change_passphrase(connection, passphrase.id, old_hash, new_hash):
            return False
        await case_owners.delete_other_keys(connection, passphrase.id, people.key_digest(key))
    return True


async def find_handling_request(
    connection: Connection, complaint: str, timeline: Sequence[CaseEventLine]
) -> HandlingRequest | None:
    """What the owner of a case is asked about its handling; None unless it is closed."""
    history = [DatedCaseEvent(line.event, clock.local_day(line.at)) for line in timeline]
    quarter = closed_quarter(history)
    if quarter is None:
        return None
    answered = await caseload.has_answered(connection, complaint, quarter)
    return HandlingRequest(quarter, last_day_to_answer(quarter), answered)


async def load_handling_request(database: Database, reference: str) -> HandlingRequest | None:
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        timeline = await events.load_timeline(connection, case.id)
        return await find_handling_request(connection, case.id, timeline)


async def save_handling_answers(
    database: Database, reference: str, answers: Mapping[str, str]
) -> None:
    """Add the owner's answers to the sums of the quarter, once; a second time changes nothing."""
    async with database.connection() as connection, connection.transaction():
        # Locked first: of two tabs the second waits, and a case that is reopened is not counted.
        await complaints.lock(connection, reference)
        case = await complaints.get(connection, reference)
        timeline = await events.load_timeline(connection, case.id)
        asked = await find_handling_request(connection, case.id, timeline)
        if asked is None:
            raise handling_not_asked(reference=reference)
        if asked.answered:
            return
        if not asked.is_open:
            raise late_handling(reference=reference, until=asked.until)
        await add_handling_answers(connection, case.id, asked.quarter, answers)


async def add_handling_answers(
    connection: Connection, complaint: str, quarter: datetime.date, answers: Mapping[str, str]
) -> None:
    """Add one person to the sums of a quarter that is not final, and mark the case as answered."""
    if await caseload.mark_answered(connection, complaint, quarter):
        await caseload.count_person(connection, quarter)
        await caseload.add_answers(connection, quarter, [*answers], [*answers.values()])


async def finish_handling_quarters(connection: Connection) -> None:
    """Make those quarters final whose last day to answer is over."""
    # The quarter of a day this long ago is the first in which somebody may still answer.
    running = quarter_of(clock.today() - DAYS_AFTER_QUARTER * DAY)
    async with connection.transaction():
        for quarter in await caseload.lock_unfinished(connection, running):
            after = quarter_end(quarter) + DAY
            await caseload.save_final_counts(
                connection, quarter, clock.midnight(quarter), clock.midnight(after)
            )
            await caseload.delete_marks(connection, quarter)
            await caseload.delete_small_sums(connection, quarter, FEWEST_KEPT)
