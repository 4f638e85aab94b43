"""The connection to the operator's virus scanner (clamd), if there is one."""

import asyncio
import logging
import struct
from typing import Literal, Protocol

from api.settings import Settings, bad_scanner_address

CHUNK = 64 * 1024
SECONDS = 60.0
SECONDS_TO_CONNECT = 5.0
MOST_ANSWER = 4_096  # an answer is one line: whatever sends more is no clamd, and counts as away

log = logging.getLogger("soundings.scanner")
# `too_large` is what the scanner does not take; `away` is no verdict: it is asked again later.
ScanVerdict = Literal["clean", "infected", "too_large", "away"]
LOST = (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError)


class Scanner(Protocol):
    """Says whether a file is infected; it stores nothing, and never logs which virus."""

    async def scan(self, body: bytes) -> ScanVerdict: ...


class Clamd:
    """ClamAV's daemon, by its own protocol, over TCP or a socket of this machine."""

    def __init__(self, host: str, port: int, path: str, seconds: float = SECONDS) -> None:
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
            reader, writer = await self.connect()
        answer = asyncio.ensure_future(reader.readuntil(b"\0"))
        sending = asyncio.ensure_future(stream_body(writer, body))
        try:
            # Over its limit clamd answers and closes while we send: an error there is normal.
            await asyncio.wait([answer, sending], return_when=asyncio.FIRST_COMPLETED)
            return await answer
        finally:
            answer.cancel()
            sending.cancel()
            await asyncio.gather(answer, sending, return_exceptions=True)
            writer.transport.abort()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.path:
            return await asyncio.open_unix_connection(self.path, limit=MOST_ANSWER)
        return await asyncio.open_connection(self.host, self.port, limit=MOST_ANSWER)


async def stream_body(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(b"zINSTREAM\0")
    for at in range(0, len(body), CHUNK):
        part = body[at : at + CHUNK]
        writer.write(struct.pack(">I", len(part)) + part)
        await writer.drain()
    writer.write(struct.pack(">I", 0))
    await writer.drain()


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
