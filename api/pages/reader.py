"""The pages anybody can read: the editions, as page, paper, table and bytes."""

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Annotated, Any, Literal

import anyio.to_thread
import msgspec
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.response import Template
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from analysis import disclosure, measures
from api import annex, clock, paging, sheet
from api.loading import loading
from api.pages import summaries
from api.pages.templating import arrive
from api.sheet.summary import Summary
from api.wiring import Cursor, FromDatabase
from survey.editions import Edition
from survey.store import reports
from survey.store.database import Database
from survey.store.reports import EditionLine

Kind = Annotated[Literal["weekly", "monthly"], PathParameter()]
Number = Annotated[int | None, QueryParameter(ge=1, le=1_000_000, required=False)]
Key = tuple[datetime.date, str, int]
ON_A_PAGE = 12


class Kept(msgspec.Struct, frozen=True):
    """An edition, its bytes with their hash, and the newest number beside it.

    The bytes are those it was kept as, unless an older gate let it pass with more than may be read.

    `withdrawn` is the reason where the working group no longer stands by it.
    """

    edition: Edition
    body: bytes
    sha256: str
    newest: int
    withdrawn: str = ""


class Listed(msgspec.Struct, frozen=True):
    """An edition in the list: `superseded` where a later one of the same period was published."""

    found: Summary
    withdrawn: bool
    superseded: bool


@get("/reports", include_in_schema=False)
async def every(database: FromDatabase, after: Cursor = None) -> Template:
    async with database.connection() as connection:
        found = await reports.page(connection, paging.decode(after, Key), ON_A_PAGE + 1)
        rows = [
            Listed(await summaries.of_line(connection, line), bool(line.withdrawn), older)
            for line, older in zip(found, has_newer_edition(found), strict=True)
        ]
    page = paging.page_of(rows, ON_A_PAGE, lambda row: row, lambda row: row.found.key)
    return Template("report/list.html", context={"rows": page.items, "next": page.next})


def has_newer_edition(lines: Sequence[EditionLine]) -> Iterator[bool]:
    """Whether the line before is a later edition of the same period."""
    last = None
    for line in lines:
        yield (line.kind, line.start) == last
        last = line.kind, line.start


@get("/method", include_in_schema=False)
async def method() -> Template:
    today = clock.today()
    return Template("report/method.html", context={"measures": measures.every(), "today": today})


@get("/method/{measure:str}", include_in_schema=False)
async def measured(measure: FromPath[str]) -> Template:
    found = measures.every().get(measure)
    if found is None:
        raise NotFoundException
    overdue = found.next_review < clock.today()
    given = {"name": measure, "measure": found, "overdue": overdue}
    return Template("report/measure.html", context=given)


@get("/method/texts", include_in_schema=False)
async def texts() -> Template:
    lists = await anyio.to_thread.run_sync(word_lists)
    return Template("report/texts.html", context={"lists": lists})


def word_lists() -> Any:
    """Called in a thread: the lexicons take a second to load, and only once."""
    with loading("analysis.text.method"):
        from analysis.text import method

    return method.word_lists()


@get("/reports/{kind:str}/{start:date}", include_in_schema=False)
async def read(
    database: FromDatabase, kind: Kind, start: FromPath[datetime.date], number: Number = None
) -> Template:
    kept = await find(database, kind, start, number)
    return await shown(kept, f"/reports/{kind}/{start}", query=f"?number={kept.edition.number}")


async def shown(kept: Kept, address: str, *, query: str = "", work: str = "") -> Template:
    """An edition as it is read; `work` is where the working group speaks of it, for them only."""
    drawn = await anyio.to_thread.run_sync(draw, kept.edition)
    return Template(
        "report/edition.html",
        context={
            "sheet": sheet.laid_out(kept.edition, kept.sha256),
            "charts": {name: Markup(svg) for name, svg in drawn.items()},  # noqa: S704 - ours
            "newer": kept.newest if kept.newest > kept.edition.number else None,
            "withdrawn": kept.withdrawn,
            "address": address,
            "query": query,
            "work": work,
        },
    )


