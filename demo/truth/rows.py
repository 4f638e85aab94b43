"""One statement of an edition next to the truth, and how well a list of them did."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

Verdict = Literal["holds", "misses", "right", "false", "silent"]
NOT_SHOWN = "Not shown"


class TruthRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an edition says, what is true, and the verdict.

    `kind` is what such figures are counted under, `what` the figure itself. An interval 'holds' the
    truth or 'misses' it, a statement without one is 'right' or 'false', 'silent' is what the
    edition does not say.
    """

    chapter: str
    kind: str
    what: str
    says: str
    truth: str
    verdict: Verdict


class Subject(NamedTuple):
    """What a row is about."""

    chapter: str
    kind: str
    what: str


class SaidInterval(NamedTuple):
    """A figure of an edition with its limits; `unit` follows the numbers, of `places` decimals."""

    value: float | None
    low: float | None
    high: float | None
    places: int = 1
    unit: str = ""

    def text(self, number: float) -> str:
        return f"{number:,.{self.places}f}{self.unit}"


def interval_row(about: Subject, said: SaidInterval, truth: float) -> TruthRow:
    """The row of a figure with an interval; silent where either is missing, or nothing is true."""
    if said.value is None or said.low is None or said.high is None or math.isnan(truth):
        verdict: Verdict = "silent"
        says = NOT_SHOWN if said.value is None else said.text(said.value)
    else:
        verdict = "holds" if said.low <= truth <= said.high else "misses"
        value, low, high = map(said.text, (said.value, said.low, said.high))
        says = f"{value} (95% interval {low} to {high})"
    true = "None" if math.isnan(truth) else said.text(truth)
    return TruthRow(**about._asdict(), says=says, truth=true, verdict=verdict)


def statement_row(about: Subject, says: str, truth: str, *, is_true: bool) -> TruthRow:
    """The row of a statement without an interval."""
    return TruthRow(
        **about._asdict(), says=says, truth=truth, verdict="right" if is_true else "false"
    )


def silent_row(about: Subject, says: str, truth: str) -> TruthRow:
    """The row of something that the edition does not say either way."""
    return TruthRow(**about._asdict(), says=says, truth=truth, verdict="silent")


class VerdictCounts(NamedTuple):
    """How many intervals hold the truth, how many statements are false, what was not said."""

    intervals: int
    held: int
    statements: int
    false: int
    silent: int

    @property
    def sentence(self) -> str:
        parts = []
        if self.intervals:
            parts.append(f"{self.held} of {self.intervals} intervals hold the truth")
        if self.statements:
            right = self.statements - self.false
            parts.append(f"{right} of {self.statements} statements are right")
        if self.silent:
            parts.append(f"{self.silent} figures are not shown")
        return "; ".join(parts) + "."


def count_verdicts(rows: Iterable[TruthRow]) -> VerdictCounts:
    found = Counter(row.verdict for row in rows)
    return VerdictCounts(
        intervals=found["holds"] + found["misses"],
        held=found["holds"],
        statements=found["right"] + found["false"],
        false=found["false"],
        silent=found["silent"],
    )
