"""What an instrument is made of: questions, notes between them, and containers around them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

Wording = dict[str, str]
Margin = Literal["age", "sex", "ethnicity", "disability"]
# The population groups that responses are weighted to; any other answer counts as missing.
KINDS: dict[Margin, tuple[str, ...]] = {
    "age": ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"),
    "sex": ("female", "male"),
    "ethnicity": ("asian", "black", "mixed", "white", "other"),
    "disability": ("yes", "no"),
}


def wording_text(wording: Wording, language: str = "en") -> str:
    """The wording in a language, or in the first language that it was written in."""
    return wording.get(language) or next(iter(wording.values()), "")


MOST_POINTS = 12  # of a range that is shown as a list to choose from


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer to choose; `kind` is the population group it counts as, if that is not its name.

    `traits` are further properties that a choice filter can test.
    """

    name: str
    text: Wording
    kind: str = ""
    traits: dict[str, str] = {}


class InstrumentPart(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"
):
    """Anything in an instrument that has a name; `relevant` is the condition for showing it."""

    name: str
    text: Wording = {}
    relevant: str = ""
    appearance: str = ""


class Item(InstrumentPart, frozen=True, kw_only=True):
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


class SelectOne(Item, frozen=True, kw_only=True, tag="choice"):
    """One of the options; `margin` is the population margin that the options give a category of.

    `filter` is an expression over the options' traits that says which are offered; `list` is the
    name that a spreadsheet has for the options.
    """

    options: tuple[Option, ...]
    margin: Margin | None = None
    filter: str = ""
    list: str = ""

    def kinds(self) -> dict[str, str]:
        """The population group that each option counts as."""
        return {option.name: option.kind or option.name for option in self.options}

    def kind_of(self, answers: Mapping[str, Any]) -> str:
        """The population group of a respondent by their answers; '' if they did not say."""
        answer = answers.get(self.name)
        return self.kinds().get(answer, answer) if isinstance(answer, str) else ""


class SelectMultiple(Item, frozen=True, kw_only=True, tag="choices"):
    options: tuple[Option, ...]
    most: int | None = None
    filter: str = ""
    list: str = ""


class Agreement(Item, frozen=True, kw_only=True, tag="agreement"):
    """A five-point Likert item, 1 (lowest label) to 5; `reverse` if 5 is the negative end."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    reverse: bool = False


class GridRow(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    text: Wording
    reverse: bool = False


class Grid(Item, frozen=True, kw_only=True, tag="grid"):
    """Several Likert rows under one set of labels; each answer is stored under its row's name."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    rows: tuple[GridRow, ...]


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
        """The numbers to choose from if there are few enough to show, else an empty list."""
        if not self.step > 0 or not 0 < (self.high - self.low) / self.step < MOST_POINTS:
            return []
        number = round((self.high - self.low) / self.step)
        found = [round(self.low + place * self.step, 10) for place in range(number + 1)]
        return [int(one) if float(one).is_integer() else one for one in found if one <= self.high]


class Text(Item, frozen=True, kw_only=True, tag="text"):
    """What a person writes in their own words; `long` gets more room on the page."""

    long: bool = True
    most: int = 5_000


class Integer(Item, frozen=True, kw_only=True, tag="whole"):
    least: int | None = 0
    most: int | None = 1_000_000


class Decimal(Item, frozen=True, kw_only=True, tag="decimal"):
    least: float | None = 0
    most: float | None = 1_000_000


class Date(Item, frozen=True, kw_only=True, tag="date"):
    """A day; `future` says whether days after today are allowed."""

    future: bool = False


class Time(Item, frozen=True, kw_only=True, tag="time"):
    """A time of day, in local time."""


class DateTime(Item, frozen=True, kw_only=True, tag="moment"):
    """A day and a time of day."""

    future: bool = False


class Rank(Item, frozen=True, kw_only=True, tag="rank"):
    options: tuple[Option, ...]
    filter: str = ""
    list: str = ""


class Consent(Item, frozen=True, kw_only=True, tag="consent"):
    """A box to tick; where required it must be ticked. Stored as true."""


class Borough(Item, frozen=True, kw_only=True, tag="borough"):
    """A borough, by its code; the first one that everybody is asked is the area of a response."""


class Postcode(Item, frozen=True, kw_only=True, tag="postcode"):
    """A postcode, of which only the borough is stored."""


class Image(Item, frozen=True, kw_only=True, tag="image"):
    """A picture, stored without the metadata that cameras add."""

    most_pixels: int | None = None


class File(Item, frozen=True, kw_only=True, tag="file"):
    """A document."""


class Calculate(Item, frozen=True, kw_only=True, tag="calculate"):
    """A value calculated from answers; nobody is asked."""

    calculation: str


class Note(Item, frozen=True, kw_only=True, tag="note"):
    """Words without a question."""


class Unsupported(Item, frozen=True, kw_only=True, tag="foreign"):
    """A question for other programs, such as a phone's position: kept in the form, never asked."""

    kind: str


class QuestionGroup(InstrumentPart, frozen=True, kw_only=True, tag="group"):
    """Questions that belong together, and are asked or passed over together."""

    items: tuple["AnyPart", ...]


class QuestionPage(InstrumentPart, frozen=True, kw_only=True, tag="page"):
    """Questions on one page; as a `table` where they share their options and there is room."""

    items: tuple["AnyPart", ...]
    table: bool = False


class Repeat(InstrumentPart, frozen=True, kw_only=True, tag="repeat"):
    """Questions asked once for each of several things.

    `count` is an expression for how many; if it is empty, people add as many as they like.
    """

    items: tuple["AnyPart", ...]
    count: str = ""


Container = QuestionGroup | QuestionPage | Repeat
AnyItem = (
    SelectOne
    | SelectMultiple
    | Agreement
    | Grid
    | Scale
    | Range
    | Text
    | Integer
    | Decimal
    | Date
    | Time
    | DateTime
    | Rank
    | Consent
    | Borough
    | Postcode
    | Image
    | File
    | Calculate
    | Note
    | Unsupported
)
AnyPart = AnyItem | Container
AnyQuestion = AnyItem | Repeat


def answer_names(part: AnyPart) -> list[str]:
    """The keys under which a part's answers are stored; a repeat has one key for all its rounds."""
    if isinstance(part, Note | Unsupported):
        return []
    if isinstance(part, QuestionGroup | QuestionPage):
        return [name for one in part.items for name in answer_names(one)]
    return [row.name for row in part.rows] if isinstance(part, Grid) else [part.name]


def questions_in(parts: Iterable[AnyPart]) -> Iterator[AnyQuestion]:
    """Every question in order, with groups and pages flattened; a repeat counts as one."""
    for part in parts:
        if isinstance(part, QuestionGroup | QuestionPage):
            yield from questions_in(part.items)
        else:
            yield part


def all_parts(parts: Iterable[AnyPart]) -> Iterator[AnyPart]:
    """Every part at any depth, containers before their contents."""
    for part in parts:
        yield part
        if isinstance(part, QuestionGroup | QuestionPage | Repeat):
            yield from all_parts(part.items)
