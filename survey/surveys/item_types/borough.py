"""A borough of the city."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from survey.problems import Problem
from survey.surveys.item_types.answers import Answer, DayAndCity
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import Option, PartFields, XlsformRow

TRIAL = "E09000012"


class Borough(Item, frozen=True, kw_only=True, tag="borough"):
    """A borough, by its code; the first one that everybody is asked is the area of a response."""

    builder_label: ClassVar[str] = "Borough"
    gives_area: ClassVar[bool] = True
    missing: ClassVar[str] = "borough"
    xlsform_is_own: ClassVar[bool] = False

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        areas = around.city.local_areas() if around.city else []
        try:
            area = around.city.find(str(answer)) if around.city else None
        except Problem:
            area = None
        if area is None or area not in areas:
            raise ValueError("needs a borough of this city")
        return area.code

    def trial_answer(self, *, most: bool) -> Answer:
        return TRIAL

    def exported_answers(self, areas: Mapping[str, str]) -> dict[str, str]:
        return dict(areas)

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow(
            "select_one",
            {"appearance": self.appearance or "minimal"},
            list_name="boroughs",
            options=(*areas,) or (Option("E09000001", {"en": "–"}),),
        )

    @classmethod
    def own_xlsform_fields(cls, fields: PartFields, reverse: frozenset[str]) -> PartFields:
        looks = fields.get("appearance", "")
        return fields | {"appearance": "" if looks == "minimal" else looks}
