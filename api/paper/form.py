"""A survey as a PDF on A4 (PDF/UA-1), to fill in with a pen and enter afterwards.

The packaged font has the Latin letters of Europe. For any other script the system's fonts are
searched (Noto Sans and its relatives, if installed), then those that come with typst. A
character that no font has is printed as an empty box, and the file then does not claim PDF/UA.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from api.paper.laying import form_layout
from api.paper.words import form_words, main_language, reads_right_to_left
from api.process.file_tools import typeset_pdf
from api.process.workshop import make
from survey.places import Area
from survey.surveys.instruments import Instrument
from survey.surveys.instruments.instrument import languages_used
from survey.surveys.item_types.doors import first_language

TEMPLATE = Path(__file__).parent / "survey.typ"
# Matched against the whole JSON, so it includes the signs that JSON itself is written with.
PACKAGED = re.compile(
    r"[\n\u200b -~\u00a0-\u0107\u010a-\u0113\u0116-\u011b\u011e-\u0123\u0126\u0127\u012a\u012b"
    r"\u012e-\u0133\u0136\u0137\u0139-\u013e\u0141-\u0148\u0150-\u0155\u0158-\u015b\u015e-\u0165"
    r"\u016a\u016b\u016e-\u017e\u0218-\u021b\u1e80-\u1e85\u1e9e\u2013\u2014\u2018-\u201a"
    r"\u201c-\u201e\u2020\u2022\u2026\u2039\u203a\u20ac\u2122\u2212]*"
)


class NumberedCopy(msgspec.Struct, frozen=True):
    """A form that is printed once: its number with its letter, and the QR code (SVG) to find it."""

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
        "copies": [msgspec.structs.asdict(one) for one in copies] or [{"code": "", "qr": ""}],
    }
    return compile_content(msgspec.json.encode(content).decode())


def compile_content(given: str, template: Path = TEMPLATE) -> bytes:
    """The PDF of some content as JSON: PDF/UA-1 if a font has every character in it."""
    # Where our font suffices no other is read, so that every machine makes the same bytes.
    packaged = PACKAGED.fullmatch(given) is not None
    return make(typeset_pdf, str(template), given, not packaged, True)
