"""How often one source may write, and how much: counted in memory, and forgotten soon."""

import hashlib
import hmac
import ipaddress
import math
import secrets
import time
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import TooManyRequestsException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

AnyRequest = Request[Any, Any, Any]
LONG_FORM = 16_000  # the words of a complaint are seldom longer; reading more costs the server
MOST_SOURCES = 50_000
KEY = secrets.token_bytes(32)  # dies with the process: nobody can tell later who a source was


class Limit(msgspec.Struct, frozen=True):
    """So much from one source in a span of seconds; `counts` says how much a request adds."""

    name: str
    most: int
    counts: Callable[[AnyRequest], int]
    seconds: int = 60


class Tally:
    """Sums by source over a span that begins with its first entry; bounded in number."""

    def __init__(self, seconds: float, most: int = MOST_SOURCES) -> None:
        self.seconds, self.most = seconds, most
        self.entries: dict[bytes, tuple[float, int]] = {}  # oldest first

    def sum_of(self, source: bytes) -> int:
        self.drop_expired()
        return self.entries.get(source, (0.0, 0))[1]

    def add(self, source: bytes, amount: int = 1) -> int:
        """The sum of this source, this amount included."""
        self.drop_expired()
        began, before = self.entries.get(source, (time.monotonic(), 0))
        self.entries[source] = (began, before + amount)
        while len(self.entries) > self.most:
            del self.entries[next(iter(self.entries))]
        return before + amount

    def seconds_left(self, source: bytes) -> int:
        """Until this source is counted anew."""
        began, _ = self.entries.get(source, (time.monotonic() - self.seconds, 0))
        return math.ceil(began + self.seconds - time.monotonic())

    def forget(self, source: bytes) -> None:
        self.entries.pop(source, None)

    def drop_expired(self) -> None:
        over = time.monotonic() - self.seconds
        while self.entries:
            first = next(iter(self.entries))
            if self.entries[first][0] > over:
                return
            del self.entries[first]


class RateLimiter(ASGIMiddleware):
    """Refuses what comes too often, before anything of it is read."""

    scopes = (ScopeType.HTTP,)

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: AnyRequest = scope["litestar_app"].request_class(scope)
        for limit in scope["route_handler"].opt.get("limits", ()):
            if amount := limit.counts(request):
                tally = self.tallies.setdefault(limit.name, Tally(limit.seconds))
                source = source_of(request)
                left, seconds = limit.most - tally.add(source, amount), tally.seconds_left(source)
                if left < 0:
                    raise TooManyRequestsException(headers={"Retry-After": str(seconds)})
                send = saying(send, limit, left, seconds)
        await next_app(scope, receive, send)


def saying(send: Send, limit: Limit, left: int, seconds: int) -> Send:
    """Answers that say how many more requests are taken within how many seconds."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers["RateLimit-Limit"] = str(limit.most)
            headers["RateLimit-Remaining"] = str(left)
            headers["RateLimit-Reset"] = str(seconds)
        await send(message)

    return sending


def source_of(connection: ASGIConnection[Any, Any, Any, Any]) -> bytes:
    """Where a request comes from, as a digest that means nothing once the process has ended."""
    return digest(network_of(connection.client.host if connection.client else ""))


def digest(text: str) -> bytes:
    return hmac.new(KEY, text.encode(), hashlib.sha256).digest()


def network_of(host: str) -> str:
    """One household has one IPv4 address, or an IPv6 network of 64 bits to choose from."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address.packed[:8] + bytes(8), 64)))


def writes(request: AnyRequest) -> bool:
    return request.method == "POST"


def bytes_of_files(request: AnyRequest) -> int:
    """How much of the room for files that wait a request may take."""
    if not brings_files(request):
        return 0
    most = request.route_handler.resolve_request_max_body_size() or 0
    told = request.content_length
    return most if told is None else min(told, most)


def brings_files(request: AnyRequest) -> bool:
    kind = request.content_type[0]
    return writes(request) and kind not in (RequestEncodingType.URL_ENCODED, "application/json", "")


def brings_much(request: AnyRequest) -> bool:
    """Files, a long form, or what does not say how long it is."""
    return writes(request) and (
        request.content_type[0] == RequestEncodingType.MULTI_PART
        or "transfer-encoding" in request.headers
        or (request.content_length or 0) > LONG_FORM
    )
