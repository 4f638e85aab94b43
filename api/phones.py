"""What phones of collectors load and send: forms as ODK Collect reads them, and filled-in ones."""

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Annotated

import anyio.to_thread
import msgspec
from babel import Locale, UnknownLocaleError
from litestar import Response, Router, get, post
from litestar.datastructures import State, UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.params import PathParameter, QueryParameter

from api import clock, openrosa
from api.dependencies import FromDatabase, FromQuarantine
from api.locales import gettext_in
from api.openrosa import KEY_PATH, ListedFile, ListedForm
from api.operations.answers import phone_answers, submissions
from api.operations.survey_rights import built_in_slugs
from api.pages.shell import AnyRequest
from api.security.limits import opens_results
from api.security.people import key_digest
from api.security.requests import site_address
from api.security.sent_forms import WITHOUT_SESSION
from survey.formats.xform import (
    MOST_XML_BYTES,
    PhoneWords,
    Picture,
    to_phone_form,
    unknown_file,
    unreadable_form,
)
from survey.places import Area
from survey.problems import Forbidden
from survey.sentences import N_
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import fieldwork, instruments, limits
from survey.store.surveys.fieldwork import CollectorGroup
from survey.surveys.instruments import Instrument, languages_used, wording_text
from survey.surveys.item_types import Wording

ENCODER = msgspec.json.Encoder()
# A phone shows no SVG.
PICTURE_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
BASE = KEY_PATH + "{key:str}"
XML_PART = "xml_submission_file"
FromGroup = NamedDependency[CollectorGroup]
PathText = Annotated[str, PathParameter()]
FormId = Annotated[str | None, QueryParameter(name="formID", max_length=100, required=False)]


class PhoneForm(msgspec.Struct, frozen=True):
    """A survey version as the form that is sent to phones, and its media."""

    xform: bytes
    media: dict[str, bytes]


async def load_phone_form(database: Database, state: State, instrument: Instrument) -> PhoneForm:
    """The form of a version for phones; making it takes most of a second, so it is kept in
    memory.
    """
    city = await database.load_cached(places.get_city)
    logo = state.get("logo")
    ending = PICTURE_ENDINGS.get(logo.media_type) if logo else None
    picture = Picture(f"logo.{ending}", logo.body) if logo and ending else None
    make = partial(make_form, ENCODER.encode(instrument), tuple(city.local_areas()), picture)
    return await anyio.to_thread.run_sync(make, limiter=submissions.EVALUATION_LIMIT)


@lru_cache(maxsize=32)
def make_form(definition: bytes, areas: tuple[Area, ...], picture: Picture | None) -> PhoneForm:
    instrument = msgspec.json.decode(definition, type=Instrument)
    names = {code: own_name(code) for code in languages_used(instrument)}
    xform = to_phone_form(instrument, phone_words(instrument), names, areas, picture)
    return PhoneForm(xform, {picture.name: picture.body} if picture else {})


def own_name(code: str) -> str:
    """What a language calls itself; its code if we do not know."""
    try:
        return Locale.parse(code, sep="-").get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code


def phone_words(instrument: Instrument) -> PhoneWords:
    """The words we add to a form, in every language of the survey; in English where we have no
    translation.
    """

    def in_each(write: Callable[[Callable[[str], str], str], str]) -> Wording:
        return {
            code: write(partial(gettext_in, code), code)
            for code in {"en": "", **dict.fromkeys(languages_used(instrument))}
        }

    questions = {
        "survey": N_("Which borough do you live in?"),
        "feedback": N_("Which borough is it about?"),
        "complaint": N_("In which borough did it happen?"),
    }
    return PhoneWords(
        about=in_each(lambda _, code: about_survey(instrument, _, code)),
        area=in_each(lambda _, code: _(questions[instrument.kind])),
        language=in_each(lambda _, code: _("Which language are you answering in?")),
    )


def about_survey(instrument: Instrument, _: Callable[[str], str], code: str) -> str:
    """What our first web page says of a survey, to be read out before the first question."""
    asks = {"name": instrument.organisation, "contact": instrument.contact}
    said = [
        wording_text(instrument.summary, code),
        _("%(name)s is asking.") % asks if instrument.organisation else "",
        _(
            "We do not ask for your name, and we keep nothing that identifies your phone or "
            "computer."
        ),
        _("You can skip most questions, and change every answer before you send."),
        *who_reads(instrument, _),
    ]
    return "\n\n".join(sentence for sentence in said if sentence)


def who_reads(instrument: Instrument, _: Callable[[str], str]) -> list[str]:
    """Who reads the answers and the free texts, in the words of our first web page."""
    asks = {"name": instrument.organisation}
    everybody = _(
        "The working group reads what people write. Public reports show numbers and subjects, "
        "never anything that could identify someone."
    )
    if instrument.slug not in built_in_slugs():
        makers = (
            _("%(name)s reads your answers and what you write.") % asks
            if instrument.organisation
            else _("The people who made this survey read your answers and what you write.")
        )
        masked = _("A program hides names and phone numbers first, but it can miss some.")
        return [f"{makers} {masked}", everybody]
    if not instrument.organisation:
        return [everybody]
    others = _(
        "%(name)s sees your other answers, and files that you send, but not what you write "
        "in your own words."
    )
    return [everybody, others % asks]


def md5_hash(body: bytes) -> str:
    """The hash by which a phone sees that a file changed: the protocol knows no other."""
    return "md5:" + hashlib.md5(body, usedforsecurity=False).hexdigest()


