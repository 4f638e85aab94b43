"""The page by which a survey is shared: who asks, ways, websites, a password, and posters."""

import re
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import paper
from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import submissions
from api.operations.survey_rights import MOST_PASSWORD
from api.pages.forms import Form, filled_form, read_file
from api.pages.organiser.builder import MOST_LINE
from api.pages.organiser.builder.drafts import survey_address, survey_length
from api.pages.organiser.ways import count_ways, count_weeks, is_local, messages, short_link
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.paper import Handout, Layout, draw_qr
from api.security import people
from survey.formats.languages import ENGLISH_NAMES
from survey.media import pictures
from survey.media.parts import UnreadableFile
from survey.problems import NotFound, Problem
from survey.store.database import Connection
from survey.store.surveys import instruments, sharing
from survey.surveys.instruments import Instrument, languages_used, wording_text
from survey.surveys.item_types.answers import first_language
from survey.surveys.sharing import (
    CODE_LETTERS,
    FEWEST_CHARACTERS,
    MOST_ORIGINS,
    USUAL_WAYS,
    SurveySettings,
    Way,
    parse_origin,
    password_letters,
    unreadable_logo,
)

PANEL = "/work/surveys/{slug:str}/share"
MOST_SENT = 15_000_000  # a photo of a telephone, and the form around it
MOST_WORDS = 1_000
MOST_NAME = 60
QR_FILE = re.compile(r"([2-9A-Z]{7})\.(svg|png|pdf)")
SHEET_FILE = re.compile(r"(poster|cards-a5|cards-a6)\.pdf")
QR_TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
LAYOUTS: dict[str, Layout] = {"poster": "poster", "cards-a5": "a5", "cards-a6": "a6"}
# An SVG opened by itself must run no script and load nothing.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
HandoutFile = Annotated[str, PathParameter(pattern=r"^[0-9A-Za-z.-]{1,40}$")]


async def panel_page(page: FromPage, slug: Slug) -> Template:
    async with page.connection() as connection:
        survey = await survey_rights.require_right(connection, page.person, "share", slug)
        instrument, closed = await instruments.get(connection, slug)
        settings = await sharing.get_settings(connection, slug)
        ways = await load_all_ways(connection, slug)
        weeks = await sharing.load_weeks(connection, slug)
    minutes = survey_length(instrument).minutes
    usual = settings_form(instrument, settings)
    # Where a form of the page was sent, the others stay as they were.
    page.form.values = usual.values | page.form.values
    links: dict[str, str] = {
        way.kind: short_link(page.request, way) for way in ways if not way.name
    }
    return page.show(
        "surveys/share",
        instrument=instrument,
        closed=closed,
        is_house=survey.is_house,
        settings=settings,
        is_local=is_local(page.request),
        address=survey_address(page.request, slug),
        links=links,
        ways={way.kind: way for way in ways if not way.name},
        languages_of=[
            (language, ENGLISH_NAMES.get(language, language))
            for language in survey_languages(instrument)
        ],
        messages=messages(instrument, survey_languages(instrument), minutes, links),
        counted=count_ways(page.request, ways, weeks),
        weeks=count_weeks(ways, weeks),
    )


async def load_all_ways(connection: Connection, slug: str) -> list[Way]:
    """The ways of a survey; the usual ones are made when they are first looked at."""
    ways = await sharing.load_ways(connection, slug)
    missing = set(USUAL_WAYS) - {way.kind for way in ways}
    if missing:
        await sharing.insert_missing(connection, [Way(new_code(), slug, kind) for kind in missing])
        ways = await sharing.load_ways(connection, slug)
    return sorted(ways, key=lambda way: ([*USUAL_WAYS, "named"].index(way.kind), way.name))


def new_code() -> str:
    return submissions.random_letters(CODE_LETTERS)


def survey_languages(instrument: Instrument) -> list[str]:
    """The languages of a survey, its first one first."""
    used = languages_used(instrument)
    first = first_language(instrument.title)
    return sorted(used, key=lambda code: code != first) or [first]


