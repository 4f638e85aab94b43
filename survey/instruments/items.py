"""What an instrument is made of: questions, words between them, and what holds them together."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

Wording = dict[str, str]
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


MOST_POINTS = 12  # of a range that is shown as a scale to choose from


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer; `kind` the kind of residents it counts as, where that is not its own name.

    `traits` are what a choice filter may ask of it.
    """

    name: str
    text: Wording
    kind: str = ""
    traits: dict[str, str] = {}


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What stands in an instrument under a name; `relevant` says when, as an expression."""

    name: str
    text: Wording = {}
    relevant: str = ""
    appearance: str = ""


class Item(Part, frozen=True, kw_only=True):
    """What every question has; `name` is its key in the answers and never changes.

    Expressions are the XPath of XForms, with ${name} for the answer to another question.
    """

    short: Wording = {}
    hint: Wording = {}
    required: bool = False
    required_when: str = ""
    required_message: Wording = {}
    may_decline: bool = False
    constraint: str = ""
    constraint_message: Wording = {}
    default: str = ""
    read_only: bool = False


class Choice(Item, frozen=True, kw_only=True, tag="choice"):
    """One of the options; `margin` says which kinds of residents the options are.

    `filter` says which options are offered, as an expression over their traits; `list` is what
    spreadsheets call the options.
    """

    options: tuple[Option, ...]
    margin: Margin | None = None
    filter: str = ""
    list: str = ""

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
    filter: str = ""
    list: str = ""


class Agreement(Item, frozen=True, kw_only=True, tag="agreement"):
    """A five-point Likert item, 1 (lowest label) to 5; `reverse` where 5 is the bad end."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    reverse: bool = False


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    text: Wording
    reverse: bool = False


class Grid(Item, frozen=True, kw_only=True, tag="grid"):
    """Several Likert rows under one set of labels; each row's answer stands under its own name."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    rows: tuple[Row, ...]


class Scale(Item, frozen=True, kw_only=True, tag="scale"):
    """Whole numbers with words at both ends, such as 0 to 10."""

    low: int = 0
    high: int = 10
    low_label: Wording = {}
    high_label: Wording = {}


class Range(Item, frozen=True, kw_only=True, tag="range"):
    """A number between two others, in equal steps from the lower one."""

    low: float = 0
    high: float = 100
    step: float = 1

    def points(self) -> list[float]:
        """The numbers to choose from, where they are few enough to show; else none."""
        if not self.step > 0 or not 0 < (self.high - self.low) / self.step < MOST_POINTS:
            return []
        number = round((self.high - self.low) / self.step)
        found = [round(self.low + place * self.step, 10) for place in range(number + 1)]
        return [int(one) if float(one).is_integer() else one for one in found if one <= self.high]


class Text(Item, frozen=True, kw_only=True, tag="text"):
    """What a person writes in their own words; `long` gets more room on the page."""

    long: bool = True
    most: int = 5_000


class Whole(Item, frozen=True, kw_only=True, tag="whole"):
    least: int | None = 0
    most: int | None = 1_000_000


class Decimal(Item, frozen=True, kw_only=True, tag="decimal"):
    least: float | None = 0
    most: float | None = 1_000_000


class Date(Item, frozen=True, kw_only=True, tag="date"):
    """A day; `future` says whether one that has not come yet makes sense."""

    future: bool = False


class Time(Item, frozen=True, kw_only=True, tag="time"):
    """A time of day, by the clock on the wall."""


class Moment(Item, frozen=True, kw_only=True, tag="moment"):
    """A day and a time of day."""

    future: bool = False


class Rank(Item, frozen=True, kw_only=True, tag="rank"):
    options: tuple[Option, ...]
    filter: str = ""
    list: str = ""


class Consent(Item, frozen=True, kw_only=True, tag="consent"):
    """Must be ticked where required; kept as true."""


class Borough(Item, frozen=True, kw_only=True, tag="borough"):
    """A borough, by its code; the first one that everybody is asked is where the answer is from."""


class Postcode(Item, frozen=True, kw_only=True, tag="postcode"):
    """A postcode, of which only the borough is kept."""


class Image(Item, frozen=True, kw_only=True, tag="image"):
    """A picture, kept without what a camera writes into it."""

    most_pixels: int | None = None


class File(Item, frozen=True, kw_only=True, tag="file"):
    """A document."""


class Calculate(Item, frozen=True, kw_only=True, tag="calculate"):
    """A value worked out from answers; nobody is asked."""

    calculation: str


class Note(Item, frozen=True, kw_only=True, tag="note"):
    """Words without a question."""


class Foreign(Item, frozen=True, kw_only=True, tag="foreign"):
    """What only another program asks, such as a phone's place: carried, never asked or kept."""

    kind: str


class Group(Part, frozen=True, kw_only=True, tag="group"):
    """Questions that belong together, and are asked or passed over together."""

    items: tuple["AnyPart", ...]


class Page(Part, frozen=True, kw_only=True, tag="page"):
    """Questions on one page; as a `table` where they share their options and there is room."""

    items: tuple["AnyPart", ...]
    table: bool = False


class Repeat(Part, frozen=True, kw_only=True, tag="repeat"):
    """Questions asked once for each of several things; `count` how many, else as one likes."""

    items: tuple["AnyPart", ...]
    count: str = ""


Holder = Group | Page | Repeat
AnyItem = (
    Choice
    | Choices
    | Agreement
    | Grid
    | Scale
    | Range
    | Text
    | Whole
    | Decimal
    | Date
    | Time
    | Moment
    | Rank
    | Consent
    | Borough
    | Postcode
    | Image
    | File
    | Calculate
    | Note
    | Foreign
)
AnyPart = AnyItem | Holder
Leaf = AnyItem | Repeat


def names_of(part: AnyPart) -> list[str]:
    """The keys under which its answers are kept; those within a repeat stand under the repeat's."""
    if isinstance(part, Note | Foreign):
        return []
    if isinstance(part, Group | Page):
        return [name for one in part.items for name in names_of(one)]
    return [row.name for row in part.rows] if isinstance(part, Grid) else [part.name]


def leaves(parts: Iterable[AnyPart]) -> Iterator[Leaf]:
    """Every item in order, groups and pages opened; a repeat stands as one."""
    for part in parts:
        if isinstance(part, Group | Page):
            yield from leaves(part.items)
        else:
            yield part


def every(parts: Iterable[AnyPart]) -> Iterator[AnyPart]:
    """Everything that has a name, holders before what they hold."""
    for part in parts:
        yield part
        if isinstance(part, Group | Page | Repeat):
            yield from every(part.items)
