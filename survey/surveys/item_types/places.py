"""Where somebody lives: the borough, or the postcode that says it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from survey.problems import Problem
from survey.surveys.item_types.answers import Answer, DayAndCity, Option, PartFields, XlsformRow
from survey.surveys.item_types.base import InstrumentPart, Item

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


class Postcode(Item, frozen=True, kw_only=True, tag="postcode"):
    """A postcode, of which only the borough is stored."""

    builder_label: ClassVar[str] = "Postcode (only the borough is stored)"
    sentence_label: ClassVar[str] = "postcode"
    gives_area: ClassVar[bool] = True
    missing: ClassVar[str] = "postcode"
    xlsform_type: ClassVar[str] = "text"
    xlsform_is_own: ClassVar[bool] = False

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        """The borough of a postcode.

        A borough's code is accepted too, as several boroughs can share a postcode district.
        """
        city = around.city
        if city is None or not isinstance(answer, str):
            raise ValueError("needs a postcode of this city")
        if answer in [area.code for area in city.local_areas()]:
            return answer
        try:
            return city.at(answer).code
        except Problem as problem:
            shared = ", ".join(fault.sentence for fault in problem.faults)
            if shared:
                raise ValueError(f"is in several boroughs, choose one: {shared}") from None
            raise ValueError("needs a postcode of this city") from None

    def for_phones(self) -> InstrumentPart:
        """A choice of boroughs: nobody can look a postcode up without a network."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return Borough(**fields).for_phones()

    def trial_answer(self, *, most: bool) -> Answer:
        return TRIAL

    def exported_answers(self, areas: Mapping[str, str]) -> dict[str, str]:
        return dict(areas)
