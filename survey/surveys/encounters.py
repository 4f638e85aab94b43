"""People whom the police met: whom a wave of asking leaves out, what became of those who were
asked, and the refusals about waves.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, get_args

import msgspec

from survey.problems import Conflict, Fault

# Why somebody is not asked. The first six are rules that a wave may leave to whoever made the
# file; the others hold always.
Rule = Literal["under_16", "domestic_abuse", "death", "medical", "open_complaint", "unwilling"]
Reason = Literal[
    "under_16", "domestic_abuse", "death", "medical", "open_complaint", "unwilling",
    "age_unknown", "too_recent", "asked_before",
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)
REASON_WORDS: dict[Reason, str] = {
    "under_16": "Under 16",
    "domestic_abuse": "Domestic abuse",
    "death": "Somebody died",
    "medical": "A medical emergency",
    "open_complaint": "An open complaint",
    "unwilling": "Asked not to be contacted",
    "age_unknown": "Age not known, so perhaps under 16",
    "too_recent": "Too soon after the encounter",
    "asked_before": "Asked before about the same encounter",
}
RULE_WORDS: dict[Rule, str] = {rule: REASON_WORDS[rule] for rule in RULES}
OLDEST_CHILD = 15
LEAST_WAIT, MOST_WAIT = 1, 365
USUAL_WAIT = 14
AGE_BANDS = ((16, "16-24"), (25, "25-34"), (35, "35-44"), (45, "45-54"), (55, "55-64"), (65, "65+"))
# What may be compared between those who were asked and those who answered, in this order.
Dimension = Literal["kind", "area", "age", "sex", "ethnicity"]
DIMENSIONS: dict[Dimension, str] = {
    "kind": "Kind of encounter",
    "area": "Borough",
    "age": "Age",
    "sex": "Sex",
    "ethnicity": "Ethnic group",
}


class AskingRules(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a wave leaves out: people of these `reasons`, and those whose encounter is less than
    `wait` days ago.
    """

    reasons: tuple[Rule, ...] = RULES
    wait: int = USUAL_WAIT


class Encounter(msgspec.Struct, frozen=True, kw_only=True):
    """One person whom the police met: when, where, how, and what the file says against asking.

    `groups` are the age band, sex and ethnic group, where the file has them.
    """

    reference: str
    day: datetime.date
    kind: str
    area: str
    groups: dict[Dimension, str] = {}
    against: frozenset[Rule] = frozenset()


def reason_against(
    encounter: Encounter, rules: AskingRules, today: datetime.date, asked: Collection[str]
) -> Reason | None:
    """Why this person is not asked; None if they are. `asked` are references of earlier waves."""
    for rule in rules.reasons:
        if rule in encounter.against:
            return rule
    if "under_16" in rules.reasons and "age" not in encounter.groups:
        return "age_unknown"
    if (today - encounter.day).days < rules.wait:
        return "too_recent"
    return "asked_before" if encounter.reference in asked else None


class Tally(msgspec.Struct, frozen=True):
    """How many people were asked, and how many of them answered."""

    asked: int = 0
    answered: int = 0


class WaveSums(msgspec.Struct, frozen=True):
    """The tallies of one wave or several: of everybody, and of each group by dimension."""

    everybody: Tally
    groups: dict[Dimension, dict[str, Tally]]


class AskedPerson(msgspec.Struct, frozen=True):
    """Somebody who was asked, and whether their code was used."""

    kind: str
    area: str
    groups: dict[Dimension, str]
    answered: bool


def sum_people(people: Iterable[AskedPerson]) -> WaveSums:
    """How many of these people were asked and answered, all together and group by group."""
    asked, answered = Counter[tuple[Dimension, str]](), Counter[tuple[Dimension, str]]()
    everybody = [0, 0]
    for person in people:
        places: Mapping[Dimension, str] = {
            "kind": person.kind,
            "area": person.area,
            **person.groups,
        }
        asked.update(places.items())
        answered.update(places.items() if person.answered else ())
        everybody[0] += 1
        everybody[1] += person.answered
    groups: dict[Dimension, dict[str, Tally]] = {}
    for dimension, name in sorted(asked):
        tally = Tally(asked[dimension, name], answered[dimension, name])
        groups.setdefault(dimension, {})[name] = tally
    return WaveSums(Tally(*everybody), groups)


def add_sums(sums: Iterable[WaveSums]) -> WaveSums:
    """The sums over several waves together."""
    asked, answered = 0, 0
    groups: dict[Dimension, dict[str, Tally]] = {}
    for wave in sums:
        asked, answered = asked + wave.everybody.asked, answered + wave.everybody.answered
        for dimension, tallies in wave.groups.items():
            into = groups.setdefault(dimension, {})
            for name, tally in tallies.items():
                before = into.get(name, Tally())
                into[name] = Tally(before.asked + tally.asked, before.answered + tally.answered)
    return WaveSums(Tally(asked, answered), groups)


class AskingWave(msgspec.Struct, frozen=True, kw_only=True):
    """A wave of asking: the days of its encounters, who was left out, and what came of it.

    `outcomes` are unanswered invitations, by reason. A wave that `is_over` has its sums alone.
    """

    id: str
    made_on: datetime.date
    rules: AskingRules
    first_day: datetime.date
    last_day: datetime.date
    left_out: dict[Reason, int]
    outcomes: dict[str, int]
    reminded_on: datetime.date | None
    is_over: bool
    sums: WaveSums


def wait_faults(wait: int | None) -> list[Fault]:
    if wait is not None and LEAST_WAIT <= wait <= MOST_WAIT:
        return []
    return [Fault("wait", f"Enter a whole number of days from {LEAST_WAIT} to {MOST_WAIT}")]


class QuestionCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How often each answer was given to a closed question, by its words.

    `base` people gave an answer; where they could choose `several`, the counts add up to more.
    """

    item: str
    text: str
    several: bool
    base: int
    counts: dict[str, int]


class EncounterAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """A survey of people whom the police met: who was asked by the end of a period, and the answers
    received by then.

    `since` is the day of the first of its `waves`, `first_day` to `last_day` are the days of the
    encounters. `never_asked` are the reasons for not asking somebody that every wave had as a rule;
    `outcomes` counts the unanswered invitations by reason.
    """

    survey: str
    title: str
    since: datetime.date
    waves: int
    first_day: datetime.date
    last_day: datetime.date
    never_asked: tuple[Rule, ...]
    sums: WaveSums
    outcomes: dict[str, int]
    questions: tuple[QuestionCounts, ...]


unneeded_wave = Conflict.of(
    "wave.unneeded",
    "Waves of asking are only for surveys of people whom the police met.",
    "Make a survey of that kind: it is chosen when a survey is begun.",
)
closed_to_waves = Conflict.of(
    "wave.closed",
    "This survey is closed, so nobody can be asked to answer it.",
    "Open the survey again first.",
)
asked_meanwhile = Conflict.of(
    "wave.asked_meanwhile",
    "Somebody has just asked people of this file, perhaps you in another window.",
    "Nothing was saved. Check the file again: who was asked is left out then.",
)
missing_wave = Conflict.of(
    "wave.over", "This wave has ended, or was never made.", "Go back to the waves of the survey."
)
second_reminder = Conflict.of(
    "wave.reminded",
    "People of this wave were reminded already, and nobody is reminded twice.",
    "Nothing was changed.",
)
nobody_to_remind = Conflict.of(
    "wave.nobody_left",
    "No code in this file belongs to somebody of this wave who has not answered.",
    "Choose the file that you saved when the codes of this wave were made.",
)
