"""Letters, and cards to cut, with a code and its QR each, as a PDF on A4 (PDF/UA-1)."""

import io
import re
from pathlib import Path
from typing import Any

import msgspec
import typst

from api.fonts import FONTS
from api.paper.form import PACKAGED
from api.paper.words import form_words, main_language, printable_text, reads_right_to_left
from api.process.loading import import_lock
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.invitations import code_link
from survey.surveys.samples import LetterRow

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
) -> bytes:
    """A letter a page, or eight cards a page, for these codes; it takes a while."""
    first = texts[0].language
    content = {
        "title": wording_text(instrument.title, first),
        "lang": main_language(first),
        "alt": "QR",
        "cards": cards,
        "address": address,
        "versions": [letter_version(instrument, text) for text in texts],
        "people": [
            {
                "code": row.code,
                "qr": qr_svg(code_link(address, row.code)),
                "address": [printable_text(line) for line in row.address],
            }
            for row in rows
        ],
    }
    return compile_letters(msgspec.json.encode(content).decode())


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


def qr_svg(link: str) -> str:
    with import_lock("segno"):  # which no page needs
        import segno

    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, border=2)
    return drawn.getvalue().decode()


def compile_letters(given: str) -> bytes:
    """Compile the PDF. Text goes in as data and is never read as markup; no clock is used."""
    # Where our font suffices no other is read, so that every machine makes the same bytes.
    packaged = PACKAGED.fullmatch(given) is not None
    try:
        return compile_with(given, packaged, {"pdf_standards": ["ua-1"]})
    except typst.TypstError as refused:
        # Only a missing character has a way out; any other error must not be hidden.
        if "could not be displayed" not in str(refused):
            raise
        return compile_with(given, packaged, {})


def compile_with(given: str, packaged: bool, options: dict[str, Any]) -> bytes:
    pdf: bytes = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=packaged,
        sys_inputs={"data": given},
        timestamp=0,
        **options,
    )
    return pdf
