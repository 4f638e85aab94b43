"""The lists of editions, their feed, and the emails that people ask for."""

import datetime
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import anyio.to_thread
import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, PathParameter
from litestar.response import Redirect, Template
from markupsafe import Markup

from api import dependencies, notifications
from api.dependencies import Cursor, FromDatabase
from api.editions import files, report_view, summary
from api.editions.files.data_package import data_package
from api.editions.report import ReportChart
from api.editions.rows import label_of_period, with_window_starts
from api.editions.summary import EditionSummary
from api.notifications import public_base
from api.operations import other_places
from api.pages.forms import read_form
from api.pages.reports import downloads, history, releases
from api.pages.reports.editions import KindParameter, ServedEdition, load_edition
from api.pages.shell import AnyRequest, prepare_page
from api.process.installation import import_lock
from api.security.sent_forms import WITHOUT_SESSION
from survey.cases.contacts import is_email
from survey.editions.refusals import unknown_edition
from survey.files.delimited import write_csv
from survey.problems import Gone
from survey.store import editions, places
from survey.store.database import Connection, Database
from survey.store.editions import EditionLine, mails, recommendations
from survey.store.scrutiny import meetings

EditionListKey = tuple[datetime.date, str, int]
ON_A_PAGE = 12
FEED_ENTRIES = 50
REPORT_KINDS = {
    "weekly": "The weekly report, each Monday or soon after",
    "monthly": "The monthly report",
}
# Two reports side by side show how confidence went, and what the police did.
FIRST_CHARTS = ("index-series", "uses")
LONGEST_EMAIL = 254
MOST_PICTURES = 20
SIZES: dict[str, dict[str, int]] = {}
PICTURES: dict[str, tuple[ReportChart | None, Markup]] = {}
Key = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{43}$")]


class PublicEditionRow(msgspec.Struct, frozen=True):
    """An edition in the list; `superseded` if a later edition of its period was published."""

    summary: EditionSummary
    published_on: datetime.date
    withdrawn: bool
    superseded: bool


class NewestReport(msgspec.Struct, frozen=True):
    """The newest report of a kind: what it says first, and a chart of it, if it has one."""

    summary: EditionSummary
    figure: ReportChart | None
    picture: Markup


@get("/reports", include_in_schema=False)
async def list_editions(database: FromDatabase, after: Cursor = None) -> Template:
    return await list_page(database, None, after)


@get("/reports/{kind:str}", include_in_schema=False)
async def list_editions_of_kind(
    database: FromDatabase, kind: KindParameter, after: Cursor = None
) -> Template:
    return await list_page(database, kind, after)


@get("/reports/places", include_in_schema=False)
async def show_places(database: FromDatabase) -> Template:
    async with database.connection() as connection:
        every = await other_places.load_places(connection)
    return Template(
        "report/places.html",
        context={
            "places": every,
            "name": other_places.place_name,
            "label": label_of_period,
            "figure": other_places.figure_text,
        },
    )


@get("/reports/places.csv", include_in_schema=False)
async def download_places(request: AnyRequest, database: FromDatabase) -> Response[bytes]:
    async with database.connection() as connection:
        every = await other_places.load_places(connection)
    lines = other_places.place_lines(every, public_base(request.app.state.settings))
    return downloads.table_response(write_csv([[*other_places.HEAD], *lines]), "places")


