"""Serves the pages in several processes, copies of one, with limits for slow connections."""

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import click
import uvicorn
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api import app, bootstrap
from api.app import Door
from api.commands.serving.copies import Heart, keep_beating, keep_copies_running
from api.commands.serving.ports import BALANCED, AcceptFailures, base_address
from api.observing import metrics
from api.observing.logs import set_up_logging, set_up_tracing
from api.operations.exports.streams import delete_abandoned_folders
from api.security import keyring, memory
from api.settings import Settings, load_settings

MOST_OPEN_FILES = 8_192
OTHER_FILES = 64  # of a process of the pages, with those to the database
FEWEST_CONNECTIONS = 8
PASSING = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
MOST_JOINED = 65_536  # bytes: to copy more takes longer than a call of the system

DRAIN_SECONDS = 12  # for requests that run when we are asked to stop
GOODBYE_SECONDS = 3.0  # from our last answer to a balancer's question until its request is here
ALIVE = b"/health/live"


class JoinedWrites:
    """A transport that sends two writes of one step of the event loop together.

    Uvicorn writes the head of a response and its body one after the other, and each call of the
    system costs more than what it sends. At most one write is held, and only until the event loop
    goes on: a head whose body comes later does not wait for it.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        is_receiving: Callable[[], bool] = lambda: False,
    ) -> None:
        self.transport, self.loop, self.is_receiving = transport, loop, is_receiving
        self.held = b""
        self.has_ended = False

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
        """Close the connection; the first time only our side of it, if more is still arriving.

        Closing a connection with something unread discards what we have just sent.
        """
        self.send_held()
        if self.has_ended or not self.is_receiving():
            self.transport.close()
        else:
            self.has_ended = True
            self.transport.write_eof()


def closing_if_unread(cycle: RequestResponseCycle, app: Callable[..., Any]) -> Callable[..., Any]:
    """The application; if it answers a request that has not all arrived, it closes the connection.

    The rest of that request would otherwise come before the next request on this connection.
    """

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        def send_in_order(message: Any) -> Awaitable[None]:
            if cycle.more_body:
                cycle.keep_alive = False
            sending: Awaitable[None] = send(message)
            return sending

        await app(scope, receive, send_in_order)

    return answer


class PatientProtocol(HttpToolsProtocol):
    """HTTP over one connection, with deadlines and limits."""

    head_seconds = 15.0
    grace_seconds = 30.0  # a body, or a reader of ours, may be so far behind
    bytes_per_second = 2_000  # what is slower than this
    check_seconds = 5.0
    most_connections = 1_000
    most_head_bytes = 32_000
    most_pipelined = 16
    is_leaving = False  # and does not answer a balancer's question any more

    transport: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        joined = JoinedWrites(transport, self.loop, self.is_answered_early)  # type: ignore[arg-type]
        super().connection_made(joined)  # type: ignore[arg-type]
        self.refused = False
        self.head_bytes = 0
        self.head_since: float | None = self.loop.time()
        self.body_since: float | None = None
        self.body_bytes = 0
        self.ending_since: float | None = None
        self.unread_since: tuple[float, int] | None = None
        self.checking = self.loop.call_later(self.check_seconds, self.check)
        if len(self.connections) > self.most_connections:
            self.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self.checking.cancel()
        super().connection_lost(exc)

    def make_room(self) -> None:
        """Close the connection whose client is furthest behind or, if none is behind, the
        newest.
        """
        now = self.loop.time()
        others = [
            connection for connection in self.connections if isinstance(connection, PatientProtocol)
        ]
        max(others, key=lambda protocol: protocol.seconds_behind(now)).refuse(
            HTTPStatus.SERVICE_UNAVAILABLE
        )

    def seconds_behind(self, now: float) -> float:
        """For how many seconds the client has been late in sending or reading; less than 0 if it is
        our turn.
        """
        if self.unread_since is not None:
            since, before = self.unread_since
            read = before - self.transport.get_write_buffer_size()
            return self.lag(now, since, read)
        if self.body_since is not None:
            return self.lag(now, self.body_since, self.body_bytes)
        return -1.0 if self.head_since is None else now - self.head_since

    def lag(self, now: float, since: float, done: int) -> float:
        return now - since - done / self.bytes_per_second

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        if self.body_since is None:
            self.head_bytes += len(data)
        # Parsed first: the bytes that come with the end of a head may belong to its body.
        super().data_received(data)
        if self.body_since is None and self.head_bytes > self.most_head_bytes:
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.most_head_bytes:
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif len(self.pipeline) >= self.most_pipelined:
            self.refuse(HTTPStatus.TOO_MANY_REQUESTS)
        elif self.is_leaving and self.url.startswith(ALIVE):
            self.refused = True
            self.transport.abort()  # the balancer then asks another application
        if self.refused:
            return
        self.head_since, self.head_bytes = None, 0
        self.body_since, self.body_bytes = self.loop.time(), 0
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, closing_if_unread(cycle, app))

    def on_body(self, body: bytes) -> None:
        if not self.refused:
            self.body_bytes += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.refused:
            return
        self.body_since = None
        if self.ending_since is not None:
            # We have said that we close: whatever else comes belongs to nothing.
            self.refused = True
            self.transport.close()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self.is_answered_early():
            self.ending_since = self.loop.time()
        elif not self.pipeline:
            self.head_since = self.loop.time()
        if not self.pipeline:
            self.url = b""
            self.cycle.body.clear()  # what was refused unread: it is not held until we close
        super().on_response_complete()

    def is_answered_early(self) -> bool:
        """Whether the last request is answered, and more of it is still arriving."""
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and self.body_since is not None

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
        if self.ending_since is not None:
            return now - self.ending_since > self.grace_seconds
        if self.body_since is None:
            return False
        return self.lag(now, self.body_since, self.body_bytes) > self.grace_seconds

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
        return self.lag(now, since, before - left) > self.grace_seconds

    def send_400_response(self, msg: str) -> None:
        self.refuse(HTTPStatus.BAD_REQUEST)

    def refuse(self, status: HTTPStatus) -> None:
        """Answer the request that is arriving with this status, unless an answer has begun; then
        close the connection.
        """
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        if self.is_answering():
            # Behind a response that has begun, a status line would be read as part of its body.
            self.transport.abort()
            return
        # Nobody waits for an answer who has not begun to ask: it would be taken for the next one's.
        if self.cycle is None or self.head_bytes or not self.cycle.response_complete:
            again = "Retry-After: 5\r\n" if status in PASSING else ""
            self.transport.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                f"Content-Length: 0\r\n{again}Connection: close\r\n\r\n".encode()
            )
        self.transport.close()

    def is_answering(self) -> bool:
        """Whether the application works on a complete request, or has begun to answer."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        return bool(self.cycle.response_started or self.pipeline or self.body_since is None)


