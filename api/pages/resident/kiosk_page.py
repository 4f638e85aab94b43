"""The page of a kiosk, what a device needs to keep it, and the door for its answers."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import HeaderParameter, PathParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from api import clock
from api.dependencies import FromDatabase, FromKeyring, FromQuarantine
from api.look import COLOUR
from api.operations.answers import kiosks, submissions
from api.operations.answers.kiosks import KioskLine
from api.operations.answers.submissions import LONGEST_KEY, random_key
from api.pages import filters, shell
from api.pages.forms import first_value, form_values, whole_number
from api.pages.public_copies import load_static_files, static_address, static_version
from api.pages.resident import kiosk_form
from api.pages.resident.kiosk_form import REPEAT_FILES, read_kiosk_answer
from api.pages.resident.questionnaire import form_answers
from api.pages.resident.questionnaire.walk import makers_read
from api.security.limits import burst_suspicion, opens_results, request_guesser
from api.security.sent_forms import WITHOUT_SESSION
from survey.formats.expressions import logic as expressions
from survey.places import City
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import instruments, sharing
from survey.store.surveys.sharing import Kiosk
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.item_types.answers import Answers, DayAndCity
from survey.surveys.refusals import unknown_kiosk

Token = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{22}$")]
LanguageCode = Annotated[str, PathParameter(pattern=r"^[A-Za-z-]{2,35}$")]
LONGEST_CODE = 20
MOST_KIOSK_BYTES = 100_000_000  # a few photos that the device could not scale down
IDLE_SECONDS, WARNING_SECONDS, THANKS_SECONDS, RETRY_SECONDS = 90, 30, 12, 30
FILES_KEPT = ("kiosk.js", "kiosk-logic.js", "kiosk-runner.js", "favicon.svg")
STYLES_KEPT = ("app.css", "app.rtl.css")
FONTS_KEPT = ("atkinson.woff2", "atkinson-central.woff2", "atkinson-extended.woff2")


class KioskReceipt(msgspec.Struct, frozen=True):
    """Says that an answer is stored; `again` if it was before."""

    again: bool


def kiosk_address(kiosk: Kiosk) -> str:
    return f"/kiosk/{kiosk.token}"


def kiosk_languages(instrument: Instrument) -> list[str]:
    return list(dict.fromkeys([*filters.LANGUAGES, *shell.survey_languages(instrument)]))


async def find_instrument(database: Database, kiosk: Kiosk) -> tuple[Instrument, bool]:
    """The newest version of the survey, and True if it takes no answers today."""
    instrument, closed = await database.load_noticed(instruments.get, kiosk.survey)
    return instrument, closed or not instrument.is_open(clock.today())


@get("/kiosk/{token:str}", include_in_schema=False)
async def open_kiosk(request: shell.AnyRequest, database: FromDatabase, token: Token) -> Redirect:
    kiosk = await kiosks.get_kiosk(database, token)
    return Redirect(f"{kiosk_address(kiosk)}/{shell.requested_language(request)}")


@get("/kiosk/{token:str}/{language:str}", include_in_schema=False)
async def show_kiosk(
    request: shell.AnyRequest, database: FromDatabase, token: Token, language: LanguageCode
) -> Template:
    """All questions of the survey on one page, for a script to ask them one after the other."""
    await shell.remember_city(request)
    kiosk = await kiosks.get_kiosk(database, token)
    instrument, closed = await find_instrument(database, kiosk)
    if language not in kiosk_languages(instrument):
        raise unknown_kiosk()
    city = await database.load_cached(places.get_city)
    with shell.use_language(language):
        context = await submissions.run_evaluation(
            instrument, partial(page_context, kiosk, instrument, city, closed=closed)
        )
    asks = {
        "instrument": instrument,
        "settings": await database.load_noticed(sharing.get_settings, kiosk.survey),
    }
    context |= {"in_language": language, "asks": asks}
    return Template("kiosk/kiosk.html", context=context)


def page_context(
    kiosk: Kiosk, instrument: Instrument, city: City, *, closed: bool
) -> dict[str, Any]:
    defaults = expressions.default_answers(instrument, clock.now().replace(tzinfo=None))
    sections, closing = kiosk_form.kiosk_sections(instrument, defaults)
    values: dict[str, Any] = {}
    for item in (item for section in sections for item in section.items if item.is_asked):
        values |= form_answers.answer_fields(item, defaults, kiosk_form.question_at(item.name))
    return {
        "instrument": instrument,
        "kiosk": kiosk,
        "sections": sections,
        "closing": closing,
        "values": values,
        "question_at": kiosk_form.question_at,
        "files_field": REPEAT_FILES,
        "areas": city.local_areas(),
        "writes": bool(instrument.texts()),
        "makers_read": makers_read(instrument),
        "fill_places": fill_places,
        "base": kiosk_address(kiosk),
        "choices": [
            (code, filters.native_name(code), filters.text_direction(code))
            for code in kiosk_languages(instrument)
        ],
        "definition": script_definition(kiosk, instrument, sections, defaults, city, closed=closed),
    }


def script_definition(
    kiosk: Kiosk,
    instrument: Instrument,
    sections: list[kiosk_form.KioskSection],
    defaults: Answers,
    city: City,
    *,
    closed: bool,
) -> Markup:
    """What the script works with, as JSON that is safe within a page."""
    base = kiosk_address(kiosk)
    around = DayAndCity(clock.today(), city)
    form = kiosk_form.cached_form(msgspec.json.encode(instrument))
    fixed = kiosk_form.fixed_answers(instrument, defaults)
    definition = {
        "survey": instrument.slug,
        "version": instrument.version,
        "closed": closed,
        "address": f"{base}/answers",
        "worker": f"{base}/worker.js",
        "conditions_part": static_address("kiosk-logic.js"),
        "runners_part": static_address("kiosk-runner.js"),
        "scope": base,  # with the address itself, which is the one that is handed out
        "code_address": f"{base}/code",
        "questions": kiosk_form.kiosk_questions(sections, around),
        "form": form,
        "fixed": {name: str(answer) for name, answer in fixed.items()},
        "months": form_answers.MONTHS,
        "idle_seconds": IDLE_SECONDS,
        "warning_seconds": WARNING_SECONDS,
        "thanks_seconds": THANKS_SECONDS,
        "retry_seconds": RETRY_SECONDS,
    }
    written = msgspec.json.encode(definition).decode()
    # Within a script element only "<" could end it.
    return Markup(written.replace("<", "\\u003c"))  # noqa: S704


def fill_places(caller: Callable[[], str]) -> Markup:
    """A part of the page in which the places of earlier answers are elements that the script can
    find.
    """
    begin, end = kiosk_form.PLACE
    # A plain text: the own method of Markup would escape what is put in.
    filled = str(caller()).replace(begin, '<span data-answer="').replace(end, '">…</span>')
    return Markup(filled)  # noqa: S704 - the template's own output, which is escaped


@get("/kiosk/{token:str}/kiosk.webmanifest", include_in_schema=False)
async def show_manifest(database: FromDatabase, token: Token) -> Response[dict[str, Any]]:
    """The manifest by which the page can be installed."""
    kiosk = await kiosks.get_kiosk(database, token)
    instrument, _ = await find_instrument(database, kiosk)
    title = wording_text(instrument.title) or instrument.slug
    icon = {"src": static_address("favicon.svg"), "sizes": "any", "type": "image/svg+xml"}
    manifest = {
        "name": title,
        "short_name": title[:12],
        "start_url": f"{kiosk_address(kiosk)}/en",
        "scope": f"{kiosk_address(kiosk)}/",
        "display": "fullscreen",
        "background_color": COLOUR["white"],
        "theme_color": COLOUR["brand"],
        "icons": [icon | {"purpose": purpose} for purpose in ("any", "maskable")],
    }
    return Response(manifest, media_type="application/manifest+json")


@get("/kiosk/{token:str}/worker.js", include_in_schema=False)
async def show_worker(database: FromDatabase, token: Token) -> Response[bytes]:
    """The service worker's script, with the list of files that it stores on the device."""
    kiosk = await kiosks.get_kiosk(database, token)
    instrument, _ = await find_instrument(database, kiosk)
    base = kiosk_address(kiosk)
    kept = [f"{base}/{code}" for code in kiosk_languages(instrument)]
    kept += [static_address(name) for name in (*FILES_KEPT, *STYLES_KEPT, *FONTS_KEPT)]
    settings = await database.load_noticed(sharing.get_settings, kiosk.survey)
    kept += [f"/logos/{kiosk.survey}/{settings.logo_tag}"] if settings.logo_tag else []
    known = {
        "survey": instrument.slug,
        "version": f"{instrument.slug} {instrument.version} {static_version()}",
        "address": f"{base}/answers",
        "home": base,
        "files": kept,
    }
    script = load_static_files()["kiosk-worker.js"].body
    body = b"const KIOSK = " + msgspec.json.encode(known) + b";\n" + script
    headers = {"Service-Worker-Allowed": base}
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)


