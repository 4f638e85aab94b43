"""Limits: how much a source may write, how often it may guess, and puzzles that cost programs."""

import asyncio
import datetime
import hashlib
import ipaddress
import secrets
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any, Literal, NamedTuple

import altcha
import msgspec
from litestar import Request, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import TooManyRequestsException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send

from api import clock
from api.process.tallies import SharedTally
from api.security.keyring import Keyring
from api.security.requests import MOST_FIELDS, MOST_FORM_BYTES
from survey.problems import Problem

AnyRequest = Request[Any, Any, Any]
LONG_FORM = 16_000  # the words of a complaint are seldom longer; reading more costs the server
MINUTE, HOUR = 60, 3_600
BURST_SECONDS = 600
OPENING_SECONDS = 3_600
# How many answers of an hour count toward the thresholds of live results: of a household, and of a
# kiosk, a group of phones or a program, which answer for many people.
OPENING, OPENING_BY_DEVICE = 2, 6
LEAST_STORED = 1_000  # bytes: the rows and their indexes of an answer with one word
COUNTED = "counted"  # in the state of a request: what takes back each count of it
OUTAGES = ("database.", "intake.")  # the codes of what is refused for a reason of ours alone
# Counts bytes that were stored, for the source of the request that is being answered.
stored_bytes: ContextVar[Callable[[int], None] | None] = ContextVar("stored_bytes", default=None)
# Dies with the process and the copies of it: nobody can find out later who a source was.
PROCESS_KEY = secrets.token_bytes(32)
SPAN_SECONDS = 3_600
MOST_FROM_SOURCE = 10
MOST_WRONG_CODES = 30  # with 7 random letters and 2,000 cards, one hit in 280,000 hours
FREE_GUESSES = 20  # from all sources together
PAUSE, LONGEST_PAUSE = 0.5, 5.0
ALGORITHM = "PBKDF2/SHA-256"
COST = 5_000  # rounds of each try
FEWEST_TRIES, MORE_TRIES = 100, 200
LIFETIME = datetime.timedelta(hours=2)
LONGEST_SOLUTION = 2_000


class RateLimit(msgspec.Struct, frozen=True):
    """A limit per source and span of seconds; `counts` returns how much a request adds to it.

    If the limit is on `stored` bytes, `counts` returns the most bytes the request may store, set
    aside until it is answered. With `of_all`, one limit holds for all sources together, so that
    storage is bounded: it is many times the limit of one source and checked after that, so that
    nobody reaches it alone.
    """

    name: str
    most: int
    counts: Callable[[AnyRequest], int]
    seconds: int = MINUTE
    stored: bool = False
    of_all: bool = False


SetAside = tuple[RateLimit, bytes, int]  # the source and the amount


class RateLimiter(ASGIMiddleware):
    """Rejects requests over the limit before reading them."""

    scopes = (ScopeType.HTTP,)

    def __init__(self) -> None:
        self.tally = SharedTally()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        set_aside: list[SetAside] = []

        def count_stored(amount: int) -> None:
            for limit, source, _ in set_aside:
                self.tally.count(source, limit.seconds, amount)

        counting = stored_bytes.set(count_stored)
        try:
            await next_app(scope, receive, self.count_request(scope, send, set_aside))
        finally:
            stored_bytes.reset(counting)
            for limit, source, amount in set_aside:
                if amount:
                    self.tally.count(source, limit.seconds, -amount)

    def count_request(
        self, scope: Scope, send: Send, set_aside: list[SetAside] | None = None
    ) -> Send:
        """Count a request, unless it was counted before; returns a `send` that says what is left of
        the limits. Raises if a limit is exceeded.
        """
        if COUNTED in scope["state"]:
            return send
        scope["state"][COUNTED] = []
        # Without `receive`: this request can read no body, however a limit counts.
        request: AnyRequest = scope["litestar_app"].request_class(scope)
        for limit in scope["route_handler"].opt.get("limits", ()):
            amount, stores = limit.counts(request), limit.stored and is_write(request)
            source = b""
            if amount or stores:
                by = b"" if limit.of_all else request_source(request)
                source = limit.name.encode() + by
            if stores and set_aside is not None:
                set_aside.append((limit, source, amount))
            if amount:
                total, seconds = self.tally.count(source, limit.seconds, amount)
                if total > limit.most:
                    raise TooManyRequestsException(headers={"Retry-After": str(seconds)})
                if not stores:
                    note_count(scope, self.tally, source, limit.seconds, amount)
                if limit.seconds == MINUTE:  # no client paces itself by bytes in hours
                    send = with_limit_headers(send, limit, limit.most - total, seconds)
        return send


