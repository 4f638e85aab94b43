"""A box to tick."""

from collections.abc import Mapping
from typing import ClassVar

from survey.surveys.item_types.answers import Answer, DayAndCity
from survey.surveys.item_types.base import Item, yes_or_no
from survey.surveys.item_types.doors import (
    FieldShape,
    FieldValues,
    FormFields,
)


class Consent(Item, frozen=True, kw_only=True, tag="consent"):
    """A box to tick; where required it must be ticked. Stored as true."""

    builder_label: ClassVar[str] = "Consent"
    is_tick: ClassVar[bool] = True
    field_shape: ClassVar[FieldShape] = "tick"
    missing: ClassVar[str] = "tick"
    xlsform_type: ClassVar[str] = "acknowledge"
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "acknowledge", "trigger", "add acknowledge prompt", "q acknowledge",
    )  # fmt: skip

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if not isinstance(answer, bool):
            raise ValueError("needs true or false")
        return answer

    def answer_from_text(self, text: str) -> Answer:
        return text == "OK"  # what an XForm writes for acknowledge

    def answer_from_cell(self, cell: str) -> Answer:
        return {"yes": True, "no": False}.get(yes_or_no(cell), cell)

    def trial_answer(self, *, most: bool) -> Answer:
        return True

    def counted_answers(self) -> dict[str, str]:
        return {"true": "Yes", "false": "No"}

    def exported_answers(self, areas: Mapping[str, str]) -> dict[str, str]:
        return {"True": "Yes", "False": "No"}

    def answer_from_form(self, form: FormFields) -> Answer:
        return form.text() == "yes"

    def fields_for_answer(self, answer: Answer) -> FieldValues:
        return {"": ["yes"] if answer else []}
