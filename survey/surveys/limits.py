"""What an organiser sets for a published survey: its days, how many answers, one answer each."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from survey.problems import Fault
from survey.surveys.instruments import Instrument
from survey.surveys.item_types import Margin

OneEach = Literal["none", "device", "code"]
# Fewer could show an organiser that somebody of a small group has answered.
FEWEST_OF_A_GROUP = 10
MOST_ANSWERS = 1_000_000
MOST_QUOTAS = 200


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
    return next((one for one in quotas if one.is_full and is_counted(one, person)), None)


def group_names(instrument: Instrument) -> dict[Margin, dict[str, list[str]]]:
    """The groups that a survey's questions tell apart, each with the options that count as it."""
    found: dict[Margin, dict[str, list[str]]] = {}
    for margin, item in instrument.margins().items():
        groups = found.setdefault(margin, {})
        for option, kind in item.kinds().items():
            groups.setdefault(kind, []).append(option)
    return found


def quota_faults(quota: Quota, instrument: Instrument, areas: set[str]) -> list[Fault]:
    """The faults of a quota for a borough or a group, by field."""
    wrong = []
    if quota.is_of_everybody:
        wrong.append(Fault("area", "Choose a borough, a group of people, or both"))
    if quota.area is not None and quota.area not in areas:
        wrong.append(Fault("area", "Choose a borough from the list"))
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
