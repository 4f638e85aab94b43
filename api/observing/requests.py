"""Follows each request: an id of its own, its route, its status and how long it took."""

import secrets
import time

from litestar.enums import ScopeType
from litestar.types import Message, Receive, Scope, Send

from api.observing import metrics
from api.observing.current import CURRENT, RequestRecord
from api.observing.tracing import TRACING, trace_request
from api.security.requests import HeadAsGet

HEADER = b"x-request-id"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class ObservedApplication(HeadAsGet):
    """An application that gives each request an id, and counts it by its route when it ended."""

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
    """Note how the current request is answered, and put its id into the response.

    The time counts up to the first byte: the rest is as slow as whoever reads it.
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
