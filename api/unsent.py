"""What an organiser sent after the session had ended, until they sign in again in this browser."""

import datetime
import re
import secrets
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType

from api import clock, cookies
from api.people import digest
from survey.store import sessions
from survey.store.database import Connection

AnyRequest = Request[Any, Any, Any]
LASTS = datetime.timedelta(hours=2)
MOST_BYTES = 200_000
# The forms that somebody types into: a new survey, and what is added to or changed in a draft.
TYPED_INTO = re.compile(
    r"/work/builder(?:/(?P<slug>[a-z0-9-]{2,60})/(?:act|about|bank|questions/[\w.-]{1,60}))?"
)
HIDDEN = "_csrf_token"


class Unsent(msgspec.Struct, frozen=True):
    """A form with its fields in order, and where it was sent to."""

    path: str
    fields: list[tuple[str, str]]

    @property
    def slug(self) -> str:
        """The draft that it is about; empty where it begins one."""
        match = TYPED_INTO.fullmatch(self.path)
        return (match["slug"] or "") if match else ""


async def save_form(request: AnyRequest, connection: Connection) -> Cookie | None:
    """Save what was typed under a key that only this browser gets, if somebody typed something."""
    length = request.headers.get("content-length", "")
    if (
        not TYPED_INTO.fullmatch(request.url.path)
        or request.content_type[0] != RequestEncodingType.URL_ENCODED
        or not length.isdecimal()
        or int(length) > MOST_BYTES
    ):
        return None
    form = await request.form()
    fields = [(k, v) for k, v in form.multi_items() if isinstance(v, str) and k != HIDDEN]
    key = secrets.token_urlsafe(32)
    unsent = Unsent(
        request.url.path, [(k.replace("\0", ""), v.replace("\0", "")) for k, v in fields]
    )
    await sessions.put_draft(connection, digest(key), unsent, clock.now() + LASTS)
    return cookies.build_cookie(request, cookies.UNSENT, key, samesite="strict")


async def find_form(request: AnyRequest, connection: Connection) -> Unsent | None:
    """What this browser sent and was not saved."""
    key = cookies.read_cookie(request, cookies.UNSENT)
    content = await sessions.get_draft(connection, digest(key)) if key else None
    return msgspec.convert(content, Unsent) if content else None


async def delete_form(request: AnyRequest, connection: Connection) -> Cookie:
    """Delete it; returns the cookie that takes the key out of the browser."""
    key = cookies.read_cookie(request, cookies.UNSENT)
    await sessions.delete_draft(connection, digest(key))
    return cookies.build_removal(request, cookies.UNSENT)
