"""The security headers of every response, and those of a file that a stranger sent."""

from collections.abc import Sequence

from litestar.types import Message, Scope

from api.site_address import is_at_onion

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; worker-src 'self'; manifest-src 'self'"
)


def framed_policy(origins: Sequence[str]) -> str:
    """The policy of a page that websites of these origins may show in a frame."""
    own, _, _ = CONTENT_SECURITY_POLICY.partition("frame-ancestors")
    return f"{own}frame-ancestors {' '.join(origins) or chr(39) + 'none' + chr(39)}"


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


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Add the security headers that every response carries."""
    if message["type"] != "http.response.start":
        return
    headers = message["headers"] = list(message.get("headers", ()))
    # Looked up once, since each look through the framework's own headers takes microseconds.
    present = {name.lower() for name, _ in headers}
    headers += [one for one in DEFAULT_HEADERS if one[0] not in present]
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
    """The address of this page at our onion service, where there is one; empty if not a page."""
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
