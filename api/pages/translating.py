"""Translate the texts of our pages into the reader's language."""

from contextvars import ContextVar
from pathlib import Path

from babel.support import NullTranslations

from api import catalogues
from api.catalogues import N_ as N_

FOLDER = Path(__file__).parent / "translations"
LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


def catalogue(language: str) -> NullTranslations:
    return catalogues.load_catalogue(FOLDER, language)


def gettext(message: str) -> str:
    return catalogue(LANGUAGE.get()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return catalogue(LANGUAGE.get()).ngettext(one, many, number)
