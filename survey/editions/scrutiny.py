"""What a scrutiny panel found in the records of a meeting, and what the force answered."""

import datetime
from typing import Literal

import msgspec

from survey.editions.actions import Action
from survey.scrutiny.rules import RecordKind

MARK_FIELDS = ("green", "amber", "red", "unsure")


class StratumMarks(msgspec.Struct, frozen=True, kw_only=True):
    """A stratum of a draw: how many records it has, how many were drawn, and their joint marks.

    `together` says that several strata share this public row. `unsure` counts "cannot tell".
    `least` and `most` are the share of drawn records marked amber or red, without and with "cannot
    tell"; `low` to `high` are the 95 % limits for all records of the stratum. A figure is None if
    it is withheld.
    """

    name: str
    always: bool = False
    together: bool = False
    size: int | None = None
    drawn: int | None = None
    green: int | None = None
    amber: int | None = None
    red: int | None = None
    unsure: int | None = None
    marked: int | None = None
    least: float | None = None
    most: float | None = None
    low: float | None = None
    high: float | None = None


class PanelEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """The share of all records that the panel would mark amber or red (0 to 1).

    `least` counts "cannot tell" as neither amber nor red, `most` counts it as amber or red; the 95
    % limits `low` to `high` hold for both. The public share is rounded to `step`.
    """

    records: int | None
    drawn: int | None
    least: float | None
    most: float | None
    low: float | None
    high: float | None
    standard_error: float | None = None
    method: str = ""
    step: float = 0.0


class MarkAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far members agreed when each marked alone: Krippendorff's α with its 95 % limits.

    `records` is how many records were marked by two members or more.
    """

    records: int | None
    alpha: float | None
    low: float | None
    high: float | None


class AnswerCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers were asked of the force: given in time or late, overdue, or not due yet."""

    asked: int | None = 0
    in_time: int | None = 0
    late: int | None = 0
    overdue: int | None = 0
    waiting: int | None = 0


class StepMarks(msgspec.Struct, frozen=True, kw_only=True):
    """What the panel said together of a step in the drawn records, and how far members agreed on
    it when each marked alone ("cannot tell" is no answer).
    """

    key: str
    words: str
    met: int | None = None
    not_met: int | None = None
    unsure: int | None = None
    agreement: MarkAgreement | None = None


class ReasonMarks(msgspec.Struct, frozen=True, kw_only=True):
    """Of how many drawn records the panel gave a reason."""

    reason: str
    given: int | None = None


class NoVideoRecords(msgspec.Struct, frozen=True):
    """How many drawn records had no body-worn video for a reason (`schemes.NO_VIDEO`)."""

    reason: str
    number: int | None


class VideoCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many drawn records had body-worn video, had none, or nobody knew."""

    there: int | None
    none: int | None
    unknown: int | None
    reasons: tuple[NoVideoRecords, ...] = ()


class MeetingDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What joint marks say besides their colours, by the scheme of the meeting."""

    scheme: str = ""
    steps: tuple[StepMarks, ...] = ()
    reasons: tuple[ReasonMarks, ...] = ()
    video: VideoCounts | None = None


class RulePart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the rule of a draw: records left out, always included, or drawn by chance."""

    name: str
    part: Literal["left_out", "always", "chance"]
    take: int | None = None


class LeftOutRecords(msgspec.Struct, frozen=True):
    """How many records could not be drawn, and why."""

    reason: str
    number: int | None


class MeetingReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a meeting of a scrutiny panel.

    `first` to `last` are the days of the records; answers and actions are as on the day `as_of`.
    With the `rule` and the `seed`, whoever has the file of `file_sha256` can draw the records
    again: everybody if it is public (`file_is_public`). `sealed` says whether the force had handed
    the file over before the seed was fixed; None in older reports. `marks` are those of all strata
    together. `triggers` are the answers that the panel's triggers asked for, from the day after its
    last meeting (`triggers_from`) to this meeting.
    """

    meeting: str
    panel: str
    number: int
    held_on: datetime.date
    as_of: datetime.date
    areas: tuple[str, ...] = ()
    kind: RecordKind = "force"
    file_is_public: bool = False
    rule: tuple[RulePart, ...] = ()
    seed: str = ""
    seeded_on: datetime.date | None = None
    sealed: bool | None = None
    file_sha256: str = ""
    drawn_sha256: str = ""
    first: datetime.date | None = None
    last: datetime.date | None = None
    rows: int | None = None
    left_out: tuple[LeftOutRecords, ...] = ()
    strata: tuple[StratumMarks, ...] = ()
    marks: StratumMarks | None = None
    estimate: PanelEstimate | None = None
    agreement: MarkAgreement | None = None
    members: int | None = None
    answers: AnswerCounts | None = None
    triggers: AnswerCounts | None = None
    triggers_from: datetime.date | None = None
    actions: tuple[Action, ...] = ()
    overdue_actions: int = 0
    synthetic: bool = False
    # Left out of the bytes where unset, so that a report stored before there were details has the
    # same fingerprint.
    details: MeetingDetails | msgspec.UnsetType = msgspec.UNSET


class SafeMeetingReport(MeetingReport, frozen=True, kw_only=True):
    """A report that passed its gate, which alone makes one: only these are published."""
