"""The types of question that a survey can ask, by family; and what holds questions.

Every type is a line of `AnyItem` here, in the order in which the builder offers them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Self, cast, get_args

from msgspec.structs import replace

from survey.problems import Fault
from survey.surveys.item_types.answers import (
    DECLINED,
    DONT_KNOW,
    USUAL_WORDS,
    WITHHELD,
    BuilderField,
    NewQuestion,
    Option,
    PartFields,
    Wording,
    XlsformRow,
    wording_text,
)
from survey.surveys.item_types.base import InstrumentPart, Item
from survey.surveys.item_types.choices import (
    KINDS,
    Borough,
    Margin,
    OptionsItem,
    Postcode,
    Rank,
    SelectMultiple,
    SelectOne,
)
from survey.surveys.item_types.dates import Date, DateTime, Time
from survey.surveys.item_types.files import File, FileItem, Image
from survey.surveys.item_types.numbers import Decimal, Integer, Range, Scale
from survey.surveys.item_types.tables import Agreement, Grid, GridRow, LikertItem
from survey.surveys.item_types.texts import Calculate, Consent, Note, Text, Unsupported

__all__ = [
    "CONTAINER_TYPES",
    "DECLINED",
    "DONT_KNOW",
    "ITEM_TYPES",
    "KINDS",
    "PART_TYPES",
    "USUAL_WORDS",
    "WITHHELD",
    "Agreement",
    "AnyItem",
    "AnyPart",
    "AnyQuestion",
    "Borough",
    "Calculate",
    "Consent",
    "Container",
    "Date",
    "DateTime",
    "Decimal",
    "File",
    "FileItem",
    "Grid",
    "GridRow",
    "Image",
    "InstrumentPart",
    "Integer",
    "Item",
    "LikertItem",
    "Margin",
    "Note",
    "Option",
    "OptionsItem",
    "Postcode",
    "QuestionGroup",
    "QuestionPage",
    "Range",
    "Rank",
    "Repeat",
    "Scale",
    "SelectMultiple",
    "SelectOne",
    "Text",
    "Time",
    "Unsupported",
    "Wording",
    "all_parts",
    "is_flat",
    "questions_in",
    "wording_text",
]

AnyItem = (
    SelectOne
    | SelectMultiple
    | Agreement
    | Grid
    | Scale
    | Text
    | Integer
    | Decimal
    | Range
    | Date
    | Time
    | DateTime
    | Rank
    | Consent
    | Borough
    | Postcode
    | Image
    | File
    | Note
    | Calculate
    | Unsupported
)
ITEM_TYPES: tuple[type[Item], ...] = get_args(AnyItem)


class Container(InstrumentPart, frozen=True, kw_only=True):
    """Questions that are one part of an instrument together."""

    if TYPE_CHECKING:
        items: tuple["AnyPart", ...]

    @classmethod
    def starting_fields(cls, new: NewQuestion) -> PartFields:
        return {"items": ()}

    def answer_names(self) -> list[str]:
        return [name for item in self.items for name in item.answer_names()]

    def with_new_names(self, names: Mapping[str, str]) -> Self:
        items = tuple(item.with_new_names(names) for item in self.items)
        return replace(super().with_new_names(names), items=items)

    def for_phones(self) -> Self:
        items = tuple(cast("AnyPart", item.for_phones()) for item in self.items)
        return replace(self, items=items)

    def faults(self) -> Iterator[Fault]:
        if not self.items:
            yield Fault(self.name, "has no questions")


class QuestionGroup(Container, frozen=True, kw_only=True, tag="group"):
    """Questions that belong together, and are asked or passed over together."""

    items: tuple["AnyPart", ...]

    builder_label: ClassVar[str] = "Group of questions"
    xlsform_types: ClassVar[tuple[str, ...]] = ("group",)

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow("begin_group", is_question=False)


class QuestionPage(Container, frozen=True, kw_only=True, tag="page"):
    """Questions on one page; as a `table` where they share their options and there is room."""

    items: tuple["AnyPart", ...]
    table: bool = False

    builder_label: ClassVar[str] = "Questions on one page"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("table", "Show as a table", "tick", "If the questions have the same answers."),
    )
    xlsform_carries: ClassVar[frozenset[str]] = frozenset({"table"})

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        looks = {"appearance": "table-list" if self.table else "field-list"}
        return XlsformRow("begin_group", looks, is_question=False)


class Repeat(Container, frozen=True, kw_only=True, tag="repeat"):
    """Questions asked once for each of several things.

    `count` is an expression for how many; if it is empty, people add as many as they like.
    """

    items: tuple["AnyPart", ...]
    count: str = ""

    builder_label: ClassVar[str] = "Questions asked several times"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("count", "How many times", "line",
                     "A number, or ${name} of an earlier question. Leave empty to let people add "
                     "as many as they like.", "20"),
    )  # fmt: skip
    xlsform_types: ClassVar[tuple[str, ...]] = ("repeat",)

    def answer_names(self) -> list[str]:
        """The one key under which the answers of all rounds are stored."""
        return [self.name]

    def has_expression(self) -> bool:
        return super().has_expression() or bool(self.count)

    def faults(self) -> Iterator[Fault]:
        """The faults of the repeat, among them a repeat within it: a table of responses has one
        level of rounds below it.
        """
        yield from super().faults()
        for inner in all_parts(self.items):
            if isinstance(inner, Repeat):
                why = f"is repeated within {self.name}, which is repeated itself"
                yield Fault(inner.name, why)

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow("begin_repeat", {"repeat_count": self.count}, is_question=False)


AnyPart = AnyItem | QuestionGroup | QuestionPage | Repeat
AnyQuestion = AnyItem | Repeat
CONTAINER_TYPES: tuple[type[Container], ...] = (QuestionGroup, QuestionPage, Repeat)
# Every type by what it is called in stored JSON.
PART_TYPES: dict[str, type[InstrumentPart]] = {
    kind.tag(): kind for kind in (*ITEM_TYPES, *CONTAINER_TYPES)
}


def is_flat(part: InstrumentPart) -> bool:
    """Whether a part only groups its questions, whose answers are stored by themselves."""
    return isinstance(part, QuestionGroup | QuestionPage)


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
