"""Where residents start: home page, surveys, codes and short links, receipts, about pages."""

import re
import secrets
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock, paper
from api.dependencies import FromDatabase, FromKeyring, FromSigner, Slug
from api.error_handlers import unknown_page
from api.locales import gettext, unconfirmed_languages
from api.notifications import public_base
from api.operations.answers import submissions
from api.pages.filters import LANGUAGES, native_name
from api.pages.forms import Form, read_form
from api.pages.public_copies import MADE
from api.pages.reports import history, lists
from api.pages.resident.questionnaire import drafts, step_forms, steps, walk
from api.pages.shell import AnyRequest, operator_of, prepare_page, requested_language, use_language
from api.security import cookies
from api.security.limits import CodeGuesses, code_guesses, request_source
from api.security.requests import framed_policy
from api.security.sent_forms import WITHOUT_SESSION
from api.settings import Settings, unusable_logo
from survey.receipts import LONGEST, parse_receipt, week_start
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import instruments, sharing
from survey.surveys.instruments import languages_used
from survey.surveys.ready import COMPLAINT
from survey.surveys.sharing import Way, parse_way_code, too_many_ways_tried, unknown_way

ABOUT_PAGES = ("contact", "privacy", "cookies", "accessibility", "sources")
PageName = Annotated[str, PathParameter(pattern=r"^[a-z]{1,20}$")]
MOST_BYTES = 60_000
CACHE_ONE_HOUR = "public, max-age=3600"
SIGNATURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF",
    "image/svg+xml": b"<svg",
}
# An SVG opened directly in the browser must run no script and load nothing.
LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
ON_A_PAGE = 50
ACCESS_CODE = "/access-code"
SHORT_ADDRESS = "/c"
PAGE_NUMBER = re.compile("[1-9][0-9]{0,3}")
ShortCode = Annotated[str, PathParameter(pattern=r"^[0-9A-Za-z]{1,20}$")]
LogoTag = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{16}$")]
CACHE_ONE_YEAR = "public, max-age=31536000, immutable"
ADDRESS = "/receipts"
PUBLIC_KEY = "/.well-known/soundings-receipts.pem"


@get(
    "/about/{page:str}",
    before_request=prepare_page,
    opt=WITHOUT_SESSION,
    include_in_schema=False,
)
async def show_about_page(request: AnyRequest, database: FromDatabase, page: PageName) -> Template:
    if page not in ABOUT_PAGES:
        raise unknown_page()
    base = public_base(request.app.state.settings)
    context = {
        "newest": await lists.load_newest_files(database, base) if page == "sources" else [],
        "base": base,
        "today": clock.today(),
        "names": cookies,
        "drafted_languages": [(code, LANGUAGES[code]) for code in unconfirmed_languages()],
    }
    return Template(f"about/{page}.html", context=context)


class Logo(msgspec.Struct, frozen=True):
    body: bytes
    media_type: str


def load_logo(settings: Settings) -> Logo | None:
    """Read the logo at startup; refuse a file that is not a picture we can show."""
    if not settings.logo:
        return None
    try:
        body = Path(settings.logo).read_bytes()
    except OSError as missing:
        raise unusable_logo(f"{settings.logo} cannot be read") from missing
    if len(body) > MOST_BYTES:
        raise unusable_logo(f"{settings.logo} has {len(body) // 1000} KB, and 60 KB is the most")
    return Logo(body, image_type(body, settings.logo))


def image_type(body: bytes, name: str) -> str:
    start = body.lstrip()
    # An SVG may begin with an XML declaration, so its own tag is looked for behind it.
    if start.startswith(b"<?xml") and b"<svg" in start:
        start = start[start.index(b"<svg") :]
    for media_type, signature in SIGNATURES.items():
        if start.startswith(signature):
            return media_type
    raise unusable_logo(f"{name} is not a PNG, JPEG, WebP or SVG picture")


@get("/logo", opt=WITHOUT_SESSION, include_in_schema=False, sync_to_thread=False)
def serve_logo(state: State) -> Response[bytes]:
    logo: Logo | None = state.get("logo")
    if logo is None:
        raise NotFoundException
    headers = {"Cache-Control": CACHE_ONE_HOUR, "Content-Security-Policy": LOGO_POLICY}
    return Response(logo.body, media_type=logo.media_type, headers=headers)


@get("/", include_in_schema=False)
async def show_home(database: FromDatabase) -> Template:
    return Template(
        "resident/home.html", context={"newest": await history.newest_summary(database)}
    )


@get("/surveys", include_in_schema=False)
async def list_surveys(request: AnyRequest, database: FromDatabase) -> Template:
    """The surveys that are open today; the built-in ones are on the first page.

    The complaint form is not among them: it has its own address.
    """
    asked = request.query_params.get("page", "")
    page = int(asked) if PAGE_NUMBER.fullmatch(asked) else 1
    async with database.connection() as connection:
        # One row more than is shown says whether there is another page.
        rows = await instruments.load_open_on(
            connection, clock.today(), (page - 1) * ON_A_PAGE, ON_A_PAGE + 1, COMPLAINT
        )
    more = page + 1 if len(rows) > ON_A_PAGE else None
    context = {"instruments": rows[:ON_A_PAGE], "page": page, "more": more}
    return Template("resident/surveys.html", context=context)


