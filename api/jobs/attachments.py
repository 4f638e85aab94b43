"""Files that people sent: scanned before anybody can open them, and sounds written down."""

import asyncio
import contextlib
import datetime
import functools
import logging
import socket
import struct
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from analysis import speech
from api.process.long_work import repeat_until_stopped, run_in_thread
from api.settings import Settings, bad_scanner_address
from survey.cases.transcripts import MachineTranscript
from survey.files.isolation import IsolationError, run_limited
from survey.problems import Problem
from survey.store.answers import attachments
from survey.store.answers.attachments import AttachmentScan
from survey.store.cases import transcripts
from survey.store.database import Database

CHUNK = 64 * 1024
SCAN_SECONDS = 60.0
SECONDS_TO_CONNECT = 5.0
MOST_ANSWER = 4_096  # an answer is one line: whatever sends more is no clamd, and counts as away

log = logging.getLogger("soundings.scanner")
# `too_large` is what the scanner does not take; `away` is no verdict: it is asked again later.
ScanVerdict = Literal["clean", "infected", "too_large", "away"]
LOST = (OSError, TimeoutError, EOFError)
MEMORY = 3_000_000_000
SECONDS = 1_800.0
ABANDONED = "The worker stopped several times while it listened."
RECORD_FILE = "transcription-check.json"
FAILURES = {
    "memory": "This sound takes more memory than a program may use for it.",
    "time": "This sound takes longer than a program may listen.",
    "died": "The program that listened to this sound stopped.",
    "failed": "This sound cannot be read.",
    "busy": "The machine was too busy.",
}


class Scanner(Protocol):
    """Says whether a file is infected; it stores nothing, and never logs which virus."""

    async def scan(self, body: bytes) -> ScanVerdict: ...


class Clamd:
    """ClamAV's daemon, by its own protocol, over TCP or a socket of this machine."""

    def __init__(self, host: str, port: int, path: str, seconds: float = SCAN_SECONDS) -> None:
        self.host, self.port, self.path = host, port, path
        self.seconds = seconds
        self.is_away = False

    async def scan(self, body: bytes) -> ScanVerdict:
        try:
            async with asyncio.timeout(self.seconds):
                verdict = parse_verdict(await self.query(body))
        except LOST as failure:
            return self.log_away(type(failure).__name__)
        if verdict == "away":
            return self.log_away("it answered with an error")
        if self.is_away:
            log.warning("the scanner is back")
        self.is_away = False
        return verdict

    def log_away(self, why: str) -> ScanVerdict:
        """Log once that the scanner cannot be reached, and not again until it has been back."""
        if not self.is_away:
            log.warning("the scanner cannot be used, files wait for it: %s", why)
        self.is_away = True
        return "away"

    async def query(self, body: bytes) -> bytes:
        """The scanner's answer to INSTREAM; it may answer before the whole file was sent."""
        async with asyncio.timeout(min(SECONDS_TO_CONNECT, self.seconds)):
            connection = await self.connect()
        with connection:
            answer = asyncio.ensure_future(read_answer(connection))
            sending = asyncio.ensure_future(send_body(connection, body))
            try:
                # Over its limit clamd answers and closes while we send: an error there is normal.
                await asyncio.wait([answer, sending], return_when=asyncio.FIRST_COMPLETED)
                return await answer
            finally:
                answer.cancel()
                sending.cancel()
                await asyncio.gather(answer, sending, return_exceptions=True)

    async def connect(self) -> socket.socket:
        """A plain socket: a stream of asyncio that fails to send loses what it has received
        unread.
        """
        if self.path:
            return await connect_to(socket.AF_UNIX, self.path)
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        for family, *_, address in addresses[:-1]:
            with contextlib.suppress(OSError):
                return await connect_to(family, address)
        family, *_, address = addresses[-1]
        return await connect_to(family, address)


async def connect_to(family: int, address: str | tuple[object, ...]) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def read_answer(connection: socket.socket) -> bytes:
    """The bytes up to the first zero."""
    loop, answer = asyncio.get_running_loop(), b""
    while b"\0" not in answer:
        part = await loop.sock_recv(connection, MOST_ANSWER)
        if not part or len(answer) > MOST_ANSWER:
            raise EOFError
        answer += part
    return answer[: answer.index(b"\0") + 1]


