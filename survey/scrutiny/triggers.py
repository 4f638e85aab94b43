"""Community triggers: what happens in a borough that obliges the force to answer by a day."""

import datetime
from typing import Literal

import msgspec

from survey.scrutiny.answers import AnswerState

TriggerKind = Literal["number", "each", "child"]
TriggerPeriod = Literal["week", "month", "quarter"]
PERIODS_A_YEAR: dict[TriggerPeriod, float] = {"week": 365.25 / 7, "month": 12.0, "quarter": 4.0}
MOST_DAYS, MOST_COMPLAINTS = 180, 1_000
DAYS_OF_PAST = 364  # the past year from which the expected number is worked out


class CommunityTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of a panel.

    'number': `least` complaints or more in one borough in a calendar period; 'each': every
    complaint; 'child': a complaint by somebody under 16, or a use of force on somebody under 18
    that staff reported at once. `allegation` limits the first two to one kind of complaint. The
    force has `days` to answer.
    """

    id: str
    panel: str
    kind: TriggerKind
    allegation: str
    least: int
    period: TriggerPeriod
    days: int
    since: datetime.date
    ended_on: datetime.date | None = None


class TriggerEvent(AnswerState, frozen=True, kw_only=True):
    """What a trigger was set off by, and what the force answered.

    `happened_on` is the first day of the period, or of the week of a single complaint; `reference`
    that of the complaint, None once it is erased, or where there is no single one.
    """

    id: str
    trigger: str
    panel: str
    area: str
    happened_on: datetime.date
    raised_on: datetime.date
    reference: str | None = None
    words: str | None = None
    version: int = 0
