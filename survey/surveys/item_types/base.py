"""What every item type is made from: the fields all have, and what they do unless they differ.

A type is a class in the file of its family. Whatever a door wants to know of a question it asks
here, so that no door has a list of types of its own: the rules of answers, forms in and out,
exports, the builder and the pages all call the methods below.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal, Self

import msgspec
from msgspec.structs import replace

from survey.problems import Fault
from survey.surveys.item_types import answers

WITHHELD_WORDS: dict[str, answers.Wording] = {
    option.name: option.text for option in answers.WITHHOLDING
}
EXPORTED_WORDS = {"don't know": answers.DONT_KNOW}  # as our own exports have it
YES_WORDS = ("1", "yes", "y", "true", "x", "ok", "✓")
NO_WORDS = ("0", "no", "n", "false", "-")
SHORT_SECONDS = 12  # that a question takes which is answered with a few clicks or keys


def tidy_words(words: str) -> str:
    """Words for comparison: letter case, blanks and the shape of an apostrophe do not matter."""
    return " ".join(words.casefold().replace("’", "'").split())


def yes_or_no(cell: str) -> str:
    """'yes' or 'no' as people write them into a table; '' for anything else."""
    words = tidy_words(cell)
    return "yes" if words in YES_WORDS else "no" if words in NO_WORDS else ""


class InstrumentPart(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"
):
    """Anything in an instrument that has a name; `relevant` is the condition for showing it."""

    name: str
    text: answers.Wording = {}
    relevant: str = ""
    appearance: str = ""

    # What the builder calls the type; '' for a type that nobody can add there.
    builder_label: ClassVar[str] = ""
    sentence_label: ClassVar[str] = ""  # within a sentence, where it is not the same
    builder_fields: ClassVar[tuple[answers.BuilderField, ...]] = ()
    is_asked: ClassVar[bool] = False  # of people, who answer it
    is_shown: ClassVar[bool] = True  # to people, if only as words
    is_supported: ClassVar[bool] = True
    xlsform_type: ClassVar[str]  # of its row in a spreadsheet
    # The types of rows in a spreadsheet that are read as this one, as pyxform calls them.
    xlsform_types: ClassVar[tuple[str, ...]] = ()
    # Whether a row without a column of ours is read as this type; and the fields that its own
    # columns carry beside those that every row has.
    xlsform_is_own: ClassVar[bool] = True
    xlsform_carries: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def type_name(cls) -> str:
        """The name of the type's file among the templates and among the paper parts."""
        return re.sub(r"\B(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def in_a_sentence(cls) -> str:
        return cls.sentence_label or cls.builder_label.lower()

    @classmethod
    def tag(cls) -> str:
        """The name of the type in stored JSON."""
        return str(cls.__struct_config__.tag)

    @classmethod
    def starting_fields(cls, new: answers.NewQuestion) -> answers.PartFields:
        """The fields, besides name and text, of a question that the builder adds."""
        return {}

    def answer_names(self) -> list[str]:
        """The keys under which the part's answers are stored."""
        return [self.name]

    def expression_names(self) -> list[str]:
        """The names by which expressions may refer to the part."""
        return [self.name]

    def row_texts(self) -> dict[str, answers.Wording]:
        """The wording of each row, by its name; empty where a question has no rows."""
        return {}

    def has_expression(self) -> bool:
        return bool(self.relevant)

    def faults(self) -> Iterator[Fault]:
        """The reasons why nobody could answer the part, its names and its size aside."""
        yield from ()

    def with_new_names(self, names: Mapping[str, str]) -> Self:
        """A copy of the part under new names."""
        return replace(self, name=names[self.name])

    def for_phones(self) -> "InstrumentPart":
        """The part as a phone asks it, which knows only what its form says."""
        return self

    def xlsform(self, areas: Sequence[answers.Option] = ()) -> answers.XlsformRow:
        """The part's row in a spreadsheet; a type with more columns than usual has its own."""
        return answers.XlsformRow(self.xlsform_type)

    @classmethod
    def fields_from_xlsform(cls, source: answers.XlsformSource) -> answers.PartFields:
        """The fields that only this type has, from a row of a spreadsheet."""
        return {}

    @classmethod
    def own_xlsform_fields(
        cls, fields: answers.PartFields, reverse: frozenset[str]
    ) -> answers.PartFields:
        """The fields as the type has them, without what was only added for phones.

        `reverse` are the names of the rows that are scored the other way round.
        """
        return fields


class Item(InstrumentPart, frozen=True, kw_only=True):
    """What every question has; `name` is its key in the answers and never changes.

    Expressions are the XPath of XForms, with ${name} for the answer to another question.
    """

    short: answers.Wording = {}
    hint: answers.Wording = {}
    required: bool = False
    required_when: str = ""
    required_message: answers.Wording = {}
    may_decline: bool = False
    constraint: str = ""
    constraint_message: answers.Wording = {}
    default: str = ""
    read_only: bool = False

    is_asked: ClassVar[bool] = True
    is_free_text: ClassVar[bool] = False  # an answer may be anybody's own words
    is_number: ClassVar[bool] = False
    is_tick: ClassVar[bool] = False
    is_picked: ClassVar[bool] = False  # whatever is wrong, the page asks to select an answer
    gives_area: ClassVar[bool] = False  # its answer is the borough of a response
    has_rules: ClassVar[bool] = True  # the builder offers a validation rule and a default
    # What a page says where the answer is missing: a key of the words for residents.
    missing: ClassVar[str] = "enter"
    offers_dont_know: ClassVar[bool] = False  # beside "prefer not to say"
    # Whether not answering is an option of its own in an XForm, and one for conditions.
    withheld_is_option: ClassVar[bool] = False
    withheld_in_conditions: ClassVar[bool] = True
    needs_every_option: ClassVar[bool] = False
    field_shape: ClassVar[answers.FieldShape] = "text"  # which fields of a form make one answer
    # How an export has the options in columns of their own: as 0 and 1, or by place.
    option_columns: ClassVar[Literal["", "chosen", "place"]] = ""
    # Where paper puts several of them into one table: wherever they follow each other, or only
    # on a page that is shown as a table.
    shares_tables: ClassVar[Literal["", "always", "on table pages"]] = ""

    # The answer

    def is_fixed(self) -> bool:
        """True for a text of the survey itself: there from the start, and nobody changes it."""
        return False

    def stored_answer(self, answer: answers.Answer, around: answers.DayAndCity) -> answers.Answer:
        """The answer as it is stored; raises ValueError with what is wrong."""
        raise NotImplementedError

    def answer_from_text(self, text: str) -> answers.Answer:
        """The answer that an XForm writes as this text."""
        return text

    def answer_from_cell(self, cell: str) -> answers.Answer:
        """The answer that a cell of somebody's table shows, in words or by its code.

        What cannot be read comes back as text, which the rule of the type then refuses.
        """
        return self.answer_from_text(self.code_of(cell) or cell)

    def code_of(self, words: str) -> str:
        """An answer's code by its words in any language, or by the code; '' if there is none."""
        wanted, labels = tidy_words(words), self.answer_labels() | WITHHELD_WORDS
        codes = {tidy_words(code): code for code in labels} | EXPORTED_WORDS
        # Where two answers read the same, only their codes tell them apart.
        matches = {
            code for code, text in labels.items() if wanted in map(tidy_words, text.values())
        }
        return codes.get(wanted) or (matches.pop() if len(matches) == 1 else "")

    def trial_answer(self, *, most: bool) -> answers.Answer | None:
        """A usual answer, or the largest there can be, to try the expressions of a survey with."""
        return None

    def seconds(self) -> int:
        """About how many seconds it takes to answer."""
        return SHORT_SECONDS

    def likert_rows(self) -> dict[str, bool]:
        """The five-point answers, and whether each is scored the other way round."""
        return {}

    def series_type(self) -> type:
        """The type that a question of this name must have had in an earlier version for its answers
        to be comparable.
        """
        return type(self)

    def displayed_wordings(self, name: str) -> list[answers.Wording]:
        """The texts that a respondent reads, with row and labels, without options."""
        return [self.text]

    def has_expression(self) -> bool:
        return super().has_expression() or bool(self.constraint or self.required_when)

    def condition(self, name: str, sign: str, literal: str) -> str:
        """An expression that compares the answer of this name with a value in quotation marks."""
        return f"${{{name}}} {sign} {literal}"

    # Words for answers

    def answer_labels(self) -> dict[str, answers.Wording]:
        """The label of each answer that can be chosen, by the answer as stored."""
        return {}

    def shown_labels(self) -> dict[str, answers.Wording]:
        """The labels of the answers, in the order in which people see them."""
        return self.answer_labels()

    def answer_in_words(self, answer: object, language: str, day: answers.DayInWords) -> str:
        """One answer as it is read within a sentence; `day` writes out a date."""
        return answers.plain_answer(answer)

    def counted_answers(self) -> dict[str, str]:
        """The words for each stored answer that results count; empty if nothing is counted."""
        return {key: answers.wording_text(text) for key, text in self.answer_labels().items()}

    def exported_answers(self, areas: Mapping[str, str]) -> dict[str, str]:
        """The words for each stored answer in an export; `areas` are boroughs."""
        return {key: answers.wording_text(text) for key, text in self.answer_labels().items()}

    def short_wording(self, where: str) -> answers.Wording:
        """The words with which a message names the question, or the row of it that the answer
        belongs to.
        """
        return self.short

    # The form of a page

    def answers_from_form(self, form: answers.FormFields) -> answers.Answers:
        return {self.name: self.answer_from_form(form)}

    def answer_from_form(self, form: answers.FormFields) -> answers.Answer:
        return form.text()

    def fields_for_answer(self, answer: answers.Answer) -> answers.FieldValues:
        """The fields of a form that show an answer again, by what their names end in."""
        if isinstance(answer, list):
            return {"": [str(code) for code in answer]}
        return {"": [f"{answer:g}" if isinstance(answer, float) else str(answer)]}

    def device_rules(self) -> Iterator[answers.DeviceRule]:
        """The limits of an answer that a script can check before the server does."""
        yield from ()

    def first_field(self, where: str) -> str:
        """The ending of the name of the field that a link to an error leads to."""
        return ""

    # A spreadsheet

    def limits_expression(self) -> str:
        """The limits of the type as a constraint, for programs that check only constraints."""
        return ""

    # A phone

    def phone_rule(self) -> str:
        """The item type's rule for an answer, as a constraint in a form for phones; empty if the
        form needs none for it.
        """
        return ""

    def may_leave_empty_on_phones(self) -> bool:
        """Whether an empty answer may mean a withheld one: a phone has no field for that."""
        return self.required and self.may_decline and not self.withheld_is_option

    def for_phones(self) -> InstrumentPart:
        rules = [rule for rule in (self.phone_rule(), self.constraint) if rule]
        return replace(
            self,
            constraint=" and ".join(f"({rule})" for rule in rules) if rules[1:] else "".join(rules),
            required=self.required and not self.may_leave_empty_on_phones(),
        )