@get("/reports/{kind:str}/{start:date}/edition.pdf", include_in_schema=False)
async def as_paper(
    database: FromDatabase, kind: Kind, start: FromPath[datetime.date], number: Number = None
) -> Response[bytes]:
    return await paper_of(await find(database, kind, start, number))


async def paper_of(kept: Kept) -> Response[bytes]:
    pdf = await anyio.to_thread.run_sync(print_on_paper, kept.edition, kept.sha256)
    return file(pdf, kept, "pdf", "application/pdf", "inline")


@get("/reports/{kind:str}/{start:date}/edition.csv", include_in_schema=False)
async def as_table(
    database: FromDatabase, kind: Kind, start: FromPath[datetime.date], number: Number = None
) -> Response[bytes]:
    return table_of(await find(database, kind, start, number))


def table_of(kept: Kept) -> Response[bytes]:
    return file(annex.csv(kept.edition), kept, "csv", "text/csv", "attachment")


@get("/reports/{kind:str}/{start:date}/edition.parquet", include_in_schema=False)
async def as_columns(
    database: FromDatabase, kind: Kind, start: FromPath[datetime.date], number: Number = None
) -> Response[bytes]:
    return await columns_of(await find(database, kind, start, number))


async def columns_of(kept: Kept) -> Response[bytes]:
    columns = await anyio.to_thread.run_sync(annex.parquet, kept.edition)
    return file(columns, kept, "parquet", "application/vnd.apache.parquet", "attachment")


@get("/reports/schema.json", include_in_schema=False)
async def schema() -> Response[bytes]:
    """What the JSON of an edition holds: JSON Schema, made from the nouns themselves."""
    return Response(schema_bytes(), media_type="application/schema+json")


@cache
def schema_bytes() -> bytes:
    found = msgspec.json.schema(Edition)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return msgspec.json.format(msgspec.json.encode(dialect | found), indent=1)


@get("/reports/{kind:str}/{start:date}/edition.json", include_in_schema=False)
async def as_bytes(
    request: Request[Any, Any, Any],
    database: FromDatabase,
    kind: Kind,
    start: FromPath[datetime.date],
    number: Number = None,
) -> Response[bytes]:
    """The bytes under their hash: whoever holds them already is told so."""
    kept = await find(database, kind, start, number)
    tag = f'"{kept.sha256}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    return Response(kept.body, headers=headers, media_type="application/json")


async def find(
    database: Database,
    kind: str,
    start: datetime.date,
    number: int | None,
    *,
    drafts: bool = False,
) -> Kept:
    async with database.connection() as connection:
        stored = await reports.get_stored(connection, kind, start, number, drafts=drafts)
    before = stored.edition
    body, sha256, edition = stored.body, stored.sha256, disclosure.as_served(before)
    if edition is not before:
        body = msgspec.json.encode(edition)
        sha256 = hashlib.sha256(body).hexdigest()
    return Kept(edition, body, sha256, stored.newest, stored.withdrawn)


def draw(edition: Edition) -> dict[str, str]:
    """Called in a thread: the drawing libraries take a second to load, and only once."""
    with loading("api.charts"):
        from api import charts

    return charts.drawn(edition)


def print_on_paper(edition: Edition, sha256: str) -> bytes:
    with loading("api.paper.edition"):
        from api.paper import edition as paper

    return paper.pdf(edition, sha256)


def file(
    body: bytes, kept: Kept, ending: str, media_type: str, disposition: str
) -> Response[bytes]:
    edition = kept.edition
    name = f"soundings-{edition.kind}-{edition.start}-{edition.number}.{ending}"
    return Response(
        body,
        media_type=media_type,
        headers={"Content-Disposition": f'{disposition}; filename="{name}"'},
    )


HANDLERS: list[ControllerRouterHandler] = [
    Router("/", route_handlers=[every, read, method, measured, texts], before_request=arrive),
    as_paper,
    as_table,
    as_columns,
    as_bytes,
    schema,
]
