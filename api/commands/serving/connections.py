"""Deadlines and limits for slow connections and endless request heads, and one write a response.

Uvicorn waits for ever for the rest of a request, and accepts heads of any size.
"""

import asyncio
import contextlib
import resource
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_OPEN_FILES = 8_192
MOST_JOINED = 65_536  # bytes: to copy more takes longer than a call of the system


class JoinedWrites:
    """A transport that sends two writes of one step of the event loop together.

    Uvicorn writes the head of a response and its body one after the other, and each call of the
    system costs more than what it sends. At most one write is held, and only until the event loop
    goes on: a head whose body comes later does not wait for it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport, self.loop = transport, loop
        self.held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        if self.held and len(data) <= MOST_JOINED:
            held, self.held = self.held, b""
            self.transport.write(held + data)
        elif self.held or len(data) > MOST_JOINED:
            self.send_held()
            self.transport.write(data)
        elif data:
            self.held = data
            self.loop.call_soon(self.send_held)

    def send_held(self) -> None:
        if self.held:
            held, self.held = self.held, b""
            self.transport.write(held)

    def close(self) -> None:
        self.send_held()
        self.transport.close()


class PatientProtocol(HttpToolsProtocol):
    """HTTP over one connection, with deadlines and limits."""

    head_seconds = 15.0
    grace_seconds = 30.0  # a body, or a reader of ours, may do nothing for so long
    bytes_per_second = 2_000  # and is then at least as fast as this
    check_seconds = 5.0
    most_connections = 1_000
    most_head_bytes = 32_000
    most_pipelined = 16

    transport: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(JoinedWrites(transport, self.loop))  # type: ignore[arg-type]
        self.refused = False
        self.head_bytes = 0
        self.head_since: float | None = self.loop.time()
        self.body_since: float | None = None
        self.body_bytes = 0
        self.unread_since: tuple[float, int] | None = None
        self.checking = self.loop.call_later(self.check_seconds, self.check)
        if len(self.connections) > self.most_connections:
            self.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self.checking.cancel()
        super().connection_lost(exc)

    def make_room(self) -> None:
        """Close the connection that has gone longest without sending a request.

        If every connection has sent one, the newest is closed.
        """
        idle = [one for one in self.connections if getattr(one, "head_since", None) is not None]
        longest = min(idle, key=lambda one: one.head_since, default=self)  # type: ignore[union-attr]
        if isinstance(longest, PatientProtocol):
            longest.refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        if self.head_since is not None:
            self.head_bytes += len(data)
        # Parsed first: the bytes that come with the end of a head may belong to its body.
        super().data_received(data)
        if self.head_since is not None and self.head_bytes > self.most_head_bytes:
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.most_head_bytes:
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif len(self.pipeline) >= self.most_pipelined:
            self.refuse(HTTPStatus.TOO_MANY_REQUESTS)
        if self.refused:
            return
        self.head_since, self.head_bytes = None, 0
        self.body_since, self.body_bytes = self.loop.time(), 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.refused:
            self.body_bytes += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.refused:
            self.body_since = None
            super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self.head_since, self.head_bytes = self.loop.time(), 0
            self.body_since = None
            self.url = b""
            self.cycle.body.clear()  # what was refused unread: it is not held until we close
        super().on_response_complete()

    def check(self) -> None:
        """Close the connection if it is out of time, and schedule the next check."""
        self.checking = self.loop.call_later(self.check_seconds, self.check)
        now = self.loop.time()
        if self.flow.read_paused and self.body_since is not None:
            self.body_since += self.check_seconds  # it is we who do not read
        if self.is_unread(now):
            self.transport.abort()
        elif self.is_head_late(now) or self.is_body_late(now):
            self.refuse(HTTPStatus.REQUEST_TIMEOUT)

    def is_head_late(self, now: float) -> bool:
        # Whoever still reads our last response is not late with the next request.
        if self.head_since is None or self.unread_since is not None:
            return False
        return now - self.head_since > self.head_seconds

    def is_body_late(self, now: float) -> bool:
        return self.body_since is not None and self.is_late(now, self.body_since, self.body_bytes)

    def is_late(self, now: float, since: float, done: int) -> bool:
        return now - since - self.grace_seconds > done / self.bytes_per_second

    def is_unread(self, now: float) -> bool:
        """Whether the client reads our response more slowly than a slow line explains."""
        left = self.transport.get_write_buffer_size()
        if not left:
            self.unread_since = None
        # A buffer that grew has something new from us, so the client's time starts again.
        elif self.unread_since is None or left > self.unread_since[1]:
            self.unread_since = now, left
        if self.unread_since is None:
            return False
        since, before = self.unread_since
        return self.is_late(now, since, before - left)

    def refuse(self, status: HTTPStatus) -> None:
        """Answer with this status if no response has begun, then close the connection."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        # Behind a response that has begun, a status line would be read as part of its body.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                "Content-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n".encode()
            )
            self.transport.close()
        else:
            self.transport.abort()


def raise_open_file_limit() -> None:
    """Raise the limit of open files as far as the system allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
