"""The rule of a scrutiny panel: which records are drawn, and what a record may show."""

import datetime
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from survey.sentences import with_noun

RecordKind = Literal["force", "search", "other"]
MOST_PARTS = 30
DAY = re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)|(?P<D>\d\d?)/(?P<M>\d\d?)/(?P<Y>\d{4})")
MOST_DRAWN = 60
"""Records that a stratum may draw for one meeting: a panel reads twenty or so in an evening."""


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Holds if a cell in any of the columns is one of the values, or a number from least to most.

    Case and spaces around a value do not matter.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None

    def holds(self, cells: Mapping[str, str]) -> bool:
        """Whether a record with these cells, by comparable heading, meets the condition."""
        return any(self.accepts(cells.get(comparable_word(column), "")) for column in self.columns)

    def accepts(self, cell: str) -> bool:
        if comparable_word(cell) in {comparable_word(value) for value in self.values}:
            return True
        if self.least is None and self.most is None:
            return False
        try:
            number = float(cell)
        except ValueError:
            return False
        return (self.least is None or number >= self.least) and (
            self.most is None or number <= self.most
        )


class DrawPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records that meet all of the `conditions`; `take` is how many of them are drawn, None for
    all.

    For records that are left out, the name is the reason.
    """

    name: str
    conditions: tuple[Condition, ...] = ()
    take: int | None = None

    def fits(self, cells: Mapping[str, str]) -> bool:
        return all(condition.holds(cells) for condition in self.conditions)


class ShownFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The columns that a record may show: `plain` as they are, `texts` masked, and `months` with
    only the month of a date.
    """

    plain: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    months: tuple[str, ...] = ()


class DrawRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a panel draws: a record belongs to the first part that it fits.

    First come the records that are left out, then those that are always included, then the
    strata. `reference` is the column that names a record; without one a digest of its cells does.
    `day` is the column with the day of a record, if there is one. `file_is_public` if anybody can
    get the file, such as the one that the Met publishes: then anybody can repeat the draw.
    """

    kind: RecordKind = "other"
    file_is_public: bool = False
    reference: str = ""
    day: str = ""
    leave_out: tuple[DrawPart, ...] = ()
    always: tuple[DrawPart, ...] = ()
    strata: tuple[DrawPart, ...] = ()
    shows: ShownFields = ShownFields()

    def conditions(self) -> list[Condition]:
        parts = (*self.leave_out, *self.always, *self.strata)
        return [condition for part in parts for condition in part.conditions]

    def headings(self) -> list[str]:
        """The headings of all columns that the rule reads, each once, as the rule writes them."""
        named = [column for condition in self.conditions() for column in condition.columns]
        shown = (*self.shows.plain, *self.shows.texts, *self.shows.months)
        read = (self.reference, self.day, *named, *shown)
        return list({comparable_word(word): word for word in read[::-1] if word}.values())[::-1]

    def columns(self) -> frozenset[str]:
        """The comparable headings of all columns that the rule reads."""
        return frozenset(comparable_word(heading) for heading in self.headings())


class FrameStratum(msgspec.Struct, frozen=True, kw_only=True):
    """A stratum of a drawn file: its records and how many were drawn.

    The probability of each record is drawn / size.
    """

    name: str
    size: int
    drawn: int
    always: bool = False


class ExcludedRecords(msgspec.Struct, frozen=True):
    """How many records a rule left out, and why."""

    reason: str
    number: int


class DrawnReference(msgspec.Struct, frozen=True):
    """A record that was drawn, and its stratum."""

    reference: str
    stratum: str


class DrawSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a draw besides the drawn records; `unplaced` records are in no stratum.

    `first` and `last` are the days of the records in strata, where the rule names a column of days.
    """

    rows: int
    first: datetime.date | None = None
    last: datetime.date | None = None
    strata: tuple[FrameStratum, ...]
    left_out: tuple[ExcludedRecords, ...] = ()
    unplaced: int = 0


