"""The about pages, and the logo of the organisation that runs this."""

from pathlib import Path
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Template

from api import clock
from api.error_handlers import unknown_page
from api.pages.templating import LANGUAGES, prepare_page
from api.security import cookies
from api.security.sent_forms import WITHOUT_SESSION
from api.settings import Settings, unusable_logo
from api.translating import unconfirmed_languages

ABOUT_PAGES = ("contact", "privacy", "cookies", "accessibility", "sources")
PageName = Annotated[str, PathParameter(pattern=r"^[a-z]{1,20}$")]


@get(
    "/about/{page:str}",
    before_request=prepare_page,
    opt=WITHOUT_SESSION,
    include_in_schema=False,
)
async def show_about_page(page: PageName) -> Template:
    if page not in ABOUT_PAGES:
        raise unknown_page()
    context = {
        "today": clock.today(),
        "names": cookies,
        "drafted_languages": [(code, LANGUAGES[code]) for code in unconfirmed_languages()],
    }
    return Template(f"about/{page}.html", context=context)


MOST_BYTES = 60_000
CACHE_ONE_HOUR = "public, max-age=3600"
SIGNATURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF",
    "image/svg+xml": b"<svg",
}
# An SVG opened directly in the browser must run no script and load nothing.
LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class Logo(msgspec.Struct, frozen=True):
    body: bytes
    media_type: str


def load_logo(settings: Settings) -> Logo | None:
    """Read the logo at startup; refuse a file that is not a picture we can show."""
    if not settings.logo:
        return None
    try:
        body = Path(settings.logo).read_bytes()
    except OSError as missing:
        raise unusable_logo(f"{settings.logo} cannot be read") from missing
    if len(body) > MOST_BYTES:
        raise unusable_logo(f"{settings.logo} has {len(body) // 1000} KB, and 60 KB is the most")
    return Logo(body, image_type(body, settings.logo))


def image_type(body: bytes, name: str) -> str:
    start = body.lstrip()
    # An SVG may begin with an XML declaration, so its own tag is looked for behind it.
    if start.startswith(b"<?xml") and b"<svg" in start:
        start = start[start.index(b"<svg") :]
    for media_type, signature in SIGNATURES.items():
        if start.startswith(signature):
            return media_type
    raise unusable_logo(f"{name} is not a PNG, JPEG, WebP or SVG picture")


@get("/logo", opt=WITHOUT_SESSION, include_in_schema=False, sync_to_thread=False)
def serve_logo(state: State) -> Response[bytes]:
    logo: Logo | None = state.get("logo")
    if logo is None:
        raise NotFoundException
    headers = {"Cache-Control": CACHE_ONE_HOUR, "Content-Security-Policy": LOGO_POLICY}
    return Response(logo.body, media_type=logo.media_type, headers=headers)


HANDLERS = [
    show_about_page,
]
