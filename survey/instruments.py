"""The instrument: the ordered items that one version of a survey puts to a respondent."""

import datetime
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from survey.problems import Fault, bad_instrument

DECLINED = "prefer_not_to_say"
DONT_KNOW = "dont_know"
NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
WITHHELD = frozenset({DECLINED, DONT_KNOW})

Wording = dict[str, str]
Mode = Literal["sampled", "open"]
Margin = Literal["age", "sex", "ethnicity", "disability"]
# The kinds of residents that answers are weighed to; another answer counts as not told.
KINDS: dict[Margin, tuple[str, ...]] = {
    "age": ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"),
    "sex": ("female", "male"),
    "ethnicity": ("asian", "black", "mixed", "white", "other"),
    "disability": ("yes", "no"),
}


def said(wording: Wording, language: str = "en") -> str:
    """The wording in a language, or in the first language that it was written in."""
    return wording.get(language) or next(iter(wording.values()), "")


class Option(msgspec.Struct, frozen=True):
    """One answer; `kind` the kind of residents it counts as, where that is not its own name."""

    name: str
    text: Wording
    kind: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every question has; `name` is its key in the answers and never changes."""

    name: str
    text: Wording
    short: Wording = {}
    hint: Wording = {}
    required: bool = False
    may_decline: bool = False


class Choice(Item, frozen=True, kw_only=True, tag="choice"):
    """One of the options; `margin` says which kinds of residents the options are."""

    options: tuple[Option, ...]
    margin: Margin | None = None

    def kinds(self) -> dict[str, str]:
        """The kind of residents that each option counts as."""
        return {option.name: option.kind or option.name for option in self.options}

    def kind_of(self, answers: Mapping[str, Any]) -> str:
        """Which kind of residents somebody is by what was answered; '' where that is not told."""
        answer = answers.get(self.name)
        return self.kinds().get(answer, answer) if isinstance(answer, str) else ""


class Choices(Item, frozen=True, kw_only=True, tag="choices"):
    options: tuple[Option, ...]
    most: int | None = None


class Agreement(Item, frozen=True, kw_only=True, tag="agreement"):
    """A five-point Likert item, 1 (lowest label) to 5; `reverse` where 5 is the bad end."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    reverse: bool = False


class Row(msgspec.Struct, frozen=True):
    name: str
    text: Wording
    reverse: bool = False


class Grid(Item, frozen=True, kw_only=True, tag="grid"):
    """Several Likert rows under one set of labels; each row's answer stands under its own name."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    rows: tuple[Row, ...]


class Scale(Item, frozen=True, kw_only=True, tag="scale"):
    low: int = 0
    high: int = 10
    low_label: Wording = {}
    high_label: Wording = {}


class Text(Item, frozen=True, kw_only=True, tag="text"):
    """What a person writes in their own words; `long` gets more room on the page."""

    long: bool = True
    most: int = 5_000


class Whole(Item, frozen=True, kw_only=True, tag="whole"):
    least: int = 0
    most: int = 1_000_000


class Decimal(Item, frozen=True, kw_only=True, tag="decimal"):
    least: float = 0
    most: float = 1_000_000


class Date(Item, frozen=True, kw_only=True, tag="date"):
    """A day; `future` says whether one that has not come yet makes sense."""

    future: bool = False


class Rank(Item, frozen=True, kw_only=True, tag="rank"):
    options: tuple[Option, ...]


class Consent(Item, frozen=True, kw_only=True, tag="consent"):
    """Must be ticked where required; kept as true."""


class Note(Item, frozen=True, kw_only=True, tag="note"):
    """Words without a question."""


AnyItem = (
    Choice
    | Choices
    | Agreement
    | Grid
    | Scale
    | Text
    | Whole
    | Decimal
    | Date
    | Rank
    | Consent
    | Note
)


class Index(msgspec.Struct, frozen=True):
    """A dated scale over Likert items; another set of items is another version, a new series."""

    version: str
    items: tuple[str, ...]
    fewest: int


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a survey; once published it never changes."""

    slug: str
    version: int
    mode: Mode
    kind: Literal["survey", "feedback", "complaint"]
    title: Wording
    summary: Wording
    items: tuple[AnyItem, ...]
    index: Index | None = None
    opens: datetime.date | None = None
    closes: datetime.date | None = None

    def named(self, name: str) -> AnyItem:
        return next(item for item in self.items if item.name == name)

    def answer_names(self) -> list[str]:
        return [name for item in self.items for name in names_of(item)]

    def likert(self) -> dict[str, bool]:
        """The Likert answers and whether each is reverse-scored."""
        found: dict[str, bool] = {}
        for item in self.items:
            if isinstance(item, Agreement):
                found[item.name] = item.reverse
            elif isinstance(item, Grid):
                found |= {row.name: row.reverse for row in item.rows}
        return found

    def texts(self) -> list[str]:
        return [item.name for item in self.items if isinstance(item, Text)]

    def margins(self) -> dict[Margin, Choice]:
        """Which question tells the category of each population margin."""
        return {
            item.margin: item
            for item in self.items
            if isinstance(item, Choice) and item.margin is not None
        }

    def is_open(self, today: datetime.date) -> bool:
        return (self.opens is None or self.opens <= today) and (
            self.closes is None or today <= self.closes
        )


def names_of(item: AnyItem) -> list[str]:
    if isinstance(item, Note):
        return []
    return [row.name for row in item.rows] if isinstance(item, Grid) else [item.name]


def check(instrument: Instrument) -> Instrument:
    """Refuse a definition that cannot be answered."""
    faults = [
        *faults_of_names(instrument),
        *faults_of_options(instrument),
        *faults_of_kinds(instrument),
    ]
    if instrument.index:
        faults += [
            Fault(name, "the index names it, but it is no agreement question")
            for name in instrument.index.items
            if name not in instrument.likert()
        ]
    if not SLUG.fullmatch(instrument.slug):
        faults.append(Fault("slug", "needs 2 to 60 small letters, digits or hyphens"))
    if not 0 < instrument.version < 1_000_000:
        faults.append(Fault("version", "needs a whole number from 1 up"))
    if not instrument.answer_names():
        faults.append(Fault("items", "there is nothing to answer"))
    if faults:
        raise bad_instrument(tuple(faults))
    return instrument


def faults_of_names(instrument: Instrument) -> list[Fault]:
    """A name is a column of exports and part of addresses, so it is plain and stands once."""
    names = instrument.answer_names()
    twice = sorted({name for name in names if names.count(name) > 1})
    return [Fault(name, "two questions have this name") for name in twice] + [
        Fault(name[:60], "needs a name of letters, digits, '_', '-' or '.', a letter first")
        for name in names
        if not NAME.fullmatch(name)
    ]


def faults_of_options(instrument: Instrument) -> list[Fault]:
    return [
        Fault(item.name, "needs two different options or more")
        for item in instrument.items
        if isinstance(item, Choice | Choices | Rank)
        and len({option.name for option in item.options}) < max(2, len(item.options))
    ]


def faults_of_kinds(instrument: Instrument) -> list[Fault]:
    """An option that counts as a kind of residents nobody weighs by would be lost in silence."""
    return [
        Fault(item.name, f"{option.name} counts as {option.kind!r}; take {', '.join(known)}")
        for item in instrument.items
        if isinstance(item, Choice)
        for known in [KINDS[item.margin] if item.margin else ("no kind without a margin",)]
        for option in item.options
        if option.kind and option.kind not in known
    ]
