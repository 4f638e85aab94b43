"""Every cookie that we give, take back or read: the one place that knows its name.

Where cookies go over HTTPS only, a name begins with `__Host-`. A browser then takes the cookie from
nobody but this host itself, over HTTPS and for the whole host, so that neither a neighbour under
the same domain nor a plain HTTP page can plant one. The part of the site that a cookie is for
moves from its path into its name: the drafts of two surveys stay apart.
"""

from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

Asking = ASGIConnection[Any, Any, Any, Any]

SESSION = "soundings_session"
FORGERY = "soundings_csrf"
LANGUAGE = "soundings_language"
DRAFT = "soundings_draft"
CASE = "soundings_case"
UNSENT = "soundings_unsent"
COMPLAINTS = "/complaints"  # the path of a complaint's draft
OWN_CASE = "/case"


def name_of(asking: Asking, name: str, path: str = "/") -> str:
    if not asking.app.state.settings.secure_cookies:
        return name
    return "__Host-" + name + path.rstrip("/").replace("/", ".")


def read_cookie(asking: Asking, name: str, path: str = "/") -> str:
    """What the browser brought; empty where it brought none."""
    return asking.cookies.get(name_of(asking, name, path), "")


def build_cookie(
    asking: Asking,
    name: str,
    value: str,
    *,
    path: str = "/",
    samesite: Literal["lax", "strict"] = "lax",
    max_age: int | None = None,
) -> Cookie:
    """Without an age, the browser forgets it when it is closed."""
    secure = asking.app.state.settings.secure_cookies
    return Cookie(
        name_of(asking, name, path),
        value=value,
        path="/" if secure else path,
        httponly=True,
        samesite=samesite,
        secure=secure,
        max_age=max_age,
    )


def build_removal(asking: Asking, name: str, path: str = "/") -> Cookie:
    """Takes a cookie out of the browser, from whatever page."""
    return build_cookie(asking, name, "", path=path, max_age=0)
