"""The security headers of every response, and those of a file that a stranger sent."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# The file was made by a stranger: the browser must not run or render anything in it.
INERT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Add the security headers that every response carries."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    # Defaults only: the file of a stranger has brought the stricter INERT_HEADERS.
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if scope["litestar_app"].state.settings.secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    # A browser's cache would leave what people wrote on the disk of a shared computer.
    if not scope["path"].startswith(("/static", "/docs")):
        headers.setdefault("Cache-Control", "no-store")
