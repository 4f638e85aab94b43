"""A case: opened by page, by JSON or for a caller, and the one door for every change to it."""

import datetime
import secrets
from collections.abc import Sequence
from typing import TypedDict, Unpack

import holidays
import msgspec
from anyio import to_thread

from api import clock
from api.operations.answers import submissions
from api.process.installation import import_lock
from api.security import people
from api.security.keyring import Keyring
from survey import media
from survey.cases import (
    Case,
    CaseEvent,
    CaseParty,
    CaseState,
    Channel,
    DatedCaseEvent,
    case_from_submission,
    case_state,
    check_transition,
    contacts,
)
from survey.cases.contacts import Contact
from survey.cases.refusals import case_not_yours, changed_case, unexplained_decision
from survey.receipts import Receipt, case_number, passphrase_letters
from survey.store import places
from survey.store.accounts.people import cases_to_hand_over
from survey.store.answers import attachments as attachment_store
from survey.store.answers import erasure
from survey.store.cases import case_owners, complaints, events, inbox
from survey.store.cases.complaints import NewComplaint, StoredCase
from survey.store.cases.events import NewCaseEvent
from survey.store.database import Connection, Database
from survey.store.themes import codes
from survey.store.themes.codes import WrittenText
from survey.surveys.instruments import Instrument
from survey.surveys.item_types.answers import Answers
from survey.surveys.ready import COMPLAINT
from survey.surveys.refusals import bad_answers
from survey.surveys.responses import Submission, attachments_in
from survey.themes.codebooks import Span
from survey.themes.redactions import redact_correction

NOBODY = "nobody"  # said by whoever closes an account: the cases go back to the inbox
ENGLAND = holidays.country_holidays("GB", subdiv="ENG")
NO_ANSWERS: Answers = {}


class CaseCommand(NewCaseEvent, frozen=True, kw_only=True):
    """What somebody wants to do to a case, and as whom.

    `allegations` are the case's allegations afterwards, if the command changes them.
    """

    side: CaseParty
    allegations: tuple[str, ...] | None = None


class CommandDetails(TypedDict, total=False):
    """The fields of a `CaseCommand` that a caller may leave out."""

    by: str
    message: str | None
    language: str
    allegations: tuple[str, ...]


def reviewer_command(
    event: CaseEvent, expected: int, account: str, *, message: str | None = None
) -> CaseCommand:
    """What the working group's account wants to do to a case that it saw in version `expected`."""
    return CaseCommand(event=event, side="reviewer", expected=expected, by=account, message=message)


async def apply_command(connection: Connection, reference: str, deed: CaseCommand) -> int:
    """Apply a command to a case or raise why it is not allowed; returns the case's new version.

    Runs in the caller's transaction. Of two people who act at the same moment the second waits,
    and is then told that the case has changed.
    """
    # Locked before it is read, so that the version compared below holds until the commit.
    await complaints.lock(connection, reference)
    case = await complaints.get(connection, reference)
    history = await events.load_history(connection, case.id)
    if case.version != deed.expected:
        raise changed_case(reference)
    check_transition(reference, status_after(case, history), deed.event, deed.side, clock.today())
    if deed.side == "reviewer" and not deed.message:
        explained = deed.event.kind == "closed" and await events.is_explained(connection, case.id)
        if deed.event.kind in ("outcome", "closed") and not explained:
            raise unexplained_decision()
    allegations = case.allegations if deed.allegations is None else deed.allegations
    happened = [*history, DatedCaseEvent(deed.event, clock.today())]
    then = case_state(happened, allegations, working_day_after)
    version = await events.append(connection, reference, deed, then)
    # Without a handler, or with one who has left since, the usual email has nobody to go to, and a
    # reminder or a dispute would be lost.
    if deed.event.kind in ("nudged", "appealed"):
        await case_owners.queue_if_unassigned(connection, reference, version)
    return version


async def apply_to_latest(
    connection: Connection,
    reference: str,
    event: CaseEvent,
    side: CaseParty,
    **more: Unpack[CommandDetails],
) -> int:
    """Apply an event to whatever version the case has now, for callers who cannot be asked to
    reload.

    The case is locked first, so nobody else can change it in between.
    """
    await complaints.lock(connection, reference)
    case = await complaints.get(connection, reference)
    deed = CaseCommand(event=event, side=side, expected=case.version, **more)
    return await apply_command(connection, reference, deed)


def status_after(case: StoredCase, history: list[DatedCaseEvent]) -> CaseState:
    """The status of a case after these events."""
    return case_state(history, case.allegations, working_day_after)


async def load_status(connection: Connection, case: StoredCase) -> CaseState:
    return status_after(case, await events.load_history(connection, case.id))


