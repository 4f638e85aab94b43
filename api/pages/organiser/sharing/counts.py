"""How many people came by which way, in the words of the page."""

import datetime

import msgspec

from analysis.disclosure.counts import FEWEST_TO_COUNT
from api.pages.organiser.sharing import addresses
from api.pages.templating import AnyRequest
from survey.surveys.sharing import Way, WayKind, WayWeek

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
    """A way with how many began, and how many sent as far as it may be shown."""

    name: str
    begun: int
    sent: str
    code: str = ""
    link: str = ""


class WayWeekRow(msgspec.Struct, frozen=True):
    week: datetime.date
    name: str
    begun: int
    sent: str


def way_name(way: Way) -> str:
    return way.name or WAY_NAMES[way.kind]


def sent_in_words(sent: int) -> str:
    """How many sent, in steps. Few are not counted out: with the answer of a week they would say
    how that person came, and so would the whole less the other weeks.
    """
    if not sent:
        return "0"
    steps = sent // FEWEST_TO_COUNT
    return f"{steps * FEWEST_TO_COUNT:,} or more" if steps else f"Fewer than {FEWEST_TO_COUNT}"


def count_ways(request: AnyRequest, ways: list[Way], weeks: list[WayWeek]) -> list[WayRow]:
    return [
        WayRow(
            name=way_name(way),
            begun=sum(one.begun for one in weeks if one.code == way.code),
            sent=sent_in_words(sum(one.sent for one in weeks if one.code == way.code)),
            code=way.code,
            link="" if way.kind == "address" else addresses.short_link(request, way),
        )
        for way in ways
    ]


def count_weeks(ways: list[Way], weeks: list[WayWeek]) -> list[WayWeekRow]:
    names = {way.code: way_name(way) for way in ways}
    return [
        WayWeekRow(one.week, names[one.code], one.begun, sent_in_words(one.sent)) for one in weeks
    ]
