"""The public pages: editions as HTML, PDF, CSV, Parquet and JSON, and the method pages."""

import datetime
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

import anyio.to_thread
import msgspec
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from analysis import measures
from analysis.editions import gate
from api import clock
from api import editions as sheet
from api.dependencies import ON_REPLICA, FromDatabase
from api.editions.files import export
from api.locales import edition_language, edition_languages
from api.pages import filters, shell
from api.pages.public_copies import COMPRESSED, MADE
from api.pages.reports import kept_editions
from api.pages.reports.kept_editions import ShownEdition
from api.process.installation import import_lock, reads_other_languages
from api.security.sent_forms import WITHOUT_SESSION
from survey.editions import Edition
from survey.editions.actions import EditionKey
from survey.editions.refusals import no_edition_of_day
from survey.store import editions
from survey.store.database import Database
from survey.store.editions import EditionNeighbours

if TYPE_CHECKING:
    from analysis.text.word_lists import WordList  # slow to load

KindParameter = Annotated[Literal["weekly", "monthly"], PathParameter()]
NumberParameter = Annotated[int | None, QueryParameter(ge=1, le=1_000_000, required=False)]


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


@get("/method", include_in_schema=False)
async def show_method() -> Template:
    today = clock.today()
    return Template(
        "report/method.html", context={"measures": measures.load_measures(), "today": today}
    )


@get("/method/{measure:str}", include_in_schema=False)
async def show_measure(measure: FromPath[str]) -> Template:
    found = measures.load_measures().get(measure)
    if found is None:
        raise NotFoundException
    overdue = found.next_review < clock.today()
    given = {"name": measure, "measure": found, "overdue": overdue}
    return Template("report/measure.html", context=given)


@get("/method/texts", include_in_schema=False)
async def show_text_method() -> Template:
    lists = await anyio.to_thread.run_sync(load_word_lists)
    return Template(
        "report/texts.html",
        context={"lists": lists, "other_languages": reads_other_languages()},
    )


def load_word_lists() -> tuple["WordList", ...]:
    """The word lists. Called in a thread: loading the lexicons takes a second, the first time."""
    with import_lock("analysis.text.word_lists"):
        from analysis.text import word_lists

    return word_lists.word_lists()


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
    if near.period is None:
        known = [one for one in (near.previous, near.next) if one]
        raise no_edition_of_day(kind, start, known)
    if head is None:
        # Any day of a period leads to its edition.
        query = f"?{request.url.query}" if request.url.query else ""
        return Redirect(f"/reports/{kind}/{near.period}{query}", status_code=302)
    which = EditionKey(kind, start, head.number)
    shown = kept_editions.shown_edition(request, which, head, near, by_number=number is not None)

    async def render() -> bytes:
        return await render_public_page(request, database, shown)

    return await kept_editions.edition_response(request, database, shown, render)


async def render_public_page(
    request: shell.AnyRequest, database: Database, shown: ShownEdition
) -> bytes:
    """The page of a published edition, from what its tag was made of and nothing else."""
    which, head = shown.which, shown.head
    served = await load_edition(database, which.kind, which.start, which.number)
    # The edition may have been withdrawn since the tag was made.
    served = msgspec.structs.replace(served, newest=head.newest, withdrawn=head.withdrawn)
    context = await edition_context(
        request,
        served,
        f"/reports/{which.kind}/{which.start}",
        query=f"?number={which.number}",
        near=shown.near,
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
) -> dict[str, Any]:
    """What the page of an edition is rendered from. Readers get the editions `near` it, and the
    files of each section; staff get links to the address `work`.
    """
    with shell.use_language(shell.requested_language(request)):
        drawn = await anyio.to_thread.run_sync(draw_charts, served.edition)
        view = sheet.report_view(served.edition, served.sha256)
    files = (
        {} if work else dict(export.files_of_sections(served.edition, view.every_section, drawn))
    )
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
        **language_switch(),
    }


