"""A survey's data dictionary as a PDF (PDF/UA-1): what each column of its answers means."""

from pathlib import Path

import msgspec

from api.paper.form import compile_content
from survey.formats.data_dictionary import DataDictionary

TEMPLATE = Path(__file__).parent / "dictionary.typ"


def render_dictionary_pdf(dictionary: DataDictionary) -> bytes:
    """The dictionary to read and print; the same bytes each time on a day."""
    return compile_content(msgspec.json.encode(dictionary).decode(), TEMPLATE)
