"""What is kept of published editions: pages rendered once, and their figures in memory."""

import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.metadata import version
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from litestar import Response

from analysis.editions import gate
from api.editions import rows
from api.editions.history import kept_figures
from api.editions.history.past import past_figures
from api.editions.summary import EditionSummary, edition_summary
from api.pages import filters, public_copies, shell
from api.pages.public_copies import ASK_EACH_TIME, static_version
from api.process.installation import REPOSITORY, code_version
from survey.editions import Edition, SafeEdition
from survey.editions.actions import EditionKey
from survey.editions.stored import edition_from_json
from survey.problems import Problem
from survey.store import editions
from survey.store.database import Connection, Database
from survey.store.editions import EditionLine, EditionNeighbours, PublishedHead, edition_work

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
MOST_CACHED = 200
MOST_FIGURES = 1_000  # nearly twenty years of weeks
CACHE: dict[str, EditionSummary] = {}
FIGURES: dict[str, Edition] = {}
MOST_PASTS = 2
PAST: dict[str, Edition] = {}


class ShownEdition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page of a published edition shows, or a digest of it.

    `by_number` is set for the address with a number: its links to other languages have that too.
    """

    which: EditionKey
    head: PublishedHead
    near: EditionNeighbours
    language: str
    by_number: bool
    city: shell.PageCity
    operator: shell.Operator
    demo_door: bool
    gate: int
    program: str

    @property
    def tag(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]


def shown_edition(
    request: shell.AnyRequest,
    which: EditionKey,
    head: PublishedHead,
    near: EditionNeighbours,
    *,
    by_number: bool,
) -> ShownEdition:
    language = shell.requested_language(request)
    return ShownEdition(
        which=which,
        head=head,
        near=near,
        # Some surveys are in more languages; the pages of editions are in English then.
        language=language if language in filters.LANGUAGES else "en",
        by_number=by_number,
        city=request.app.state.get("shown", shell.PageCity()),
        operator=shell.operator_of(request),
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
    request: shell.AnyRequest,
    database: Database,
    shown: ShownEdition,
    render: Callable[[], Awaitable[bytes]],
) -> Response[Any]:
    """The page, or 304 for whoever has it; `render` is called if nobody asked for it before.

    It is read from `database`, which may be a replica, and stored in the one that takes writes.
    """
    tag, encoding = shown.tag, public_copies.accepted_encoding(request)
    headers = public_copies.tagged_headers(tag, encoding, ASK_EACH_TIME, VARY)
    if public_copies.has_client_copy(request, tag):
        return public_copies.not_modified_response(headers, HTML)
    body = await load_page(database, shown, tag)
    if body is None:
        # One at a time: of all who open a new edition at once, one has its charts drawn.
        async with RENDERING:
            body = await load_page(database, shown, tag)
            if body is None:
                body = public_copies.encode(await render(), "br", QUALITY)
                await save_page(request.app.state.database, shown, tag, body)
    if encoding != "br":
        body = public_copies.encode(public_copies.decode_brotli(body), encoding)
    return public_copies.encoded_response(body, encoding, headers, HTML)


async def load_page(database: Database, shown: ShownEdition, tag: str) -> bytes | None:
    async with database.connection() as connection:
        return await edition_work.find_page(
            connection, shown.which, shown.language, tag, by_number=shown.by_number
        )


async def save_page(database: Database, shown: ShownEdition, tag: str, body: bytes) -> None:
    # A database that takes no writes must not cost a reader the page, which is made again then.
    with contextlib.suppress(Problem):
        async with database.connection() as connection:
            await edition_work.save_page(
                connection, shown.which, shown.language, tag, body, by_number=shown.by_number
            )


async def newest_summary(database: Database) -> EditionSummary | None:
    """The summary of the newest published edition that was not withdrawn."""
    return await database.load_cached(load_newest_summary)


async def load_newest_summary(
    connection: Connection, kind: str | None = None
) -> EditionSummary | None:
    line = await editions.find_newest_published(connection, kind)
    return None if line is None else await load_edition_summary(connection, line)


async def load_edition_summary(connection: Connection, line: EditionLine) -> EditionSummary:
    """The summary of one edition; computed once, because an edition never changes."""
    if line.sha256 in CACHE:
        return CACHE[line.sha256]
    stored = await editions.get_stored(connection, line.kind, line.start, line.number)
    return await summary_of_body(stored.body, line.sha256)


async def summary_of_body(body: bytes, sha256: str) -> EditionSummary:
    """The summary of an edition whose bytes are at hand."""
    if sha256 not in CACHE:
        # In a thread, because decoding a whole edition would hold up every other request.
        found = await anyio.to_thread.run_sync(summarise, body)
        remember(CACHE, sha256, found, MOST_CACHED)
    return CACHE[sha256]


async def load_all_figures(database: Database) -> list[Edition]:
    """What pages over time need of each period's newest published edition, the oldest first.

    Each edition is read once.
    """
    found = []
    async with database.connection() as connection:
        for line in await editions.load_current(connection):
            kept = FIGURES.get(line.sha256)
            if kept is None:
                stored = await editions.get_stored(connection, line.kind, line.start, line.number)
                kept = await anyio.to_thread.run_sync(read_figures, stored.body)
                remember(FIGURES, line.sha256, kept, MOST_FIGURES)
            found.append(kept)
    return found


async def load_newest_past(database: Database) -> Edition | None:
    """What the newest published monthly edition knows of all earlier times."""
    async with database.connection() as connection:
        line = await editions.find_newest_published(connection, "monthly")
        if line is None:
            return None
        if line.sha256 not in PAST:
            stored = await editions.get_stored(connection, line.kind, line.start, line.number)
            kept = await anyio.to_thread.run_sync(read_past, stored.body)
            remember(PAST, line.sha256, kept, MOST_PASTS)
    return PAST[line.sha256]


def remember(cache: dict[str, Any], key: str, found: object, most: int) -> None:
    """Keep what was read; what was read first gives way if there is more than `most`."""
    while len(cache) >= most:
        cache.pop(next(iter(cache)), None)
    cache[key] = found


def read_figures(body: bytes) -> Edition:
    return kept_figures(read_edition(body))


def read_past(body: bytes) -> Edition:
    return past_figures(read_edition(body))


def summarise(body: bytes) -> EditionSummary:
    edition = rows.with_window_starts(read_edition(body))
    return edition_summary(edition, rows.period_label(edition))


def read_edition(body: bytes) -> SafeEdition:
    """A stored edition as it may be read today."""
    return gate.as_served(edition_from_json(body))
