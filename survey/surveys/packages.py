"""A survey with its answers as a file that another installation takes in, and what is refused."""

import datetime

import msgspec

from survey.problems import Conflict, Invalid, NotFound
from survey.surveys.instruments import Instrument
from survey.surveys.limits import OneEach

FORMAT, FORMAT_VERSION = "soundings-survey", 1
MANIFEST, SETUP, FILES_FOLDER = "manifest.json", "survey.json", "files/"
# In the order in which they can be taken in: what refers to something comes after it. What is not
# here stays: passphrases, drafts, phones and their marks, kiosks, uploads, webhooks, keys.
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
    could not be masked.
    """

    format: str
    format_version: int
    slug: str
    city: str
    made_on: datetime.date
    answers: int
    texts_left_out: int
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


class UnpackedSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """What taking in a package did, or would do."""

    slug: str
    is_new: bool
    versions: int
    answers: int
    answers_new: int
    texts_new: int
    files_new: int
    erased: int
    texts_left_out: int
    stored: int  # answers that the survey has here afterwards


def damaged_package(why: str) -> Invalid:
    return Invalid(
        "package.damaged",
        f"This is not a whole survey package: {why}.",
        "Make it again where it comes from. Nothing was saved.",
    )


def newer_package(version: int) -> Invalid:
    return Invalid(
        "package.newer",
        f"This survey package has format {version}, which this version does not know.",
        "Update this installation first. Nothing was saved.",
    )


def large_package() -> Invalid:
    return Invalid(
        "package.too_large",
        "This survey package is too large for the page.",
        "Use the command unpack-survey. Nothing was saved.",
    )


def other_version(slug: str, version: int) -> Conflict:
    return Conflict(
        "package.other_version",
        f"Version {version} of {slug} here is not the one in the package.",
        "Two surveys have the same address: they cannot become one. Nothing was saved.",
    )


def other_answers() -> Conflict:
    return Conflict(
        "package.other_answers",
        "An answer in the package has the id or the reference of another answer here.",
        "Nothing was saved. Tell whoever runs the other installation.",
    )


def other_city(city: str) -> Invalid:
    return Invalid(
        "package.other_city",
        f"The answers come from areas of {city} that this installation does not have.",
        "Load the same city first. Nothing was saved.",
    )


def package_without_owner() -> Invalid:
    return Invalid(
        "package.no_owner",
        "This survey is new here, so somebody has to own it.",
        "Say which organiser or administrator, by the email address of the account.",
    )


def unknown_owner(email: str) -> NotFound:
    return NotFound(
        "package.unknown_owner",
        f"There is no open account of an organiser or administrator for {email}.",
        "Look at the list of accounts.",
    )
