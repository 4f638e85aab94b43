"""The form that phones load: what our pages would ask, as one XForm with its media.

Pages ask for the borough by themselves and check every rule again; a phone knows only its form,
and whoever was interviewed has left when a rule is found broken. So the form has them all.
"""

from collections.abc import Sequence
from typing import cast

import msgspec

from survey.formats.languages import language_heading
from survey.formats.xform import sheets_to_xform
from survey.formats.xlsform import to_sheets
from survey.places import Area
from survey.surveys.instruments import Instrument, Note, Option, all_parts
from survey.surveys.instruments.checking import all_names
from survey.surveys.instruments.wordings import languages_used
from survey.surveys.item_types import AnyPart, Borough, SelectOne, Wording

EDITABLE = {"client_editable": "yes"}  # a collector may correct what was sent


class PhoneWords(msgspec.Struct, frozen=True):
    """The words that only phones show: before the first question, and for the questions that our
    pages ask by themselves.
    """

    about: Wording
    borough: Wording
    language: Wording


class Picture(msgspec.Struct, frozen=True):
    """A picture that is shown with the first words, under the name that the form has for it."""

    name: str
    body: bytes


class OwnNames(msgspec.Struct, frozen=True):
    """The names of what a phone's form has in addition to the survey's own questions; '' if it
    does not ask it.
    """

    about: str
    language: str
    borough: str


def names_on_phones(instrument: Instrument) -> OwnNames:
    """The names of the added questions: always the same ones for the same version."""
    taken = {*all_names(instrument)}

    def free(name: str) -> str:
        return next(one for n in range(10_000) if (one := f"{name}{n or ''}") not in taken)

    return OwnNames(
        about=free("about_this_survey"),
        language=free("language_of_answers") if len(languages_used(instrument)) > 1 else "",
        borough="" if instrument.home() else free("borough_of_answers"),
    )


def instrument_on_phones(
    instrument: Instrument, words: PhoneWords, own_names: dict[str, str]
) -> Instrument:
    """The survey as phones ask it. `own_names` has what each language calls itself."""
    names, languages = names_on_phones(instrument), languages_used(instrument) or ["en"]
    items: list[AnyPart] = [Note(name=names.about, text=words_in(words.about, languages))]
    if names.language:
        items.append(
            SelectOne(
                name=names.language,
                text=words_in(words.language, languages),
                options=tuple(
                    Option(code, dict.fromkeys(languages, own_names.get(code, code)))
                    for code in languages
                ),
                default=instrument.settings.get("default_language", languages[0]),
                required=True,
            )
        )
    if names.borough:
        text = words_in(words.borough, languages)
        items.append(Borough(name=names.borough, text=text, required=True))
    parts = (cast(AnyPart, part.for_phones()) for part in instrument.items)
    return msgspec.structs.replace(
        instrument, items=(*items, *parts), settings=instrument.settings | EDITABLE
    )


def words_in(words: Wording, languages: Sequence[str]) -> Wording:
    """The words in these languages, in English where they are not translated."""
    return {code: words.get(code) or words["en"] for code in languages}


def to_phone_form(
    instrument: Instrument,
    words: PhoneWords,
    own_names: dict[str, str],
    boroughs: Sequence[Area],
    picture: Picture | None = None,
) -> bytes:
    """The XForm that phones load."""
    asked = instrument_on_phones(instrument, words, own_names)
    sheets = to_sheets(asked, boroughs)
    if picture is not None:
        languages = languages_used(asked)
        heads = [f"::{language_heading(code)}" for code in languages] if languages[1:] else [""]
        sheets["survey"][0] |= {f"media::image{head}": picture.name for head in heads}
    return sheets_to_xform(sheets)


def questions_left_out(instrument: Instrument) -> list[AnyPart]:
    """The questions of other programs that phones are not given either, such as a position."""
    return [part for part in all_parts(instrument.items) if not part.is_supported]
