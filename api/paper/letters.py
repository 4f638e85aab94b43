"""Letters, and cards to cut, with a code and its QR each, as a PDF on A4 (PDF/UA-1)."""

import re
from pathlib import Path

import msgspec

from api.paper.form import compile_content
from api.paper.qr_codes import draw_qr
from api.paper.words import form_words, main_language, printable_text, reads_right_to_left
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.samples import LetterRow, code_link

TEMPLATE = Path(__file__).with_name("letters.typ")


class LetterText(msgspec.Struct, frozen=True):
    """What the organiser writes in one language, with a blank line between paragraphs."""

    language: str
    words: str


def render_letters_pdf(
    instrument: Instrument,
    address: str,
    rows: list[LetterRow],
    texts: list[LetterText],
    *,
    cards: bool,
    typed: str = "",
) -> bytes:
    """A letter a page, or eight cards a page, for these codes; it takes a while.

    `typed` is an address to print that is shorter than the survey's.
    """
    first = texts[0].language
    content = {
        "title": wording_text(instrument.title, first),
        "lang": main_language(first),
        "alt": "QR",
        "cards": cards,
        "address": typed or address,
        "versions": [letter_version(instrument, text) for text in texts],
        "people": [
            {
                "code": row.code,
                "qr": draw_qr(code_link(address, row.code), "svg").decode(),
                "address": [printable_text(line) for line in row.address],
            }
            for row in rows
        ],
    }
    return compile_content(msgspec.json.encode(content).decode(), TEMPLATE)


def letter_version(instrument: Instrument, text: LetterText) -> dict[str, object]:
    """The words of a letter in one language, in the order in which they are printed."""
    fixed = form_words(text.language)
    return {
        "lang": main_language(text.language),
        "direction": "rtl" if reads_right_to_left(text.language) else "ltr",
        "title": wording_text(instrument.title, text.language),
        "words": [
            printable_text(one)
            for part in re.split(r"\n\s*\n", text.words.replace("\r\n", "\n"))
            if (one := part.strip())
        ],
        "how": fixed["scan"],
        "once": fixed["once"],
    }
