"""Words without a question."""

from collections.abc import Sequence
from typing import ClassVar

from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import Option, XlsformRow


class Note(Item, frozen=True, kw_only=True, tag="note"):
    """Words without a question."""

    builder_label: ClassVar[str] = "Text only"
    is_asked: ClassVar[bool] = False
    has_rules: ClassVar[bool] = False
    xlsform_types: ClassVar[tuple[str, ...]] = ("note", "add note prompt", "q note")

    def answer_names(self) -> list[str]:
        return []

    def xlsform(self, boroughs: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow("note")
