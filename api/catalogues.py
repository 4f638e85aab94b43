"""Catalogues of translated sentences, compiled at start-up from the translators' .po files."""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations


@cache
def load_catalogue(folder: Path, language: str) -> NullTranslations:
    """The translations of a folder for one language.

    For a language that the folder lacks, every sentence comes back as it is in the code.
    """
    source = folder / language / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return NullTranslations()
    # Compiled here, so that no .mo file in the repository can be older than its .po file.
    compiled = BytesIO()
    with source.open("rb") as words:
        write_mo(compiled, read_po(words, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def N_(message: str) -> str:  # noqa: N802 - the name that extraction knows
    """Mark a sentence for translation; it is translated later, where it is shown."""
    return message
