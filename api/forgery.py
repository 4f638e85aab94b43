"""Forms that another site makes a browser send are refused, before anything of them is read."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from api import cookies, unsent
from api.limits import AnyRequest
from api.people import need_sign_in, person_of
from survey.store import case_owners

FIELD = "_csrf_token"
SAFE = ("GET", "HEAD", "OPTIONS")
FORMS = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
STAFF = "/work"


class ForgeryGuard(ASGIMiddleware):
    """A form has to bring the token of a page of ours, made for this browser and this session."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, secret: str, *, exempt: Sequence[str]) -> None:
        self.secret = secret.encode()
        self.exempt = re.compile("|".join(exempt))

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if self.exempt.search(scope["path"]):
            await next_app(scope, receive, send)
            return
        request: AnyRequest = scope["litestar_app"].request_class(scope, receive)
        held = cookies.read_cookie(request, cookies.FORGERY)
        if request.method not in SAFE:
            await self.refuse_forged(request, held)
        elif not held:
            held = secrets.token_hex(16)
            send = giving(request, held, send)
        token = self.token(request, held) + await owner_of(request)
        ScopeState.from_scope(scope).csrf_token = token
        await next_app(scope, receive, send)

    async def refuse_forged(self, request: AnyRequest, held: str) -> None:
        """Who is not signed in gets no large form of the staff's read: some of them bring files.

        What somebody typed is saved for when they sign in again.
        """
        if not held:
            raise PermissionDeniedException
        if request.url.path.startswith(STAFF) and await person_of(request) is None:
            async with request.app.state.database.connection() as connection:
                request.scope["state"]["unsent"] = await unsent.save_form(request, connection)
            raise need_sign_in()
        if request.content_type[0] not in FORMS or await brings_files_for_no_case(request):
            raise PermissionDeniedException
        sent = (await request.form()).get(FIELD)
        mark = sent.partition(".")[0] if isinstance(sent, str) else ""
        if not hmac.compare_digest(mark.encode(), self.token(request, held).encode()):
            raise PermissionDeniedException

    def token(self, request: AnyRequest, held: str) -> str:
        """Worth nothing in another browser, nor after somebody signed in or out."""
        told = f"{held}\0{cookies.read_cookie(request, cookies.SESSION)}"
        return hmac.new(self.secret, told.encode(), hashlib.sha256).hexdigest()


async def owner_of(request: AnyRequest) -> str:
    """Whose page it is, behind the token of its forms: a form that comes after the session has
    ended is given back to nobody else."""
    if not request.url.path.startswith(STAFF):
        return ""
    person = await person_of(request)
    return f".{unsent.owner_mark(person)}" if person else ""


def giving(request: AnyRequest, held: str, send: Send) -> Send:
    cookie = cookies.build_cookie(request, cookies.FORGERY, held, samesite="strict")

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Any = MutableScopeHeaders.from_message(message)
            headers.add("set-cookie", cookie.to_header(header=""))
        await send(message)

    return sending


async def brings_files_for_no_case(request: AnyRequest) -> bool:
    """The owner of a case may send large files; others have nothing to send there."""
    if request.content_type[0] != RequestEncodingType.MULTI_PART:
        return False
    if not request.url.path.startswith(cookies.OWN_CASE + "/"):
        return not request.url.path.startswith(STAFF)
    opened = cookies.read_cookie(request, cookies.CASE, cookies.OWN_CASE)
    key = hashlib.sha256(opened.encode()).digest()
    async with request.app.state.database.connection() as connection:
        return await case_owners.opened_by(connection, key) is None
