"""Requests as handlers get them: limited forms, no cached forms, HEAD as GET, no odd heads, and
once more where a replica was lost.
"""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Litestar, Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import ClientException, HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Empty, Message, Receive, Scope, Send

MOST_FIELDS = 1_000
REPLICA_LOST, ON_PRIMARY = "replica_lost", "on_primary"  # in the state of a request
MOST_FORM_BYTES = 64_000  # where long texts are asked for, the route's own limit is larger
# Of a form without files, also where a route takes large files: more would take seconds to decode.
MOST_TYPED_BYTES = 1_000_000


class UncachedRequest(Request[Any, Any, Any]):
    """A request that parses forms itself: the framework would cache the last 1,024 in clear
    text.
    """

    __slots__ = ()

    async def form(self) -> FormMultiDict:
        """The fields of a form, without NUL. `most_fields` in the route's `opt` allows more."""
        state = self._connection_state
        if state.form is Empty and self.content_type[0] == RequestEncodingType.URL_ENCODED:
            if (self.content_length or 0) > MOST_TYPED_BYTES:
                raise HTTPException(status_code=413)
            most = self.route_handler.opt.get("most_fields", MOST_FIELDS)
            state.form = parse_form(await self.body(), most)
        return form_without_nul(await super().form())


class HeadAsGet(Litestar):
    """An application that answers HEAD wherever it answers GET, without the body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        asked: Any = scope
        if asked.get("method") != "HEAD":
            await super().__call__(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        as_get: Any = {**asked, "method": "GET"}
        await super().__call__(as_get, receive, sending)


class RejectOddHead(ASGIMiddleware):
    """Rejects a NUL in the query, since no text needs one and the database accepts none, and a
    request of HTTP/1.1 that names no host, which that forbids (RFC 9112, 3.2).
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        hosts = sum(name == b"host" for name, _ in scope["headers"])
        if b"%00" in scope.get("query_string", b"") or (
            scope["http_version"] == "1.1" and hosts != 1
        ):
            raise ClientException
        await next_app(scope, receive, send)


class RetryOnPrimary(ASGIMiddleware):
    """Runs a request once more, on the primary, if the replica that it read from was lost before
    the response began.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        state = scope["state"]

        async def sending(message: Message) -> None:
            # What follows is the refusal, which nobody needs to see.
            if not state.get(REPLICA_LOST):
                await send(message)

        await next_app(scope, receive, sending)
        if state.pop(REPLICA_LOST, False):
            state[ON_PRIMARY] = True
            await next_app(scope, receive, send)


def form_without_nul(form: FormMultiDict) -> FormMultiDict:
    """The form without NUL characters; nobody types one, and the database accepts none.

    Names of fields and files are cleaned too; the content of files is left to its own readers.
    """
    found: list[tuple[str, Any]] = []
    for name, value in form.items():
        if isinstance(value, UploadFile):
            value.filename = value.filename.replace("\0", "")
        else:
            value = value.replace("\0", "")
        found.append((name.replace("\0", ""), value))
    return FormMultiDict(found)


def parse_form(body: bytes, most: int) -> dict[str, Any]:
    """The fields of a URL-encoded form; a name that occurs more than once has a list."""
    # Counted before parsing: a megabyte of short fields holds up the event loop for everybody.
    if len(body) > MOST_TYPED_BYTES or body.count(b"&") >= most:
        raise HTTPException(status_code=413)
    fields: dict[str, Any] = {}
    # Latin-1 fails on no byte, and percent escapes are read as UTF-8 all the same.
    for name, value in parse_qsl(body.decode("latin-1"), keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
