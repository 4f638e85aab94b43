"""What somebody sent after their session had ended, until they sign in again in this browser."""

import datetime
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie, UploadFile
from litestar.enums import RequestEncodingType

from api import clock
from api.security import cookies
from api.security.keyring import Keyring
from api.security.people import Person, key_digest
from survey.store.accounts import sessions
from survey.store.database import Connection

AnyRequest = Request[Any, Any, Any]
LIFETIME = datetime.timedelta(hours=2)
MOST_BYTES = 200_000
MOST_IN_ALL = 100_000_000  # some thousand usual forms
NEVER = ("/work/password", "/work/unsent")  # a password waits nowhere
HIDDEN = "_csrf_token"


class UnsentForm(msgspec.Struct, frozen=True):
    """A form with its fields in order, where it was sent to, and the page that it is on.

    `owner` marks the person whose page it was; `has_file` if a file was sent with it, which is not
    stored.
    """

    path: str
    page: str
    owner: str
    fields: list[tuple[str, str]]
    has_file: bool = False


class Saved(msgspec.Struct, frozen=True):
    """The result of saving a form: the cookie that brings it back, or why it could not be saved."""

    cookie: Cookie | None = None
    lost: str = ""


def owner_mark(person: Person) -> str:
    """The mark in the token of every form of a person's pages that says whose they were."""
    return key_digest(f"forms of {person.id}").hex()[:32]


def is_of(unsent: UnsentForm, person: Person) -> bool:
    """True if the form is this person's: another one may use the same browser."""
    return secrets.compare_digest(unsent.owner, owner_mark(person))


async def save_form(
    request: AnyRequest, connection: Connection, is_given: Callable[[str], bool]
) -> Saved:
    """Save what was sent, under seal and a key that only this browser gets.

    `is_given` says whether we gave this browser a form of the owner with this mark: anyone else
    who is not signed in has nothing that we should save.
    """
    length = request.headers.get("content-length", "")
    kinds = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
    known = length.isascii() and length.isdecimal()  # every browser says how much it sends
    if request.url.path in NEVER or request.content_type[0] not in kinds or not known:
        return Saved()
    # By the stated length, before reading: nobody is signed in, so anyone may have sent this.
    if int(length) > MOST_BYTES:
        return Saved(lost="size")
    form = await request.form()
    given = str(form.get(HIDDEN, "")).partition(".")[2]
    if not is_given(given):
        return Saved()
    sent = [(k, v) for k, v in form.multi_items() if isinstance(v, str) and k != HIDDEN]
    unsent = UnsentForm(
        path=request.url.path,
        page=page_of(request),
        owner=given.partition(".")[0],
        fields=[(k.replace("\0", ""), v.replace("\0", "")) for k, v in sent],
        has_file=any(isinstance(v, UploadFile) and v.filename for _, v in form.multi_items()),
    )
    await form.close()
    key = secrets.token_urlsafe(32)
    sealed = keyring_of(request).seal_words(msgspec.json.encode(unsent), hour())
    until = clock.now() + LIFETIME
    if not await sessions.save_unsent_form(
        connection, key_digest(key), sealed, until, most=MOST_IN_ALL
    ):
        return Saved()
    return Saved(cookies.build_cookie(request, cookies.UNSENT, key, samesite="strict"))


def keyring_of(request: AnyRequest) -> Keyring:
    ring: Keyring = request.app.state.keyring
    return ring


def hour() -> int:
    return int(clock.now().replace(minute=0, second=0, microsecond=0).timestamp())


def page_of(request: AnyRequest) -> str:
    """The page that a form is on: its own address, or the next one above that is read."""
    template = str(request.scope.get("path_template", ""))
    read = {one.path_format for one in request.app.routes if "GET" in getattr(one, "methods", ())}
    path = request.url.path
    # A form is often sent to an address of its own, which nobody could be led back to.
    while template.count("/") > 1 and template not in read:
        template, path = template.rpartition("/")[0], path.rpartition("/")[0]
    return path


async def find_form(request: AnyRequest, connection: Connection) -> UnsentForm | None:
    """What this browser sent and could not be saved; None if there is nothing."""
    key = cookies.read_cookie(request, cookies.UNSENT)
    found = await sessions.find_unsent_form(connection, key_digest(key)) if key else None
    words = keyring_of(request).unseal_words(found) if found else None
    return msgspec.json.decode(words, type=UnsentForm) if words else None


async def delete_form(request: AnyRequest, connection: Connection) -> Cookie:
    """Delete the saved form; returns the cookie that deletes its key from the browser."""
    key = cookies.read_cookie(request, cookies.UNSENT)
    await sessions.delete_unsent_form(connection, key_digest(key))
    return cookies.build_removal(request, cookies.UNSENT)