async def send_body(connection: socket.socket, body: bytes) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, b"zINSTREAM\0")
    for at in range(0, len(body), CHUNK):
        part = body[at : at + CHUNK]
        await loop.sock_sendall(connection, struct.pack(">I", len(part)) + part)
    await loop.sock_sendall(connection, struct.pack(">I", 0))


def parse_verdict(answer: bytes) -> ScanVerdict:
    """The verdict in an answer: `stream: OK`, `stream: NAME FOUND`, or an error.

    The name of a virus is not used.
    """
    words = answer.rstrip(b"\0\n ")
    # Exactly this: an answer that we do not know is no verdict, and leaves the file in quarantine.
    if words == b"stream: OK":
        return "clean"
    if words.startswith(b"stream: ") and words.endswith(b" FOUND"):
        return "infected"
    if b"size limit exceeded" in words:
        return "too_large"
    return "away"


def scanner_from_settings(settings: Settings) -> Scanner | None:
    """The scanner that the settings name, if any: a path, or a host and its port."""
    if not settings.clamd:
        return None
    if settings.clamd.startswith("/"):
        return Clamd("", 0, settings.clamd)
    host, colon, port = settings.clamd.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65_536):
        raise bad_scanner_address()
    return Clamd(host.strip("[]"), int(port), "")


async def scan_next_file(database: Database, scanner: Scanner) -> bool:
    """Scan one waiting file; True if there was one and the scanner answered.

    No row is locked meanwhile, so whoever submits the answer with this file need not wait.
    """
    async with database.connection() as connection:
        file = await attachments.find_unscanned(connection)
    if file is None:
        return False
    verdict = await scanner.scan(file.body)
    # As if none waited: asking again at once would never stop while the scanner is away.
    if verdict == "away":
        return False
    if verdict == "too_large":
        log.warning("a file is larger than the scanner takes: it is offered as not scanned")
    scan: AttachmentScan = "not_scanned" if verdict == "too_large" else verdict
    async with database.connection() as connection:
        await attachments.save_scan(connection, file.mark, scan)
    return True


class CheckedGroup(msgspec.Struct, frozen=True):
    """A group of recordings in a check of transcription: how many recordings and words, the word
    error rate and its interval; `high` is None if there is only one recording.
    """

    group: str
    recordings: int
    words: int
    rate: float
    low: float
    high: float | None


class TranscriptionCheck(msgspec.Struct, frozen=True):
    """The last check of the operator's own recordings, for one version of the model."""

    at: datetime.datetime
    model: str
    groups: tuple[CheckedGroup, ...]


def load_check(data: Path) -> TranscriptionCheck | None:
    """The check that was run for this version of the model; None if there is none."""
    try:
        check = msgspec.json.decode((data / RECORD_FILE).read_bytes(), type=TranscriptionCheck)
    except (OSError, msgspec.MsgspecError):
        return None
    return check if check.model == speech.VERSION else None


def transcripts_count(settings: Settings) -> bool:
    """Whether accepted words become a text of the case, and so part of figures.

    Only where the operator asks for it and has measured the model on their own recordings: without
    that, nobody knows whose words it gets wrong.
    """
    return settings.transcription == "count" and load_check(settings.data) is not None


async def transcribe_until_stopped(
    database: Database, stop: asyncio.Event, settings: Settings
) -> None:
    """Transcribe sounds until told to stop; returns at once if speech is off or not installed."""
    if settings.transcription != "off" and speech.is_installed():
        step = functools.partial(transcribe_next_sound, database)
        await repeat_until_stopped(step, stop, what="sounds")


async def transcribe_next_sound(database: Database) -> bool:
    """Transcribe the next sound; True if there was one. No connection is held meanwhile."""
    async with database.connection() as connection:
        await transcripts.fail_abandoned(connection, ABANDONED)
        sound = await transcripts.claim(connection)
    if sound is None:
        return False
    try:
        heard = await run_in_thread(hear_sound, sound.body)
    except (IsolationError, Problem) as failure:
        # The library's own words may quote what is in the file.
        reason = getattr(failure, "reason", "busy")
        async with database.connection() as connection:
            await transcripts.save_failure(connection, sound.attachment, FAILURES[reason])
        return True
    async with database.connection() as connection:
        await transcripts.save_heard(connection, sound.attachment, heard)
    return True


def hear_sound(body: bytes) -> MachineTranscript:
    """What is said in a sound, written down in a child process with limits."""
    return run_limited(speech.write_down, (body,), {}, memory=MEMORY, seconds=SECONDS)
