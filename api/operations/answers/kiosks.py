"""A kiosk: a device that sends whole answers when there is a line; and counts of each way in."""

import datetime
import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Literal

import msgspec

from api.observing.logs import log_failure
from api.operations.answers import submissions
from api.operations.answers.submissions import MARKED_FIELDS, Delivery
from api.security.keyring import Keyring
from api.security.limits import Guesser
from survey import media
from survey.problems import Unavailable
from survey.store.answers.entries import Suspicion
from survey.store.database import Connection, Database
from survey.store.surveys import instruments, sharing
from survey.store.surveys.sharing import Kiosk
from survey.surveys import refusals
from survey.surveys.instruments import FileItem, Instrument
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import Submission
from survey.surveys.sharing import WayWeek

WayAct = Literal["begun", "sent"]


class WayCounts:
    """What this process has counted since it was last saved, by survey, week, way and act."""

    def __init__(self) -> None:
        self.unsaved: Counter[tuple[str, datetime.date, str, WayAct]] = Counter()

    def add(self, slug: str, week: datetime.date, code: str, act: WayAct) -> None:
        self.unsaved[slug, week, code, act] += 1

    async def save(self, database: Database) -> None:
        """Add the counts to the database; if the database is away, they wait for the next save."""
        taken, self.unsaved = self.unsaved, Counter()
        for slug, week in sorted({(slug, week) for slug, week, _, _ in taken}):
            here = {
                code for counted_slug, of, code, _ in taken if (counted_slug, of) == (slug, week)
            }
            counts = [
                WayWeek(
                    code,
                    week,
                    begun=taken[slug, week, code, "begun"],
                    sent=taken[slug, week, code, "sent"],
                )
                for code in sorted(here)
            ]
            try:
                async with database.connection() as connection:
                    await sharing.add_counts(connection, slug, week, counts)
            except Unavailable:
                self.unsaved.update({at: n for at, n in taken.items() if at[:2] == (slug, week)})
            except Exception as failure:  # answering goes on without
                log_failure("how people came could not be saved:", failure)


class SentFile(msgspec.Struct, frozen=True):
    """A file that came with an answer: for which question, and for which repeat if it has one."""

    item: FileItem
    body: bytes
    repeat: str = ""


class KioskLine(msgspec.Struct, frozen=True):
    """What the site says about the connection by which an answer comes: whether files wait for the
    virus scanner, whether the answer counts toward the thresholds of live results, and whether
    it is suspect.
    """

    quarantine: bool
    opens: bool
    suspicion_of: Callable[[], Suspicion | None]


class KioskAnswer(msgspec.Struct, frozen=True):
    """All that one person answered, with their files, to this version of a survey."""

    asked: Instrument
    submission: Submission
    files: list[SentFile]


def new_kiosk(survey: str) -> Kiosk:
    """A new random link for a survey's kiosk, and its code."""
    return Kiosk(survey, secrets.token_urlsafe(16), f"{secrets.randbelow(10**6):06}")


async def get_kiosk(database: Database, token: str) -> Kiosk:
    async with database.connection() as connection:
        kiosk = await sharing.find_kiosk_by_token(connection, token)
    if kiosk is None:
        raise refusals.unknown_kiosk()
    return kiosk


async def get_version(database: Database, slug: str, version: int) -> Instrument:
    """The survey version that the device asked, or the newest version if that does not exist."""
    async with database.connection() as connection:
        chain = await instruments.load_history(connection, slug)
    return next((instrument for instrument in chain if instrument.version == version), chain[-1])


async def submit_kiosk_answer(
    database: Database,
    keyring: Keyring,
    kiosk: Kiosk,
    key: str,
    sent: KioskAnswer,
    line: KioskLine,
) -> bool:
    """Save an answer with its files once, however often it is sent; True if it was stored before.

    A suspect answer waits for the organiser; with files, the device must send it again. The request
    mark stays for a year: an offline device may not know for weeks that we have the answer.
    """
    mark = keyring.request_mark(f"kiosk\0{kiosk.survey}\0{key}".encode())
    async with database.connection() as connection:
        if await sharing.has_kiosk_mark(connection, mark):
            return True
    suspicion = line.suspicion_of()
    if suspicion and sent.files:
        raise refusals.crowded_kiosk()
    if len(sent.files) > media.MOST_FILES:
        raise media.too_many_attachments()
    submission = sent.submission
    # By what is in the files: each sending stores them under other marks.
    digests = [hashlib.sha256(file.body).hexdigest() for file in sent.files]
    same = with_files(submission, sent.files, digests)
    marks = submissions.request_marks(keyring, kiosk.survey, same, key)
    stored = [
        await submissions.save_file(
            database, sent.asked, file.item, file.body, quarantine=line.quarantine
        )
        for file in sent.files
    ]

    async def save_mark(connection: Connection, _: str) -> None:
        await sharing.insert_kiosk_mark(connection, mark)

    delivery = Delivery(sent.asked, frozenset(), save_mark)
    answer = with_files(submission, sent.files, stored)
    receipt = await submissions.submit_response(
        *(database, kiosk.survey, answer, marks, delivery, suspicion), opens=line.opens
    )
    return receipt.again


async def check_code(guesser: Guesser, kiosk: Kiosk, typed: str) -> None:
    """Raise unless these digits open the answers that wait on the device; wrong guesses are
    counted.
    """
    guessed_at = f"kiosk {kiosk.token}"
    if not await guesser.tries.admit(guessed_at, guesser.source):
        raise refusals.too_many_kiosk_codes()
    if not secrets.compare_digest(typed.encode(), kiosk.code.encode()):
        guesser.tries.count_wrong(guessed_at)
        raise refusals.wrong_kiosk_code()
    guesser.tries.forget(guessed_at, guesser.source)


def with_files(submission: Submission, files: list[SentFile], marks: list[str]) -> Submission:
    """The submission with these marks as the answers to its questions for files."""
    answers = dict(submission.answers)
    for file, mark in zip(files, marks, strict=True):
        if file.repeat:
            rounds = answers.get(file.repeat)
            given = list(rounds) if isinstance(rounds, list) else []
            answers[file.repeat] = [*given, {file.item.name: mark}]
        else:
            answers[file.item.name] = mark
    return with_answers(submission, answers)


def with_answers(submission: Submission, answers: Answers) -> Submission:
    given = {name: getattr(submission, name) for name in MARKED_FIELDS}
    return Submission(**given | {"answers": answers})
