"""A scrutiny panel and its members."""

import datetime

import msgspec

from survey.scrutiny.rules import DrawRule

REASONS = (
    *("Grounds", "Necessity", "Proportionality", "De-escalation", "Communication"),
    *("Vulnerability", "Fairness", "Recording"),
)
"""The reasons of a mark that a new panel begins with."""


class ScrutinyPanel(msgspec.Struct, frozen=True, kw_only=True):
    """A panel: its name, its boroughs (none: the whole city), its rule and its reasons."""

    id: str
    name: str
    about: str
    areas: tuple[str, ...]
    rule: DrawRule
    reasons: tuple[str, ...]
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
