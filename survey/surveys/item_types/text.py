"""What a person writes in their own words."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import ClassVar

from survey.surveys.item_types.answers import Answer, DayAndCity
from survey.surveys.item_types.base import SHORT_SECONDS, Item
from survey.surveys.item_types.doors import (
    NO_UPPER_LIMIT,
    BuilderField,
    DeviceRule,
    Option,
    PartFields,
    XlsformRow,
    XlsformSource,
)

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
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("most", "How many characters at most", "limit",
                     wrong=NO_UPPER_LIMIT, usual=USUAL_MOST),
        BuilderField("long", "Give room for more than one line", "tick"),
    )  # fmt: skip
    is_free_text: ClassVar[bool] = True
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "text", "string", "phone number", "add text prompt", "q string",
    )  # fmt: skip
    xlsform_carries: ClassVar[frozenset[str]] = frozenset({"long"})

    def is_fixed(self) -> bool:
        # A default with an expression may repeat what somebody wrote.
        return self.read_only and not EXPRESSED.search(self.default)

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if not isinstance(answer, str):
            raise ValueError("needs some text")
        # A form sends a line break as two characters, of which the page counted one.
        text = unicodedata.normalize("NFC", answer).replace("\r\n", "\n").strip()
        if len(text) > self.most:
            raise ValueError(f"needs {self.most:,} characters at most; there are {len(text):,}")
        if UNPRINTABLE.search(text):
            raise ValueError("has characters that cannot be printed")
        return text

    def trial_answer(self, *, most: bool) -> Answer:
        return "a word " * (min(self.most, LONGEST_TRIAL) // 7) if most else "some words"

    def answer_from_cell(self, cell: str) -> Answer:
        return self.code_of(cell) if self.may_decline and self.code_of(cell) else cell

    def phone_rule(self) -> str:
        return f"string-length(.) <= {self.most}"

    def seconds(self) -> int:
        if not self.long:
            return SHORT_SECONDS
        return ACCOUNT_SECONDS if self.most > USUAL_MOST else LONG_SECONDS

    def device_rules(self) -> Iterator[DeviceRule]:
        yield DeviceRule("characters", self.most, "x" * (self.most + 1))

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow(
            "text", {"appearance": self.appearance or "multiline"} if self.long else {}
        )

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        if source.type == "phone number":
            return {"long": False, "constraint": source.constraint or DIGITS}
        if source.appearance == "multiline":
            return {"long": True, "appearance": ""}
        return {"long": False}