async def merge_cases(
    connection: Connection, reference: str, into: str, deed: CaseCommand, *, same_person: bool
) -> None:
    """Merge one case into another. Both numbers keep working for their owners; they count once."""
    # Both in one statement, which sorts them: two merges in opposite directions cannot deadlock.
    await complaints.lock(connection, reference, into)
    relation = msgspec.structs.replace(
        deed.event, kind="merged", case=into, same_person=same_person, note=deed.event.note
    )
    await apply_command(connection, reference, msgspec.structs.replace(deed, event=relation))
    main = await complaints.get(connection, into)
    joined = CaseEvent(kind="joined", case=reference, same_person=same_person, note=deed.event.note)
    # The version read under the lock: the person saw only the first case on their screen.
    there = msgspec.structs.replace(deed, event=joined, expected=main.version)
    await apply_command(connection, into, there)


async def unmerge_case(connection: Connection, reference: str, deed: CaseCommand) -> None:
    """Undo a merge: the complaint becomes a case of its own again."""
    into = (await complaints.get(connection, reference)).merged_into
    await complaints.lock(connection, reference, *([into] if into else []))
    await apply_command(connection, reference, deed)
    if into is not None:
        main = await complaints.get(connection, into)
        left = CaseEvent(kind="parted", case=reference, note=deed.event.note)
        there = msgspec.structs.replace(deed, event=left, expected=main.version)
        await apply_command(connection, into, there)


async def erase_reference(connection: Connection, reference: str) -> str | None:
    """Erase the response or complaint with this reference; returns which it was, or None.

    Runs in the caller's transaction. Complaints that were merged with it remain as cases.
    """
    if await complaints.exists(connection, reference):
        case = await complaints.get(connection, reference)
        left = CaseEvent(kind="parted", note="The other complaint was erased by its owner.")
        for other in await events.load_merged_references(connection, case.id):
            await apply_to_latest(connection, other, left, "calendar")
        if case.merged_into is not None:
            await apply_to_latest(connection, case.merged_into, left, "calendar")
    return await erasure.erase(connection, reference)


def require_caseworker(case: StoredCase, account: str) -> None:
    """Raise unless this account is the case's handler: nobody else may see these parts."""
    if case.handler != account:
        raise case_not_yours(case.reference)


async def hand_over_cases(
    connection: Connection, account: str, to: str | None, *, by: str | None
) -> int:
    """Assign every open case of an account to another one, or to nobody; returns how many."""
    cases = await inbox.load_open_cases(connection, account)
    for reference in cases:
        event = CaseEvent(kind="assigned", to=to)
        given: CommandDetails = {"by": by} if by else {}
        await apply_to_latest(connection, reference, event, "reviewer", **given)
    return len(cases)


async def require_no_open_cases(connection: Connection, account: str, name: str) -> None:
    """Raise if an account that is about to leave still handles open cases."""
    if cases := await inbox.load_open_cases(connection, account):
        raise cases_to_hand_over(name, len(cases))


def working_day_after(day: datetime.date, working_days: int) -> datetime.date:
    """The day this many working days after another, which itself does not count."""
    after: datetime.date = ENGLAND.get_nth_working_day(day, working_days)
    return after


def last_working_day(day: datetime.date) -> datetime.date:
    """The day itself if it is a working day, else the working day before it."""
    return day if ENGLAND.is_working_day(day) else ENGLAND.get_nth_working_day(day, -1)


def working_days_between(day: datetime.date, other: datetime.date) -> int:
    """How many working days come after `day`, up to and including `other`."""
    days = (day + datetime.timedelta(n) for n in range(1, (other - day).days + 1))
    return sum(ENGLAND.is_working_day(day) for day in days)


