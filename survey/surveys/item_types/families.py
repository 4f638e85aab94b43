"""What types that are alike share: options to choose, five points, limits, files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from survey.problems import Fault
from survey.surveys.item_types.answers import (
    Answer,
    DayAndCity,
    number_from_text,
    plain_answer,
    plain_number,
)
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import (
    NO_LOWER_LIMIT,
    NO_UPPER_LIMIT,
    USUAL_WORDS,
    WITHHOLDING,
    BuilderField,
    DayInWords,
    DeviceRule,
    FieldShape,
    FormFields,
    NewQuestion,
    Option,
    PartFields,
    Wording,
    XlsformRow,
    XlsformSource,
    in_languages,
    wording_text,
)

# Between several answers in one cell: as our own exports have them, and as others do.
SEPARATORS = (";", "|", "\n", ",", None)
FILE_SECONDS = 45
ATTACHED = re.compile(r"[a-z2-7]{26}")  # 128 random bits in base32
AGREEMENT_LABELS = tuple(
    USUAL_WORDS[one]
    for one in ("strongly_disagree", "disagree", "neither", "agree", "strongly_agree")
)
YES_NO_OPTIONS = (Option("yes", USUAL_WORDS["yes"]), Option("no", USUAL_WORDS["no"]))


class OptionsItem(Item, frozen=True, kw_only=True):
    """A question with options.

    `filter` is an expression over the options' traits that says which are offered; `list` is the
    name that a spreadsheet has for the options.
    """

    if TYPE_CHECKING:  # each type has these fields itself, in the order in which it is stored
        options: tuple[Option, ...]
        filter: str = ""
        list: str = ""

    offers_other: ClassVar[bool] = True  # “Other, please say”
    xlsform_type: ClassVar[str] = ""

    @classmethod
    def starting_fields(cls, new: NewQuestion) -> PartFields:
        usual = tuple(
            Option(option.name, in_languages(option.text, new.languages))
            for option in YES_NO_OPTIONS
        )
        return {"options": new.options or usual}

    def has_expression(self) -> bool:
        return super().has_expression() or bool(self.filter)

    def faults(self) -> Iterator[Fault]:
        if len({option.name for option in self.options}) < max(2, len(self.options)):
            yield Fault(self.name, "needs at least two different options")

    def answer_labels(self) -> dict[str, Wording]:
        return {option.name: option.text for option in self.options}

    def answer_in_words(self, answer: object, language: str, day: DayInWords) -> str:
        texts = (one.text for one in self.options if one.name == answer)
        return next((wording_text(text, language) for text in texts), str(answer))

    def codes_in_cell(self, cell: str) -> Sequence[str]:
        """The codes of several answers in one cell; one that is not known stays as it is."""
        for separator in SEPARATORS:
            words = [one.strip() for one in cell.split(separator) if one.strip()]
            codes = [self.code_of(one) for one in words]
            if all(codes):
                return codes
        return [cell]

    def spreadsheet_options(self) -> tuple[Option, ...]:
        return (*self.options, WITHHOLDING[0]) if self.may_decline else self.options

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow(
            self.xlsform_type,
            {"choice_filter": self.filter},
            list_name=self.list or self.name,
            options=self.spreadsheet_options(),
        )

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        return {
            "options": [*source.options],
            "list": source.list_name,
            "filter": source.filter,
        }


def without_options(fields: PartFields) -> PartFields:
    """The fields without those of a list of options or a group of questions."""
    drop = {"options", "items", "list", "filter", "table"}
    return {key: value for key, value in fields.items() if key not in drop}


class LikertItem(Item, frozen=True, kw_only=True):
    """One or more statements with five points, 1 (lowest label) to 5."""

    if TYPE_CHECKING:
        labels: tuple[Wording, Wording, Wording, Wording, Wording]

    is_picked: ClassVar[bool] = True
    missing: ClassVar[str] = "select"
    withheld_is_option: ClassVar[bool] = True
    xlsform_is_own: ClassVar[bool] = False

    @classmethod
    def starting_fields(cls, new: NewQuestion) -> PartFields:
        return {"labels": tuple(in_languages(label, new.languages) for label in AGREEMENT_LABELS)}

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if type(answer) is not int or answer not in range(1, 6):
            raise ValueError("needs a whole number from 1 to 5")
        return answer

    def answer_from_text(self, text: str) -> Answer:
        return number_from_text(text)

    def trial_answer(self, *, most: bool) -> Answer:
        return 5 if most else 3

    def displayed_wordings(self, name: str) -> list[Wording]:
        return [*super().displayed_wordings(name), *self.labels]

    def answer_labels(self) -> dict[str, Wording]:
        return {str(place): label for place, label in enumerate(self.labels, 1)}

    def shown_labels(self) -> dict[str, Wording]:
        return dict(reversed(self.answer_labels().items()))  # the best first

    def answer_in_words(self, answer: object, language: str, day: DayInWords) -> str:
        if isinstance(answer, int) and 1 <= answer <= 5:
            return wording_text(self.labels[answer - 1], language)
        return plain_answer(answer)

    def answer_from_form(self, form: FormFields) -> Answer:
        return form.integer()

    def point_options(self) -> tuple[Option, ...]:
        """The points as the options of a list."""
        options = tuple(Option(str(place), label) for place, label in enumerate(self.labels, 1))
        return (*options, *WITHHOLDING) if self.may_decline else options


class LimitedNumber(Item, frozen=True, kw_only=True):
    """A number between two limits."""

    if TYPE_CHECKING:
        least: float | None
        most: float | None

    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("least", "Smallest number allowed", "limit", "Leave empty for no limit.",
                     wrong=NO_LOWER_LIMIT),
        BuilderField("most", "Largest number allowed", "limit", "Leave empty for no limit.",
                     wrong=NO_UPPER_LIMIT),
    )  # fmt: skip
    is_number: ClassVar[bool] = True
    field_shape: ClassVar[FieldShape] = "number"
    number_rule: ClassVar[Literal["number", "whole"]] = "number"
    xlsform_type: ClassVar[str] = ""
    # The least and the most of types of rows that have limits of their own.
    xlsform_limits: ClassVar[Mapping[str, tuple[int, int]]] = {}

    def answer_from_text(self, text: str) -> Answer:
        return number_from_text(text)

    def trial_answer(self, *, most: bool) -> Answer:
        bound = self.most if most else self.least
        return bound if bound is not None else 10**9 if most else 1

    def device_rules(self) -> Iterator[DeviceRule]:
        yield DeviceRule(self.number_rule, 0, "x")
        if self.least is not None:
            yield DeviceRule("least", self.least, self.least - 1)
        if self.most is not None:
            yield DeviceRule("most", self.most, self.most + 1)

    def limits_expression(self) -> str:
        low = "" if self.least is None else f". >= {plain_number(self.least)}"
        high = "" if self.most is None else f". <= {plain_number(self.most)}"
        return " and ".join(one for one in (low, high) if one)

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        limits = cls.xlsform_limits.get(source.type, (None, None))
        return dict(zip(("least", "most"), limits, strict=True))


class FileItem(Item, frozen=True, kw_only=True):
    """A question that is answered with a file, by the identifier under which it was uploaded."""

    missing: ClassVar[str] = "file"
    field_shape: ClassVar[FieldShape] = "file"
    pictures_only: ClassVar[bool] = False

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if not isinstance(answer, str) or not ATTACHED.fullmatch(answer):
            raise ValueError("needs the id of a file that was sent before")
        return answer

    def trial_answer(self, *, most: bool) -> Answer:
        return "a" * 26

    def seconds(self) -> int:
        return FILE_SECONDS
