"""Translate the sentences of pages, emails and editions into the reader's language.

Two catalogues hold them: `messages` those of pages and emails, `editions` those of reports.
They are compiled at start-up from the translators' .po files; `python -m tools.catalogues` collects
the sentences from the code.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from survey.sentences import SentenceSource, fill_message

FOLDER = Path(__file__).parent / "translations"
# The languages of the interface, with the locale by which each writes its dates.
LOCALES = {
    **{"en": "en_GB", "ar": "ar", "bn": "bn", "fr": "fr", "pl": "pl"},
    **{"pt": "pt_PT", "ro": "ro", "so": "so", "tr": "tr", "ur": "ur"},
}
# The person who confirmed a catalogue is named in its heading.
REVIEWER = re.compile(r'^"X-Reviewed-By:[ \t]*(.*?)[ \t]*\\n"$', re.MULTILINE)
LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


@cache
def load_catalogue(language: str, domain: str = "messages") -> NullTranslations:
    """The translations of a catalogue into one language.

    Without a file for the language, every sentence comes back as it is in the code.
    """
    source = FOLDER / language / "LC_MESSAGES" / f"{domain}.po"
    if not source.exists():
        return NullTranslations()
    # Compiled here, so that no .mo file in the repository can be older than its .po file.
    compiled = BytesIO()
    with source.open("rb") as words:
        write_mo(compiled, read_po(words, locale=language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def is_confirmed(language: str) -> bool:
    """Whether a person confirmed the words of pages in this language; else they are a draft."""
    source = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return True  # these are our own words in English
    found = REVIEWER.search(source.read_text(encoding="utf-8").split("\n\n", 1)[0])
    return bool(found and found[1])


def unconfirmed_languages() -> list[str]:
    return [code for code in LOCALES if not is_confirmed(code)]


def gettext(message: str) -> str:
    return load_catalogue(LANGUAGE.get()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return load_catalogue(LANGUAGE.get()).ngettext(one, many, number)


def edition_language() -> str:
    """The reader's language if editions are translated into it, or English."""
    return LANGUAGE.get() if LANGUAGE.get() in edition_languages() else "en"


def edition_languages() -> tuple[str, ...]:
    """The languages in which editions can be read."""
    return ("en", *sorted(one.parts[-3] for one in FOLDER.glob("*/LC_MESSAGES/editions.po")))


def edition_gettext(message: str) -> str:
    """Words of an edition in the reader's language; in English if editions are not translated."""
    return load_catalogue(LANGUAGE.get(), "editions").gettext(message)


def edition_ngettext(one: str, many: str, number: int) -> str:
    return load_catalogue(LANGUAGE.get(), "editions").ngettext(one, many, number)


def translate_sentence(source: SentenceSource, values: Mapping[str, str]) -> str:
    """A stored sentence of an edition in the reader's language."""
    if source.plural:
        message = edition_ngettext(source.message, source.plural, source.number)
    else:
        message = edition_gettext(source.message)
    locale = LOCALES.get(edition_language(), "en_GB")
    return fill_message(message, values, lambda day: format_date(day, format="long", locale=locale))
