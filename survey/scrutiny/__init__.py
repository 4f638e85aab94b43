"""Scrutiny panels: members, meetings and marks, answers of the force, what makes a panel ask."""

import datetime
from typing import Literal, get_args

import msgspec

from survey.scrutiny.rules import DrawnReference, DrawRule, DrawSummary
from survey.scrutiny.schemes import COLOURS_AND_REASONS, MarkScheme, StepVerdict

REASONS = (
    *("Grounds", "Necessity", "Proportionality", "De-escalation", "Communication"),
    *("Vulnerability", "Fairness", "Recording"),
)
"""The reasons of a mark that a new panel begins with."""
MeetingStage = Literal["planned", "seeded", "drawn", "marking", "joint", "closed", "cancelled"]
MarkColour = Literal["green", "amber", "red", "unsure"]
COLOURS: tuple[MarkColour, ...] = get_args(MarkColour)
LONGEST_WORDS = 4_000
Verdict = Literal["accepted", "partly", "rejected"]
AnswerStanding = Literal["in_time", "late", "overdue", "waiting"]
DAYS_TO_ANSWER = 28
MOST_ANSWER = 4_000
TriggerKind = Literal["number", "each", "child"]
TriggerPeriod = Literal["week", "month", "quarter"]
PERIODS_A_YEAR: dict[TriggerPeriod, float] = {"week": 365.25 / 7, "month": 12.0, "quarter": 4.0}
MOST_DAYS, MOST_COMPLAINTS = 180, 1_000
DAYS_OF_PAST = 364  # the past year from which the expected number is worked out


class ScrutinyPanel(msgspec.Struct, frozen=True, kw_only=True):
    """A panel: its name, its boroughs (none: the whole city), its rule, and how it marks."""

    id: str
    name: str
    about: str
    areas: tuple[str, ...]
    rule: DrawRule
    reasons: tuple[str, ...]
    scheme: MarkScheme = COLOURS_AND_REASONS
    closed: bool


class PanelMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a panel: term of office, and the days of training and vetting."""

    account: str
    name: str
    email: str
    chairs: bool
    term_from: datetime.date
    term_to: datetime.date
    trained_on: datetime.date | None = None
    vetted_on: datetime.date | None = None

    def serves_on(self, day: datetime.date) -> bool:
        """Whether the day is in the term of office."""
        return self.term_from <= day <= self.term_to


class PanelMeeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting so far; areas, rule, reasons and scheme are as on the day when its seed was
    fixed.
    """

    id: str
    panel: str
    panel_name: str
    number: int
    held_on: datetime.date
    areas: tuple[str, ...] | None = None
    rule: DrawRule | None = None
    reasons: tuple[str, ...] | None = None
    scheme: MarkScheme = COLOURS_AND_REASONS
    seed: str | None = None
    seeded_at: datetime.datetime | None = None
    sealed_sha256: str | None = None
    file_name: str | None = None
    file_sha256: str | None = None
    drawn_at: datetime.datetime | None = None
    drawn_sha256: str | None = None
    draw: DrawSummary | None = None
    marking_at: datetime.datetime | None = None
    alone_closed_at: datetime.datetime | None = None
    closed_at: datetime.datetime | None = None
    cancelled_at: datetime.datetime | None = None
    cancelled_because: str | None = None

    @property
    def is_sealed(self) -> bool:
        """Whether the file was handed over before the seed: else it could be fitted to the seed."""
        return self.sealed_sha256 is not None

    @property
    def stage(self) -> MeetingStage:
        """The last step that the meeting has taken."""
        if self.cancelled_at:
            return "cancelled"
        steps: list[tuple[MeetingStage, datetime.datetime | None]] = [
            ("closed", self.closed_at),
            ("joint", self.alone_closed_at),
            ("marking", self.marking_at),
            ("drawn", self.drawn_at),
            ("seeded", self.seeded_at),
        ]
        return next((stage for stage, at in steps if at), "planned")


class RecordField(msgspec.Struct, frozen=True):
    """A field of a record as members see it; a text is masked."""

    label: str
    text: str


class DrawnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was drawn for a meeting."""

    id: str
    meeting: str
    number: int
    reference: str
    stratum: str
    fields: tuple[RecordField, ...]


class PublishedDraw(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that anybody needs to repeat the draw of a meeting, except the file.

    `drawn_sha256` is the digest of the references drawn; only the chair's copy lists them.
    """

    panel: str
    number: int
    held_on: datetime.date
    seed: str
    seeded_at: datetime.datetime
    rule: DrawRule
    sealed_sha256: str | None = None
    file_sha256: str | None = None
    drawn_at: datetime.datetime | None = None
    drawn_sha256: str | None = None
    drawn: tuple[DrawnReference, ...] = ()


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a record; `unsure` means that they cannot tell.

    By a scheme with bands the colour follows from the `score` (None: cannot tell); `steps` says by
    its key which step was met.
    """

    colour: MarkColour
    reasons: tuple[str, ...] = ()
    words: str = ""
    score: int | None = None
    steps: dict[str, StepVerdict] = {}


class OwnMark(Mark, frozen=True, kw_only=True):
    """A mark as a member gives it."""

    watched_video: bool = False


class MemberMark(OwnMark, frozen=True, kw_only=True):
    """A mark of a record from a seat of the meeting; only the store knows who has that seat."""

    record: str
    seat: int


class MinorityView(msgspec.Struct, frozen=True):
    """A view that differs from the joint mark, without a name."""

    colour: MarkColour
    words: str


class JointMark(Mark, frozen=True, kw_only=True):
    """What the panel says of a record together, with the views that differ.

    `video` says whether there was body-worn video, or why not (`schemes.NO_VIDEO`); empty where a
    meeting was held before this was asked.
    """

    record: str
    minority: tuple[MinorityView, ...] = ()
    video: str = ""


class SeatProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a member is: records marked, stepped aside from, and left. Never which mark."""

    account: str
    name: str
    seat: int
    marked: int
    aside: int
    left: int


class AnswerState(msgspec.Struct, frozen=True, kw_only=True):
    """By when an answer is due, and when it was given."""

    due: datetime.date
    answered_on: datetime.date | None = None

    def standing(self, day: datetime.date) -> AnswerStanding:
        if self.answered_on is not None:
            return "late" if self.answered_on > self.due else "in_time"
        return "overdue" if day > self.due else "waiting"


class MarkAnswer(AnswerState, frozen=True, kw_only=True):
    """An amber or red joint mark and the force's answer to it, if there is one.

    `words` are for the panel; `learning` is what the force says it learned, which may be published.
    `version` is that of the last answer, 0 where there is none.
    """

    record: str
    number: int
    stratum: str
    colour: MarkColour
    verdict: Verdict | None = None
    words: str | None = None
    learning: str | None = None
    version: int = 0


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
    is the complaint's, None once it is erased or if no single complaint set the trigger off.
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