@post(
    "/kiosk/{token:str}/answers",
    include_in_schema=False,
    request_max_body_size=MOST_KIOSK_BYTES,
)
async def receive_answer(
    request: shell.AnyRequest,
    database: FromDatabase,
    keyring: FromKeyring,
    quarantine: FromQuarantine,
    token: Token,
    key: Annotated[str, HeaderParameter(name="Idempotency-Key", max_length=LONGEST_KEY)],
) -> KioskReceipt:
    """Save one person's whole answer, with its files, once."""
    kiosk = await kiosks.get_kiosk(database, token)
    form = await request.form()
    version = whole_number(first_value(form_values(form), "version")) or 0
    asked = await kiosks.get_version(database, kiosk.survey, version)
    sent = await read_kiosk_answer(form, asked)
    line = KioskLine(
        quarantine=quarantine,
        opens=opens_results(request, kiosk.survey, device=token),
        suspicion_of=partial(burst_suspicion, request, kiosk.survey, "kiosk_bursts"),
    )
    again = await kiosks.submit_kiosk_answer(
        database, keyring, kiosk, str(random_key(key)), sent, line
    )
    return KioskReceipt(again)


@post("/kiosk/{token:str}/code", include_in_schema=False, status_code=204)
async def check_kiosk_code(request: shell.AnyRequest, database: FromDatabase, token: Token) -> None:
    """Say whether the code is the kiosk's. Only the server can check: everybody may read the
    page.
    """
    kiosk = await kiosks.get_kiosk(database, token)
    typed = first_value(form_values(await request.form()), "code")
    await kiosks.check_code(request_guesser(request), kiosk, typed[:LONGEST_CODE])


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[
            open_kiosk,
            show_kiosk,
            show_manifest,
            show_worker,
            receive_answer,
            check_kiosk_code,
        ],
        opt=WITHOUT_SESSION,
    )
]
