"""Answers that phones send: checked, stored once, corrected, and given files that come later."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from api.operations.answers import submissions
from api.operations.answers.submissions import Delivery
from api.process.long_work import read_apart
from api.security.limits import count_stored_bytes
from survey import media
from survey.formats import xform
from survey.problems import Fault, Invalid
from survey.store.answers import attachments as attachment_store
from survey.store.answers import erasure
from survey.store.database import Connection, Database
from survey.store.surveys import fieldwork, instruments
from survey.store.surveys import limits as limit_store
from survey.store.surveys.fieldwork import CollectorGroup, ExpectedFile
from survey.surveys.instruments import Instrument, all_parts, wording_text
from survey.surveys.item_types.answers import first_language
from survey.surveys.refusals import bad_answers
from survey.surveys.responses import AttachmentReference, Submission, attachments_in, set_answer
from survey.surveys.sharing import SurveyLimits

# The content of a file that came with a form, by its name and up to so many bytes; None if it did
# not come.
FileReader = Callable[[str, int], Awaitable[bytes | None]]


class AlreadyStored(Exception):
    """Raised where another request stored the same form in the same moment."""


class PhoneDelivery(msgspec.Struct, frozen=True):
    """A filled form as it came from a phone of a group, and the version that was filled in.

    The digests of the form include its random id, so that nobody can find out by guessing what was
    filled in.
    """

    group: CollectorGroup
    instrument: Instrument
    filled: xform.FilledForm
    content: bytes
    read_file: FileReader
    quarantine: bool
    opens: bool

    def instance_digest(self, instance: str) -> bytes:
        return digest_of("answer", self.group.id, instance)

    @property
    def digest(self) -> bytes:
        return self.instance_digest(self.filled.instance)

    def name_digest(self, file_name: str) -> bytes:
        # Never the name itself: a phone names its photos by the millisecond.
        return digest_of("file", self.group.id, self.filled.instance, file_name)


def digest_of(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


async def receive_filled_form(
    database: Database,
    group: CollectorGroup,
    xml: bytes,
    read_file: FileReader,
    *,
    quarantine: bool,
    opens: bool = True,
) -> bool:
    """Store what a phone sent, with its files; returns False if the form was stored before.

    A phone sends a form again if our response got lost, or to send the files that did not fit into
    one request.
    """
    filled = await read_apart(xform.read_filled_form, xml)
    content = hashlib.sha256(filled.instance.encode() + b"\0" + xml).digest()
    async with database.connection() as connection:
        instrument = await get_version(connection, group, filled)
    sent = PhoneDelivery(group, instrument, filled, content, read_file, quarantine, opens)
    if await find_known(database, sent) is None:
        try:
            await store_answer(database, sent)
        except AlreadyStored:
            pass
        else:
            return True
    known = await find_known(database, sent)
    # What was erased or corrected since stays away, and its phone has done its part.
    if known is not None and known.reference is not None:
        if known.content_digest != content:
            raise xform.changed_form()
        await add_late_files(database, known.reference, sent)
    return False


async def find_known(database: Database, sent: PhoneDelivery) -> fieldwork.PhoneAnswer | None:
    async with database.connection() as connection:
        return await fieldwork.find_phone_answer(connection, sent.digest)


async def get_version(
    connection: Connection, group: CollectorGroup, filled: xform.FilledForm
) -> Instrument:
    """The version that was filled in, perhaps without a network and weeks ago."""
    versions = await instruments.load_history(connection, group.instrument)
    filled_versions = [version for version in versions if str(version.version) == filled.version]
    if filled.form != group.instrument or not filled_versions:
        raise xform.unknown_form()
    check_may_collect(filled_versions[0], await limit_store.find(connection, group.instrument))
    return filled_versions[0]


def check_may_collect(instrument: Instrument, limits: SurveyLimits | None) -> None:
    """Raise if only people with an access code may answer this survey."""
    if instrument.mode != "open":
        raise xform.sampled_on_phones()
    if limits is not None and limits.one_each == "code":
        raise xform.codes_on_phones()


async def store_answer(database: Database, sent: PhoneDelivery) -> None:
    """Store a new answer, or one in place of the answer that it corrects."""
    # Before any file is read: a closed survey takes none.
    await submissions.find_open_instrument(database, sent.group.instrument)
    answers = await read_apart(xform.answers_in, sent.instrument.items, sent.filled.root)
    to_come: list[ExpectedFile] = []
    for file in attachments_in(sent.instrument, answers):
        mark = await save_sent_file(database, sent, file)
        if not mark:
            mark = submissions.new_mark()
            to_come.append(ExpectedFile(mark, sent.name_digest(file.mark), file.item))
        set_answer(answers, file.where, mark)

    async def begin(connection: Connection, reference: str) -> None:
        # Before the rows of the phone, in the order of whoever erases the answer meanwhile.
        await limit_store.lock(connection, {sent.group.instrument})
        if not await fieldwork.insert_phone_answer(
            connection, sent.digest, sent.content, reference
        ):
            raise AlreadyStored
        await fieldwork.insert_expected_files(connection, sent.digest, to_come)
        if not await erase_corrected(connection, sent):
            await fieldwork.count_answer(connection, sent.group.id)

    names = xform.names_on_phones(sent.instrument)
    submission = Submission(
        area=added_answer(sent.filled, names.area) or None,
        language=added_answer(sent.filled, names.language) or first_language(sent.instrument.title),
        answers=answers,
    )
    delivery = Delivery(
        sent.instrument, frozenset(expected_file.mark for expected_file in to_come), begin
    )
    slug = sent.instrument.slug
    try:
        await submissions.submit_response(
            database, slug, submission, delivery=delivery, opens=sent.opens
        )
    except Invalid as refused:
        raise in_question_words(sent.instrument, refused) from None


def added_answer(filled: xform.FilledForm, name: str) -> str:
    """The answer to a question that only the phone's form has; '' if it was not answered."""
    return str((filled.root.findtext(name) if name else "") or "").strip()[:35]


