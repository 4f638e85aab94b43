"""Questions with options: one answer, several, or all of them in order; and where somebody lives,
which is one of the boroughs, chosen or told by a postcode.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from msgspec.structs import replace

from survey.problems import Fault, Problem
from survey.surveys.item_types.answers import (
    DECLINED,
    DONT_KNOW,
    NO_UPPER_LIMIT,
    USUAL_WORDS,
    WITHHELD,
    WITHHOLDING,
    Answer,
    BuilderField,
    DayAndCity,
    DayInWords,
    DeviceRule,
    FieldShape,
    FieldValues,
    FormFields,
    NewQuestion,
    Option,
    PartFields,
    Round,
    Wording,
    XlsformRow,
    XlsformSource,
    has_duplicates,
    in_languages,
    wording_text,
)
from survey.surveys.item_types.base import InstrumentPart, Item
from survey.words import LocalLabel, in_local_words

# Between several answers in one cell: as our own exports have them, and as others do.
SEPARATORS = (";", "|", "\n", ",", None)


YES_NO_OPTIONS = (Option("yes", USUAL_WORDS["yes"]), Option("no", USUAL_WORDS["no"]))
Margin = Literal["age", "sex", "ethnicity", "disability"]
EVERY_OPTION = "needs every option once, in your order"
TRIAL_AREA = "E09000012"


class OptionsItem(Item, frozen=True, kw_only=True):
    """A question with options.

    `filter` is an expression over the options' traits that says which are offered; `list` is the
    name that a spreadsheet has for the options.
    """

    if TYPE_CHECKING:  # each type has these fields itself, in the order in which it is stored
        options: tuple[Option, ...]
        filter: str = ""
        list: str = ""

    offers_other: ClassVar[bool] = True  # “Other, please say”
    xlsform_type: ClassVar[str] = ""

    @classmethod
    def starting_fields(cls, new: NewQuestion) -> PartFields:
        usual = tuple(
            Option(option.name, in_languages(option.text, new.languages))
            for option in YES_NO_OPTIONS
        )
        return {"options": new.options or usual}

    def has_expression(self) -> bool:
        return super().has_expression() or bool(self.filter)

    def faults(self) -> Iterator[Fault]:
        if len({option.name for option in self.options}) < max(2, len(self.options)):
            yield Fault(self.name, "needs at least two different options")

    def answer_labels(self) -> dict[str, Wording]:
        return {option.name: option.text for option in self.options}

    def answer_in_words(self, answer: object, language: str, day: DayInWords) -> str:
        texts = (option.text for option in self.options if option.name == answer)
        return next((wording_text(text, language) for text in texts), str(answer))

    def codes_in_cell(self, cell: str) -> Sequence[str]:
        """The codes of several answers in one cell; the cell itself if one of them is unknown."""
        for separator in SEPARATORS:
            words = [piece.strip() for piece in cell.split(separator) if piece.strip()]
            codes = [self.code_of(word) for word in words]
            if all(codes):
                return codes
        return [cell]

    def spreadsheet_options(self) -> tuple[Option, ...]:
        return (*self.options, WITHHOLDING[0]) if self.may_decline else self.options

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        return XlsformRow(
            self.xlsform_type,
            {"choice_filter": self.filter},
            list_name=self.list or self.name,
            options=self.spreadsheet_options(),
        )

    @classmethod
    def fields_from_xlsform(cls, source: XlsformSource) -> PartFields:
        return {
            "options": [*source.options],
            "list": source.list_name,
            "filter": source.filter,
        }


def without_options(fields: PartFields) -> PartFields:
    """The fields without those of a list of options or a group of questions."""
    drop = {"options", "items", "list", "filter", "table"}
    return {key: value for key, value in fields.items() if key not in drop}


# The population groups that responses are weighted to; any other answer counts as missing.
KINDS: dict[Margin, tuple[str, ...]] = {
    "age": ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"),
    "sex": ("female", "male"),
    "ethnicity": ("asian", "black", "mixed", "white", "other"),
    "disability": ("yes", "no"),
}


class SelectOne(OptionsItem, frozen=True, kw_only=True, tag="choice"):
    """One of the options; `margin` is the population margin that the options give a category of."""

    options: tuple[Option, ...]
    margin: Margin | None = None
    filter: str = ""
    list: str = ""

    builder_label: ClassVar[str] = "One choice"
    missing: ClassVar[str] = "select"
    withheld_is_option: ClassVar[bool] = True
    withheld_in_conditions: ClassVar[bool] = False
    shares_tables: ClassVar[Literal["", "always", "on table pages"]] = "on table pages"
    xlsform_type: ClassVar[str] = "select_one"
    xlsform_types: ClassVar[tuple[str, ...]] = ("select one",)

    def kinds(self) -> dict[str, str]:
        """The population group that each option counts as."""
        return {option.name: option.kind or option.name for option in self.options}

    def kind_of(self, answers: Mapping[str, object]) -> str:
        """The population group of a respondent by their answers; '' if they did not say."""
        answer = answers.get(self.name)
        return self.kinds().get(answer, answer) if isinstance(answer, str) else ""

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        if answer not in [option.name for option in self.options]:
            raise ValueError("needs one of the options offered")
        return answer

    def trial_answer(self, *, most: bool) -> Answer | None:
        names = [option.name for option in self.options]
        # A draft may not have its options yet.
        return names[-1 if most else 0] if names else None

    def faults(self) -> Iterator[Fault]:
        """The faults of the question, among them options whose `kind` is none of the groups that
        responses are weighted to.

        Without this check, answers with such an option would be left out of the weighting
        unnoticed.
        """
        yield from super().faults()
        known = KINDS[self.margin] if self.margin else ("no kind without a margin",)
        for option in self.options:
            if option.kind and option.kind not in known:
                why = f"{option.name} counts as {option.kind!r}; take {', '.join(known)}"
                yield Fault(self.name, why)

    def with_new_names(self, names: Mapping[str, str]) -> Self:
        """A copy without a margin: only one question may decide a respondent's category."""
        copy = super().with_new_names(names)
        if not self.margin:
            return copy
        options = tuple(replace(option, kind="") for option in self.options)
        return replace(copy, margin=None, options=options)


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
        if not all(isinstance(name, str) and name in names for name in chosen) or has_duplicates(
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


class AreaItem(Item, frozen=True, kw_only=True):
    """A question that is answered with a borough, by its code."""

    gives_area: ClassVar[bool] = True
    xlsform_is_own: ClassVar[bool] = False

    def trial_answer(self, *, most: bool) -> Answer:
        return TRIAL_AREA

    def exported_answers(self, areas: Mapping[str, str]) -> dict[str, str]:
        return dict(areas)


class Borough(AreaItem, frozen=True, kw_only=True, tag="borough"):
    """A borough; the first one that everybody is asked is the area of a response."""

    builder_label: ClassVar[LocalLabel] = LocalLabel("Borough")
    missing: ClassVar[str] = "borough"

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        try:
            area = around.city.find(str(answer)) if around.city else None
        except Problem:
            area = None
        if area is None or not area.is_local:
            raise ValueError(in_local_words("needs a borough of this city"))
        return area.code

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


class Postcode(AreaItem, frozen=True, kw_only=True, tag="postcode"):
    """A postcode, of which only the borough is stored."""

    builder_label: ClassVar[LocalLabel] = LocalLabel("Postcode (only the borough is stored)")
    sentence_label: ClassVar[str] = "postcode"
    missing: ClassVar[str] = "postcode"
    xlsform_type: ClassVar[str] = "text"

    def stored_answer(self, answer: Answer, around: DayAndCity) -> Answer:
        """The borough of a postcode.

        A borough's code is accepted too, as several boroughs can share a postcode district.
        """
        city = around.city
        if city is None or not isinstance(answer, str):
            raise ValueError(in_local_words("needs a postcode of this city"))
        if answer in [area.code for area in city.local_areas()]:
            return answer
        try:
            return city.at(answer).code
        except Problem as problem:
            if shared := ", ".join(fault.sentence for fault in problem.faults):
                said = in_local_words("is in several boroughs, choose one: ")
                raise ValueError(said + shared) from None
            raise ValueError(in_local_words("needs a postcode of this city")) from None

    def for_phones(self) -> InstrumentPart:
        """A choice of boroughs: nobody can look a postcode up without a network."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return Borough(**fields).for_phones()