async def provide_group(database: FromDatabase, key: PathText) -> CollectorGroup:
    """The group whose key is in the address, or a refusal."""
    async with database.connection() as connection:
        group = await fieldwork.find_group_by_key(connection, key_digest(key))
    if group is None:
        # Not 401: the program would ask its user for a password, and there is none.
        raise unknown_key()
    return group


unknown_key = Forbidden.of(
    "key.unknown",
    "This address is not in use any more, or was never right.",
    "Ask the organiser of the survey for a new code. What is on the phone stays on it.",
)


async def load_listed(database: Database, group: CollectorGroup) -> Instrument | None:
    """The newest version of the group's survey, if it takes answers from phones today."""
    async with database.connection() as connection:
        instrument, closed = await instruments.get(connection, group.instrument)
        limited = await limits.find(connection, group.instrument)
    by_code = limited is not None and limited.one_each == "code"
    # The group of a sampled survey goes to its sample points, and has a page instead.
    by_code = by_code or instrument.mode != "open"
    return None if by_code or closed or not instrument.is_open(clock.today()) else instrument


def address_of(request: AnyRequest, key: str, rest: str) -> str:
    """The full address of `rest` below the key: phones need full addresses."""
    return f"{site_address(request)}{KEY_PATH}{key}/{rest}"


@get("/formList")
async def list_forms(
    request: AnyRequest,
    state: State,
    database: FromDatabase,
    group: FromGroup,
    key: PathText,
    form_id: FormId = None,
) -> Response[bytes]:
    instrument = await load_listed(database, group)
    if instrument is None or form_id not in (None, "", instrument.slug):
        return openrosa.form_list([])
    form = await load_phone_form(database, state, instrument)
    folder = f"forms/{instrument.slug}"
    listed = ListedForm(
        form=instrument.slug,
        name=wording_text(instrument.title),
        version=str(instrument.version),
        hash=md5_hash(form.xform),
        address=address_of(request, key, f"{folder}/form.xml"),
        manifest=address_of(request, key, f"{folder}/manifest") if form.media else "",
    )
    return openrosa.form_list([listed])


async def get_form(database: Database, state: State, group: CollectorGroup, slug: str) -> PhoneForm:
    """The form of the group's survey; raises if `slug` is another survey's."""
    instrument = await load_listed(database, group)
    if instrument is None or slug != instrument.slug:
        raise unknown_file()
    return await load_phone_form(database, state, instrument)


@get("/forms/{slug:str}/form.xml")
async def send_form(
    state: State, database: FromDatabase, group: FromGroup, slug: PathText
) -> Response[bytes]:
    form = await get_form(database, state, group, slug)
    return openrosa.whole_response(form.xform, "text/xml")


@get("/forms/{slug:str}/manifest")
async def list_media(
    request: AnyRequest,
    state: State,
    database: FromDatabase,
    group: FromGroup,
    key: PathText,
    slug: PathText,
) -> Response[bytes]:
    form = await get_form(database, state, group, slug)
    return openrosa.manifest(
        ListedFile(name, md5_hash(body), address_of(request, key, f"forms/{slug}/media/{name}"))
        for name, body in form.media.items()
    )


@get("/forms/{slug:str}/media/{name:str}")
async def send_media(
    state: State, database: FromDatabase, group: FromGroup, slug: PathText, name: PathText
) -> Response[bytes]:
    form = await get_form(database, state, group, slug)
    if name not in form.media:
        raise unknown_file()
    return openrosa.whole_response(form.media[name], "application/octet-stream")


@get("/submission", status_code=204)
async def show_where_to_send(
    request: AnyRequest, group: FromGroup, key: PathText
) -> Response[None]:
    """Say where to send filled forms and how large they may be, as programs ask beforehand."""
    location = {"Location": address_of(request, key, "submission")}
    return Response(None, status_code=204, headers=openrosa.HEADERS | location)


@post("/submission")
async def receive_form(
    request: AnyRequest, database: FromDatabase, quarantine: FromQuarantine, group: FromGroup
) -> Response[bytes]:
    """Store a filled form and the files that come with it; a later request may bring more files."""
    if request.content_type[0] != RequestEncodingType.MULTI_PART:
        raise HTTPException(status_code=415)
    form = await request.form()
    given: dict[str, object] = {}
    for name, value in form.multi_items():
        given.setdefault(name, value)
        if isinstance(value, UploadFile):
            # Programs name the part or its file after what the form says; take either.
            given.setdefault(value.filename, value)

    async def read_file(name: str, most: int) -> bytes | None:
        upload = given.get(name)
        return await upload.read(most) if isinstance(upload, UploadFile) else None

    new = await phone_answers.receive_filled_form(
        *(database, group, await read_xml(given.get(XML_PART)), read_file),
        quarantine=quarantine,
        opens=opens_results(request, group.instrument, device=f"phones {group.id}"),
    )
    words = "The answer was received." if new else "This answer was received before."
    return openrosa.message(words, status=201)


async def read_xml(part: object) -> bytes:
    """The filled form of a request."""
    if isinstance(part, str):
        return part.encode()
    if not isinstance(part, UploadFile):
        raise unreadable_form(f"the request has no part {XML_PART}")
    return await part.read(MOST_XML_BYTES + 1)


ROUTER = Router(
    BASE,
    route_handlers=[
        list_forms,
        send_form,
        list_media,
        send_media,
        show_where_to_send,
        receive_form,
    ],
    dependencies={"group": Provide(provide_group)},
    opt=WITHOUT_SESSION,
    include_in_schema=False,
)