async def save_sent_file(database: Database, sent: PhoneDelivery, file: AttachmentReference) -> str:
    """Save a file that came with its form, and return its mark; '' if it did not come."""
    item = sent.instrument.files()[file.item]
    body = await sent.read_file(file.mark, media.most_bytes(item, sent.instrument.kind) + 1)
    if body is None:
        return ""
    return await submissions.save_file(
        database, sent.instrument, item, body, quarantine=sent.quarantine
    )


async def erase_corrected(connection: Connection, sent: PhoneDelivery) -> bool:
    """Erase the answer that this form corrects; returns False if no answer had to be erased.

    A published answer is never edited: in one transaction the corrected answer is stored and the
    earlier one erased.
    """
    if not sent.filled.earlier:
        return False
    earlier = sent.instance_digest(sent.filled.earlier)
    # What was never sent, or refused, must not come after its own correction.
    if await fieldwork.insert_phone_answer(connection, earlier):
        return False
    answer = await fieldwork.lock_phone_answer(connection, earlier)
    if answer is None or answer.reference is None:
        raise xform.corrected_before()
    await erasure.erase(connection, answer.reference)
    return True


async def add_late_files(database: Database, reference: str, sent: PhoneDelivery) -> None:
    """Attach the files that came now and that an answer still waits for."""
    async with database.connection() as connection:
        expected = await fieldwork.load_expected_files(connection, sent.digest)
    if not expected:
        return
    answers = await read_apart(xform.answers_in, sent.instrument.items, sent.filled.root)
    files = attachments_in(sent.instrument, answers)
    names = {sent.name_digest(file.mark): file.mark for file in files}
    for expected_file in expected:
        item = sent.instrument.files()[expected_file.item]
        most = media.most_bytes(item, sent.instrument.kind) + 1
        body = await sent.read_file(names.get(expected_file.name_digest, ""), most)
        if body is not None:
            attachment = await submissions.clean_file(sent.instrument, item, body)
            await attach_late_file(database, reference, sent, expected_file, attachment)


async def attach_late_file(
    database: Database,
    reference: str,
    sent: PhoneDelivery,
    expected: ExpectedFile,
    attachment: media.Attachment,
) -> None:
    """Attach one file to an answer, and only once, however often the file is sent."""
    slug = sent.instrument.slug
    async with database.connection() as connection, connection.transaction():
        if not await fieldwork.delete_expected_file(connection, expected.mark):
            return
        stored = await attachment_store.insert(
            connection,
            expected.mark,
            slug,
            expected.item,
            attachment,
            most=media.MOST_WAITING,
            quarantine=sent.quarantine,
        )
        if not stored:
            raise media.attachments_full()
        wanted = {expected.mark: expected.item}
        await attachment_store.attach(connection, reference, slug, wanted)
    count_stored_bytes(len(attachment.body))


def in_question_words(instrument: Instrument, refused: Invalid) -> Invalid:
    """The refusal with the words of the question at each fault, because a phone does not mark the
    field.
    """
    words = {
        name: wording_text(part.row_texts().get(name) or part.text)
        for part in all_parts(instrument.items)
        for name in (part.name, *part.answer_names())
    }
    faults: Sequence[Fault] = [
        Fault(words.get(fault.where.rpartition(".")[2]) or fault.where, fault.sentence)
        for fault in refused.faults
    ]
    return bad_answers(tuple(faults)) if faults else refused