def language_switch() -> dict[str, list[str]]:
    """No choice of language on a page that is in one language only."""
    return {} if len(edition_languages()) > 1 else {"languages": []}


@get("/reports/{kind:str}/{start:date}/edition.pdf", include_in_schema=False)
async def download_pdf(
    request: shell.AnyRequest,
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    number: NumberParameter = None,
) -> Response[bytes]:
    return await pdf_response(request, await load_edition(database, kind, start, number))


async def pdf_response(request: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    with shell.use_language(shell.requested_language(request)):
        name = ("edition.pdf", served.sha256, edition_language())
        pdf = await MADE.load(name, export.render_edition_pdf, served.edition, served.sha256)
    return file_response(pdf, served.file_stem, "pdf", "application/pdf")


@get("/reports/{kind:str}/{start:date}/slides.pdf", include_in_schema=False)
async def download_slides(
    request: shell.AnyRequest,
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    number: NumberParameter = None,
) -> Response[bytes]:
    """The slides of a published edition; the name of the file says that they are slides."""
    served = await load_edition(database, kind, start, number)
    with shell.use_language(shell.requested_language(request)):
        name = ("slides.pdf", served.sha256, edition_language())
        pdf = await MADE.load(name, export.render_slides_pdf, served.edition, served.sha256)
    return file_response(pdf, served.file_stem, "slides.pdf", "application/pdf")


@get("/reports/{kind:str}/{start:date}/edition.csv", include_in_schema=False)
async def download_csv(
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    number: NumberParameter = None,
) -> Response[bytes]:
    return csv_response(await load_edition(database, kind, start, number))


def csv_response(served: ServedEdition) -> Response[bytes]:
    return file_response(export.render_csv(served.edition), served.file_stem, "csv", "text/csv")


@get("/reports/{kind:str}/{start:date}/edition.parquet", include_in_schema=False)
async def download_parquet(
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    number: NumberParameter = None,
) -> Response[bytes]:
    return await parquet_response(await load_edition(database, kind, start, number))


async def parquet_response(served: ServedEdition) -> Response[bytes]:
    name = ("edition.parquet", served.sha256)
    columns = await MADE.load(name, export.render_parquet, served.edition)
    return file_response(columns, served.file_stem, "parquet", "application/vnd.apache.parquet")


@get("/reports/schema.json", include_in_schema=False)
async def download_schema() -> Response[bytes]:
    """The JSON Schema of an edition, generated from its structs."""
    return Response(edition_schema(), media_type="application/schema+json")


@cache
def edition_schema() -> bytes:
    found = msgspec.json.schema(Edition)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return msgspec.json.format(msgspec.json.encode(dialect | found), indent=1)


@get("/reports/{kind:str}/{start:date}/edition.json", include_in_schema=False)
async def download_json(
    request: Request[Any, Any, Any],
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    number: NumberParameter = None,
) -> Response[bytes]:
    """The JSON of an edition, with its hash as ETag; 304 if the client has it already."""
    served = await load_edition(database, kind, start, number)
    tag = f'"{served.sha256}"'
    # Asked for each time, because a later gate may withhold more of this edition (decision 0017).
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    # The header may list several tags, or mark them as weak (RFC 9110), hence `in`.
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    return Response(served.body, headers=headers, media_type="application/json")


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


def file_response(body: bytes, stem: str, ending: str, media_type: str) -> Response[bytes]:
    """A file of a report under its name, which a browser shows if it can."""
    disposition = "inline" if ending.endswith(("pdf", "json")) else "attachment"
    headers = {"Content-Disposition": f'{disposition}; filename="{stem}.{ending}"'}
    return Response(body, media_type=media_type, headers=headers)


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[show_edition, show_method, show_measure, show_text_method],
        before_request=shell.prepare_page,
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
    # Files have no page shell, so neither the city nor a language is loaded for them.
    Router(
        "/",
        route_handlers=[
            download_pdf,
            download_slides,
            download_csv,
            download_parquet,
            download_json,
            download_schema,
        ],
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
]