@get("/complaints/form.pdf", include_in_schema=False)
async def download_paper_form(request: AnyRequest, database: FromDatabase) -> Response[bytes]:
    """The complaint form as a PDF to fill in by pen; staff enter it later."""
    async with database.connection() as connection:
        instrument = await submissions.load_open_instrument(connection, COMPLAINT)
    city = await database.load_cached(places.get_city)
    language = requested_language(request)
    send_to = operator_of(request).address
    made = await MADE.load(
        ("complaint.pdf", str(instrument.version), language, city.name, send_to),
        paper.render_form_pdf,
        instrument,
        language,
        city.local_areas(),
        send_to,
    )
    named = {"Content-Disposition": f'inline; filename="complaint-{instrument.version}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


@get(SHORT_ADDRESS, include_in_schema=False)
async def lead_to_code_form() -> Redirect:
    """The address on cards, short enough to type."""
    return Redirect(ACCESS_CODE, status_code=303)


@get(ACCESS_CODE, include_in_schema=False)
async def show_code_form(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Template:
    async with database.connection() as connection:
        asked = await drafts.find_apart(connection, keyring, key_of_code(request))
    context = {"asked": asked or Form()}
    return Template("resident/code.html", context=context)


def key_of_code(request: AnyRequest) -> str:
    return cookies.read_cookie(request, cookies.DRAFT, ACCESS_CODE)


@post(ACCESS_CODE, include_in_schema=False)
async def open_survey_by_code(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Go to the survey of an access code; the browser sends the code on with it."""
    key = key_of_code(request)
    form = await read_form(request)
    code = form["code"]
    may_try = code_guesses(request.app.state).may_try(request_source(request))
    slug = await find_survey(request, database, code) if code and may_try else None
    if slug is not None:
        async with database.connection() as connection:
            await drafts.drop_apart(connection, key)
        gone = [cookies.build_removal(request, cookies.DRAFT, ACCESS_CODE)] if key else []
        # 307 repeats the POST, so that the code travels in the body and is in no address or log.
        return Redirect(f"/surveys/{slug}", status_code=307, cookies=gone)
    with use_language(requested_language(request)):
        missing = gettext("Enter the access code from your letter or card")
        wrong = (
            step_forms.unknown_code_sentence(code)
            if may_try
            else step_forms.too_many_codes_sentence()
        )
        form.add_error("code", wrong if code else missing)
    key = key or secrets.token_urlsafe(32)
    # Only what the page shows again is stored, whatever else was sent.
    form.values = {"code": [code[:200]]}
    async with database.connection() as connection:
        await drafts.save_apart(connection, keyring, key, form)
    draft_cookie = cookies.build_cookie(request, cookies.DRAFT, key, path=ACCESS_CODE)
    return Redirect(ACCESS_CODE, status_code=303, cookies=[draft_cookie])


async def find_survey(request: AnyRequest, database: Database, code: str) -> str | None:
    """The slug of the survey that an access code opens; a wrong code is counted."""
    slug = None
    # What is too long to be a code is refused without asking the database.
    if len(code) <= step_forms.LONGEST_CODE:
        async with database.connection() as connection:
            slug = await instruments.find_by_code(connection, code)
    if slug is None:
        code_guesses(request.app.state).count_wrong(request_source(request))
    return slug


@get("/s/{code:str}", include_in_schema=False)
async def follow_short_link(
    request: AnyRequest, database: FromDatabase, code: ShortCode
) -> Redirect:
    """Lead to the survey. Nothing is counted yet: programs open links too, to show a preview."""
    way = await find_way(request, database, code)
    return Redirect(f"/surveys/{way.slug}?{walk.WAY_FIELD}={way.code}", status_code=303)


async def find_way(request: AnyRequest, database: Database, typed: str) -> Way:
    """The way that a short link stands for. Wrong links are counted, so that nobody can find
    unlisted surveys by trying.
    """
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
        "onward": f"/surveys/{way.slug}?{walk.WAY_FIELD}={way.code}&lang={language}",
        "offered": [
            (offered_language, native_name(offered_language))
            for offered_language in languages_used(instrument)
        ],
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


FRAMED = [show_card]


@get(ADDRESS, include_in_schema=False)
async def show_receipt_form() -> Template:
    return Template("resident/receipt_check.html", context={"asked": Form(), "receipt": None})


@post(ADDRESS, include_in_schema=False)
async def check_receipt(request: AnyRequest, signer: FromSigner) -> Template:
    """Say whether a receipt was signed here. Nothing of it is stored or looked up."""
    asked = await read_form(request)
    sent = (await request.form()).get("file")
    if isinstance(sent, UploadFile) and sent.filename:
        asked.values["receipt"] = [(await sent.read(LONGEST)).decode(errors="replace")]
    receipt = parse_receipt(asked["receipt"])
    with use_language(requested_language(request)):
        if not asked["receipt"]:
            asked.add_error("receipt", gettext("Paste a receipt, or choose its file"))
        elif receipt is None:
            asked.add_error("receipt", gettext("This is not a receipt, or a part of it is missing"))
        elif not signer.is_signed(receipt[0].message().encode(), receipt[1]):
            wrong = gettext("This receipt was not given by this site, or somebody changed it")
            asked.add_error("receipt", wrong)
    genuine = receipt[0] if receipt and not asked.errors else None
    context = {"asked": asked, "receipt": genuine, "week_start": week_start}
    status = 422 if asked.errors else 200
    return Template("resident/receipt_check.html", context=context, status_code=status)


@get(PUBLIC_KEY, include_in_schema=False)
async def show_public_key(signer: FromSigner) -> Response[Any]:
    return Response(signer.public_key(), media_type="application/x-pem-file")


HANDLERS = [
    show_home,
    lead_to_code_form,
    show_code_form,
    open_survey_by_code,
    list_surveys,
    download_paper_form,
    follow_short_link,
    serve_survey_logo,
    show_receipt_form,
    check_receipt,
    show_public_key,
]
