"""Styles, scripts and fonts: compressed once, at addresses that change when one of them does.

`/static/{version}/app.css` never changes and may be kept for a year. Without the version, or with
that of another release, browsers ask each time, and get 304 if the file is still the same.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from api.pages.caching import encodings
from api.pages.caching.encodings import ASK_EACH_TIME, COMPRESSED, Encoding
from api.security.limits import AnyRequest
from api.security.sent_forms import WITHOUT_SESSION

STATIC = Path(__file__).parents[1] / "static"
KEEP_A_YEAR = "public, max-age=31536000, immutable"
VERSIONED = re.compile(r"(?:(?P<version>[0-9a-f]{12})/)?(?P<name>.+)")
# Not what the system's own list says: that differs from one machine to the next.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
PACKED = (".woff2",)  # compressed in itself
SMALL = 800  # bytes: compressing less saves nothing
MOST_FOR_BEST = 200_000  # bytes: more would take seconds at the best quality
BEST, GOOD = 11, 9
COMPRESSING = Lock()


class StaticFile(msgspec.Struct, frozen=True):
    body: bytes
    tag: str
    media_type: str
    packed: bool


@cache
def load_static_files() -> dict[str, StaticFile]:
    """Every file that is served, by its name in the folder."""
    # By its ending, so that what an editor leaves beside them ends no page.
    files = [file for file in sorted(STATIC.rglob("*")) if file.suffix in MEDIA_TYPES]
    return {file.relative_to(STATIC).as_posix(): load_file(file) for file in files}


def load_file(file: Path) -> StaticFile:
    body = file.read_bytes()
    return StaticFile(
        body=body,
        tag=hashlib.sha256(body).hexdigest()[:16],
        media_type=MEDIA_TYPES[file.suffix],
        packed=file.suffix in PACKED or len(body) < SMALL,
    )


@cache
def static_version() -> str:
    """The version of all files together: styles name their fonts by the address beside them."""
    tags = "".join(f"{name} {file.tag}\n" for name, file in load_static_files().items())
    return hashlib.sha256(tags.encode()).hexdigest()[:12]


def static_address(name: str) -> str:
    """The address of a file that changes with it; raises for a file that is not there."""
    if name not in load_static_files():
        raise KeyError(name)
    return f"/static/{static_version()}/{name}"


def compressed_file(name: str, encoding: Encoding) -> bytes:
    """The bytes of a file, compressed the first time. Called in a thread: that takes a while."""
    with COMPRESSING:
        return compress_once(name, encoding)


@cache
def compress_once(name: str, encoding: Encoding) -> bytes:
    body = load_static_files()[name].body
    return encodings.encode(body, encoding, BEST if len(body) < MOST_FOR_BEST else GOOD)


@get(
    "/static/{file_path:path}",
    opt=WITHOUT_SESSION | COMPRESSED,
    include_in_schema=False,
)
async def serve_static_file(request: AnyRequest, file_path: FromPath[Path]) -> Response[Any]:
    asked = VERSIONED.fullmatch(str(file_path).lstrip("/"))
    # Found in a list, so that no name of a stranger's reaches the file system.
    file = load_static_files().get(asked["name"]) if asked else None
    if asked is None or file is None:
        raise NotFoundException
    encoding = "" if file.packed else encodings.accepted_encoding(request)
    # A page of another release may come from another process of ours, while these are replaced.
    lasting = asked["version"] == static_version()
    headers = encodings.tagged_headers(
        file.tag, encoding, KEEP_A_YEAR if lasting else ASK_EACH_TIME
    )
    if encodings.has_client_copy(request, file.tag):
        return encodings.not_modified_response(headers, file.media_type)
    body = file.body
    if encoding:
        body = await anyio.to_thread.run_sync(compressed_file, asked["name"], encoding)
    return encodings.encoded_response(body, encoding, headers, file.media_type)
