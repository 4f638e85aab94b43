"""What is public and the same for everyone: made once, and served again without making it."""

import asyncio
import base64
import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal, ParamSpec

import anyio
import anyio.to_thread
import brotli
import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from api.locales import LANGUAGE
from api.pages.forms import Form
from api.security.limits import AnyRequest
from api.security.requests import CONTENT_SECURITY_POLICY
from api.security.sent_forms import WITHOUT_SESSION
from api.settings import ROOT
from survey.places import Area
from survey.problems import NotFound, Unavailable
from survey.surveys.instruments import Instrument, Item, all_parts

Encoding = Literal["br", "gzip", ""]
# The `opt` of routes whose answers are compressed already.
COMPRESSED = {"compressed": True}
ASK_EACH_TIME = "public, no-cache"
NO_WEIGHT = re.compile(r"0(\.0*)?")
STATIC = Path(__file__).parent / "static"
KEEP_A_YEAR = "public, max-age=31536000, immutable"
VERSIONED = re.compile(r"(?:(?P<version>[0-9a-f]{12})/)?(?P<name>.+)")
# Not what the system's own list says: that differs from one machine to the next.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
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
# Built by docs/guide.py.
GUIDE = ROOT / "guide"
API_PAGE = "/guide/reference/api.html"
INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
Parameters = ParamSpec("Parameters")
AT_ONCE = anyio.CapacityLimiter(2)  # of all kinds, so that one core is left for pages and answers
MOST_MAKING = 20  # with what waits: some seconds' work
KEPT = 24  # about a megabyte each
PartKey = tuple[str, ...]
ONLY_FIELD = "answer"
MOST_PARTS = 1_000  # of a few kilobytes each
PARTS: dict[PartKey, Markup] = {}


def accepted_encoding(request: AnyRequest) -> Encoding:
    """The best encoding of ours that the client accepts; '' if it accepts neither."""
    listed = request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")
    # Of weight 0, with or without decimals, is what the client does not take (RFC 9110).
    weighted = (encoding.partition(";q=") for encoding in listed)
    names = {name for name, _, weight in weighted if not NO_WEIGHT.fullmatch(weight)}
    return "br" if "br" in names else "gzip" if "gzip" in names else ""


def encode(body: bytes, encoding: Encoding, quality: int = 9) -> bytes:
    """The bytes in an encoding: the same each time, for gzip would note the time."""
    if encoding == "br":
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality))
    return gzip.compress(body, mtime=0) if encoding == "gzip" else body


def decode_brotli(body: bytes) -> bytes:
    return bytes(brotli.decompress(body))


def has_client_copy(request: AnyRequest, tag: str) -> bool:
    """Whether the client has a copy of the response with this tag, in whatever encoding."""
    # A list of tags, each perhaps marked as weak, and ours with the encoding at its end (RFC 9110).
    listed = request.headers.get("if-none-match", "").split(",")
    return any(etag.strip().removeprefix("W/").startswith(f'"{tag}') for etag in listed)


def tagged_headers(
    tag: str, encoding: Encoding, cache_control: str, vary: str = "Accept-Encoding"
) -> dict[str, str]:
    """The headers of a response that clients may store; each encoding has a tag of its own."""
    ending = f"-{encoding}" if encoding else ""
    return {"ETag": f'"{tag}{ending}"', "Cache-Control": cache_control, "Vary": vary}


def not_modified_response(headers: Mapping[str, str], media_type: str) -> Response[Any]:
    """A response with status 304: the client's copy is still right."""
    return Response(b"", status_code=304, headers=dict(headers), media_type=media_type)


def encoded_response(
    body: bytes, encoding: Encoding, headers: Mapping[str, str], media_type: str
) -> Response[bytes]:
    """A response of bytes that are in this encoding already."""
    marked = {"Content-Encoding": encoding} if encoding else {}
    return Response(body, headers={**headers, **marked}, media_type=media_type)


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
    """The version of all files together: styles refer to fonts in their own folder."""
    tags = "".join(f"{name} {file.tag}\n" for name, file in load_static_files().items())
    return hashlib.sha256(tags.encode()).hexdigest()[:12]


def static_address(name: str) -> str:
    """The address of a static file, which changes when any of these files changes; raises for an
    unknown name.
    """
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
    return encode(body, encoding, BEST if len(body) < MOST_FOR_BEST else GOOD)


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
    encoding = "" if file.packed else accepted_encoding(request)
    # A page of another release may come from another process of ours, while these are replaced.
    lasting = asked["version"] == static_version()
    headers = tagged_headers(file.tag, encoding, KEEP_A_YEAR if lasting else ASK_EACH_TIME)
    if has_client_copy(request, file.tag):
        return not_modified_response(headers, file.media_type)
    body = file.body
    if encoding:
        body = await anyio.to_thread.run_sync(compressed_file, asked["name"], encoding)
    return encoded_response(body, encoding, headers, file.media_type)


@get("/guide", opt=WITHOUT_SESSION, include_in_schema=False, sync_to_thread=False)
def lead_to_guide() -> Redirect:
    """Lead to the first page by its name, since its links are relative to it."""
    return Redirect("/guide/index.html")


