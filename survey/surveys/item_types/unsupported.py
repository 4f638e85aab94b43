"""A question that only other programs can ask."""

from collections.abc import Sequence
from typing import ClassVar

from survey.surveys.item_types.base import Item
from survey.surveys.item_types.calculate import NOTHING, Calculate
from survey.surveys.item_types.doors import Option, PartFields, XlsformRow, XlsformSource


class Unsupported(Item, frozen=True, kw_only=True, tag="foreign"):
    """A question for other programs, such as a phone's position: kept in the form, never asked."""

    kind: str

    is_asked: ClassVar[bool] = False
    is_shown: ClassVar[bool] = False
    is_supported: ClassVar[bool] = False
    xlsform_carries: ClassVar[frozenset[str]] = frozenset({"kind"})

    def for_phones(self) -> Calculate:
        """Nothing under its name, because conditions may refer to it: what we do not store, phones
        must not ask.
        """
        return Calculate(name=self.name, calculation=NOTHING)

    def answer_names(self) -> list[str]:
        return []

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow(self.kind)

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        return {"kind": source.type}
