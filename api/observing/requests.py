"""Follows each request by an id of its own, and adds what was answered to the sums of its hour."""

import secrets
import time

from litestar.enums import ScopeType
from litestar.types import Message, Receive, Scope, Send

from api.observing import metrics
from api.observing.logs import CURRENT, TRACING, RequestRecord, log_failure, trace_request
from api.security.requests import HeadAsGet
from survey.problems import Unavailable
from survey.store import health
from survey.store.database import Database

HEADER = b"x-request-id"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class ObservedApplication(HeadAsGet):
    """An application that gives each request an id, and counts a request by its route when it
    ends.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if scope["type"] != ScopeType.HTTP:
            await super().__call__(scope, receive, send)
            return
        method = str(scope.get("method"))
        known = method if method in METHODS else "other"
        record = RequestRecord(secrets.token_hex(8), known, time.perf_counter())
        before = CURRENT.set(record)
        metrics.add_to_gauge("soundings_http_requests_running", 1)
        try:
            if TRACING.tracer is None:
                await super().__call__(scope, receive, send)
            else:
                with trace_request(record, scope["path"]):
                    await super().__call__(scope, receive, send)
        finally:
            CURRENT.reset(before)
            metrics.add_to_gauge("soundings_http_requests_running", -1)
            metrics.count_request(record.method, record.route, record.status, record.seconds)


async def note_response(message: Message, scope: Scope) -> None:
    """Note the status of the response to the current request, and put the request's id into it.

    The time counts up to the first byte: how long the rest takes depends on the client.
    """
    record = CURRENT.get()
    if record is None or message["type"] != "http.response.start":
        return
    # The route's pattern: the address itself may hold a reference or the name of a survey.
    record.route = str(scope.get("path_template", ""))
    record.status = message["status"]
    record.seconds = time.perf_counter() - record.began
    # Appended as it is: every response has it, and the framework's way costs ten times as much.
    message["headers"] = [*message["headers"], (HEADER, record.id.encode())]


async def save_sums(database: Database) -> None:
    """Add what was counted since the last save; if the database is away, the next save adds it."""
    counted = metrics.sums.take()
    if not counted.requests:
        return
    try:
        async with database.connection() as connection:
            await health.add_requests(connection, counted.requests, counted.failed, counted.slow)
    except Unavailable:
        metrics.sums.put_back(counted)
    except Exception as failure:  # answering requests goes on without
        log_failure("requests of this hour could not be saved:", failure)
