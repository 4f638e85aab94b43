"""Rejects what another site makes a browser send (CSRF), before reading it.

Forms need a token, except on routes that no session authenticates. JSON and files need a content
type that no form of another site can have.
"""

import hashlib
import hmac
import secrets
from functools import partial
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from api.security import cookies, unsent
from api.security.limits import AnyRequest
from api.security.people import current_person, sign_in_needed
from survey.store.cases import case_owners

CSRF_FIELD = "_csrf_token"
SAFE_METHODS = ("GET", "HEAD")
FORM_TYPES = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
FILE_TYPES = ("image/", "audio/", "video/", "application/")
STAFF_PATH = "/work"
# The `opt` of routes that never authenticate by session cookie: there is nothing to forge, so their
# forms need no token and their pages set no cookie.
WITHOUT_SESSION = {"without_session": True}


class CsrfGuard(ASGIMiddleware):
    """A form must carry the token of one of our pages, made for this browser and session."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope.get("method") == "OPTIONS" or "without_session" in scope["route_handler"].opt:
            await next_app(scope, receive, send)
            return
        request: AnyRequest = scope["litestar_app"].request_class(scope, receive)
        held = cookies.read_cookie(request, cookies.CSRF)
        if request.method not in SAFE_METHODS:
            await self.refuse_forged(request, held)
        elif not held:
            held = secrets.token_hex(16)
            send = with_csrf_cookie(request, held, send)
        # What is behind the dot says whose form to give back, if the session has ended meanwhile.
        owner = await owner_of(request)
        token = self.token(request, held) + (f".{owner}.{self.seal(held, owner)}" if owner else "")
        ScopeState.from_scope(scope).csrf_token = token
        await next_app(scope, receive, send)

    async def refuse_forged(self, request: AnyRequest, held: str) -> None:
        """Raise unless the form carries a valid token.

        Large staff forms, some of which bring files, are not read for people who are not signed in.
        What an organiser typed is saved until they sign in again.
        """
        if not held:
            raise PermissionDeniedException
        if request.url.path.startswith(STAFF_PATH) and await current_person(request) is None:
            async with request.app.state.database.connection() as connection:
                request.scope["state"]["unsent"] = await unsent.save_form(
                    request, connection, partial(self.is_given, held)
                )
            raise sign_in_needed()
        if request.content_type[0] not in FORM_TYPES or await has_unexpected_files(request):
            raise PermissionDeniedException
        sent = (await request.form()).get(CSRF_FIELD)
        mark = sent.partition(".")[0] if isinstance(sent, str) else ""
        # As bytes: compare_digest raises on a text that is not ASCII, and this one is sent to us.
        if not hmac.compare_digest(mark.encode(), self.token(request, held).encode()):
            raise PermissionDeniedException

    def token(self, request: AnyRequest, held: str) -> str:
        """The token for this browser and session; useless in another, or after signing in or
        out.
        """
        return self.seal(held, cookies.read_cookie(request, cookies.SESSION))

    def seal(self, held: str, of: str) -> str:
        """What only we can make for this browser's cookie and a text."""
        return hmac.new(self.secret, f"{held}\0{of}".encode(), hashlib.sha256).hexdigest()

    def is_given(self, held: str, given: str) -> bool:
        """Whether we put this mark of an owner into a form for this browser."""
        owner, _, seal = given.partition(".")
        return bool(owner) and hmac.compare_digest(seal.encode(), self.seal(held, owner).encode())


async def owner_of(request: AnyRequest) -> str:
    """The mark of the signed-in person for the token of their forms; empty for pages that are not
    staff pages.

    A form that comes after the session has ended is given back to the same person only.
    """
    if not request.url.path.startswith(STAFF_PATH):
        return ""
    person = await current_person(request)
    return unsent.owner_mark(person) if person else ""


def with_csrf_cookie(request: AnyRequest, held: str, send: Send) -> Send:
    cookie = cookies.build_cookie(request, cookies.CSRF, held, samesite="strict")

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableScopeHeaders.from_message(message)
            headers.add("set-cookie", cookie.to_header(header=""))
        await send(message)

    return sending


async def has_unexpected_files(request: AnyRequest) -> bool:
    """Whether the request sends files where this browser may not.

    Only the owner of an open case, and staff, may send large files.
    """
    if request.content_type[0] != RequestEncodingType.MULTI_PART:
        return False
    if not request.url.path.startswith(cookies.OWN_CASE + "/"):
        return not request.url.path.startswith(STAFF_PATH)
    # The case is looked up: a cookie alone can be made up, and large files would be read for it.
    opened = cookies.read_cookie(request, cookies.CASE, cookies.OWN_CASE)
    key = hashlib.sha256(opened.encode()).digest()
    async with request.app.state.database.connection() as connection:
        return await case_owners.find_opened_case(connection, key) is None


# Guards are coroutines: the framework would call a plain function in a thread, request by request.
async def require_json(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: raise unless the body is JSON. Anything else may be a form on another site."""
    kind = connection.headers.get("content-type", "").split(";")[0]
    if kind.strip().lower() != "application/json":
        raise HTTPException(status_code=415)


async def require_file(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: raise unless the body is a file. A form, or no type, may come from another site."""
    kind = connection.headers.get("content-type", "").split(";")[0].strip().lower()
    # application/x-www-form-urlencoded begins like a file, and any site's form can send it.
    if not kind.startswith(FILE_TYPES) or kind.endswith("form-urlencoded"):
        raise HTTPException(status_code=415)
