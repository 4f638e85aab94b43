"""PDFs on A4 (PDF/UA-1): a survey to fill in with a pen, copies of answers, letters, handouts.

The packaged font has the Latin letters of Europe. For any other script the system's fonts are
searched (Noto Sans and its relatives, if installed), then those that come with typst. A
character that no font has is printed as an empty box, and the file then does not claim PDF/UA.
"""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from lxml import html

from api.locales import LANGUAGE, gettext, ngettext
from api.paper.layout import form_layout
from api.paper.words import (
    form_words,
    isolated_text,
    main_language,
    printable_text,
    reads_right_to_left,
)
from api.process.file_tools import typeset_pdf
from api.process.files import make
from api.process.installation import import_lock
from survey.formats.dictionary import DataDictionary
from survey.places import Area
from survey.surveys.instruments import Instrument, languages_used, wording_text
from survey.surveys.item_types.answers import first_language
from survey.surveys.samples import LetterRow, code_link

SURVEY = Path(__file__).parent / "survey.typ"
# Matched against the whole JSON, so it includes the signs that JSON itself is written with.
PACKAGED = re.compile(
    r"[\n\u200b -~\u00a0-\u0107\u010a-\u0113\u0116-\u011b\u011e-\u0123\u0126\u0127\u012a\u012b"
    r"\u012e-\u0133\u0136\u0137\u0139-\u013e\u0141-\u0148\u0150-\u0155\u0158-\u015b\u015e-\u0165"
    r"\u016a\u016b\u016e-\u017e\u0218-\u021b\u1e80-\u1e85\u1e9e\u2013\u2014\u2018-\u201a"
    r"\u201c-\u201e\u2020\u2022\u2026\u2039\u203a\u20ac\u2122\u2212]*"
)
ANSWER_COPY = Path(__file__).with_name("answer_copy.typ")
DICTIONARY = Path(__file__).parent / "dictionary.typ"
LETTERS = Path(__file__).with_name("letters.typ")
HANDOUTS = Path(__file__).parent / "handouts.typ"
Layout = Literal["poster", "a5", "a6"]
PER_SHEET = {"poster": 1, "a5": 2, "a6": 4}
PNG_SCALE = 20  # pixels a module: sharp on a poster of A3
LOCAL = (
    "Do not hand this out. The address of this survey works on one computer only. "
    "Ask whoever runs Soundings to set its public address (SOUNDINGS_PUBLIC_URL), then print again."
)


class NumberedCopy(msgspec.Struct, frozen=True):
    """A copy of a form, printed once: its number with its check letter, and the QR code (SVG) that
    finds it.
    """

    code: str
    qr: str


def render_form_pdf(
    instrument: Instrument,
    language: str,
    areas: Sequence[Area],
    send_to: str = "",
    logo: bytes | None = None,
    copies: Sequence[NumberedCopy] = (),
) -> bytes:
    """The form in this language, or in the instrument's first one; the same bytes each time.

    `send_to` is an address whose lines are separated by semicolons or line breaks, `logo` that of
    who asks. With `copies` it is printed once for each, with its number.
    """
    spoken = languages_used(instrument)
    if spoken and language not in spoken:
        language = first_language(instrument.title)
    content = form_layout(instrument, language, areas) | {
        "lang": main_language(language),
        "direction": "rtl" if reads_right_to_left(language) else "ltr",
        "words": dict(form_words(language)),
        "logo": list(logo or b""),
        "send_to": [line.strip() for line in re.split("[;\n]", send_to) if line.strip()],
        "copies": [msgspec.structs.asdict(copy) for copy in copies] or [{"code": "", "qr": ""}],
    }
    return compile_content(msgspec.json.encode(content).decode())


def compile_content(given: str, template: Path = SURVEY) -> bytes:
    """The PDF made of `given`, content as JSON; it is PDF/UA-1 if the fonts have every
    character.
    """
    # Where our font suffices no other is read, so that every machine makes the same bytes.
    packaged = PACKAGED.fullmatch(given) is not None
    return make(typeset_pdf, str(template), given, not packaged, True)


def render_copy_pdf(page: bytes, language: str, direction: str) -> bytes:
    """The PDF of a page of answers: its heading, the words above the answers, and each question
    with its answer.
    """
    content = copy_content(page, language) | {
        "lang": main_language(language),
        "direction": direction,
    }
    return compile_content(msgspec.json.encode(content).decode(), ANSWER_COPY)