class ComplaintSubmission(Submission, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A complaint as submitted. The contact is optional, and encrypted as soon as it is read."""

    contact: Contact | None = None


class DataEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who entered a complaint for somebody else, and by which channel it came."""

    channel: Channel = "online"
    by: str | None = None


ONLINE = DataEntry()


async def submit_complaint(
    database: Database,
    keyring: Keyring,
    lodged: ComplaintSubmission,
    key: str | None = None,
    desk: DataEntry = ONLINE,
) -> Receipt:
    """Open a case and return its receipt; a repeated request gets the first receipt again."""
    # 256 random bits: the passphrase is derived from it, so it must not be guessed.
    key = key or secrets.token_hex(32)
    contact = contacts.check_contact(lodged.contact) if lodged.contact else None
    city = await database.load_cached(places.get_city)
    instrument = await submissions.find_open_instrument(database, COMPLAINT)
    area = submissions.submission_area(city, instrument, lodged)
    now = submissions.answer_context(instrument, city)
    case = await submissions.run_evaluation(
        instrument, case_from_submission, instrument, lodged, area.code, now
    )
    marks = submissions.request_marks(keyring, COMPLAINT, lodged, key)

    async def open_case(reference: str) -> Receipt:
        sealed = keyring.seal(reference, contact) if contact else None
        [phrase, *_] = keyring.passphrases(key, reference, lodged.language)
        opening = NewComplaint(
            case=case,
            reference=reference,
            passphrase_hash=await people.hash_secret(passphrase_letters(phrase)),
            request=marks,
            due=case_state(
                [DatedCaseEvent(case.first, clock.today())],
                case.allegations,
                working_day_after,
            ).due,
            channel=desk.channel,
            by=desk.by,
            sealed=sealed,
            by_mail=bool(contact and contact.email),
        )
        known, passphrase_hash = await insert_opening(database, instrument, opening)
        if known == reference:
            return Receipt(reference, phrase)
        return await repeated_receipt(keyring, key, known, passphrase_hash, lodged.language)

    return await submissions.store_under_new_reference(new_case_number, open_case)


async def insert_opening(
    database: Database, instrument: Instrument, opening: NewComplaint
) -> tuple[str, str | None]:
    """Save a complaint; returns what the store's `insert` returns."""
    if attachments_in(instrument, opening.case.answers):
        return await insert_with_files(database, instrument, opening)
    size = submissions.text_size(opening.case.texts)
    return await database.insert_grouped(complaints.insert_many, opening, size)


async def insert_with_files(
    database: Database, instrument: Instrument, opening: NewComplaint
) -> tuple[str, str | None]:
    """Save a complaint with its files, all or nothing; returns what the store's `insert` gives."""
    async with database.connection() as connection, connection.transaction():
        known, passphrase_hash = await complaints.insert(connection, opening)
        # Another number means that the request was sent before, and has its files.
        if known == opening.reference:
            await attach_files(connection, instrument, known, opening.case)
    return known, passphrase_hash


async def attach_files(
    connection: Connection,
    instrument: Instrument,
    reference: str,
    case: Case,
    before: Answers = NO_ANSWERS,
) -> None:
    """Attach files that a case's answers name and it lacks; raises if any cannot be attached."""
    known = {file.mark for file in attachments_in(instrument, before)}
    files = [file for file in attachments_in(instrument, case.answers) if file.mark not in known]
    if not files:
        return
    wanted = {file.mark: file.item for file in files[: media.MOST_FILES]}
    taken = await attachment_store.attach(
        connection, reference, instrument.slug, wanted, to_case=True
    )
    if faults := submissions.file_faults(files, taken):
        raise bad_answers(tuple(faults))


async def repeated_receipt(
    keyring: Keyring, key: str, reference: str, passphrase_hash: str | None, language: str
) -> Receipt:
    """The receipt as it was first given, whichever key of the keyring and language it was made
    with; without the passphrase if that key is gone.
    """
    for phrase in keyring.passphrases(key, reference, language):
        if await people.verify_hash(
            passphrase_hash or people.NOBODY_HASH, passphrase_letters(phrase)
        ):
            return Receipt(reference, phrase, again=True)
    # The key under which the words were derived is gone: only the number can be given again.
    return Receipt(reference, "", again=True)


async def correct_complaint(database: Database, reference: str, lodged: Submission) -> None:
    """Correct a complaint for its owner; the earlier version is stored, and marked as corrected."""
    city = await database.load_cached(places.get_city)
    async with database.connection() as connection, connection.transaction():
        instrument = await submissions.load_open_instrument(connection, COMPLAINT)
        area = submissions.submission_area(city, instrument, lodged)
        around = submissions.answer_context(instrument, city)
        now = await submissions.run_evaluation(
            instrument, case_from_submission, instrument, lodged, area.code, around
        )
        # Locked this late, so that nobody waits while the conditions of the form are evaluated.
        await complaints.lock(connection, reference)
        before = await complaints.get(connection, reference)
        words = await complaints.load_written_texts(connection, before.id)
        was, now_given = before.answers | words, now.answers | now.texts
        moved = ("borough",) if before.area != now.area else ()
        names = sorted(
            name for name in was.keys() | now_given.keys() if was.get(name) != now_given.get(name)
        )
        items = (*moved, *names)
        if not items:
            return
        await attach_files(connection, instrument, reference, now, before.answers)
        event = CaseEvent(kind="corrected", items=items)
        version = await apply_to_latest(
            connection, reference, event, "person", allegations=now.allegations
        )
        # Read before the correction, which deletes the old texts together with their redactions.
        decided = [
            text
            for text in await codes.load_written_texts(connection, before.id)
            if text.by and text.item in items
        ]
        await complaints.correct(connection, reference, version, now)
        await reapply_masks(connection, before.id, decided)


async def reapply_masks(
    connection: Connection, complaint: str, decided: Sequence[WrittenText]
) -> None:
    """Redact the words that a person redacted where they stand again in a complaint's texts."""
    for before in decided:
        for now in await codes.load_written_texts(connection, complaint):
            if now.item == before.item and before.by:
                spans = await to_thread.run_sync(detected_spans, now.body)
                masked = redact_correction(before.body, before.decided or [], now.body, spans)
                await codes.insert_redaction(connection, now.id, masked, by=before.by)


def detected_spans(words: str) -> Sequence[Span]:
    with import_lock("analysis.text.personal_data"):
        from analysis.text import personal_data  # slow to load

    [(_, spans)] = personal_data.redact_texts([words])
    return spans


def new_case_number() -> str:
    # The eighth letter is for checking; 29^7 numbers are some 17 thousand million.
    return case_number(submissions.random_letters(7))
