"""Answers in own words, notes to read, a box to tick, and values that nobody is asked for."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from survey.surveys.item_types import answers
from survey.surveys.item_types.base import SHORT_SECONDS, Item, yes_or_no

USUAL_MOST = 5_000
# A longer text is meant to be a whole account of what happened.
LONG_SECONDS, ACCOUNT_SECONDS = 60, 240
LONGEST_TRIAL = 10_000  # characters, the most that an expression reads of a value
# Unicode's Cc and Cs without tab and line break: PostgreSQL cannot store NUL, and a lone
# surrogate is not valid UTF-8.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
EXPRESSED = re.compile(r"[$()\[\]/*+=<>|]")
DIGITS = r"regex(., '^\d*$')"  # pyxform's own constraint on phone numbers


class Text(Item, frozen=True, kw_only=True, tag="text"):
    """What a person writes in their own words; `long` gets more room on the page."""

    long: bool = True
    most: int = USUAL_MOST

    builder_label: ClassVar[str] = "Own words"
    builder_fields: ClassVar[tuple[answers.BuilderField, ...]] = (
        answers.BuilderField("most", "How many characters at most", "limit",
                     wrong=answers.NO_UPPER_LIMIT, usual=USUAL_MOST),
        answers.BuilderField("long", "Give room for more than one line", "tick"),
    )  # fmt: skip
    is_free_text: ClassVar[bool] = True
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "text", "string", "phone number", "add text prompt", "q string",
    )  # fmt: skip
    xlsform_carries: ClassVar[frozenset[str]] = frozenset({"long"})

    def is_fixed(self) -> bool:
        # A default with an expression may repeat what somebody wrote.
        return self.read_only and not EXPRESSED.search(self.default)

    def stored_answer(self, answer: answers.Answer, around: answers.DayAndCity) -> answers.Answer:
        if not isinstance(answer, str):
            raise ValueError("needs some text")
        # A form sends a line break as two characters, of which the page counted one.
        text = unicodedata.normalize("NFC", answer).replace("\r\n", "\n").strip()
        if len(text) > self.most:
            raise ValueError(f"needs {self.most:,} characters at most; there are {len(text):,}")
        if UNPRINTABLE.search(text):
            raise ValueError("has characters that cannot be printed")
        return text

    def trial_answer(self, *, most: bool) -> answers.Answer:
        return "a word " * (min(self.most, LONGEST_TRIAL) // 7) if most else "some words"

    def answer_from_cell(self, cell: str) -> answers.Answer:
        return self.code_of(cell) if self.may_decline and self.code_of(cell) else cell

    def phone_rule(self) -> str:
        return f"string-length(.) <= {self.most}"

    def seconds(self) -> int:
        if not self.long:
            return SHORT_SECONDS
        return ACCOUNT_SECONDS if self.most > USUAL_MOST else LONG_SECONDS

    def device_rules(self) -> Iterator[answers.DeviceRule]:
        yield answers.DeviceRule("characters", self.most, "x" * (self.most + 1))

    def xlsform(self, areas: Sequence[answers.Option] = ()) -> answers.XlsformRow:
        return answers.XlsformRow(
            "text", {"appearance": self.appearance or "multiline"} if self.long else {}
        )

    @classmethod
    def fields_from_xlsform(cls, source: answers.XlsformSource) -> answers.PartFields:
        if source.type == "phone number":
            return {"long": False, "constraint": source.constraint or DIGITS}
        if source.appearance == "multiline":
            return {"long": True, "appearance": ""}
        return {"long": False}


class Note(Item, frozen=True, kw_only=True, tag="note"):
    """Words without a question."""

    builder_label: ClassVar[str] = "Text only"
    is_asked: ClassVar[bool] = False
    has_rules: ClassVar[bool] = False
    xlsform_type: ClassVar[str] = "note"
    xlsform_types: ClassVar[tuple[str, ...]] = ("note", "add note prompt", "q note")

    def answer_names(self) -> list[str]:
        return []


class Consent(Item, frozen=True, kw_only=True, tag="consent"):
    """A box to tick; where required it must be ticked. Stored as true."""

    builder_label: ClassVar[str] = "Consent"
    is_tick: ClassVar[bool] = True
    field_shape: ClassVar[answers.FieldShape] = "tick"
    missing: ClassVar[str] = "tick"
    xlsform_type: ClassVar[str] = "acknowledge"
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "acknowledge", "trigger", "add acknowledge prompt", "q acknowledge",
    )  # fmt: skip

    def stored_answer(self, answer: answers.Answer, around: answers.DayAndCity) -> answers.Answer:
        if not isinstance(answer, bool):
            raise ValueError("needs true or false")
        return answer

    def answer_from_text(self, text: str) -> answers.Answer:
        return text == "OK"  # what an XForm writes for acknowledge

    def answer_from_cell(self, cell: str) -> answers.Answer:
        return {"yes": True, "no": False}.get(yes_or_no(cell), cell)

    def trial_answer(self, *, most: bool) -> answers.Answer:
        return True

    def counted_answers(self) -> dict[str, str]:
        return {"true": "Yes", "false": "No"}

    def exported_answers(self, areas: Mapping[str, str]) -> dict[str, str]:
        return {"True": "Yes", "False": "No"}

    def answer_from_form(self, form: answers.FormFields) -> answers.Answer:
        return form.text() == "yes"

    def fields_for_answer(self, answer: answers.Answer) -> answers.FieldValues:
        return {"": ["yes"] if answer else []}


NOTHING = "''"


class Calculate(Item, frozen=True, kw_only=True, tag="calculate"):
    """A value calculated from answers; nobody is asked."""

    calculation: str

    builder_label: ClassVar[str] = "Calculated"
    builder_fields: ClassVar[tuple[answers.BuilderField, ...]] = (
        answers.BuilderField("calculation", "Calculation", "line",
                     "For example ${adults} + ${children}.", "30"),
    )  # fmt: skip
    is_asked: ClassVar[bool] = False
    is_shown: ClassVar[bool] = False
    has_rules: ClassVar[bool] = False
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "calculate", "add calculate prompt", "q calculate",
    )  # fmt: skip

    @classmethod
    def starting_fields(cls, new: answers.NewQuestion) -> answers.PartFields:
        return {"calculation": NOTHING}

    def has_expression(self) -> bool:
        return True

    def xlsform(self, areas: Sequence[answers.Option] = ()) -> answers.XlsformRow:
        return answers.XlsformRow("calculate", {"calculation": self.calculation}, is_question=False)


class Unsupported(Item, frozen=True, kw_only=True, tag="foreign"):
    """A question for other programs, such as a phone's position: kept in the form, never asked."""

    kind: str

    is_asked: ClassVar[bool] = False
    is_shown: ClassVar[bool] = False
    is_supported: ClassVar[bool] = False
    xlsform_carries: ClassVar[frozenset[str]] = frozenset({"kind"})

    def for_phones(self) -> Calculate:
        """An empty value under the name of the question, as conditions may refer to it: phones must
        not ask what we do not store.
        """
        return Calculate(name=self.name, calculation=NOTHING)

    def answer_names(self) -> list[str]:
        return []

    def xlsform(self, areas: Sequence[answers.Option] = ()) -> answers.XlsformRow:
        return answers.XlsformRow(self.kind)

    @classmethod
    def fields_from_xlsform(cls, source: answers.XlsformSource) -> answers.PartFields:
        return {"kind": source.type}
