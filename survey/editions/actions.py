"""What the working group must not miss, which is changes, findings and alerts; and what it does,
which is marks and agreed actions.
"""

import datetime
from typing import Literal, NamedTuple

import msgspec

from survey.sentences import Sentence

AlertLevel = Literal["red", "amber", "data"]
AlertStatus = Literal["new", "continuing", "closed"]
AlertUnit = Literal[
    "", "points", "per_10_000", "deployments", "complaints", "answers", "ratio", "texts"
]
WEEKS_OPEN = 4
RAISED_KINDS = {
    "under_18": "Use on a person under 18",
    "death": "Death after a use",
    "serious_injury": "Serious injury after a use",
}
EditionMark = Literal["reviewed", "published", "withdrawn"]
ActionStatus = Literal["open", "done", "dropped"]
# The mark that each mark needs first: nothing is published before somebody has reviewed it.
MARK_BEFORE: dict[EditionMark, EditionMark | None] = {
    "reviewed": None,
    "published": "reviewed",
    "withdrawn": "published",
}
IndexVerdict = Literal["", "rose", "fell", "none_larger", "unclear"]
ChangeUnit = Literal["points", "events", "per_10_000", "share", "texts"]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that holds, or held, in one place.

    `key` stays the same from edition to edition, and `of` is what the alert is about besides the
    place. `since` is the day on which it was reported, or the end of the first edition that showed
    it; `until` is the day on which it expires unless the rule holds again. `expected_a_year` is the
    number of alerts that chance alone gives for this rule in a year over all places; None if chance
    gives none. `owner` and `action` are as recorded when the edition was made. `figure` is the
    alert's published figure, in `unit`, and `figure_before` the figure in the edition before; None
    if it is withheld or does not exist.
    """

    key: str
    rule: str
    level: AlertLevel
    domain: str
    sentence: str
    standing: AlertStatus
    since: datetime.date
    until: datetime.date
    expected_a_year: float | None = None
    owner: str = ""
    action: str = ""
    of: str = ""
    unit: AlertUnit = ""
    figure: float | None = None
    figure_before: float | None = None


def expected_by_chance(expected: float) -> Sentence:
    """How many alerts of a rule chance alone gives in a year, in words."""
    if expected < 1:
        return Sentence("fewer than 1 a year")
    return Sentence("about {n} a year", n=f"{expected:.0f}")


class RaisedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that staff reported at once: a use on a child, a death or a serious injury.

    It holds no name and no account of events. `on` is the day of the deployment, `reported` the day
    of the report.
    """

    id: str
    kind: Literal["under_18", "death", "serious_injury"]
    area: str
    on: datetime.date
    reported: datetime.date | None = None


class AlertAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who deals with an alert, and what is being done about it."""

    key: str
    owner: str
    action: str


# An outcome report is about a trial over its whole life; people ask for one.
EditionKind = Literal["weekly", "monthly", "outcome"]


class EditionKey(NamedTuple):
    """The key of an edition: its kind, the first day of its period and its number."""

    kind: str
    start: datetime.date
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.start} {self.number}"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action agreed on an edition: what is to be done, by whom and by when."""

    id: str
    what: str
    owner: str
    due: datetime.date
    status: ActionStatus
    agreed_on: datetime.date
    outcome: str = ""


class ChangeDecomposition(msgspec.Struct, frozen=True, kw_only=True):
    """One figure in two editions; was + answers + restated + recoded + method = now.

    `answers` is the part from new data (answers, texts, complaints and deployments of new days, and
    days that left the window); `restated` from deployments whose figure a publisher changed;
    `recoded` from a newer codebook on the same texts; `method` from newer code or other population
    figures. The parts are None if an intermediate figure is withheld.

    `low` and `high` are the 95 % interval of the change, None if there is none. `looked` is how
    many themes or boroughs were compared to list the largest changes: `allowed` is then the change
    shrunk towards zero as far as all of them suggest, and the interval is that of `allowed`.
    """

    table: str
    figure: str
    domain: str
    unit: ChangeUnit
    was: float
    now: float
    answers: float | None
    restated: float | None
    recoded: float | None
    method: float | None
    low: float | None = None
    high: float | None = None
    allowed: float | None = None
    looked: int = 1


class EditionFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: the estimate with its interval, its confidence, and what follows from it.

    `brief` is its wording for the first lines of the edition; only findings on changes of the whole
    city have it. `was` is the city's index in the window before, if the finding is about the index,
    and `verdict` then says in a word what became of it; both are empty in other findings.
    """

    sentence: str
    confidence: str
    so_what: str
    brief: str = ""
    was: float | None = None
    verdict: IndexVerdict = ""
