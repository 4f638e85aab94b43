"""Several statements under one set of five points."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import msgspec

from survey.surveys.item_types.agreement import Agreement
from survey.surveys.item_types.answers import Answers
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.doors import (
    FieldShape,
    FormFields,
    NewQuestion,
    Option,
    PartFields,
    Wording,
    XlsformRow,
    XlsformTableRow,
)
from survey.surveys.item_types.families import LikertItem, OptionsItem, without_options


class GridRow(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    text: Wording
    reverse: bool = False


class Grid(LikertItem, frozen=True, kw_only=True, tag="grid"):
    """Several Likert rows under one set of labels; each answer is stored under its row's name."""

    labels: tuple[Wording, Wording, Wording, Wording, Wording]
    rows: tuple[GridRow, ...]

    builder_label: ClassVar[str] = "Agreement, several statements"
    missing: ClassVar[str] = "select_row"
    field_shape: ClassVar[FieldShape] = "rows"

    @classmethod
    def starting_fields(cls, new: NewQuestion) -> PartFields:
        first = GridRow(new.row_name(), {new.languages[0]: "–"})
        return super().starting_fields(new) | {"rows": (first,)}

    def answer_names(self) -> list[str]:
        return [row.name for row in self.rows]

    def expression_names(self) -> list[str]:
        """The names of the grid and its rows, each once: a grid may share its name with a row."""
        rows = [row.name for row in self.rows]
        return rows if self.name in rows else [*rows, self.name]

    def row_texts(self) -> dict[str, Wording]:
        return {row.name: row.text for row in self.rows}

    def with_new_names(self, names: Mapping[str, str]) -> Self:
        rows = (msgspec.structs.replace(row, name=names[row.name]) for row in self.rows)
        return msgspec.structs.replace(super().with_new_names(names), rows=tuple(rows))

    def likert_rows(self) -> dict[str, bool]:
        return {row.name: row.reverse for row in self.rows}

    def series_type(self) -> type:
        return Agreement

    def displayed_wordings(self, name: str) -> list[Wording]:
        rows = [row.text for row in self.rows if row.name == name]
        return [self.text, *rows, *self.labels]

    def short_wording(self, where: str) -> Wording:
        return self.row_texts().get(where, self.text)

    def answers_from_form(self, form: FormFields) -> Answers:
        return {row.name: form.integer(f"-{number}") for number, row in enumerate(self.rows, 1)}

    def first_field(self, where: str) -> str:
        names = self.answer_names()
        return f"-{names.index(where) + 1}" if where in names else ""

    def xlsform(self, areas: Sequence[Option] = ()) -> XlsformRow:
        """A table-list: each row is a question of its own with the same options."""
        return XlsformRow(
            "begin_group",
            {"appearance": "table-list"},
            list_name=f"{self.name}_labels",
            options=self.point_options(),
            table=tuple(
                XlsformTableRow(row.name, row.text, {"reverse": True} if row.reverse else {})
                for row in self.rows
            ),
            is_question=False,
            hint=self.hint,
        )

    @classmethod
    def own_xlsform_fields(cls, fields: PartFields, reverse: frozenset[str]) -> PartFields:
        """The questions of a table as rows, and their options as the labels of five points."""
        found = fields.get("items")
        rows = [one for one in found if isinstance(one, Item)] if isinstance(found, tuple) else []
        options = rows[0].options if rows and isinstance(rows[0], OptionsItem) else ()
        return without_options(fields) | {
            "labels": [option.text for option in options[:5]],
            "rows": [
                {"name": row.name, "text": row.text, "reverse": row.name in reverse} for row in rows
            ],
            # A spreadsheet says it of each row, a grid once for all of them.
            "required": any(row.required for row in rows),
        }
