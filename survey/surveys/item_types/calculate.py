"""A value that is calculated from answers."""

from collections.abc import Sequence
from typing import ClassVar

from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import (
    BuilderField,
    NewQuestion,
    Option,
    PartFields,
    XlsformRow,
)

NOTHING = "''"


class Calculate(Item, frozen=True, kw_only=True, tag="calculate"):
    """A value calculated from answers; nobody is asked."""

    calculation: str

    builder_label: ClassVar[str] = "Calculated"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("calculation", "Calculation", "line",
                     "For example ${adults} + ${children}.", "30"),
    )  # fmt: skip
    is_asked: ClassVar[bool] = False
    is_shown: ClassVar[bool] = False
    has_rules: ClassVar[bool] = False
    xlsform_types: ClassVar[tuple[str, ...]] = (
        "calculate", "add calculate prompt", "q calculate",
    )  # fmt: skip

    @classmethod
    def starting_fields(cls, new: NewQuestion) -> PartFields:
        return {"calculation": NOTHING}

    def has_expression(self) -> bool:
        return True

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow("calculate", {"calculation": self.calculation}, is_question=False)
