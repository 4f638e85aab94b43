"""What people whom the police met answered to one survey, as counts for an edition."""

import datetime

import msgspec

from survey.encounters.asking import Rule, WaveSums


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

    `since` is the day of the first of its `waves`, `first_day` to `last_day` those of the
    encounters. `never_asked` are rules that all waves have; `outcomes` are invitations without an
    answer, by why.
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
