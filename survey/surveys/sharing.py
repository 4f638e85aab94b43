"""What an organiser sets for a published survey, and the package with which a survey moves.

Settings are how it is handed out and the ways on which people come to it, its days, how many
answers it takes, and one answer each. A package is a survey with its answers and settings, as a
file that another installation takes in.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import msgspec

from survey.problems import Conflict, Fault, Invalid, Limited, NotFound
from survey.surveys.instruments import Instrument
from survey.surveys.item_types import Margin
from survey.words import in_local_words

WayKind = Literal["address", "link", "poster", "card", "whatsapp", "mail", "embed", "named"]
USUAL_WAYS: tuple[WayKind, ...] = tuple(kind for kind in get_args(WayKind) if kind != "named")
CODE_LETTERS = 7  # 34 bits, so that nobody finds an unlisted survey by trying
WAY_CODE = re.compile(r"[2-9A-Z]{7}")
MOST_WAYS = 40  # that an organiser names
# What a later version of the survey need not repeat: settings that hold until they are changed.
SHOWN_FIELDS = ("unlisted", "organisation", "contact", "thanks", "next_step")
ORIGIN = re.compile(r"(https?)://([a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?)(:[0-9]{1,5})?(/.*)?")
MOST_ORIGINS = 10
FEWEST_CHARACTERS = 8
OneEach = Literal["none", "device", "code"]
# Fewer could show an organiser that somebody of a small group has answered.
FEWEST_OF_A_GROUP = 10
MOST_ANSWERS = 1_000_000
MOST_QUOTAS = 200
FORMAT, FORMAT_VERSION = "soundings-survey", 2
MANIFEST, SETUP, FILES_FOLDER = "manifest.json", "survey.json", "files/"


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
    match = ORIGIN.fullmatch(typed.strip().lower())
    return f"{match[1]}://{match[2]}{match[4] or ''}" if match and ".." not in match[2] else ""


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


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """At most `most` answers from a borough and groups of people; from everybody if neither is
    given. `answers` are stored already.
    """

    id: int = 0
    area: str | None = None
    groups: dict[Margin, str] = {}
    most: int
    answers: int = 0

    @property
    def is_full(self) -> bool:
        return self.answers >= self.most

    @property
    def is_of_everybody(self) -> bool:
        return self.area is None and not self.groups


class SurveyLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a survey; `quotas` without the answers that are stored, which change often."""

    survey: str
    opens: datetime.date | None = None
    closes: datetime.date | None = None
    one_each: OneEach = "none"
    quotas: tuple[Quota, ...] = ()


class Respondent(msgspec.Struct, frozen=True):
    """What quotas ask of a person: the borough, and a group for each margin that they answered."""

    area: str
    groups: dict[Margin, str]


def respondent_of(instrument: Instrument, area: str, answers: Mapping[str, object]) -> Respondent:
    """The borough and groups of somebody with these answers; without what they did not say."""
    groups = {margin: item.kind_of(answers) for margin, item in instrument.margins().items()}
    return Respondent(area, {margin: kind for margin, kind in groups.items() if kind})


def is_counted(quota: Quota, person: Respondent) -> bool:
    """Whether an answer of this person counts for a quota."""
    return quota.area in (None, person.area) and all(
        person.groups.get(margin) == group for margin, group in quota.groups.items()
    )


def find_full_quota(quotas: Iterable[Quota], person: Respondent) -> Quota | None:
    """The first quota that leaves no place for this person."""
    return next((quota for quota in quotas if quota.is_full and is_counted(quota, person)), None)


def group_names(instrument: Instrument) -> dict[Margin, dict[str, list[str]]]:
    """The groups that a survey tells apart, by margin, each with the options that belong to it."""
    margins: dict[Margin, dict[str, list[str]]] = {}
    for margin, item in instrument.margins().items():
        groups = margins.setdefault(margin, {})
        for option, kind in item.kinds().items():
            groups.setdefault(kind, []).append(option)
    return margins


def quota_faults(quota: Quota, instrument: Instrument, areas: set[str]) -> list[Fault]:
    """The faults of a quota for a borough or a group, by field."""
    wrong = []
    if quota.is_of_everybody:
        wrong.append(Fault("area", in_local_words("Choose a borough, a group of people, or both")))
    if quota.area is not None and quota.area not in areas:
        wrong.append(Fault("area", in_local_words("Choose a borough from the list")))
    known = group_names(instrument)
    wrong += [
        Fault(margin, "Choose one of the groups that the survey asks about")
        for margin, group in quota.groups.items()
        if group not in known.get(margin, {})
    ]
    if not FEWEST_OF_A_GROUP <= quota.most <= MOST_ANSWERS:
        least = f"Enter a whole number from {FEWEST_OF_A_GROUP} to {MOST_ANSWERS:,}"
        wrong.append(Fault("places", least))
    return wrong