def settings_form(instrument: Instrument, settings: SurveySettings) -> Form:
    """The forms of the page as they are filled in at first."""
    typed = {
        "listing": "unlisted" if instrument.unlisted else "listed",
        "proof": "yes" if settings.asks_proof else "",
        "organisation": instrument.organisation,
        "contact": instrument.contact,
        "origins": "\n".join(settings.embedded_by),
    }
    for code in survey_languages(instrument):
        typed[f"thanks-{code}"] = wording_in(instrument.thanks, code)
        typed[f"next_step-{code}"] = wording_in(instrument.next_step, code)
    return filled_form(typed)


def wording_in(wording: dict[str, str], code: str) -> str:
    """The words in exactly this language; empty if they are not translated."""
    return wording_text(wording, code) if wording.get(code) else ""


@post(PANEL + "/who-asks", request_max_body_size=MOST_SENT)
async def save_who_asks(page: FromPage, slug: Slug) -> Response[Any]:
    _, picture = await read_file(page.request, "logo")
    instrument, _ = await page.load(survey_rights.get_survey, page.person, "share", slug)
    shown = parse_who_asks(page.form, instrument)
    logo = None
    if picture and not page.form.errors:
        try:
            logo = await anyio.to_thread.run_sync(make_logo, picture)
        except Problem as refused:
            page.form.refuse(refused, [("logo", f"{refused.sentence} {refused.remedy}")])
    if page.form.errors:
        return await panel_page(page, slug)
    async with page.write("survey who asks", slug) as connection:
        await sharing.save_shown(connection, slug, shown)
        if logo or page.form["remove_logo"]:
            await sharing.save_logo(connection, slug, logo)
    return page.to(f"/work/surveys/{slug}/share", "who-asks#who-asks")


def parse_who_asks(form: Form, instrument: Instrument) -> dict[str, object]:
    """The fields about who asks, as they are now set; a field that is wrong gets an error in the
    form.
    """
    for field in ("organisation", "contact"):
        form.require_length(field, 0, MOST_LINE, f"Use {MOST_LINE} characters or fewer")
    shown: dict[str, object] = {name: form[name] for name in ("organisation", "contact")}
    for field in ("thanks", "next_step"):
        words = dict(getattr(instrument, field))
        for code in survey_languages(instrument):
            at = f"{field}-{code}"
            form.require_length(at, 0, MOST_WORDS, f"Use {MOST_WORDS:,} characters or fewer")
            words[code] = form[at]
        shown[field] = {code: text for code, text in words.items() if text}
    return shown


def make_logo(picture: bytes) -> bytes:
    """The picture as a small JPEG without anything that was written into its file."""
    try:
        return pictures.logo(picture)
    except UnreadableFile as why:
        raise unreadable_logo(str(why)) from None


@post(PANEL + "/ways")
async def name_way(page: FromPage, slug: Slug) -> Response[Any]:
    name = page.form["way"]
    page.form.require(name, "way", "Enter a name, such as “Youth club stall”")
    page.form.require_length("way", 0, MOST_NAME, f"Use {MOST_NAME} characters or fewer")
    if not page.form.errors:
        try:
            async with page.write("survey way", slug) as connection:
                await survey_rights.require_right(connection, page.person, "share", slug)
                await sharing.insert_named(connection, Way(new_code(), slug, "named", name))
        except Problem as refused:
            page.form.refuse(refused, [("way", f"{refused.sentence} {refused.remedy}")])
    if page.form.errors:
        return await panel_page(page, slug)
    return page.to(f"/work/surveys/{slug}/share", "way#ways")


@post(PANEL + "/websites")
async def save_websites(page: FromPage, slug: Slug) -> Response[Any]:
    origins: list[str] = []
    for line in page.form["origins"].split():
        origin = parse_origin(line)
        page.form.require(
            origin, "origins", f"“{line[:60]}” is not an address such as https://club.org"
        )
        origins += [origin] if origin and origin not in origins else []
    few = len(origins) <= MOST_ORIGINS
    page.form.require(few, "origins", f"Enter {MOST_ORIGINS} websites at most")
    if page.form.errors:
        return await panel_page(page, slug)
    async with page.write("survey websites", slug, {"websites": origins}) as connection:
        await survey_rights.require_right(connection, page.person, "share", slug)
        await sharing.save_origins(connection, slug, origins)
    return page.to(f"/work/surveys/{slug}/share", "websites#websites")


