"""What a browser sends: refused if another site made it (CSRF), kept if a session had ended."""

import datetime
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders, UploadFile
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from api import clock
from api.security import cookies
from api.security.keyring import Keyring
from api.security.limits import AnyRequest
from api.security.people import Person, current_person, key_digest, sign_in_needed
from survey.problems import Forbidden
from survey.store.accounts import sessions
from survey.store.cases import case_owners
from survey.store.database import Connection

LIFETIME = datetime.timedelta(hours=2)
MOST_BYTES = 200_000
MOST_IN_ALL = 100_000_000  # some thousand usual forms
NEVER = ("/work/password", "/work/unsent")  # a password waits nowhere
HIDDEN = "_csrf_token"
CSRF_FIELD = "_csrf_token"
SAFE_METHODS = ("GET", "HEAD")
FORM_TYPES = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
FILE_TYPES = ("image/", "audio/", "video/", "application/")
STAFF_PATH = "/work"
# The `opt` of routes that never authenticate by session cookie: there is nothing to forge, so their
# forms need no token and their pages set no cookie.
WITHOUT_SESSION = {"without_session": True}


class UnsentForm(msgspec.Struct, frozen=True):
    """A form with its fields in order, the address it was sent to, and the page it is on.

    `owner` marks the person whose page it was; `has_file` says that a file was sent too, which is
    not stored.
    """

    path: str
    page: str
    owner: str
    fields: list[tuple[str, str]]
    has_file: bool = False


class Saved(msgspec.Struct, frozen=True):
    """The result of saving a form: the cookie by which the form is found again, or why it could not
    be saved.
    """

    cookie: Cookie | None = None
    lost: str = ""


def owner_mark(person: Person) -> str:
    """The mark of a person, which the token of each form on their pages carries to say whose form
    it is.
    """
    return key_digest(f"forms of {person.id}").hex()[:32]


def is_of(unsent: UnsentForm, person: Person) -> bool:
    """Whether the unsent form is this person's: somebody else may use the browser."""
    return secrets.compare_digest(unsent.owner, owner_mark(person))


async def save_form(
    request: AnyRequest, connection: Connection, is_given: Callable[[str], bool]
) -> Saved:
    """Save what was sent, encrypted, to be found by a key that only this browser gets.

    `is_given` says whether we gave this browser a form with this owner's mark: from anybody else
    who is not signed in, nothing is saved.
    """
    if (length := length_to_read(request)) is None:
        return Saved()
    if length > MOST_BYTES:
        return Saved(lost="size")
    form = await request.form()
    given = str(form.get(HIDDEN, "")).partition(".")[2]
    if not is_given(given):
        return Saved()
    sent = [(k, v) for k, v in form.multi_items() if isinstance(v, str) and k != HIDDEN]
    unsent = UnsentForm(
        path=request.url.path,
        page=page_at_or_above(request, request.url.path),
        owner=given.partition(".")[0],
        fields=[(k.replace("\0", ""), v.replace("\0", "")) for k, v in sent],
        has_file=any(isinstance(v, UploadFile) and v.filename for _, v in form.multi_items()),
    )
    await form.close()
    key = secrets.token_urlsafe(32)
    sealed = keyring_of(request).seal_words(msgspec.json.encode(unsent))
    until = clock.now() + LIFETIME
    if not await sessions.save_unsent_form(
        connection, key_digest(key), sealed, until, most=MOST_IN_ALL
    ):
        return Saved()
    return Saved(cookies.build_cookie(request, cookies.UNSENT, key, samesite="strict"))


def length_to_read(request: AnyRequest) -> int | None:
    """The stated length of a form whose fields may be read from somebody who is not signed in."""
    length = request.headers.get("content-length", "")
    known = length.isascii() and length.isdecimal()  # every browser says how much it sends
    may = known and request.url.path not in NEVER and request.content_type[0] in FORM_TYPES
    return int(length) if may else None


async def find_own_words(request: AnyRequest) -> list[str]:
    """The texts in a form without a valid token, for the person to copy; none if the browser does
    not say that our own page sent it, or if there is a passphrase in it.
    """
    ours = request.headers.get("sec-fetch-site") == "same-origin"
    if not ours or (length_to_read(request) or MOST_BYTES + 1) > MOST_BYTES:
        return []
    sent = list((await request.form()).multi_items())
    if any("pass" in name for name, _ in sent):
        return []
    return [text for _, text in sent if isinstance(text, str) and len(text.split()) > 1]


