"""The words of our own pages in the reader's language, from catalogues compiled at start."""

from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "translations"
LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


@cache
def catalogue(language: str) -> NullTranslations:
    source = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as words:
        write_mo(compiled, read_po(words, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def gettext(message: str) -> str:
    return catalogue(LANGUAGE.get()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return catalogue(LANGUAGE.get()).ngettext(one, many, number)


def N_(message: str) -> str:  # noqa: N802 - the name that extraction knows
    """Marks a sentence for translation at the place where it stands, to be translated later."""
    return message