def copy_content(page: bytes, language: str) -> dict[str, object]:
    """The words of a page of answers, without what only a screen needs."""
    element = html.fromstring(page.decode()).get_element_by_id("copy")
    for line in element.iter("br"):
        line.tail = "\n" + (line.tail or "")
    rows = element.findall(".//div[@class='govuk-summary-list__row']")
    return {
        "title": words_of(element.find(".//h1")),
        "lines": [words_of(paragraph) for paragraph in element.findall("./p")],
        "rows": [
            [isolated_lines(words_of(row.find(part)), language) for part in ("dt", "dd")]
            for row in rows
        ],
    }


def isolated_lines(text: str, language: str) -> str:
    """The text with each line in its own reading direction, even an English answer on a copy in
    Urdu.
    """
    return "\n".join(isolated_text(line, language) for line in text.split("\n"))


def words_of(element: html.HtmlElement) -> str:
    """The text of an element, line by line as it is written."""
    for block in element.iter("p", "li", "div"):
        block.tail = "\n" + (block.tail or "")
    lines = [" ".join(line.split()) for line in element.text_content().split("\n")]
    return printable_text("\n".join(line for line in lines if line))


def render_dictionary_pdf(dictionary: DataDictionary) -> bytes:
    """The data dictionary as a PDF; the bytes are the same whenever it is made on one day."""
    return compile_content(msgspec.json.encode(dictionary).decode(), DICTIONARY)


class LetterText(msgspec.Struct, frozen=True):
    """The organiser's words for a letter in one language; a blank line separates paragraphs."""

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
    """The PDF of letters, one a page, or of cards, eight a page, for these codes; making it takes a
    while.

    `typed` is the address to print for typing, if it is shorter than the survey's.
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
    return compile_content(msgspec.json.encode(content).decode(), LETTERS)


def letter_version(instrument: Instrument, text: LetterText) -> dict[str, object]:
    """The words of a letter in one language, in the order in which they are printed."""
    fixed = form_words(text.language)
    return {
        "lang": main_language(text.language),
        "direction": "rtl" if reads_right_to_left(text.language) else "ltr",
        "title": wording_text(instrument.title, text.language),
        "words": [
            printable_text(paragraph)
            for part in re.split(r"\n\s*\n", text.words.replace("\r\n", "\n"))
            if (paragraph := part.strip())
        ],
        "how": fixed["scan"],
        "once": fixed["once"],
    }


class Handout(msgspec.Struct, frozen=True, kw_only=True):
    """What a poster or a card says. `scanned` is the address in the QR code, `address` the one to
    type; neither is printed if they work on one computer only.
    """

    instrument: Instrument
    language: str
    scanned: str
    address: str
    minutes: int
    logo: bytes | None = None
    is_local: bool = False


def render_handout(handout: Handout, layout: Layout) -> bytes:
    """The poster or a sheet of cards as a PDF; the same bytes each time."""
    token = LANGUAGE.set(handout.language)
    try:
        content = handout_content(handout)
    finally:
        LANGUAGE.reset(token)
    laid = content | {"layout": layout, "copies": PER_SHEET[layout]}
    return compile_content(msgspec.json.encode(laid).decode(), HANDOUTS)


def handout_content(handout: Handout) -> dict[str, Any]:
    instrument, language = handout.instrument, handout.language
    minutes = ngettext(
        "It takes about %(num)d minute.", "It takes about %(num)d minutes.", handout.minutes
    )
    asks = gettext("%(name)s is asking.") % {
        "name": isolated_text(instrument.organisation, language)
    }
    contact = gettext("Questions about this survey: %(contact)s") % {
        "contact": isolated_text(instrument.contact, language)
    }
    return {
        "lang": main_language(language),
        "direction": "rtl" if reads_right_to_left(language) else "ltr",
        "title": printable_text(wording_text(instrument.title, language)) or instrument.slug,
        "summary": printable_text(wording_text(instrument.summary, language)),
        "asks": asks if instrument.organisation else "",
        "contact": contact if instrument.contact else "",
        "minutes": minutes % {"num": handout.minutes},
        "scan": gettext("Scan this with the camera of your phone"),
        "type": gettext("Or type this address:"),
        "address": "" if handout.is_local else handout.address.partition("://")[2],
        "qr": "" if handout.is_local else draw_qr(handout.scanned, "svg").decode(),
        "qr_alt": gettext("QR code that leads to the survey"),
        "logo": list(handout.logo or b""),
        "local": LOCAL if handout.is_local else "",
    }


def draw_qr(address: str, ending: str) -> bytes:
    """The QR code of an address as SVG, PNG or PDF, with the quiet edge that scanners need."""
    with import_lock("segno"):  # when the first code is drawn: no other page needs it
        import segno

    drawn, written = segno.make_qr(address, error="m"), io.BytesIO()
    options: dict[str, Any] = {"scale": PNG_SCALE} if ending == "png" else {"scale": 10}
    drawn.save(written, kind=ending, border=4, light="white", **options)
    return written.getvalue()
