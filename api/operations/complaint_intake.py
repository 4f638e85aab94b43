"""Opens a case for a complaint that came by page, by JSON, or was entered for a caller."""

import secrets
from collections.abc import Sequence

import msgspec
from anyio import to_thread

from api import clock
from api.operations import case_commands
from api.operations.answers import submissions
from api.process.installation import import_lock
from api.security import people
from api.security.keyring import Keyring
from survey.cases import complaints, contacts
from survey.cases.contacts import Contact
from survey.media import attachments
from survey.receipts import Receipt, case_number, passphrase_letters
from survey.store import places
from survey.store.answers import attachments as attachment_store
from survey.store.cases import complaints as store
from survey.store.cases.complaints import NewComplaint
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


class ComplaintSubmission(Submission, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A complaint as submitted. The contact is optional, and encrypted as soon as it is read."""

    contact: Contact | None = None


class DataEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who entered a complaint for somebody else, and by which channel it came."""

    channel: complaints.Channel = "online"
    by: str | None = None


ONLINE = DataEntry()
NO_ANSWERS: Answers = {}


async def submit_complaint(
    database: Database,
    keyring: Keyring,
    lodged: ComplaintSubmission,
    key: str | None = None,
    desk: DataEntry = ONLINE,
) -> Receipt:
    """Open a case and return its receipt; the same request again gets the same receipt."""
    # 256 random bits: the passphrase is derived from it, so it must not be guessed.
    key = key or secrets.token_hex(32)
    contact = contacts.check_contact(lodged.contact) if lodged.contact else None
    city = await database.load_cached(places.get_city)
    instrument = await submissions.find_open_instrument(database, COMPLAINT)
    area = submissions.submission_area(city, instrument, lodged)
    now = submissions.answer_context(instrument, city)
    case = await submissions.run_evaluation(
        instrument, complaints.case_from_submission, instrument, lodged, area.code, now
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
            due=complaints.case_state(
                [complaints.DatedCaseEvent(case.first, clock.today())],
                case.allegations,
                case_commands.working_day_after,
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
    """Save a complaint; what `insert` returns."""
    if attachments_in(instrument, opening.case.answers):
        return await insert_with_files(database, instrument, opening)
    size = submissions.text_size(opening.case.texts)
    return await database.insert_grouped(store.insert_many, opening, size)


async def insert_with_files(
    database: Database, instrument: Instrument, opening: NewComplaint
) -> tuple[str, str | None]:
    """Save a complaint with its files, all of it or nothing; what `insert` returns."""
    async with database.connection() as connection, connection.transaction():
        known, passphrase_hash = await store.insert(connection, opening)
        # Another number means that the request was sent before, and has its files.
        if known == opening.reference:
            await attach_files(connection, instrument, known, opening.case)
    return known, passphrase_hash


async def attach_files(
    connection: Connection,
    instrument: Instrument,
    reference: str,
    case: complaints.Case,
    before: Answers = NO_ANSWERS,
) -> None:
    """Attach to a case the files that its answers name and that it does not have yet: all, or
    raise.
    """
    known = {file.mark for file in attachments_in(instrument, before)}
    files = [file for file in attachments_in(instrument, case.answers) if file.mark not in known]
    if not files:
        return
    wanted = {file.mark: file.item for file in files[: attachments.MOST_FILES]}
    taken = await attachment_store.attach(
        connection, reference, instrument.slug, wanted, to_case=True
    )
    if faults := submissions.file_faults(files, taken):
        raise bad_answers(tuple(faults))


async def repeated_receipt(
    keyring: Keyring, key: str, reference: str, passphrase_hash: str | None, language: str
) -> Receipt:
    """The receipt as it was first given, under whichever key and in whichever language that was."""
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
            instrument, complaints.case_from_submission, instrument, lodged, area.code, around
        )
        # Locked this late, so that nobody waits while the conditions of the form are evaluated.
        await store.lock(connection, reference)
        before = await store.get(connection, reference)
        words = await store.load_written_texts(connection, before.id)
        was, now_given = before.answers | words, now.answers | now.texts
        moved = ("borough",) if before.area != now.area else ()
        names = sorted(
            name for name in was.keys() | now_given.keys() if was.get(name) != now_given.get(name)
        )
        items = (*moved, *names)
        if not items:
            return
        await attach_files(connection, instrument, reference, now, before.answers)
        event = complaints.CaseEvent(kind="corrected", items=items)
        version = await case_commands.apply_to_latest(
            connection, reference, event, "person", allegations=now.allegations
        )
        # Read before the correction, which deletes the old texts together with their redactions.
        decided = [
            text
            for text in await codes.load_written_texts(connection, before.id)
            if text.by and text.item in items
        ]
        await store.correct(connection, reference, version, now)
        await reapply_masks(connection, before.id, decided)


async def reapply_masks(
    connection: Connection, complaint: str, decided: Sequence[WrittenText]
) -> None:
    """Apply a person's redactions of the old words to wherever the same words appear again."""
    for before in decided:
        for now in await codes.load_written_texts(connection, complaint):
            if now.item == before.item and before.by:
                found = await to_thread.run_sync(detected_spans, now.body)
                masked = redact_correction(before.body, before.decided or [], now.body, found)
                await codes.insert_redaction(connection, now.id, masked, by=before.by)


def detected_spans(words: str) -> Sequence[Span]:
    with import_lock("analysis.text.personal_data.redaction"):
        from analysis.text.personal_data import redaction  # slow to load

    [(_, spans)] = redaction.redact_texts([words])
    return spans


def new_case_number() -> str:
    # The eighth letter is for checking; 29^7 numbers are some 17 thousand million.
    return case_number(submissions.random_letters(7))
