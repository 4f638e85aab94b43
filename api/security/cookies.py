"""Every cookie that we set, delete or read: the only module that knows their names.

Where cookies are sent over HTTPS only, a name begins with `__Host-`. A browser then accepts the
cookie only from this host, over HTTPS and for the whole host, so that neither another site on
the same domain nor a plain HTTP page can set one. The path that a cookie is for then becomes
part of its name, so that the drafts of two surveys stay separate.
"""

from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

AnyConnection = ASGIConnection[Any, Any, Any, Any]

SESSION = "soundings_session"
CSRF = "soundings_csrf"
LANGUAGE = "soundings_language"
DRAFT = "soundings_draft"
CASE = "soundings_case"
UNSENT = "soundings_unsent"
ANSWERED = "soundings_answered"
COMPLAINTS = "/complaints"  # the path of a complaint's draft
OWN_CASE = "/case"
CONTINUE = "/continue"  # where saved answers are opened


def cookie_name(asking: AnyConnection, name: str, path: str = "/") -> str:
    if not asking.app.state.settings.secure_cookies:
        return name
    return "__Host-" + name + path.rstrip("/").replace("/", ".")


def read_cookie(asking: AnyConnection, name: str, path: str = "/") -> str:
    """The cookie's value in this request; empty if the browser sent none."""
    return asking.cookies.get(cookie_name(asking, name, path), "")


def build_cookie(
    asking: AnyConnection,
    name: str,
    value: str,
    *,
    path: str = "/",
    samesite: Literal["lax", "strict"] = "lax",
    max_age: int | None = None,
) -> Cookie:
    """A cookie to set. Without `max_age` it lasts until the browser is closed."""
    secure = asking.app.state.settings.secure_cookies
    return Cookie(
        cookie_name(asking, name, path),
        value=value,
        # A browser drops a `__Host-` cookie that has another path or is not Secure.
        path="/" if secure else path,
        httponly=True,
        samesite=samesite,
        secure=secure,
        max_age=max_age,
    )


def build_removal(asking: AnyConnection, name: str, path: str = "/") -> Cookie:
    """A cookie that deletes this one from the browser."""
    return build_cookie(asking, name, "", path=path, max_age=0)
