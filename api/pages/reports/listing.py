"""The lists of editions, their feed, and addresses that lead to the newest one."""

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import dependencies
from api.dependencies import Cursor, FromDatabase
from api.editions import summary
from api.editions.summary import EditionSummary
from api.notifications import public_base
from api.pages import summaries
from api.pages.reader import KindParameter
from api.pages.templating import AnyRequest
from survey.editions.refusals import unknown_edition
from survey.store.database import Connection, Database
from survey.store.editions import editions
from survey.store.editions.editions import EditionLine
from survey.store.scrutiny import meetings

EditionListKey = tuple[datetime.date, str, int]
ON_A_PAGE = 12
FEED_ENTRIES = 50


class PublicEditionRow(msgspec.Struct, frozen=True):
    """An edition in the list: `superseded` where a later one of the same period was published."""

    found: EditionSummary
    withdrawn: bool
    superseded: bool


@get("/reports", include_in_schema=False)
async def list_editions(database: FromDatabase, after: Cursor = None) -> Template:
    return await list_page(database, None, after)


@get("/reports/{kind:str}", include_in_schema=False)
async def list_editions_of_kind(
    database: FromDatabase, kind: KindParameter, after: Cursor = None
) -> Template:
    return await list_page(database, kind, after)


async def list_page(database: Database, kind: str | None, after: str | None) -> Template:
    """A page of the list; the first page begins with the newest edition and what it says."""
    cursor = dependencies.decode_cursor(after, EditionListKey)
    async with database.connection() as connection:
        rows = await load_rows(connection, cursor, kind)
        newest = None if after else await summaries.load_newest_summary(connection, kind)
        has_panels = await meetings.has_seeded_meetings(connection)
    page = dependencies.build_page(rows, ON_A_PAGE, lambda row: row, lambda row: row.found.key)
    return Template(
        "report/list.html",
        context={
            "rows": page.items,
            "next": page.next,
            "newest": newest,
            "has_panels": has_panels,
            "kind": kind,
            "address": f"/reports/{kind}" if kind else "/reports",
        },
    )


async def load_rows(
    connection: Connection, cursor: EditionListKey | None, kind: str | None
) -> list[PublicEditionRow]:
    """The editions of a page, and one more that tells whether there is another page."""
    found = await editions.load_page(connection, cursor, ON_A_PAGE + 1, kind=kind)
    return [
        PublicEditionRow(
            await summaries.load_edition_summary(connection, line), bool(line.withdrawn), older
        )
        for line, older in zip(found, superseded_flags(found), strict=True)
    ]


def superseded_flags(lines: Sequence[EditionLine]) -> Iterator[bool]:
    """For each line, whether the line before it is a later edition of the same period."""
    last = None
    # The list has the newest first, so a later edition of the same period comes right before.
    for line in lines:
        yield (line.kind, line.start) == last
        last = line.kind, line.start


@get("/reports/{kind:str}/latest", include_in_schema=False)
async def redirect_to_latest(database: FromDatabase, kind: KindParameter) -> Redirect:
    return Redirect(await latest_address(database, kind), status_code=302)


@get("/reports/{kind:str}/latest/{file:path}", include_in_schema=False)
async def redirect_to_latest_file(
    database: FromDatabase, kind: KindParameter, file: FromPath[Path]
) -> Redirect:
    """Redirect to a file of the newest edition, for programs that always want the newest."""
    # With two dots the address would lead out of the edition.
    if ".." in file.parts:
        raise unknown_edition(f"of the {kind} report with such a file")
    return Redirect(await latest_address(database, kind) + quote(str(file)), status_code=302)


async def latest_address(database: Database, kind: str) -> str:
    async with database.connection() as connection:
        line = await editions.find_newest_published(connection, kind)
    if line is None:
        raise unknown_edition(f"of the {kind} report yet")
    return f"/reports/{kind}/{line.start}"


@get("/reports/feed.xml", include_in_schema=False)
async def show_feed(request: AnyRequest, database: FromDatabase) -> Response[bytes]:
    async with database.connection() as connection:
        lines = await editions.load_page(connection, None, FEED_ENTRIES)
        entries = [
            summary.FeedEntry(
                await summaries.load_edition_summary(connection, line),
                line.published_at or line.made_at,
                bool(line.withdrawn),
            )
            for line in lines
        ]
    body = summary.render_feed(entries, public_base(request.app.state.settings))
    return Response(body, media_type="application/atom+xml")


PAGES = [list_editions, list_editions_of_kind]
FILES = [redirect_to_latest, redirect_to_latest_file, show_feed]
