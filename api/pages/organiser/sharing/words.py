"""Short links of a survey, words to share it with, and how many came by each way."""

import datetime
import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

import msgspec

from analysis.disclosure.counts import FEWEST_TO_COUNT, rounded_base
from api.pages.organiser.building.opening import survey_address
from api.pages.templating import AnyRequest, text_direction, use_language
from api.translating import gettext, ngettext
from survey.formats.languages import ENGLISH_NAMES
from survey.surveys.instruments import Instrument, wording_text
from survey.surveys.sharing import Way, WayKind, WayWeek


def public_base(request: AnyRequest) -> str:
    """The public address of this installation, from its settings; else that of the request."""
    return survey_address(request, "").removesuffix("/surveys/")


def short_link(request: AnyRequest, way: Way) -> str:
    return f"{public_base(request)}/s/{way.code}"


def is_local(request: AnyRequest) -> bool:
    """Whether the address works on this computer only, so that it is no use on a poster."""
    host = urlsplit(public_base(request)).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


WAY_NAMES: dict[WayKind, str] = {
    "address": "Full address, or the list of surveys",
    "link": "Short link",
    "poster": "Poster and QR code",
    "card": "Cards",
    "whatsapp": "WhatsApp",
    "mail": "Email",
    "embed": "Another website",
}


class WayRow(msgspec.Struct, frozen=True):
    """A way with how many began and sent, as far as that may be shown."""

    name: str
    begun: str
    sent: str
    code: str = ""
    link: str = ""


class WayWeekRow(msgspec.Struct, frozen=True):
    week: datetime.date
    name: str
    begun: str
    sent: str


def way_name(way: Way) -> str:
    return way.name or WAY_NAMES[way.kind]


def count_in_words(count: int) -> str:
    """A count as it may be shown. A way may be named for one person, whose link is then theirs
    alone: also nobody is "fewer than 10", or the first count would say that this person came.
    """
    shown = rounded_base(count)
    return f"Fewer than {FEWEST_TO_COUNT}" if shown is None else f"{shown:,} or more"


def count_ways(request: AnyRequest, ways: list[Way], weeks: list[WayWeek]) -> list[WayRow]:
    return [
        WayRow(
            name=way_name(way),
            begun=count_in_words(sum(one.begun for one in weeks if one.code == way.code)),
            sent=count_in_words(sum(one.sent for one in weeks if one.code == way.code)),
            code=way.code,
            link="" if way.kind == "address" else short_link(request, way),
        )
        for way in ways
    ]


def count_weeks(ways: list[Way], weeks: list[WayWeek]) -> list[WayWeekRow]:
    """The weeks and ways on which ten or more began."""
    names = {way.code: way_name(way) for way in ways}
    return [
        WayWeekRow(one.week, names[one.code], count_in_words(one.begun), count_in_words(one.sent))
        for one in weeks
        if one.begun >= FEWEST_TO_COUNT
    ]


class Message(msgspec.Struct, frozen=True):
    """The words to send in one language, and links that open WhatsApp and a mail with them."""

    code: str
    language: str
    direction: str
    text: str
    whatsapp: str
    mail: str


def messages(
    instrument: Instrument, languages: Sequence[str], minutes: int, links: Mapping[str, str]
) -> list[Message]:
    return [message(instrument, code, minutes, links) for code in languages]


def message(instrument: Instrument, code: str, minutes: int, links: Mapping[str, str]) -> Message:
    title = wording_text(instrument.title, code)
    with use_language(code):
        asks = gettext("%(name)s is asking.") % {"name": instrument.organisation}
        long = ngettext(
            "It takes about %(num)d minute.", "It takes about %(num)d minutes.", minutes
        )
        said = [asks] if instrument.organisation else []
        body = "\n".join([title, " ".join([*said, long % {"num": minutes}]), ""])
    whatsapp, mail, plain = (body + links[kind] for kind in ("whatsapp", "mail", "link"))
    lines = mail.replace("\n", "\r\n")  # as mail programs read it
    return Message(
        code=code,
        language=ENGLISH_NAMES.get(code, code),
        direction=text_direction(code),
        text=plain,
        whatsapp="https://wa.me/?text=" + quote(whatsapp),
        mail=f"mailto:?subject={quote(title)}&body={quote(lines)}",
    )