def note_count(
    scope: Scope, tally: SharedTally, source: bytes, seconds: float, amount: int
) -> None:
    """Note that a request was counted, so that the count can be taken back if the request fails
    through no fault of its sender.
    """
    undo = partial(tally.count, source, seconds, -amount)
    scope["state"].setdefault(COUNTED, []).append(undo)


def uncount_outage(scope: Scope, problem: Problem) -> None:
    """Take back what a request counted if the database was away: the sender will send it again."""
    if problem.code.startswith(OUTAGES):
        while counts := scope["state"].get(COUNTED):
            counts.pop()()


def with_limit_headers(send: Send, limit: RateLimit, left: int, seconds: int) -> Send:
    """A `send` that adds headers on how many more requests are accepted, and for how long."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", ()),
                (b"ratelimit-limit", b"%d" % limit.most),
                (b"ratelimit-remaining", b"%d" % left),
                (b"ratelimit-reset", b"%d" % seconds),
            ]
        await send(message)

    return sending


def limited_routes(
    handlers: Sequence[ControllerRouterHandler],
    *limits: RateLimit,
    most_bytes: int = MOST_FORM_BYTES,
    most_fields: int = MOST_FIELDS,
) -> Router:
    """A router whose handlers share these rate limits and this maximum size of a request."""
    return Router(
        "/",
        route_handlers=handlers,
        opt={"limits": limits, "most_fields": most_fields},
        request_max_body_size=most_bytes,
    )


def request_source(connection: ASGIConnection[Any, Any, Any, Any]) -> bytes:
    """A digest of where a request comes from; it means nothing once the process has ended."""
    return running_code_digest(source_network(connection.client.host if connection.client else ""))


def running_code_digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), key=PROCESS_KEY, digest_size=32).digest()


def source_network(host: str) -> str:
    """The address itself for IPv4, the 64-bit network for IPv6: each is roughly one household."""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    # A socket for both kinds shows IPv4 in this form, and one /64 network would hold all of IPv4.
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # One customer is given 64 bits: counted by address, they would have 2^64 sources.
    return str(ipaddress.ip_network((address.packed[:8] + bytes(8), 64)))


def is_write(request: AnyRequest) -> bool:
    return request.method == "POST"


def count_stored_bytes(amount: int) -> None:
    """Count the bytes of a stored file that waits for its answer, for this request's source."""
    if count := stored_bytes.get():
        count(amount)


def file_bytes(request: AnyRequest) -> int:
    """How many bytes of waiting files a request may add: 0 if it is too large for its route, or no
    larger than a form of words, as from kiosks.
    """
    if not has_files(request):
        return 0
    most = request.route_handler.resolve_request_max_body_size() or 0
    stated = request.content_length
    # Without a stated length the largest counts, or sending in chunks would be free.
    return most if stated is None else stated * (MOST_FORM_BYTES < stated <= most)


def typed_bytes(request: AnyRequest) -> int:
    """How many bytes of words, and of what is stored with them, a request may add."""
    if not is_write(request) or file_bytes(request):
        return 0
    most = request.route_handler.resolve_request_max_body_size() or 0
    stated = most if request.content_length is None else request.content_length
    return max(LEAST_STORED, stated * (stated <= most))  # what is too large is refused unread


def has_files(request: AnyRequest) -> bool:
    kind = request.content_type[0]
    return is_write(request) and kind not in (
        RequestEncodingType.URL_ENCODED,
        "application/json",
        "",
    )


def is_large_write(request: AnyRequest) -> bool:
    """Whether a request brings files or a long form, or does not state its length."""
    return is_write(request) and (
        request.content_type[0] == RequestEncodingType.MULTI_PART
        or "transfer-encoding" in request.headers
        or (request.content_length or 0) > LONG_FORM
    )


class BurstWatch:
    """Counts the answers to each survey from each source, for ten minutes or another span, in
    memory that all processes share, under a key that changes every day.
    """

    def __init__(self, most: int, seconds: int = BURST_SECONDS) -> None:
        self.most, self.seconds = most, seconds
        self.tally = SharedTally()

    def count_answer(self, scope: Scope, slug: str, source: bytes) -> bool:
        """Count one more answer; True if it is part of a burst."""
        counted = running_code_digest(f"answers to {slug}") + source
        note_count(scope, self.tally, counted, self.seconds, 1)
        return self.tally.add(counted, self.seconds) > self.most


def burst_suspicion(
    connection: ASGIConnection[Any, Any, Any, Any], slug: str, watch: str = "bursts"
) -> Literal["burst"] | None:
    """Count an answer that comes by this connection; returns "burst" if it is part of a burst, to
    be held, otherwise None.
    """
    watching: BurstWatch = connection.app.state[watch]
    source = request_source(connection)
    return "burst" if watching.count_answer(connection.scope, slug[:60], source) else None


