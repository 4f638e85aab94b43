"""What is handed out for a survey: QR codes, a poster on A4, and cards of A5 and A6 to cut."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from api.paper.form import compile_content
from api.paper.qr_codes import draw_qr
from api.paper.words import (
    isolated_text,
    main_language,
    printable_text,
    reads_right_to_left,
)
from api.translating import LANGUAGE, gettext, ngettext
from survey.surveys.instruments import Instrument, wording_text

TEMPLATE = Path(__file__).parent / "handouts.typ"
Layout = Literal["poster", "a5", "a6"]
PER_SHEET = {"poster": 1, "a5": 2, "a6": 4}


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
    return compile_content(msgspec.json.encode(laid).decode(), TEMPLATE)


def handout_content(handout: Handout) -> dict[str, Any]:
    one, language = handout.instrument, handout.language
    minutes = ngettext(
        "It takes about %(num)d minute.", "It takes about %(num)d minutes.", handout.minutes
    )
    asks = gettext("%(name)s is asking.") % {"name": isolated_text(one.organisation, language)}
    contact = gettext("Questions about this survey: %(contact)s") % {
        "contact": isolated_text(one.contact, language)
    }
    return {
        "lang": main_language(language),
        "direction": "rtl" if reads_right_to_left(language) else "ltr",
        "title": printable_text(wording_text(one.title, language)) or one.slug,
        "summary": printable_text(wording_text(one.summary, language)),
        "asks": asks if one.organisation else "",
        "contact": contact if one.contact else "",
        "minutes": minutes % {"num": handout.minutes},
        "scan": gettext("Scan this with the camera of your phone"),
        "type": gettext("Or type this address:"),
        "address": "" if handout.is_local else handout.address.partition("://")[2],
        "qr": "" if handout.is_local else draw_qr(handout.scanned, "svg").decode(),
        "qr_alt": gettext("QR code that leads to the survey"),
        "logo": list(handout.logo or b""),
        "local": LOCAL if handout.is_local else "",
    }


LOCAL = (
    "Do not hand this out. The address of this survey works on one computer only. "
    "Ask whoever runs Soundings to set its public address (SOUNDINGS_PUBLIC_URL), then print again."
)