def raise_open_file_limit() -> None:
    """Raise the limit of open files as far as the system allows: each connection is one. Where
    that leaves room for few connections, no more are held open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = max(FEWEST_CONNECTIONS, limit - OTHER_FILES)
    PatientProtocol.most_connections = min(PatientProtocol.most_connections, room)


def run_pages(descriptors: Sequence[int], door: Door | None = None) -> None:
    """Serve on each of these open sockets, in a process each, until asked to stop."""
    settings = keyring.ensure_secrets(load_settings())
    set_up_logging(settings, "pages")
    raise_open_file_limit()
    memory.overwrite_on_free()
    delete_abandoned_folders()
    application = app.build(settings, door=door)
    # Before the copies are made: what it exempts from garbage collection stays shared.
    cleaner = memory.MemoryCleaner(application)
    address = base_address(settings.host, settings.port)
    click.echo(
        f"Soundings listens at {address}" if door is None else f"Open {address}{door.address}"
    )
    listeners = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    keep_copies_running(
        [
            partial(serve_on, listeners, application, cleaner, number)
            for number in range(len(listeners))
        ],
        listeners,
    )


def serve_on(
    listeners: Sequence[socket.socket],
    application: Litestar,
    cleaner: memory.MemoryCleaner,
    number: int,
    heart: Heart,
) -> None:
    """Serve on one of the sockets until asked to stop; `number` is that of this copy."""
    # The others are other copies': open here too, they would hold the port until we end.
    for other in range(len(listeners)):
        if other != number:
            listeners[other].close()
    metrics.join_shared_table("pages", number)
    # Each process holds its own lease on an embedded server, and the last to end stops it.
    with bootstrap.open_settings() as settings:
        set_up_logging(settings, "pages")
        set_up_tracing(settings, "pages")
        application.state.settings = keyring.ensure_secrets(settings)
        server = PatientServer(server_config(cleaner, settings))
        bootstrap.run_async(serve_beating(server, listeners[number], heart))


class PatientServer(uvicorn.Server):
    """A server that takes leave of a balancer before it stops to listen."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave a balancer's question without an answer, and answer what it still sends; then end.

        A connection that waits in line when we stop listening is lost, and a form with it.
        """
        if BALANCED in os.environ:
            PatientProtocol.is_leaving = True
            await asyncio.sleep(GOODBYE_SECONDS)
        await super().shutdown(sockets)


async def serve_beating(server: PatientServer, listener: socket.socket, heart: Heart) -> None:
    asyncio.get_running_loop().set_exception_handler(AcceptFailures())
    async with keep_beating(heart):
        await server.serve(sockets=[listener])


def server_config(cleaner: memory.MemoryCleaner, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        cleaner,
        # An access log would say which address read or sent what, and when.
        access_log=False,
        log_config=None,  # ours, from set_up_logging
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        http=PatientProtocol,
        ws="none",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
