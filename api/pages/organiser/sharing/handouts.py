"""QR codes of the short links, the poster, and cards to cut."""

import re
from typing import Annotated

import anyio.to_thread
from litestar import Response, get
from litestar.params import PathParameter

from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import survey_rights
from api.pages.organiser.building.lengths import survey_length
from api.pages.organiser.sharing import addresses
from api.pages.organiser.sharing.panel import PANEL, load_all_ways, survey_languages
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.paper import handouts
from api.paper.handouts import Handout, Layout
from api.paper.qr_codes import draw_qr
from survey.problems import NotFound
from survey.store.database import Database
from survey.store.surveys import instruments, sharing
from survey.surveys.sharing import Way

QR_FILE = re.compile(r"([2-9A-Z]{7})\.(svg|png|pdf)")
SHEET_FILE = re.compile(r"(poster|cards-a5|cards-a6)\.pdf")
QR_TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
LAYOUTS: dict[str, Layout] = {"poster": "poster", "cards-a5": "a5", "cards-a6": "a6"}
# An SVG opened by itself must run no script and load nothing.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
HandoutFile = Annotated[str, PathParameter(pattern=r"^[0-9A-Za-z.-]{1,40}$")]


@get(PANEL + "/{file:str}")
async def download_handout(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, file: HandoutFile
) -> Response[bytes]:
    async with database.connection() as connection:
        await survey_rights.require_right(connection, person, "share", slug)
        ways = await load_all_ways(connection, slug)
    if found := QR_FILE.fullmatch(file):
        way = next((one for one in ways if one.code == found[1]), None)
        if way is not None:
            return qr_response(slug, addresses.short_link(request, way), found[2])
    if sheet := SHEET_FILE.fullmatch(file):
        return await sheet_response(request, database, slug, ways, sheet[1])
    raise unknown_handout()


def qr_response(slug: str, link: str, ending: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'inline; filename="{slug}-qr.{ending}"'}
    if ending == "svg":
        headers["Content-Security-Policy"] = SVG_POLICY
    return Response(draw_qr(link, ending), media_type=QR_TYPES[ending], headers=headers)


async def sheet_response(
    request: AnyRequest, database: Database, slug: str, ways: list[Way], sheet: str
) -> Response[bytes]:
    """The poster or the cards as a PDF, in the language of the address or the survey's first."""
    async with database.connection() as connection:
        instrument, _ = await instruments.get(connection, slug)
        logo = await sharing.find_logo(connection, slug)
    spoken = survey_languages(instrument)
    asked = request.query_params.get("in", "")
    language = asked if asked in spoken else spoken[0]
    kind = "poster" if sheet == "poster" else "card"
    link = next(addresses.short_link(request, one) for one in ways if one.kind == kind)
    handout = Handout(
        instrument=instrument,
        language=language,
        # In the survey's first language whoever reads another one chooses it on the page.
        scanned=link if language == spoken[0] else f"{link}?lang={language}",
        address=link,
        minutes=survey_length(instrument).minutes,
        logo=logo,
        is_local=addresses.is_local(request),
    )
    made = await anyio.to_thread.run_sync(handouts.render_handout, handout, LAYOUTS[sheet])
    named = {"Content-Disposition": f'inline; filename="{slug}-{sheet}-{language}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


unknown_handout = NotFound.of(
    "handout.unknown", "There is no such file.", "Open it from the page Share."
)


PAGES = [StaffPage([download_handout], linked_from=PANEL)]
