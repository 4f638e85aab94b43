"""Short links to a survey, the card of a survey on somebody's website, and the logo of who asks."""

from typing import Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, Slug
from api.pages.resident.arriving import ways
from api.pages.resident.questionnaire import steps
from api.pages.templating import AnyRequest, native_name, requested_language
from api.security.limits import CodeGuesses, request_source
from api.security.requests import framed_policy
from api.security.sent_forms import WITHOUT_SESSION
from survey.store.database import Database
from survey.store.surveys import instruments, sharing
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.sharing import Way, parse_way_code, too_many_ways_tried, unknown_way

ShortCode = Annotated[str, PathParameter(pattern=r"^[0-9A-Za-z]{1,20}$")]
LogoTag = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{16}$")]
CACHE_ONE_YEAR = "public, max-age=31536000, immutable"


@get("/s/{code:str}", include_in_schema=False)
async def follow_short_link(
    request: AnyRequest, database: FromDatabase, code: ShortCode
) -> Redirect:
    """Lead to the survey. Nothing is counted yet: programs open links too, to show a preview."""
    way = await find_way(request, database, code)
    return Redirect(f"/surveys/{way.slug}?{ways.FIELD}={way.code}", status_code=303)


async def find_way(request: AnyRequest, database: Database, typed: str) -> Way:
    """The way of a short link. Wrong ones are counted, or people would find unlisted surveys."""
    guesses: CodeGuesses = request.app.state.way_guesses
    source = request_source(request)
    if not guesses.may_try(source):
        raise too_many_ways_tried()
    code = parse_way_code(typed)
    async with database.connection() as connection:
        way = await sharing.find_way(connection, code) if code else None
    if way is None:
        guesses.count_wrong(source)
        raise unknown_way()
    return way


@get("/embed/{code:str}", include_in_schema=False, opt=WITHOUT_SESSION)
async def show_card(request: AnyRequest, database: FromDatabase, code: ShortCode) -> Template:
    """The card of a survey, which only the websites that its organiser named may frame.

    It opens the survey in a window of its own: answers are typed on no page but ours, and a
    browser that stores nothing for frames of other websites does not lose them.
    """
    way = await find_way(request, database, code)
    settings = await database.load_noticed(sharing.get_settings, way.slug)
    instrument, closed = await database.load_noticed(instruments.get, way.slug)
    language = requested_language(request)
    context = {
        "instrument": instrument,
        "settings": settings,
        "is_open": not closed and instrument.is_open(clock.today()),
        "minutes": steps.longest_minutes(instrument),
        "onward": f"/surveys/{way.slug}?{ways.FIELD}={way.code}&lang={language}",
        "offered": [(one, native_name(one)) for one in languages_used(instrument)],
    }
    headers = {"Content-Security-Policy": framed_policy(settings.embedded_by)}
    return Template("resident/card.html", context=context, headers=headers)


@get("/logos/{slug:str}/{tag:str}", include_in_schema=False)
async def serve_survey_logo(database: FromDatabase, slug: Slug, tag: LogoTag) -> Response[bytes]:
    """The logo of who asks; another picture has another address."""
    async with database.connection() as connection:
        settings = await sharing.get_settings(connection, slug)
        body = await sharing.find_logo(connection, slug) if settings.logo_tag == tag else None
    if body is None:
        raise NotFoundException
    return Response(body, media_type="image/jpeg", headers={"Cache-Control": CACHE_ONE_YEAR})


HANDLERS = [follow_short_link, serve_survey_logo]
FRAMED = [show_card]
