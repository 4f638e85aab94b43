"""What people whom the police met answered when they were asked about it afterwards."""

import datetime

import msgspec

from survey.editions.chapters.response import SampleResponse
from survey.editions.figures import FigureStatus
from survey.encounters.asking import Dimension, Rule


class EncounterShare(msgspec.Struct, frozen=True, kw_only=True):
    """How many people gave an answer, and their share (0 to 1) of those who gave any.

    The limits hold for whatever the rounded counts can be.
    """

    words: str
    count: int | None
    share: float | None = None
    low: float | None = None
    high: float | None = None


class EncounterQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A closed question: `base` people gave an answer, or `several`."""

    item: str
    text: str
    several: bool
    base: int | None
    answers: tuple[EncounterShare, ...]
    status: FigureStatus = "shown"


class AskedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group of the people in the files: how many were asked, and how many of them answered."""

    dimension: Dimension
    category: str
    asked: int | None
    answered: int | None
    share_asked: float | None = None
    share_answered: float | None = None


class EncounterSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """A survey of people whom the police met, from the day of its first wave.

    The people asked by the end of the period, and how many of them had answered by the day as of
    which the edition was made; the answers that were received by the end of the period.
    """

    survey: str
    title: str
    since: datetime.date
    waves: int
    first_day: datetime.date
    last_day: datetime.date
    never_asked: tuple[Rule, ...]
    response: SampleResponse
    groups: tuple[AskedGroup, ...] = ()
    questions: tuple[EncounterQuestion, ...] = ()
