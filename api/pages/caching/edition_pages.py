"""The page of a published edition: rendered once for each language, then read from the database.

The tag of a page is a digest of everything that it shows. A withdrawal, a later edition of the same
days or a stricter disclosure gate gives it another tag, and a page is served under its own tag
only. So what is stored is never served once it is out of date.
"""

import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.metadata import version
from typing import Any

import anyio
import msgspec
from litestar import Response

from analysis.editions import gate
from api.pages.caching import encodings
from api.pages.caching.encodings import ASK_EACH_TIME
from api.pages.caching.static_files import static_version
from api.pages.templating import (
    LANGUAGES,
    AnyRequest,
    Operator,
    PageCity,
    operator_of,
    requested_language,
)
from api.process.installation import REPOSITORY, code_version
from survey.editions.actions import EditionKey
from survey.problems import Problem
from survey.store.database import Database
from survey.store.editions import inputs
from survey.store.editions.editions import EditionNeighbours, PublishedHead

HTML = "text/html; charset=utf-8"
# The page is in the language of the reader's cookie or browser.
VARY = "Accept-Encoding, Accept-Language, Cookie"
QUALITY = 9  # of brotli: a page of 270 kB takes 40 ms once, and is 23 kB for everyone
RENDERING_FILES = (
    "api/**/*.py",
    "api/pages/templates/**/*.html",
    "api/translations/**/*.po",
    "analysis/measures/**/*",
)
DRAWING_LIBRARIES = ("altair", "babel", "jinja2", "vl-convert-python")
RENDERING = anyio.Lock()


class ShownEdition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page of a published edition shows, or a digest of it.

    `by_number` is set for the address with a number: its links to other languages have that too.
    """

    which: EditionKey
    head: PublishedHead
    near: EditionNeighbours
    language: str
    by_number: bool
    city: PageCity
    operator: Operator
    demo_door: bool
    gate: int
    program: str

    @property
    def tag(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]


def shown_edition(
    request: AnyRequest,
    which: EditionKey,
    head: PublishedHead,
    near: EditionNeighbours,
    *,
    by_number: bool,
) -> ShownEdition:
    language = requested_language(request)
    return ShownEdition(
        which=which,
        head=head,
        near=near,
        # Some surveys are in more languages; the pages of editions are in English then.
        language=language if language in LANGUAGES else "en",
        by_number=by_number,
        city=request.app.state.get("shown", PageCity()),
        operator=operator_of(request),
        demo_door=bool(request.app.state.get("demo_door")),
        gate=gate.GATE_VERSION,
        program=program_version(),
    )


@cache
def program_version() -> str:
    """A digest of all that turns an edition into a page: code, templates, words and libraries."""
    files = {file for pattern in RENDERING_FILES for file in REPOSITORY.glob(pattern)}
    digest = hashlib.sha256(f"{code_version()} {static_version()}".encode())
    for file in sorted(files):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.relative_to(REPOSITORY).as_posix().encode() + file.read_bytes())
    for library in DRAWING_LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


async def edition_response(
    request: AnyRequest,
    database: Database,
    shown: ShownEdition,
    render: Callable[[], Awaitable[bytes]],
) -> Response[Any]:
    """The page, or 304 for who has it; `render` is called if nobody has asked for it before.

    It is read from `database`, which may be a replica, and stored in the one that takes writes.
    """
    tag, encoding = shown.tag, encodings.accepted_encoding(request)
    headers = encodings.tagged_headers(tag, encoding, ASK_EACH_TIME, VARY)
    if encodings.has_client_copy(request, tag):
        return encodings.not_modified_response(headers, HTML)
    body = await load_page(database, shown, tag)
    if body is None:
        # One at a time: of all who open a new edition at once, one has its charts drawn.
        async with RENDERING:
            body = await load_page(database, shown, tag)
            if body is None:
                body = encodings.encode(await render(), "br", QUALITY)
                await save_page(request.app.state.database, shown, tag, body)
    if encoding != "br":
        body = encodings.encode(encodings.decode_brotli(body), encoding)
    return encodings.encoded_response(body, encoding, headers, HTML)


async def load_page(database: Database, shown: ShownEdition, tag: str) -> bytes | None:
    async with database.connection() as connection:
        return await inputs.find_page(
            connection, shown.which, shown.language, tag, by_number=shown.by_number
        )


async def save_page(database: Database, shown: ShownEdition, tag: str, body: bytes) -> None:
    # A database that takes no writes must not cost a reader the page, which is made again then.
    with contextlib.suppress(Problem):
        async with database.connection() as connection:
            await inputs.save_page(
                connection, shown.which, shown.language, tag, body, by_number=shown.by_number
            )
