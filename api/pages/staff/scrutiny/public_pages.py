"""Public pages of scrutiny panels: the seed and rule of each draw, before its file is opened."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from api.dependencies import ON_REPLICA, FromDatabase
from api.editions.files import meeting_report
from api.operations import scrutiny
from api.pages.caching import MADE
from api.pages.reports.editions import language_switch
from api.pages.templating import AnyRequest, prepare_page, requested_language, use_language
from api.pages.work import format_moment
from api.security.sent_forms import WITHOUT_SESSION
from api.translating import edition_language
from survey.scrutiny.panels import PanelMeeting
from survey.scrutiny.refusals import unknown_meeting
from survey.scrutiny.rules import rule_sentences
from survey.store import places
from survey.store.database import Database
from survey.store.scrutiny import meetings, reports
from survey.store.scrutiny.reports import StoredReport


@get("/scrutiny", include_in_schema=False)
async def list_draws(database: FromDatabase) -> Template:
    async with database.connection() as connection:
        found = await meetings.load_seeded_meetings(connection)
        reported = await reports.load_reported_meetings(connection)
    return Template("scrutiny/draws.html", context={"meetings": found, "reported": reported})


async def get_seeded(database: Database, meeting: UUID) -> PanelMeeting:
    """A meeting whose seed is fixed; others are not public."""
    async with database.connection() as connection:
        found = await meetings.get_meeting(connection, str(meeting))
    if found.seed is None:
        raise unknown_meeting()
    return found


@get("/scrutiny/{meeting:uuid}", include_in_schema=False)
async def show_draw(database: FromDatabase, meeting: FromPath[UUID]) -> Template:
    found = await get_seeded(database, meeting)
    async with database.connection() as connection:
        published = await reports.load_versions(connection, found.id)
    city = await database.load_cached(places.get_city)
    names = {area.code: area.name for area in city.areas}
    return Template(
        "scrutiny/draw.html",
        context={
            "meeting": found,
            "has_report": bool(published),
            "seeded": format_moment(found.seeded_at) if found.seeded_at else "",
            "opened": format_moment(found.drawn_at) if found.drawn_at else "",
            "areas": [names.get(area, area) for area in found.areas or ()],
            "sentences": rule_sentences(found.rule) if found.rule else [],
        },
    )


@get("/scrutiny/{meeting:uuid}/draw.json", include_in_schema=False)
async def download_public_draw(database: FromDatabase, meeting: FromPath[UUID]) -> Response[bytes]:
    """Seed, rule and digests of a draw, for `./soundings panel draw --check`."""
    published = scrutiny.published_draw(await get_seeded(database, meeting))
    return Response(
        msgspec.json.format(msgspec.json.encode(published), indent=2),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="draw.json"'},
    )


REPORT = "/scrutiny/{meeting:uuid}/report"
VersionParameter = Annotated[int | None, QueryParameter(ge=1, le=1_000_000, required=False)]


async def load_report(database: Database, meeting: UUID, version: int | None) -> StoredReport:
    async with database.connection() as connection:
        return await reports.get_report(connection, str(meeting), version)


@get(REPORT, include_in_schema=False)
async def show_report(
    request: AnyRequest,
    database: FromDatabase,
    meeting: FromPath[UUID],
    version: VersionParameter = None,
) -> Template:
    """The newest report of a meeting, or an older version of it."""
    stored = await load_report(database, meeting, version)
    with use_language(requested_language(request)):
        context = report_context(stored, by_version=version is not None)
    return Template("report/meeting.html", context=context)


def report_context(stored: StoredReport, *, by_version: bool) -> dict[str, Any]:
    sheet = meeting_report.meeting_view(stored.report, version=stored.version, sha256=stored.sha256)
    is_older = stored.version < stored.newest
    return {
        "sheet": sheet,
        "address": f"/scrutiny/{stored.meeting}/report",
        "query": f"?version={stored.version}" if by_version else "",
        "back": f"/scrutiny/{stored.meeting}",
        "is_older": is_older,
        "withdrawn": stored.withdrawn,
        "words": meeting_report.page_words(sheet, stored.newest),
        **language_switch(),
    }


@get(REPORT + ".pdf", include_in_schema=False)
async def download_meeting_pdf(
    request: AnyRequest,
    database: FromDatabase,
    meeting: FromPath[UUID],
    version: VersionParameter = None,
) -> Response[bytes]:
    stored = await load_report(database, meeting, version)
    with use_language(requested_language(request)):
        pdf = await MADE.load(
            ("meeting.pdf", stored.sha256, edition_language(), str(stored.version)),
            meeting_report.render_meeting_pdf,
            stored.report,
            stored.version,
            stored.sha256,
        )
    return report_file(pdf, stored, "pdf", "application/pdf")


@get(REPORT + ".csv", include_in_schema=False)
async def download_meeting_csv(
    database: FromDatabase, meeting: FromPath[UUID], version: VersionParameter = None
) -> Response[bytes]:
    stored = await load_report(database, meeting, version)
    return report_file(meeting_report.render_meeting_csv(stored.report), stored, "csv", "text/csv")


@get(REPORT + ".json", include_in_schema=False)
async def download_meeting_json(
    database: FromDatabase, meeting: FromPath[UUID], version: VersionParameter = None
) -> Response[bytes]:
    """The report as it was stored: its SHA-256 is the fingerprint on the page."""
    stored = await load_report(database, meeting, version)
    return report_file(stored.body, stored, "json", "application/json")


def report_file(body: bytes, stored: StoredReport, ending: str, media_type: str) -> Response[bytes]:
    one = stored.report
    name = f"soundings-panel-{one.held_on}-{one.number}-{stored.version}.{ending}"
    disposition = "inline" if ending in ("pdf", "json") else "attachment"
    return Response(
        body,
        media_type=media_type,
        headers={"Content-Disposition": f'{disposition}; filename="{name}"'},
    )


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[list_draws, show_draw],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    ),
    Router("/", route_handlers=[download_public_draw], opt=WITHOUT_SESSION),
    Router(
        "/",
        route_handlers=[show_report],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
    Router(
        "/",
        route_handlers=[download_meeting_pdf, download_meeting_csv, download_meeting_json],
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
]
