"""How many people came by which way, in the words of the page."""

import datetime

import msgspec

from analysis.disclosure.counts import FEWEST_TO_COUNT, rounded_base
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
            link="" if way.kind == "address" else addresses.short_link(request, way),
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
