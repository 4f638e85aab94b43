"""Five points from strongly disagree to strongly agree, of a statement or a table of statements."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import msgspec
from msgspec.structs import replace

from survey.surveys.item_types import answers
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.choices import OptionsItem, without_options

AGREEMENT_LABELS = tuple(
    answers.USUAL_WORDS[key]
    for key in ("strongly_disagree", "disagree", "neither", "agree", "strongly_agree")
)


class LikertItem(Item, frozen=True, kw_only=True):
    """One or more statements with five points, 1 (lowest label) to 5."""

    if TYPE_CHECKING:
        labels: tuple[
            answers.Wording, answers.Wording, answers.Wording, answers.Wording, answers.Wording
        ]

    is_picked: ClassVar[bool] = True
    missing: ClassVar[str] = "select"
    withheld_is_option: ClassVar[bool] = True
    xlsform_is_own: ClassVar[bool] = False

    @classmethod
    def starting_fields(cls, new: answers.NewQuestion) -> answers.PartFields:
        return {
            "labels": tuple(
                answers.in_languages(label, new.languages) for label in AGREEMENT_LABELS
            )
        }

    def stored_answer(self, answer: answers.Answer, around: answers.DayAndCity) -> answers.Answer:
        if type(answer) is not int or answer not in range(1, 6):
            raise ValueError("needs a whole number from 1 to 5")
        return answer

    def answer_from_text(self, text: str) -> answers.Answer:
        return answers.number_from_text(text)

    def trial_answer(self, *, most: bool) -> answers.Answer:
        return 5 if most else 3

    def displayed_wordings(self, name: str) -> list[answers.Wording]:
        return [*super().displayed_wordings(name), *self.labels]

    def answer_labels(self) -> dict[str, answers.Wording]:
        return {str(place): label for place, label in enumerate(self.labels, 1)}

    def shown_labels(self) -> dict[str, answers.Wording]:
        return dict(reversed(self.answer_labels().items()))  # the best first

    def answer_in_words(self, answer: object, language: str, day: answers.DayInWords) -> str:
        if isinstance(answer, int) and 1 <= answer <= 5:
            return answers.wording_text(self.labels[answer - 1], language)
        return answers.plain_answer(answer)

    def answer_from_form(self, form: answers.FormFields) -> answers.Answer:
        return form.integer()

    def point_options(self) -> tuple[answers.Option, ...]:
        """The points as the options of a list."""
        options = tuple(
            answers.Option(str(place), label) for place, label in enumerate(self.labels, 1)
        )
        return (*options, *answers.WITHHOLDING) if self.may_decline else options


class Agreement(LikertItem, frozen=True, kw_only=True, tag="agreement"):
    """A five-point Likert item, 1 (lowest label) to 5; `reverse` if 5 is the negative end."""

    labels: tuple[
        answers.Wording, answers.Wording, answers.Wording, answers.Wording, answers.Wording
    ]
    reverse: bool = False

    builder_label: ClassVar[str] = "Agreement, five points"
    builder_fields: ClassVar[tuple[answers.BuilderField, ...]] = (
        answers.BuilderField("reverse", "Agreeing is negative", "tick"),
    )
    offers_dont_know: ClassVar[bool] = True
    shares_tables: ClassVar[Literal["", "always", "on table pages"]] = "always"

    def likert_rows(self) -> dict[str, bool]:
        return {self.name: self.reverse}

    def xlsform(self, areas: Sequence[answers.Option] = ()) -> answers.XlsformRow:
        return answers.XlsformRow(
            "select_one",
            {"appearance": self.appearance or "likert"},
            list_name=self.name,
            options=self.point_options(),
        )

    @classmethod
    def own_xlsform_fields(
        cls, fields: answers.PartFields, reverse: frozenset[str]
    ) -> answers.PartFields:
        """The fields of the question, with the options of the list as the labels of its five
        points.
        """
        looks = fields.get("appearance", "")
        return without_options(fields) | {
            # After the five points come the options of not answering.
            "labels": [option.text for option in answers.options_in(fields)[:5]],
            "appearance": "" if looks == "likert" else looks,
        }


class GridRow(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    text: answers.Wording
    reverse: bool = False


class Grid(LikertItem, frozen=True, kw_only=True, tag="grid"):
    """Several Likert rows under one set of labels; each answer is stored under its row's name."""

    labels: tuple[
        answers.Wording, answers.Wording, answers.Wording, answers.Wording, answers.Wording
    ]
    rows: tuple[GridRow, ...]

    builder_label: ClassVar[str] = "Agreement, several statements"
    missing: ClassVar[str] = "select_row"
    field_shape: ClassVar[answers.FieldShape] = "rows"

    @classmethod
    def starting_fields(cls, new: answers.NewQuestion) -> answers.PartFields:
        first = GridRow(new.row_name(), {new.languages[0]: "–"})
        return super().starting_fields(new) | {"rows": (first,)}

    def answer_names(self) -> list[str]:
        return [row.name for row in self.rows]

    def expression_names(self) -> list[str]:
        """The names of the grid and its rows, each once: a grid may share its name with a row."""
        rows = [row.name for row in self.rows]
        return rows if self.name in rows else [*rows, self.name]

    def row_texts(self) -> dict[str, answers.Wording]:
        return {row.name: row.text for row in self.rows}

    def with_new_names(self, names: Mapping[str, str]) -> Self:
        rows = (replace(row, name=names[row.name]) for row in self.rows)
        return replace(super().with_new_names(names), rows=tuple(rows))

    def likert_rows(self) -> dict[str, bool]:
        return {row.name: row.reverse for row in self.rows}

    def series_type(self) -> type:
        return Agreement

    def displayed_wordings(self, name: str) -> list[answers.Wording]:
        rows = [row.text for row in self.rows if row.name == name]
        return [self.text, *rows, *self.labels]

    def short_wording(self, where: str) -> answers.Wording:
        return self.row_texts().get(where, self.text)

    def answers_from_form(self, form: answers.FormFields) -> answers.Answers:
        return {row.name: form.integer(f"-{number}") for number, row in enumerate(self.rows, 1)}

    def first_field(self, where: str) -> str:
        names = self.answer_names()
        return f"-{names.index(where) + 1}" if where in names else ""

    def xlsform(self, areas: Sequence[answers.Option] = ()) -> answers.XlsformRow:
        """A table-list: each row is a question of its own with the same options."""
        return answers.XlsformRow(
            "begin_group",
            {"appearance": "table-list"},
            list_name=f"{self.name}_labels",
            options=self.point_options(),
            table=tuple(
                answers.XlsformTableRow(
                    row.name, row.text, {"reverse": True} if row.reverse else {}
                )
                for row in self.rows
            ),
            is_question=False,
            hint=self.hint,
        )

    @classmethod
    def own_xlsform_fields(
        cls, fields: answers.PartFields, reverse: frozenset[str]
    ) -> answers.PartFields:
        """A grid from a table's questions: they are its rows, their options its labels."""
        items = fields.get("items")
        rows = (
            [item for item in items if isinstance(item, Item)] if isinstance(items, tuple) else []
        )
        options = rows[0].options if rows and isinstance(rows[0], OptionsItem) else ()
        return without_options(fields) | {
            "labels": [option.text for option in options[:5]],
            "rows": [
                {"name": row.name, "text": row.text, "reverse": row.name in reverse} for row in rows
            ],
            # A spreadsheet says it of each row, a grid once for all of them.
            "required": any(row.required for row in rows),
        }
