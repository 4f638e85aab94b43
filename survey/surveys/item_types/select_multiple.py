"""Some of several options."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from survey.surveys.item_types.answers import (
    DECLINED,
    DONT_KNOW,
    Answer,
    DayAndCity,
    Round,
    has_duplicates,
)
from survey.surveys.item_types.doors import (
    NO_UPPER_LIMIT,
    BuilderField,
    DeviceRule,
    FieldShape,
    FormFields,
    Option,
)
from survey.surveys.item_types.families import OptionsItem


class SelectMultiple(OptionsItem, frozen=True, kw_only=True, tag="choices"):
    """Any number of the options, or `most` of them."""

    options: tuple[Option, ...]
    most: int | None = None
    filter: str = ""
    list: str = ""

    builder_label: ClassVar[str] = "Several choices"
    builder_fields: ClassVar[tuple[BuilderField, ...]] = (
        BuilderField("most", "How many answers at most", "limit", "Leave empty for no limit.",
                     wrong=NO_UPPER_LIMIT),
    )  # fmt: skip
    missing: ClassVar[str] = "select_several"
    withheld_is_option: ClassVar[bool] = True
    withheld_in_conditions: ClassVar[bool] = False
    field_shape: ClassVar[FieldShape] = "ticks"
    option_columns: ClassVar[Literal["", "chosen", "place"]] = "chosen"
    xlsform_type: ClassVar[str] = "select_multiple"
    xlsform_types: ClassVar[tuple[str, ...]] = ("select all that apply",)

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        names = {option.name for option in self.options}
        chosen = [*answer] if isinstance(answer, list) else [""]
        if not all(isinstance(one, str) and one in names for one in chosen) or has_duplicates(
            chosen
        ):
            raise ValueError("needs some of the options offered, each once")
        if self.most is not None and len(chosen) > self.most:
            raise ValueError(f"needs {self.most} options at most")
        return answer

    def answer_from_text(self, text: str) -> Answer:
        chosen = text.split()
        return DECLINED if self.may_decline and chosen == [DECLINED] else [*chosen]

    def answer_from_cell(self, cell: str) -> Answer:
        codes = self.codes_in_cell(cell)
        return codes[0] if codes[:1] in ([DECLINED], [DONT_KNOW]) else [*codes]

    def phone_rule(self) -> str:
        alone = f"not(selected(., '{DECLINED}') and count-selected(.) > 1)"
        return alone if self.may_decline else ""

    def trial_answer(self, *, most: bool) -> Answer:
        names: list[str | Round] = [option.name for option in self.options]
        return names if most else names[:1]

    def condition(self, name: str, sign: str, literal: str) -> str:
        if not literal.strip("'\""):
            return super().condition(name, sign, literal)
        # A phone stores the chosen options as one text, so = would compare the whole list.
        chosen = f"selected(${{{name}}}, {literal})"
        return chosen if sign == "=" else f"not({chosen})"

    def answer_from_form(self, form: FormFields) -> Answer:
        chosen = form.texts()
        return DECLINED if self.may_decline and chosen == [DECLINED] else [*chosen]

    def device_rules(self) -> Iterator[DeviceRule]:
        names: list[str | Round] = [option.name for option in self.options]
        if self.most is not None and self.most < len(names):
            yield DeviceRule("choices", self.most, names[: self.most + 1])

    def limits_expression(self) -> str:
        return "" if self.most is None else f"count-selected(.) <= {self.most}"
