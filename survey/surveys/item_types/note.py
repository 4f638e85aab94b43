"""Words without a question."""

from typing import ClassVar

from survey.surveys.item_types.base import Item


class Note(Item, frozen=True, kw_only=True, tag="note"):
    """Words without a question."""

    builder_label: ClassVar[str] = "Text only"
    is_asked: ClassVar[bool] = False
    has_rules: ClassVar[bool] = False
    xlsform_type: ClassVar[str] = "note"
    xlsform_types: ClassVar[tuple[str, ...]] = ("note", "add note prompt", "q note")

    def answer_names(self) -> list[str]:
        return []