# In the order in which they can be taken in: what refers to something comes after it. What is not
# here stays: passphrases, drafts, answers that look like spam, phones and their marks, kiosks,
# uploads, webhooks, keys.
PARTS = (
    "erased", "answers", "texts", "files", "codes", "member-codes", "quotas", "ways", "way-weeks",
    "letters",
)  # fmt: skip


class PackageEntry(msgspec.Struct, frozen=True):
    """A file of a package, and its SHA-256."""

    name: str
    sha256: str


class PackageManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a package: which survey, of which city, and every other file with its digest.

    `texts_left_out` are those that no machine had read when it was made, so that names in them
    could not be masked; `files_left_out` those that no virus scanner had looked at.
    `answers_left_out` look like spam and wait for the organiser.
    """

    format: str
    format_version: int
    slug: str
    city: str
    made_on: datetime.date
    answers: int
    texts_left_out: int
    files_left_out: int = 0
    answers_left_out: int = 0
    entries: list[PackageEntry]


class MovedLimits(msgspec.Struct, frozen=True):
    """The days of a survey, and how each person answers once."""

    opens: datetime.date | None
    closes: datetime.date | None
    one_each: OneEach


class SurveySetup(msgspec.Struct, frozen=True, kw_only=True):
    """Every version of a survey, and what its organiser has set for it."""

    versions: list[Instrument]
    closed: bool
    shown: dict[str, object] = {}
    password_hash: str = ""
    embedded_by: list[str] = []
    logo: bytes | None = None
    asks_proof: bool = False
    limits: MovedLimits | None = None
    send_to: str = ""
    twice: bool = False


NO_LIMITS = MovedLimits(None, None, "none")


def settings_in_words(setup: SurveySetup, quotas: list[Quota]) -> dict[str, object]:
    """What is set for a survey, each setting under words that say what it is about."""
    # What is set for all versions comes before what the newest one says.
    shown = {field: getattr(setup.versions[-1], field) for field in SHOWN_FIELDS} | setup.shown
    limits = setup.limits or NO_LIMITS
    return {
        "open or closed": setup.closed,
        "listed or only by its link": shown["unlisted"],
        "the password": setup.password_hash,
        "the puzzle for devices": setup.asks_proof,
        "the days": (limits.opens, limits.closes),
        "one answer each": limits.one_each,
        "how many answers": {
            (quota.area, *sorted(quota.groups.items())): quota.most for quota in quotas
        },
        "who asks": (shown["organisation"], shown["contact"], setup.logo),
        "the last words": (shown["thanks"], shown["next_step"]),
        "the websites that may show it": sorted(setup.embedded_by),
        "paper forms": (setup.send_to, setup.twice),
    }


class UnpackedSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """What taking in a package did, or would do. `other_settings` says in words which settings
    differ in the package.
    """

    slug: str
    is_new: bool
    versions: int
    answers: int
    answers_new: int
    texts_new: int
    files_new: int
    erased: int
    manifest: PackageManifest
    other_settings: list[str]
    stored: int  # answers that the survey has here afterwards


damaged_package = Invalid.of(
    "package.damaged",
    "This is not a whole survey package: {why}.",
    "Make it again where it comes from. Nothing was saved.",
)
costly_password = Invalid.of(
    "package.password",
    "The password of this survey is hashed in a way that this installation does not use.",
    "Take the password away where the package comes from, and make it again. Nothing was saved.",
)
newer_package = Invalid.of(
    "package.newer",
    "This survey package has format {version}, which this version does not know.",
    "Update this installation first. Nothing was saved.",
)
large_package = Invalid.of(
    "package.too_large",
    "This survey package is too large for the page.",
    "Use the command unpack-survey. Nothing was saved.",
)
other_version = Conflict.of(
    "package.other_version",
    "Version {version} of {slug} here is not the one in the package.",
    "Two surveys have the same address: they cannot become one. Nothing was saved.",
)
other_answers = Conflict.of(
    "package.other_answers",
    "An answer in the package has the id or the reference of another answer here.",
    "Nothing was saved. Tell whoever runs the other installation.",
)
other_city = Invalid.of(
    "package.other_city",
    "The answers come from areas of {city} that this installation does not have.",
    "Load the same city first. Nothing was saved.",
)
package_without_owner = Invalid.of(
    "package.no_owner",
    "This survey is new here, so somebody has to own it.",
    "Say which organiser or administrator, by the email address of the account.",
)
unknown_owner = NotFound.of(
    "package.unknown_owner",
    "There is no open account of an organiser or administrator for {email}.",
    "Look at the list of accounts.",
)
