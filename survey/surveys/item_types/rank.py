"""Every option once, in the order that a person gives them."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from survey.surveys.item_types.answers import WITHHELD, Answer, DayAndCity, has_duplicates
from survey.surveys.item_types.doors import (
    DeviceRule,
    FieldShape,
    FieldValues,
    FormFields,
    Option,
)
from survey.surveys.item_types.families import OptionsItem

EVERY_OPTION = "needs every option once, in your order"


class Rank(OptionsItem, frozen=True, kw_only=True, tag="rank"):
    """A ranking of the options."""

    options: tuple[Option, ...]
    filter: str = ""
    list: str = ""

    builder_label: ClassVar[str] = "Put answers in order"
    sentence_label: ClassVar[str] = "answers in order"
    offers_other: ClassVar[bool] = False
    missing: ClassVar[str] = "number_all"
    needs_every_option: ClassVar[bool] = True
    field_shape: ClassVar[FieldShape] = "rank"
    option_columns: ClassVar[Literal["", "chosen", "place"]] = "place"
    xlsform_type: ClassVar[str] = "rank"
    xlsform_types: ClassVar[tuple[str, ...]] = ("rank",)

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        """A ranking of every option.

        Where a filter offers only some, a shorter ranking passes; expressions find what is missing.
        """
        names = sorted(option.name for option in self.options)
        given = sorted(map(str, answer)) if isinstance(answer, list) else []
        some = bool(self.filter) and not has_duplicates(given) and set(given) <= set(names)
        if given != names and not some:
            raise ValueError(EVERY_OPTION)
        return answer

    def answer_from_text(self, text: str) -> Answer:
        return [*text.split()]

    def answer_from_cell(self, cell: str) -> Answer:
        codes = self.codes_in_cell(cell)
        return codes[0] if codes[0] in WITHHELD else [*codes]

    def trial_answer(self, *, most: bool) -> Answer:
        return [option.name for option in self.options]

    def counted_answers(self) -> dict[str, str]:
        return {}

    def spreadsheet_options(self) -> tuple[Option, ...]:
        return self.options  # one more would have to be ranked too

    def answer_from_form(self, form: FormFields) -> Answer:
        """The options in the order of the places they were given."""
        places = [
            (form.integer(f"-{number}"), option.name)
            for number, option in enumerate(self.options, 1)
        ]
        if all(place == "" for place, _ in places):
            return []
        wanted = sorted(str(place) for place in range(1, len(places) + 1))
        if sorted(str(place) for place, _ in places) != wanted:
            return ["twice"]
        return [name for _, name in sorted(places, key=lambda pair: int(str(pair[0])))]

    def fields_for_answer(self, answer: Answer) -> FieldValues:
        if not isinstance(answer, list):
            return super().fields_for_answer(answer)
        places = {str(name): place for place, name in enumerate(answer, 1)}
        return {f"-{n}": [str(places[o.name])] for n, o in enumerate(self.options, 1)}

    def device_rules(self) -> Iterator[DeviceRule]:
        yield DeviceRule("every", 0, ["twice"])

    def first_field(self, where: str) -> str:
        return "-1"