async def list_page(database: Database, kind: str | None, after: str | None) -> Template:
    """A page of the list; the first page begins with the newest report of each kind and with those
    that are expected.
    """
    cursor = dependencies.decode_cursor(after, EditionListKey)
    async with database.connection() as connection:
        # The editions of a page, and one more that tells whether there is another page.
        shown_page = await editions.load_page(connection, cursor, ON_A_PAGE + 1, kind=kind)
        rows = [
            PublicEditionRow(
                await history.load_edition_summary(connection, line),
                releases.published_day(line),
                bool(line.withdrawn),
                older,
            )
            for line, older in zip(shown_page, superseded_flags(shown_page), strict=True)
        ]
        kinds = [] if after else [kind] if kind else list(REPORT_KINDS)
        outcome = None if after else await editions.find_newest_published(connection, "outcome")
        newest: list[NewestReport] = []
        for name, chart in zip(kinds, FIRST_CHARTS, strict=False):
            newest += await load_newest(connection, name, chart)
        expected = await releases.load_expected(connection, kinds)
        has_panels = await meetings.has_seeded_meetings(connection)
        has_ledger = await recommendations.has_rows(connection)
        has_others = await places.has_others(connection)
    page = dependencies.build_page(rows, ON_A_PAGE, lambda row: row, lambda row: row.summary.key)
    return Template(
        "report/list.html",
        context={
            "rows": page.items,
            "next": page.next,
            "newest": newest,
            "expected": expected,
            "has_panels": has_panels,
            "outcome": outcome,
            "has_ledger": has_ledger,
            "has_others": has_others,
            "kind": kind,
            "address": f"/reports/{kind}" if kind else "/reports",
        },
    )


async def load_newest(connection: Connection, kind: str, chart: str) -> list[NewestReport]:
    """The newest report of a kind, if there is one, with this chart of it, if it has it.

    The chart is drawn once.
    """
    line = await editions.find_newest_published(connection, kind)
    if line is None:
        return []
    summary = await history.load_edition_summary(connection, line)
    key = f"{line.sha256} {chart}"
    if key not in PICTURES:
        stored = await editions.get_stored(connection, line.kind, line.start, line.number)
        picture = await anyio.to_thread.run_sync(draw_chart, stored.body, line.sha256, chart)
        history.remember(PICTURES, key, picture, MOST_PICTURES)
    return [NewestReport(summary, *PICTURES[key])]


def draw_chart(body: bytes, sha256: str, preferred: str) -> tuple[ReportChart | None, Markup]:
    """This chart of an edition, or its first. Called in a thread: loading the drawing libraries
    takes a second, the first time.
    """
    edition = with_window_starts(history.read_edition(body))
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    named = dict(drawing.translated_charts(edition))
    figures = [
        section.figure
        for section in report_view(edition, sha256).every_section
        if section.figure and section.figure.chart in named
    ]
    if not figures:
        return None, Markup()
    figure = next((figure for figure in figures if figure.chart == preferred), figures[0])
    drawn = drawing.render_named_charts([(figure.chart, named[figure.chart])])
    return figure, Markup(drawn[figure.chart])  # noqa: S704 - ours


class NewestFiles(msgspec.Struct, frozen=True):
    """The newest report of a kind, the day of its publication, and its files with their bytes."""

    summary: EditionSummary
    published_on: datetime.date
    sizes: dict[str, int]


async def load_newest_files(database: Database, base: str) -> list[NewestFiles]:
    """The files for programs of the newest report of each kind; measured once for each edition."""
    newest = []
    for kind in REPORT_KINDS:
        async with database.connection() as connection:
            line = await editions.find_newest_published(connection, kind)
            if line is None:
                continue
            summary = await history.load_edition_summary(connection, line)
        if line.sha256 not in SIZES:
            served = await load_edition(database, line.kind, line.start, line.number)
            sizes = await anyio.to_thread.run_sync(measure_files, served, base)
            history.remember(SIZES, line.sha256, sizes, MOST_PICTURES)
        newest.append(NewestFiles(summary, releases.published_day(line), SIZES[line.sha256]))
    return newest


def measure_files(served: ServedEdition, base: str) -> dict[str, int]:
    of = served.edition, served.sha256
    package = data_package(report_view(*of), base)
    return {
        "edition.csv": len(files.render_csv(served.edition)),
        "edition.parquet": len(files.render_parquet(served.edition)),
        "edition.json": len(served.body),
        "members.xlsx": len(downloads.edition_members_workbook(*of)),
        "edition.xlsx": len(downloads.edition_workbook(*of)),
        "datapackage.json": len(msgspec.json.encode(package)),
    }


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
                await history.load_edition_summary(connection, line),
                line.published_at or line.made_at,
                bool(line.withdrawn),
            )
            for line in lines
        ]
    body = summary.render_feed(entries, public_base(request.app.state.settings))
    return Response(body, media_type="application/atom+xml")


