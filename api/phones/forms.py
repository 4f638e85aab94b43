"""The form of a survey as phones load it, with the words that our pages say before the first
question.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial

import anyio.to_thread
import msgspec
from babel import Locale, UnknownLocaleError
from litestar.datastructures import State

from api.operations import submissions
from api.operations.survey_rights import built_in_slugs
from api.pages.logo import Logo
from api.translating import load_catalogue
from survey.formats.xform import PhoneWords, Picture, to_phone_form
from survey.places import Area
from survey.sentences import N_
from survey.store import places
from survey.store.database import Database
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.item_types import Wording

ENCODER = msgspec.json.Encoder()
# A phone shows no SVG.
PICTURE_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class PhoneForm(msgspec.Struct, frozen=True):
    """The form of one version as it is sent, and its media."""

    xform: bytes
    media: dict[str, bytes]


async def load_phone_form(database: Database, state: State, instrument: Instrument) -> PhoneForm:
    """The form of a version; making it takes most of a second, so it is remembered."""
    city = await database.load_cached(places.get_city)
    picture = picture_of(state.get("logo"))
    make = partial(make_form, ENCODER.encode(instrument), tuple(city.boroughs()), picture)
    return await anyio.to_thread.run_sync(make, limiter=submissions.EVALUATION_LIMIT)


def picture_of(logo: Logo | None) -> Picture | None:
    """The logo of this site, if a phone can show it."""
    ending = PICTURE_ENDINGS.get(logo.media_type) if logo else None
    return Picture(f"logo.{ending}", logo.body) if logo and ending else None


@lru_cache(maxsize=32)
def make_form(definition: bytes, boroughs: tuple[Area, ...], picture: Picture | None) -> PhoneForm:
    instrument = msgspec.json.decode(definition, type=Instrument)
    names = {code: own_name(code) for code in languages_used(instrument)}
    xform = to_phone_form(instrument, phone_words(instrument), names, boroughs, picture)
    return PhoneForm(xform, {picture.name: picture.body} if picture else {})


def own_name(code: str) -> str:
    """What a language calls itself; its code if we do not know."""
    try:
        return Locale.parse(code, sep="-").get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code


def phone_words(instrument: Instrument) -> PhoneWords:
    """The added words in every language of the survey; in English where we have no translation."""

    def in_each(write: Callable[[Callable[[str], str], str], str]) -> Wording:
        return {
            code: write(load_catalogue(code).gettext, code)
            for code in {"en": "", **dict.fromkeys(languages_used(instrument))}
        }

    questions = {
        "survey": N_("Which borough do you live in?"),
        "feedback": N_("Which borough is it about?"),
        "complaint": N_("In which borough did it happen?"),
    }
    return PhoneWords(
        about=in_each(lambda _, code: about_survey(instrument, _, code)),
        borough=in_each(lambda _, code: _(questions[instrument.kind])),
        language=in_each(lambda _, code: _("Which language are you answering in?")),
    )


def about_survey(instrument: Instrument, _: Callable[[str], str], code: str) -> str:
    """What our first page says of a survey, to be read out before the first question."""
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
    return "\n\n".join(one for one in said if one)


def who_reads(instrument: Instrument, _: Callable[[str], str]) -> list[str]:
    """Who reads the answers and what people write, as our first page says it."""
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
