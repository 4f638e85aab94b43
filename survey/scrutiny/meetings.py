"""A meeting of a scrutiny panel: its steps, and the records drawn for it."""

import datetime
from typing import Literal

import msgspec

from survey.scrutiny.rules import DrawnReference, DrawRule, DrawSummary

MeetingStage = Literal["planned", "seeded", "drawn", "marking", "joint", "closed", "cancelled"]


class PanelMeeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting as far as it has come; areas, rule and reasons are those of the day of the seed."""

    id: str
    panel: str
    panel_name: str
    number: int
    held_on: datetime.date
    areas: tuple[str, ...] | None = None
    rule: DrawRule | None = None
    reasons: tuple[str, ...] | None = None
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
        """The last step that was taken."""
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
    """All that anybody needs to repeat the draw of a meeting, but the file itself.

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