@post(PANEL + "/listing")
async def save_listing(page: FromPage, slug: Slug) -> Redirect:
    unlisted = page.form["listing"] == "unlisted"
    act = "survey unlisted" if unlisted else "survey listed"
    async with page.write(act, slug) as connection:
        await survey_rights.require_right(connection, page.person, "share", slug)
        await sharing.save_shown(connection, slug, {"unlisted": unlisted})
    return page.to(f"/work/surveys/{slug}/share", "listing#who-can-answer")


@post(PANEL + "/password")
async def save_password(page: FromPage, slug: Slug) -> Response[Any]:
    removed = page.form["act"] == "remove"
    typed = page.form["password"][:MOST_PASSWORD]
    letters = password_letters(typed)
    if not removed and len(letters) < FEWEST_CHARACTERS:
        sentence = f"Enter a password of {FEWEST_CHARACTERS} characters or more"
        page.form.add_error("password", sentence)
        return await panel_page(page, slug)
    hashed = "" if removed else await people.hash_secret(letters)
    act = "survey password removed" if removed else "survey password set"
    async with page.write(act, slug) as connection:
        await survey_rights.require_right(connection, page.person, "share", slug)
        await sharing.save_password(connection, slug, hashed)
    done = "password-removed" if removed else "password"
    return page.to(f"/work/surveys/{slug}/share?done={done}#who-can-answer")


@post(PANEL + "/proof")
async def save_proof(page: FromPage, slug: Slug) -> Redirect:
    asks = page.form["proof"] == "yes"
    act = "survey puzzle on" if asks else "survey puzzle off"
    async with page.write(act, slug) as connection:
        await survey_rights.require_right(connection, page.person, "share", slug)
        await sharing.save_asks_proof(connection, slug, asks=asks)
    return page.to(f"/work/surveys/{slug}/share", "listing#who-can-answer")


@get(PANEL + "/{file:str}")
async def download_handout(page: FromPage, slug: Slug, file: HandoutFile) -> Response[bytes]:
    async with page.connection() as connection:
        await survey_rights.require_right(connection, page.person, "share", slug)
        ways = await load_all_ways(connection, slug)
    if picture := QR_FILE.fullmatch(file):
        way = next((way for way in ways if way.code == picture[1]), None)
        if way is not None:
            link = short_link(page.request, way)
            ending = picture[2]
            headers = {"Content-Disposition": f'inline; filename="{slug}-qr.{ending}"'}
            if ending == "svg":
                headers["Content-Security-Policy"] = SVG_POLICY
            return Response(draw_qr(link, ending), media_type=QR_TYPES[ending], headers=headers)
    if sheet := SHEET_FILE.fullmatch(file):
        return await sheet_response(page, slug, ways, sheet[1])
    raise unknown_handout()


async def sheet_response(
    page: StaffRequest, slug: str, ways: list[Way], sheet: str
) -> Response[bytes]:
    """The poster or the cards as a PDF, in the language of the address or the survey's first."""
    async with page.connection() as connection:
        instrument, _ = await instruments.get(connection, slug)
        logo = await sharing.find_logo(connection, slug)
    spoken = survey_languages(instrument)
    asked = page.query.get("in", "")
    language = asked if asked in spoken else spoken[0]
    kind = "poster" if sheet == "poster" else "card"
    link = next(short_link(page.request, way) for way in ways if way.kind == kind)
    handout = Handout(
        instrument=instrument,
        language=language,
        # In the survey's first language whoever reads another one chooses it on the page.
        scanned=link if language == spoken[0] else f"{link}?lang={language}",
        address=link,
        minutes=survey_length(instrument).minutes,
        logo=logo,
        is_local=is_local(page.request),
    )
    made = await anyio.to_thread.run_sync(paper.render_handout, handout, LAYOUTS[sheet])
    named = {"Content-Disposition": f'inline; filename="{slug}-{sheet}-{language}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


unknown_handout = NotFound.of(
    "handout.unknown", "There is no such file.", "Open it from the page Share."
)


PAGES = [
    StaffPage([get(PANEL)(panel_page)], linked_from="/work/surveys/{slug:str}"),
    StaffPage([save_who_asks], linked_from=PANEL),
    StaffPage([name_way], linked_from=PANEL),
    StaffPage([save_websites], linked_from=PANEL),
    StaffPage([save_listing, save_password, save_proof], linked_from=PANEL),
    StaffPage([download_handout], linked_from=PANEL),
]
