"""Requests as handlers get them, the address that they came to, and the headers of every response.

Forms are limited and not cached, HEAD is answered as GET, odd heads are rejected, and what was
read from a replica that is lost is read once more from the primary.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

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
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; worker-src 'self'; manifest-src 'self'"
)
# The file was made by a stranger: the browser must not run or render anything in it.
INERT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
# What somebody who leaves takes out of this browser. Not "storage": a kiosk keeps answers there
# until they can be sent.
CLEAR_SITE_DATA = "Clear-Site-Data"
FORGET_SITE = {CLEAR_SITE_DATA: '"cache", "cookies"'}
# On leaving a case by its button, whoever is signed in as staff stays signed in.
FORGET_PAGES = {CLEAR_SITE_DATA: '"cache"'}
# Defaults only: the file of a stranger has brought the stricter INERT_HEADERS.
DEFAULT_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
# A browser's cache would leave what people wrote on the disk of a shared computer.
NO_STORE = (b"cache-control", b"no-store")


class UncachedRequest(Request[Any, Any, Any]):
    """A request that parses forms itself: the framework would keep the last 1,024 forms in clear
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
    """Rejects a request with a NUL in the query, which no text needs and the database does not
    accept, and an HTTP/1.1 request without exactly one host (RFC 9112, 3.2).
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
    """Runs a request a second time, on the primary, if the replica it read from was lost before the
    response began.
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
    fields: list[tuple[str, Any]] = []
    for name, value in form.items():
        if isinstance(value, UploadFile):
            value.filename = value.filename.replace("\0", "")
        else:
            value = value.replace("\0", "")
        fields.append((name.replace("\0", ""), value))
    return FormMultiDict(fields)


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


def site_address(request: Request[Any, Any, Any]) -> str:
    """The address of this site, without a slash at its end; for a request to our onion service, the
    address of that service.
    """
    settings = request.app.state.settings
    if is_at_onion(request.scope):
        return str(settings.onion_url).rstrip("/")
    # The configured address comes first, because a request can claim to be for any host. Without
    # one any host is taken: people open a new installation by any address of its machine, and
    # only the sender reads what is made of it (tests/api/security/test_foreign_hosts.py).
    return str(settings.public_url or request.base_url).rstrip("/")


def is_at_onion(scope: Scope) -> bool:
    """Whether a request came to our onion service, by the host that it names."""
    base = str(scope["litestar_app"].state.settings.onion_url)
    if not base:
        return False
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return host.decode("latin-1").lower() == urlsplit(base).netloc.lower()


def framed_policy(origins: Sequence[str]) -> str:
    """The content security policy of a page that websites of these origins may show in a frame."""
    own, _, _ = CONTENT_SECURITY_POLICY.partition("frame-ancestors")
    return f"{own}frame-ancestors {' '.join(origins) or chr(39) + 'none' + chr(39)}"


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Add the security headers that every response carries."""
    if message["type"] != "http.response.start":
        return
    headers = message["headers"] = list(message.get("headers", ()))
    # Looked up once, since each look through the framework's own headers takes microseconds.
    present = {name.lower() for name, _ in headers}
    headers += [header for header in DEFAULT_HEADERS if header[0] not in present]
    secure = scope["litestar_app"].state.settings.secure_cookies
    # Both are for the clear site: an onion service is plain HTTP, which Tor itself encrypts.
    if not is_at_onion(scope):
        if secure and STRICT_TRANSPORT[0] not in present:
            headers.append(STRICT_TRANSPORT)
        if onion := onion_address(scope, headers):
            headers.append((b"onion-location", onion))
    if not scope["path"].startswith("/static") and NO_STORE[0] not in present:
        headers.append(NO_STORE)


def onion_address(scope: Scope, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The address of this page at our onion service; empty if there is no such service or the
    response is not a page.
    """
    base = str(scope["litestar_app"].state.settings.onion_url).rstrip("/")
    is_page = any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in headers
    )
    if not base or not is_page:
        return b""
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    # As it was sent, still escaped: nothing in it can end the header.
    raw: bytes = scope["raw_path"]
    return base.encode() + raw + query
