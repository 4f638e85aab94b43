"""Public pages of scrutiny panels: the seed and rule of each draw, before its file is opened."""

from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath
from litestar.response import Template

from api.dependencies import FromDatabase
from api.operations import scrutiny
from api.pages.templating import prepare_page
from api.pages.work import format_moment
from api.security.sent_forms import WITHOUT_SESSION
from survey.scrutiny.panels import PanelMeeting
from survey.scrutiny.refusals import unknown_meeting
from survey.scrutiny.rules import rule_sentences
from survey.store import places
from survey.store.database import Database
from survey.store.scrutiny import meetings, reports


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
    names = {one.code: one.name for one in city.areas}
    return Template(
        "scrutiny/draw.html",
        context={
            "meeting": found,
            "has_report": bool(published),
            "seeded": format_moment(found.seeded_at) if found.seeded_at else "",
            "opened": format_moment(found.drawn_at) if found.drawn_at else "",
            "areas": [names.get(one, one) for one in found.areas or ()],
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


HANDLERS = [
    Router(
        "/",
        route_handlers=[list_draws, show_draw],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
    ),
    Router("/", route_handlers=[download_public_draw], opt=WITHOUT_SESSION),
]
