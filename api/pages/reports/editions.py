"""The page of an edition, rendered once for each language and kept."""

import contextlib
import datetime
import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import urlencode

import anyio
import anyio.to_thread
import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from analysis.editions import gate
from api import editions as sheet
from api.dependencies import ON_REPLICA, FromDatabase
from api.editions import files as export
from api.pages import filters, public_copies, shell
from api.pages.public_copies import ASK_EACH_TIME, COMPRESSED, static_version
from api.process.installation import REPOSITORY, code_version, import_lock
from api.security.sent_forms import WITHOUT_SESSION
from survey.editions import Edition
from survey.editions.actions import EditionKey, EditionKind
from survey.editions.refusals import no_edition_of_day
from survey.problems import Problem
from survey.store import editions
from survey.store.database import Database
from survey.store.editions import EditionNeighbours, PublishedHead, edition_work

KindParameter = Annotated[EditionKind, PathParameter()]
NumberParameter = Annotated[int | None, QueryParameter(ge=1, le=1_000_000, required=False)]
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


class ServedEdition(msgspec.Struct, frozen=True):
    """An edition as it is served, with its bytes, their hash and the newest number of its period.

    The bytes are those that were stored, unless today's disclosure rules withhold more than the
    rules did when the edition was made. `withdrawn` is the reason, if it was withdrawn.
    """

    edition: Edition
    body: bytes
    sha256: str
    newest: int
    withdrawn: str = ""

    @property
    def file_stem(self) -> str:
        """The name of its files without their ending."""
        return f"soundings-{self.edition.kind}-{self.edition.start}-{self.edition.number}"


class ShownEdition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page of a published edition depends on, or a digest of it.

    `before` is the edition of the period before, of which a chapter says that nothing is new since.
    `by_number` is set for an address with the edition's number: links to other languages then keep
    the number.
    """

    which: EditionKey
    head: PublishedHead
    near: EditionNeighbours
    before: PublishedHead | None
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
    before: PublishedHead | None,
    *,
    by_number: bool,
) -> ShownEdition:
    language = shell.requested_language(request)
    return ShownEdition(
        which=which,
        head=head,
        near=near,
        before=before,
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
    """The page, or status 304 for a client that has it; `render` makes it if nobody asked before.

    It is read from `database`, which may be a replica, and stored in the writable database.
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


@get("/reports/{kind:str}/{start:date}", opt=COMPRESSED, include_in_schema=False)
async def show_edition(
    request: shell.AnyRequest,
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    number: NumberParameter = None,
) -> Response[Any] | Redirect:
    """The page of a published edition, rendered once for each language and read from the store."""
    async with database.connection() as connection:
        near = await editions.find_neighbours(connection, kind, start)
        there = near.period == start
        head = await editions.get_published_head(connection, kind, start, number) if there else None
        day = near.previous
        before = await editions.get_published_head(connection, kind, day) if there and day else None
    if near.period is None:
        known = [neighbour for neighbour in (near.previous, near.next) if neighbour]
        raise no_edition_of_day(kind, start, known)
    if head is None:
        # Any day of a period leads to its edition.
        query = f"?{request.url.query}" if request.url.query else ""
        return Redirect(f"/reports/{kind}/{near.period}{query}", status_code=302)
    which = EditionKey(kind, start, head.number)
    shown = shown_edition(request, which, head, near, before, by_number=number is not None)

    async def render() -> bytes:
        return await render_public_page(request, database, shown)

    return await edition_response(request, database, shown, render)


async def render_public_page(
    request: shell.AnyRequest, database: Database, shown: ShownEdition
) -> bytes:
    """The page of a published edition, from what its tag was made of and nothing else."""
    which, head = shown.which, shown.head
    served = await load_edition(database, which.kind, which.start, which.number)
    # The edition may have been withdrawn since the tag was made.
    served = msgspec.structs.replace(served, newest=head.newest, withdrawn=head.withdrawn)
    before, day = None, shown.near.previous
    if day and shown.before and not shown.before.withdrawn:
        before = (await load_edition(database, which.kind, day, shown.before.number)).edition
    context = await edition_context(
        request,
        served,
        f"/reports/{which.kind}/{which.start}",
        query=f"?number={which.number}",
        near=shown.near,
        before=before,
    )
    number = [("number", str(which.number))] if shown.by_number else []
    links = [
        (code, name, "?" + urlencode([*number, ("lang", code)]))
        for code, name in filters.LANGUAGES.items()
    ]
    # Not from the address that was asked for, which may have anything behind its question mark.
    context = {"languages": links, "spoken_language": shown.language, "request": request} | context
    return shell.render_template(request, "report/edition.html", context)


async def edition_context(
    request: shell.AnyRequest,
    served: ServedEdition,
    address: str,
    *,
    query: str = "",
    work: str = "",
    near: EditionNeighbours | None = None,
    before: Edition | None = None,
) -> dict[str, Any]:
    """What the page of an edition is rendered from. Readers get the editions `near` it, the files
    of each section, and which chapters have nothing new since the edition `before`; staff get links
    to the address `work`.
    """
    drawn = await anyio.to_thread.run_sync(draw_charts, served.edition)
    view = sheet.report_view(served.edition, served.sha256)
    if before:
        view = sheet.with_unchanged_chapters(view, before)
    files = (
        {} if work else dict(export.files_of_sections(served.edition, view.every_section, drawn))
    )
    if not work:
        view = sheet.with_first_screen(view, served.edition, shell.requested_language(request))
    return {
        "sheet": view,
        "charts": {name: Markup(svg) for name, svg in drawn.items()},  # noqa: S704 - ours
        "newer": served.newest if served.newest > served.edition.number else None,
        "withdrawn": served.withdrawn,
        "address": address,
        "query": query,
        "work": work,
        "near": near,
        "files": files,
        **(language_switch() if work else {}),
    }


def language_switch() -> dict[str, list[str]]:
    """The template values that hide the choice of language on a page in English only."""
    return {"languages": []}


async def load_edition(
    database: Database,
    kind: str,
    start: datetime.date,
    number: int | None,
    *,
    drafts: bool = False,
) -> ServedEdition:
    async with database.connection() as connection:
        stored = await editions.get_stored(connection, kind, start, number, drafts=drafts)
    before = stored.edition
    body, sha256, edition = stored.body, stored.sha256, gate.as_served(before)
    # Only what today's gate changed is encoded again, so that other hashes stay as published.
    if edition is not before:
        body = msgspec.json.encode(edition)
        sha256 = hashlib.sha256(body).hexdigest()
    return ServedEdition(edition, body, sha256, stored.newest, stored.withdrawn)


def draw_charts(edition: Edition) -> dict[str, str]:
    """The charts of an edition. Called in a thread: loading the drawing libraries takes a second,
    the first time.
    """
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    return drawing.render_charts(edition)


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[show_edition],
        before_request=shell.prepare_page,
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
]
