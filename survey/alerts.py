"""Alerts: what the working group must not overlook, how it stands, and who looks after it."""

import datetime
from typing import Literal

import msgspec

Level = Literal["red", "amber", "data"]
Standing = Literal["new", "continuing", "closed"]
WEEKS_STANDING = 4
KINDS = {
    "under_18": "A person under 18",
    "death": "A death",
    "serious_injury": "A serious injury",
}


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that holds, or held, in one place.

    `key` is the same from edition to edition; `since` is the end of the first edition that told it,
    and `until` the day it expires on unless the rule holds again. `expected_a_year` is how
    many of its rule chance alone gives in a year over all places, None where chance gives none.
    `owner` and `action` are what people had written down when the edition was made.
    """

    key: str
    rule: str
    level: Level
    domain: str
    sentence: str
    standing: Standing
    since: datetime.date
    until: datetime.date
    expected_a_year: float | None = None
    owner: str = ""
    action: str = ""


def by_chance(expected: float | None) -> str:
    """How many alerts of a rule chance alone gives, in words."""
    if expected is None:
        return "none are expected by chance"
    if expected < 1:
        return "fewer than 1 a year is expected by chance"
    return f"about {expected:.0f} a year are expected by chance"


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """What a person reported at once: a child, a death or a serious injury; no name and no story.

    `kind` is one of the coded kinds; `on` the day of the deployment.
    """

    id: str
    kind: Literal["under_18", "death", "serious_injury"]
    area: str
    on: datetime.date


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks after an alert, and what is done about it."""

    key: str
    owner: str
    action: str