@get("/subscribe", before_request=prepare_page, include_in_schema=False)
async def show_subscribe_form(request: AnyRequest) -> Template:
    return subscribe_page(request)


def subscribe_page(request: AnyRequest, *, status: int = 200, **context: Any) -> Template:
    able = notifications.find_subscriber_sender(request.app.state.settings) is not None
    given: dict[str, Any] = {
        "able": able,
        "kinds": REPORT_KINDS,
        "errors": [],
        "email": "",
        "asked": [],
    }
    return Template("subscribe/form.html", context=given | context, status_code=status)


@post("/subscribe", include_in_schema=False)
async def request_subscription(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Queue an email to confirm the address. The response does not reveal whether it is subscribed
    already.
    """
    if notifications.find_subscriber_sender(request.app.state.settings) is None:
        raise notifications.no_mail_server()
    form = await read_form(request)
    email, chosen = form["email"], form.all("kinds")
    asked = [kind for kind in REPORT_KINDS if kind in chosen]
    form.require(is_email(email), "email", "Enter an email address, such as name@example.org")
    form.require(asked, "kinds", "Select which reports you want")
    if form.errors:
        return subscribe_page(
            request, status=422, errors=form.errors, email=email[:LONGEST_EMAIL], asked=asked
        )
    async with database.connection() as connection:
        # The same for a known and an unknown address: the page must not say who has subscribed.
        await mails.save_request(connection, email, asked, secrets.token_urlsafe(32))
    return Redirect("/subscribe/sent", status_code=303)


@get("/subscribe/sent", before_request=prepare_page, include_in_schema=False)
async def show_sent_page() -> Template:
    return Template("subscribe/sent.html")


@get("/subscribe/{key:str}", before_request=prepare_page, include_in_schema=False)
async def show_confirm_form(database: FromDatabase, key: Key) -> Template:
    """A page with one button: programs that open links ahead must not confirm anything."""
    async with database.connection() as connection:
        subscriber = await mails.find_subscriber(connection, key)
    # Asked more than 48 hours ago, or never: there is nothing that could be confirmed.
    if subscriber is None or not subscriber.asked:
        raise expired_link()
    context = {
        "key": key,
        "email": subscriber.email,
        "asked": subscriber.asked,
        "names": REPORT_KINDS,
    }
    return Template("subscribe/confirm.html", context=context)


@post("/subscribe/{key:str}", include_in_schema=False)
async def confirm_subscription(database: FromDatabase, key: Key) -> Template:
    async with database.connection() as connection:
        if not await mails.confirm_subscriber(connection, key):
            raise expired_link()
    return Template("subscribe/confirmed.html", context={"key": key})


expired_link = Gone.of(
    "subscription.link_spent",
    "This link has expired, or the address was deleted.",
    "Subscribe again at /subscribe.",
)


@get("/unsubscribe/{key:str}", before_request=prepare_page, include_in_schema=False)
async def show_unsubscribe_form(key: Key) -> Template:
    return Template("subscribe/leave.html", context={"key": key})


@post("/unsubscribe/{key:str}", include_in_schema=False)
async def unsubscribe(database: FromDatabase, key: Key) -> Template:
    """Delete a subscription. Mail programs also call this by themselves (RFC 8058)."""
    async with database.connection() as connection:
        await mails.delete_subscriber(connection, key)
    return Template("subscribe/left.html")


PUBLIC = [
    show_subscribe_form,
    request_subscription,
    show_sent_page,
    show_confirm_form,
    confirm_subscription,
    show_unsubscribe_form,
    unsubscribe,
]


PAGES = [
    list_editions,
    list_editions_of_kind,
    show_places,
]


HANDLERS = [
    Router("/", route_handlers=PUBLIC, opt=WITHOUT_SESSION),
]


FILES = [
    download_places,
    redirect_to_latest,
    redirect_to_latest_file,
    show_feed,
]
