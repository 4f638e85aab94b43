"""How a survey is handed out: its settings, and the ways on which people come to it."""

import datetime
import re
from typing import Literal, get_args

import msgspec

from survey.problems import Conflict, Invalid, Limited, NotFound

WayKind = Literal["address", "link", "poster", "card", "whatsapp", "mail", "embed", "named"]
USUAL_WAYS: tuple[WayKind, ...] = tuple(one for one in get_args(WayKind) if one != "named")
CODE_LETTERS = 7  # 34 bits, so that nobody finds an unlisted survey by trying
WAY_CODE = re.compile(r"[2-9A-Z]{7}")
MOST_WAYS = 40  # that an organiser names
# What a later version of the survey need not repeat: settings that hold until they are changed.
SHOWN_FIELDS = ("unlisted", "organisation", "contact", "thanks", "next_step")
ORIGIN = re.compile(r"(https?)://([a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?)(:[0-9]{1,5})?(/.*)?")
MOST_ORIGINS = 10
FEWEST_CHARACTERS = 8


class SurveySettings(msgspec.Struct, frozen=True):
    """What may change after publishing, apart from the fields that an instrument has too.

    `embedded_by` are the origins of websites that may show the survey's card. `logo_tag` is the
    digest of the picture; empty if there is none. With `asks_proof` a device solves a puzzle before
    it sends.
    """

    password_hash: str = ""
    embedded_by: tuple[str, ...] = ()
    logo_tag: str = ""
    asks_proof: bool = False


class Way(msgspec.Struct, frozen=True):
    """A way to a survey, by its short link; `name` only of a way that the organiser named."""

    code: str
    slug: str
    kind: WayKind
    name: str = ""


class WayWeek(msgspec.Struct, frozen=True):
    """How many began to answer in a week after they came on a way, and how many sent."""

    code: str
    week: datetime.date
    begun: int
    sent: int


def parse_way_code(typed: str) -> str:
    """The code of a way as it is stored; empty if it cannot be one."""
    code = typed.strip().upper()
    return code if WAY_CODE.fullmatch(code) else ""


def parse_origin(typed: str) -> str:
    """The origin of a website's address, such as https://club.example; empty if it is none."""
    found = ORIGIN.fullmatch(typed.strip().lower())
    return f"{found[1]}://{found[2]}{found[4] or ''}" if found and ".." not in found[2] else ""


def password_letters(typed: str) -> str:
    """A survey's password without what a telephone changes: capitals and spaces do not count."""
    return "".join(typed.casefold().split())


unknown_way = NotFound.of(
    "way.unknown", "There is no survey at this short link.", "Check each letter of it."
)
too_many_ways_tried = Limited.of(
    "way.too_often",
    "There were too many wrong short links from here.",
    "Try again in an hour, or use the full address of the survey.",
)
existing_way = Conflict.of(
    "way.exists", "There is a way with this name already.", "Use another name."
)
too_many_ways = Conflict.of(
    "way.too_many",
    f"A survey has {MOST_WAYS} named ways at most.",
    "Use one of those that are there.",
)

unreadable_logo = Invalid.of(
    "logo.unreadable",
    "This logo cannot be used: {why}.",
    "Choose a PNG, JPEG, WebP or HEIC picture.",
)
