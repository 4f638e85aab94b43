"""Answers `GET /metrics` on a port of its own, never on the port of the pages.

Without a token the port is open to this machine alone.
"""

import asyncio
import hmac
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from api.observing.exposition import CONTENT_TYPE, render_metrics
from api.observing.numbers import NumberTable
from api.settings import Settings

PATIENCE = 5.0  # seconds for the whole exchange: who is slower is cut off
LONGEST_HEAD = 8_192
LOOPBACK = "127.0.0.1"


class MetricsResponse(NamedTuple):
    status: str
    headers: tuple[str, ...] = ()
    body: bytes = b""


NOT_FOUND = MetricsResponse("404 Not Found", body=b"There is only /metrics here.\n")
TOKEN_NEEDED = MetricsResponse("401 Unauthorized", ("WWW-Authenticate: Bearer",))


def metrics_host(settings: Settings) -> str:
    """Where the port listens: with a token where the pages do, else on this machine alone."""
    return settings.host if settings.metrics_token else LOOPBACK


@asynccontextmanager
async def open_endpoint(
    listener: socket.socket | None, token: str, tables: Sequence[NumberTable]
) -> AsyncIterator[None]:
    """Answer on this socket while the block runs; without one, do nothing."""
    if listener is None:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(response_bytes(head, respond(head, token, tables)))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, sock=listener, limit=LONGEST_HEAD)
    async with server:
        yield


def respond(head: bytes, token: str, tables: Sequence[NumberTable]) -> MetricsResponse:
    """The response to the head of a request."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    if method not in ("GET", "HEAD") or rest.partition(" ")[0] != "/metrics":
        return NOT_FOUND
    if token and not hmac.compare_digest(token.encode(), bearer_token(lines).encode()):
        return TOKEN_NEEDED
    shown = render_metrics(table.read() for table in tables)
    return MetricsResponse("200 OK", (f"Content-Type: {CONTENT_TYPE}",), shown)


def bearer_token(lines: Sequence[str]) -> str:
    """The token that the headers of a request carry, or ""."""
    for line in lines:
        name, _, value = line.partition(":")
        scheme, _, token = value.strip().partition(" ")
        if name.lower() == "authorization" and scheme.lower() == "bearer":
            return token.strip()
    return ""


def response_bytes(head: bytes, response: MetricsResponse) -> bytes:
    headers = [
        f"HTTP/1.1 {response.status}",
        *response.headers,
        f"Content-Length: {len(response.body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    body = b"" if head.startswith(b"HEAD ") else response.body
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + body