class RecordDraw(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a draw: its records in the order of the rule, and its summary."""

    records: tuple[DrawnReference, ...]
    summary: DrawSummary


def comparable_word(text: str) -> str:
    """A heading or a value for comparison: lower case, single spaces."""
    return " ".join(text.casefold().split())


def parse_record_day(cell: str) -> datetime.date | None:
    """The day at the beginning of a cell, such as 2026-04-09 or 9/4/2026; None if there is none."""
    if not (match := DAY.match(cell)):
        return None
    year, month, day = (match[letter] or match[other] for letter, other in ("yY", "mM", "dD"))
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def condition_words(condition: Condition) -> str:
    """A condition in words: "SubjectAge is 0-10 or 11-17"."""
    columns = " or ".join(condition.columns)
    told = [" or ".join(condition.values)] if condition.values else []
    if condition.least is not None and condition.most is not None:
        told.append(f"from {condition.least:g} to {condition.most:g}")
    elif condition.least is not None:
        told.append(f"{condition.least:g} or more")
    elif condition.most is not None:
        told.append(f"{condition.most:g} or less")
    return f"{columns} is {' or '.join(told)}"


def part_words(part: DrawPart) -> str:
    """The conditions of a part in words."""
    return " and ".join(map(condition_words, part.conditions)) or "every other record"


def rule_sentences(rule: DrawRule) -> list[str]:
    """The rule as sentences, in the order in which it is applied."""
    return [
        *(f"Left out, because “{part.name}”: {part_words(part)}." for part in rule.leave_out),
        *(f"{part.name}: every one is included ({part_words(part)})." for part in rule.always),
        *(
            f"{stratum.name}: {with_noun(stratum.take or 0, 'record')} drawn by chance"
            f" ({part_words(stratum)})."
            for stratum in rule.strata
        ),
        *([PUBLIC_FILE] if rule.file_is_public else []),
    ]


PUBLIC_FILE = "Anybody can get the file and repeat the draw, so the report may withhold the share."
CHILD = Condition(columns=("SubjectAge",), values=("0-10", "11-17"))
FIRED = Condition(
    columns=("CED Fired", "CED2 Fired", "CED3 Fired", "CED4 Fired", "Firearms Fired"),
    values=("Yes",),
)
MET_FORCE = DrawRule(
    kind="force",
    file_is_public=True,
    day="IncidentDate",
    leave_out=(
        DrawPart(
            name="Outside the area of the force",
            conditions=(Condition(columns=("Borough",), values=("Out of force",)),),
        ),
    ),
    always=(DrawPart(name="Fired at a child", conditions=(CHILD, FIRED)),),
    strata=(
        DrawPart(name="Under 18", conditions=(CHILD,), take=4),
        DrawPart(name="Fired", conditions=(FIRED,), take=4),
        DrawPart(
            name="Person injured",
            conditions=(Condition(columns=("SubjectInjured",), values=("Yes",)),),
            take=4,
        ),
        DrawPart(
            name="Mental health",
            conditions=(Condition(columns=("Impact Factor: Mental Health",), values=("Yes",)),),
            take=4,
        ),
        DrawPart(
            name="Black people",
            conditions=(
                Condition(columns=("SubjectEthnicity",), values=("Black (or Black British)",)),
            ),
            take=4,
        ),
        DrawPart(name="All others", take=4),
    ),
    shows=ShownFields(
        plain=(
            *("Borough", "SubjectAge", "SubjectGender", "SubjectEthnicity", "PrimaryConduct"),
            *("Impact Factor: Mental Health", "CED Used", "CED Fired", "SubjectInjured"),
        ),
        months=("IncidentDate",),
    ),
)
YOUNG_SEARCH = Condition(columns=("Age range",), values=("under 10", "10-17"))
POLICE_SEARCH = DrawRule(
    kind="search",
    file_is_public=True,
    day="Date",
    strata=(
        DrawPart(name="Under 18", conditions=(YOUNG_SEARCH,), take=6),
        DrawPart(
            name="More than outer clothing removed",
            conditions=(
                Condition(
                    columns=("Removal of more than just outer clothing",), values=("True", "Yes")
                ),
            ),
            take=6,
        ),
        DrawPart(name="All others", take=6),
    ),
    shows=ShownFields(
        plain=(
            *("Type", "Gender", "Age range", "Officer-defined ethnicity", "Legislation"),
            *("Object of search", "Outcome"),
        ),
        months=("Date",),
    ),
)
READY_RULES: dict[RecordKind, DrawRule] = {
    "force": MET_FORCE,
    "search": POLICE_SEARCH,
    "other": DrawRule(),
}
"""The rule that a new panel begins with, by the kind of its records."""