@get("/guide/{file_path:path}", opt=WITHOUT_SESSION, include_in_schema=False)
async def serve_guide(request: AnyRequest, file_path: FromPath[Path]) -> Response[Any]:
    name = str(file_path).lstrip("/").replace("\0", "")  # which no system of files takes
    file = (GUIDE / name).resolve()
    if not file.is_relative_to(GUIDE) or file.suffix not in MEDIA_TYPES or not file.is_file():
        raise NotFoundException if GUIDE.is_dir() else missing_guide()
    loaded = await anyio.to_thread.run_sync(load_file, file)
    headers = tagged_headers(loaded.tag, "", ASK_EACH_TIME)
    headers["Content-Security-Policy"] = guide_policy(GUIDE)
    if has_client_copy(request, loaded.tag):
        return not_modified_response(headers, loaded.media_type)
    return Response(loaded.body, headers=headers, media_type=loaded.media_type)


@cache
def guide_policy(guide: Path) -> str:
    """The policy of every page, and what the theme's pages have inline: one script, and styles.

    Nothing that anybody typed is on these pages.
    """
    scripts = INLINE_SCRIPT.findall((guide / "index.html").read_bytes())
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"{CONTENT_SECURITY_POLICY}; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'"
    )


missing_guide = NotFound.of(
    "guide.missing",
    "The guide has not been built here.",
    "`./soundings serve` builds it when it starts; so does `python -P docs/guide.py guide`.",
)


class MadeFiles:
    """The files made last, and the files being made, so that all who ask for a file share one."""

    def __init__(self) -> None:
        self.made: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self.making: dict[tuple[str, ...], asyncio.Task[bytes]] = {}

    async def load(
        self,
        name: tuple[str, ...],
        make: Callable[Parameters, bytes],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> bytes:
        """The file of this name, which says all that its content depends on; made if it has to be.

        Raises if too many others are being made.
        """
        if name in self.made:
            self.made.move_to_end(name)
            return self.made[name]
        if name not in self.making:
            if len(self.making) >= MOST_MAKING:
                raise busy_files()
            work = self.make(name, partial(make, *arguments, **named))
            self.making[name] = asyncio.create_task(work)
        # Whoever goes away ends nothing: others wait for the same file, or ask again.
        return await asyncio.shield(self.making[name])

    async def make(self, name: tuple[str, ...], make: Callable[[], bytes]) -> bytes:
        try:
            content = await anyio.to_thread.run_sync(make, limiter=AT_ONCE)
        finally:
            del self.making[name]
        self.made[name] = content
        while len(self.made) > KEPT:
            self.made.popitem(last=False)
        return content


busy_files = Unavailable.of(
    "files.busy",
    "Many files are being made at the moment.",
    "Try again in a minute: what was made before comes at once.",
)


MADE = MadeFiles()


def shared_part(key: PartKey | None, caller: Callable[[], str]) -> Markup:
    """The part of a page between `call` and `endcall`, rendered once for each key and language.

    Without a key it is rendered for this page alone.
    """
    if key is None:
        return Markup(caller())  # noqa: S704 - the template's own output, which is escaped
    kept = (LANGUAGE.get(), *key)
    if (part := PARTS.get(kept)) is None:
        part = Markup(caller())  # noqa: S704 - as above
        while len(PARTS) >= MOST_PARTS:
            PARTS.pop(next(iter(PARTS)), None)
        PARTS[kept] = part
    return part


def question_key(
    instrument: Instrument, item: Item, at: str, asked: Form, areas: Sequence[Area]
) -> PartKey | None:
    """The cache key of a question that nobody answered yet; None if the page is one person's.

    The key holds the whole question, so another version of a survey never gets this one's.
    """
    if asked.errors or not is_unanswered(asked, at) or not is_as_published(instrument, item):
        return None
    words = msgspec.json.encode(item).decode()
    return "question", item.type_name(), words, at, instrument.kind, *names_of(areas)


def areas_key(heading: str, is_heading: bool, asked: Form, areas: Sequence[Area]) -> PartKey | None:
    """The cache key of the list of boroughs with nothing chosen or typed; None if the page is one
    person's.

    `is_heading` says whether the list's heading is the heading of the page.
    """
    if asked.errors or asked.faults or any(map(any, asked.values.values())):
        return None
    return "boroughs", heading, "h1" if is_heading else "h2", *names_of(areas)


def names_of(areas: Sequence[Area]) -> tuple[str, ...]:
    return tuple(word for area in areas for word in (area.code, area.name))


def is_unanswered(asked: Form, at: str) -> bool:
    """Whether a form has nothing in the fields of a question, whose names all begin with `at`.

    The only question of a page also has a field with another name, so there every field counts.
    """
    begin = "" if at == ONLY_FIELD else at
    return not any(any(given) for name, given in asked.values.items() if name.startswith(begin))


def is_as_published(instrument: Instrument, item: Item) -> bool:
    """Whether the question is the survey's own; one with an answer filled into its words is not."""
    return any(item is part for part in all_parts(instrument.items))