def keyring_of(request: AnyRequest) -> Keyring:
    ring: Keyring = request.app.state.keyring
    return ring


def page_at_or_above(request: AnyRequest, path: str) -> str:
    """The nearest address at or above this one that has a page: a form is often sent to an address
    of its own, which nobody could be led back to.
    """
    routes = [route for route in request.app.routes if "GET" in getattr(route, "methods", ())]
    formats = {route.path_format for route in routes}
    # Without a template there is no route at the address: what it is below is still known.
    below = re.compile("|".join(re.sub(r"{[^}]*}", "[^/]+", name) for name in formats))
    template = str(request.scope.get("path_template", "")).split("/")
    while path.count("/") > 1:
        step = "/".join(template[: path.count("/") + 1])
        if step in formats or (not step and below.fullmatch(path)):
            break
        path = path.rpartition("/")[0]
    return path


async def find_form(request: AnyRequest, connection: Connection) -> UnsentForm | None:
    """What this browser sent and could not be saved; None if there is nothing."""
    key = cookies.read_cookie(request, cookies.UNSENT)
    sealed_form = await sessions.find_unsent_form(connection, key_digest(key)) if key else None
    words = keyring_of(request).unseal_words(sealed_form) if sealed_form else None
    return msgspec.json.decode(words, type=UnsentForm) if words else None


async def delete_form(request: AnyRequest, connection: Connection) -> Cookie:
    """Delete the saved form; returns the cookie that deletes its key from the browser."""
    key = cookies.read_cookie(request, cookies.UNSENT)
    await sessions.delete_unsent_form(connection, key_digest(key))
    return cookies.build_removal(request, cookies.UNSENT)


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

        Large staff forms, some with files, are not read if the sender is not signed in. What an
        organiser typed is saved until they sign in again.
        """
        if not held:
            request.scope["state"]["typed_words"] = await find_own_words(request)
            raise outdated_page()
        if request.url.path.startswith(STAFF_PATH) and await current_person(request) is None:
            async with request.app.state.database.connection() as connection:
                request.scope["state"]["unsent"] = await save_form(
                    request, connection, partial(self.is_given, held)
                )
            raise sign_in_needed()
        if request.content_type[0] not in FORM_TYPES or await has_unexpected_files(request):
            raise outdated_page()
        sent = (await request.form()).get(CSRF_FIELD)
        mark = sent.partition(".")[0] if isinstance(sent, str) else ""
        # As bytes: compare_digest raises on a text that is not ASCII, and this one is sent to us.
        if not hmac.compare_digest(mark.encode(), self.token(request, held).encode()):
            request.scope["state"]["typed_words"] = await find_own_words(request)
            raise outdated_page()

    def token(self, request: AnyRequest, held: str) -> str:
        """The token for this browser and session; it is not valid in another browser, or after
        signing in or out.
        """
        return self.seal(held, cookies.read_cookie(request, cookies.SESSION))

    def seal(self, held: str, of: str) -> str:
        """A seal that only we can make, over this browser's cookie and a text."""
        return hmac.new(self.secret, f"{held}\0{of}".encode(), hashlib.sha256).hexdigest()

    def is_given(self, held: str, given: str) -> bool:
        """Whether we put this mark of an owner into a form for this browser."""
        owner, _, seal = given.partition(".")
        return bool(owner) and hmac.compare_digest(seal.encode(), self.seal(held, owner).encode())


async def owner_of(request: AnyRequest) -> str:
    """The signed-in person's mark, as it stands in the token of their forms; empty on pages that
    are not staff pages.

    A form that comes after the session has ended is given back only to the person with this mark.
    """
    if not request.url.path.startswith(STAFF_PATH):
        return ""
    person = await current_person(request)
    return owner_mark(person) if person else ""


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


outdated_page = Forbidden.of(
    "page.outdated",
    "This form is out of date: it does not belong to this visit of your browser.",
    "Nothing was saved. Open the page again, then send the form once more.",
)