def opens_results(
    connection: ASGIConnection[Any, Any, Any, Any], slug: str, *, device: str = ""
) -> bool:
    """Whether an answer counts toward the thresholds of live results: only the first few in an hour
    from one source or device. Otherwise one person could fill up a small group until its figures
    are shown.
    """
    watch: BurstWatch = connection.app.state.bursts
    source = running_code_digest(device) if device else request_source(connection)
    counted = running_code_digest(f"opening {slug[:60]}") + source
    most = OPENING_BY_DEVICE if device else OPENING
    return watch.tally.add(counted, OPENING_SECONDS) <= most


class GuessLimiter:
    """Counts guesses by target and source, for an hour, in memory that all processes share.

    After ten guesses a source has to wait. When many sources guess at one target, a source's second
    and further guesses are delayed by some seconds; nobody is rejected, and whoever is right at the
    first guess is not delayed by what others did.
    """

    def __init__(self) -> None:
        self.from_source = SharedTally()
        self.of_all = SharedTally()

    async def admit(self, guessed_at: str, source: bytes) -> bool:
        """Count one more guess of a source, before the guess is checked; False if the source has to
        wait.
        """
        # A digest, so that memory lists neither the addresses nor the case numbers guessed at.
        meant = running_code_digest(guessed_at)
        # By target and source together: counted by target alone, anybody could shut its owner out.
        tried = self.from_source.add(meant + source, SPAN_SECONDS)
        if tried > MOST_FROM_SOURCE:
            return False
        over = self.of_all.add(meant, SPAN_SECONDS, 0) - FREE_GUESSES
        if over > 0 and tried > 1:
            await asyncio.sleep(min(over * PAUSE, LONGEST_PAUSE))
        return True

    def seconds_left(self, guessed_at: str, source: bytes) -> int:
        """Seconds until this source may try again."""
        return self.from_source.seconds_left(running_code_digest(guessed_at) + source)

    def count_wrong(self, guessed_at: str) -> int:
        """Count a wrong guess; returns how many there were within an hour, from all sources."""
        return self.of_all.add(running_code_digest(guessed_at), SPAN_SECONDS)

    def forget(self, guessed_at: str, source: bytes) -> None:
        """Reset the count of a source that guessed right."""
        # Only this source: whoever guesses from elsewhere goes on being slowed down.
        self.from_source.forget(running_code_digest(guessed_at) + source)


class CodeGuesses:
    """Counts wrong access codes by source, for an hour: the code of a card is short.

    Right ones do not count, so that many people behind one address can answer.
    """

    def __init__(self) -> None:
        self.wrong = SharedTally()

    def may_try(self, source: bytes) -> bool:
        return self.wrong.add(source, SPAN_SECONDS, 0) < MOST_WRONG_CODES

    def count_wrong(self, source: bytes) -> None:
        self.wrong.add(source, SPAN_SECONDS)


def code_guesses(state: State) -> CodeGuesses:
    guesses: CodeGuesses = state.code_guesses
    return guesses


class Guesser(NamedTuple):
    """Who guesses at passphrases: the limiter that counts guesses, and the digest of the source."""

    tries: GuessLimiter
    source: bytes


def request_guesser(request: ASGIConnection[Any, Any, Any, Any]) -> Guesser:
    """Whose guesses are counted for this request."""
    return Guesser(request.app.state.guesses, request_source(request))


def make_puzzle(keyring: Keyring, draft_key: str) -> str:
    """A signed puzzle as JSON, for this draft alone: each draft is sent once, so a solution cannot
    be used twice although none is stored.
    """
    puzzle = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=FEWEST_TRIES + secrets.randbelow(MORE_TRIES),
        expires_at=clock.now() + LIFETIME,
        data={"draft": draft_mark(keyring, draft_key)},
        hmac_secret=keyring.puzzle_secret("puzzle"),
        hmac_key_secret=keyring.puzzle_secret("solution"),
    )
    return msgspec.json.encode(puzzle.to_dict()).decode()


def is_solved(keyring: Keyring, draft_key: str, solution: str) -> bool:
    """Whether this solves a puzzle that was made for this draft and has not expired."""
    if len(solution) > LONGEST_SOLUTION:
        return False
    checked = altcha.verify_solution(
        solution,
        keyring.puzzle_secret("puzzle"),
        hmac_key_secret=keyring.puzzle_secret("solution"),
    )
    if not checked.verified:
        return False
    # What was signed is ours, so it can be read without care.
    signed = altcha.Payload.from_base64(solution).challenge.parameters
    return signed.data == {"draft": draft_mark(keyring, draft_key)}


def draft_mark(keyring: Keyring, draft_key: str) -> str:
    """A digest that stands for a draft in a puzzle; nobody can find the draft's key from it."""
    return keyring.puzzle_secret(f"draft {draft_key}").hex()
