"""A survey with its answers as a file that another installation takes in, and what is refused."""

import datetime

import msgspec

from survey.problems import Conflict, Invalid, NotFound
from survey.surveys.instruments import Instrument
from survey.surveys.sharing import SHOWN_FIELDS, OneEach, Quota

FORMAT, FORMAT_VERSION = "soundings-survey", 2
MANIFEST, SETUP, FILES_FOLDER = "manifest.json", "survey.json", "files/"
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


def differing_settings(
    here: SurveySetup, here_quotas: list[Quota], sent: SurveySetup, sent_quotas: list[Quota]
) -> list[str]:
    """The settings of a survey that a package has otherwise than they are here, in words."""
    ours, theirs = settings_in_words(here, here_quotas), settings_in_words(sent, sent_quotas)
    return [words for words, value in ours.items() if value != theirs[words]]


def settings_in_words(setup: SurveySetup, quotas: list[Quota]) -> dict[str, object]:
    """Each setting of a survey by what it is about."""
    # What is set for all versions comes before what the newest one says.
    shown = {one: getattr(setup.versions[-1], one) for one in SHOWN_FIELDS} | setup.shown
    limits = setup.limits or NO_LIMITS
    return {
        "open or closed": setup.closed,
        "listed or only by its link": shown["unlisted"],
        "the password": setup.password_hash,
        "the puzzle for devices": setup.asks_proof,
        "the days": (limits.opens, limits.closes),
        "one answer each": limits.one_each,
        "how many answers": {(one.area, *sorted(one.groups.items())): one.most for one in quotas},
        "who asks": (shown["organisation"], shown["contact"], setup.logo),
        "the last words": (shown["thanks"], shown["next_step"]),
        "the websites that may show it": sorted(setup.embedded_by),
        "paper forms": (setup.send_to, setup.twice),
    }


class UnpackedSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """What taking in a package did, or would do. `other_settings` says in words which settings the
    package has otherwise.
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
