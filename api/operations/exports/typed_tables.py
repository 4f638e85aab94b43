"""Tables for files whose columns have types, and the data dictionary that says what each is."""

import datetime
from collections.abc import Iterator, Mapping
from typing import TypeGuard

import msgspec

from api import clock
from api.operations.exports import answer_tables
from survey.formats.dictionary import (
    DataDictionary,
    DictionaryTable,
    Measure,
    Variable,
    VariableType,
)
from survey.store import places
from survey.store.answers import counts
from survey.store.answers.counts import ExportedResponse
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    WITHHELD,
    AnyQuestion,
    Item,
    OptionsItem,
    wording_text,
)
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.item_types import Date, LikertItem
from survey.surveys.refusals import unknown_instrument

NO_ANSWER_HEAD, NO_ANSWER_WORDS = "no_answer", "no answer"
# As SPSS and Stata have them, where an answer is a number; no answer of ours is as low.
NUMBERS_OF_NO_ANSWER = {DECLINED: -9_999_998, DONT_KNOW: -9_999_999}
CHOSEN = {"0": "Not chosen", "1": "Chosen"}
Labels = Mapping[str, answer_tables.QuestionLabels] | None


class TextColumn(answer_tables.Column, frozen=True):
    """An answer as text, whatever it is."""

    def cell(self, answer: object, labels: Labels) -> object:
        cell = super().cell(answer, labels)
        return None if cell is None else str(cell)


class NumberColumn(answer_tables.Column, frozen=True):
    """An answer that is a number; nothing where somebody preferred not to say."""

    def cell(self, answer: object, labels: Labels) -> object:
        return answer if is_number(answer) else None


class DayColumn(answer_tables.Column, frozen=True):
    """An answer that is a day."""

    def cell(self, answer: object, labels: Labels) -> object:
        try:
            return datetime.date.fromisoformat(str(answer))
        except ValueError:
            return None


class NoAnswerColumn(answer_tables.Column, frozen=True):
    """Why there is no answer, next to a column that can only hold a number or a day."""

    def head(self, labels: Labels) -> str:
        name = super().head(labels)
        return f"{name}/{NO_ANSWER_HEAD}" if labels is None else f"{name} – {NO_ANSWER_WORDS}"

    def cell(self, answer: object, labels: Labels) -> object:
        if not isinstance(answer, str) or answer not in WITHHELD:
            return None
        return answer if labels is None else answer_tables.NO_ANSWER[answer]


class NumberedColumn(answer_tables.Column, frozen=True):
    """An answer as a number: the number typed, or for a choice its number in `numbers`."""

    numbers: Mapping[str, int] = {}

    def cell(self, answer: object, labels: Labels) -> object:
        if isinstance(answer, str | bool):
            return self.numbers.get(str(answer))
        return answer if is_number(answer) else None


def is_number(answer: object) -> TypeGuard[float]:
    return isinstance(answer, int | float) and not isinstance(answer, bool)


class TypedTables(answer_tables.AnswerTables):
    """Tables in which every column holds one type: choices as texts, numbers as numbers."""

    def columns_of_one(self, name: str) -> Iterator[answer_tables.Column]:
        item = self.items[name]
        if not isinstance(item, Item):
            yield answer_tables.Column(name)
        elif item.is_number or isinstance(item, Date):
            yield NumberColumn(name) if item.is_number else DayColumn(name)
            if item.may_decline:
                yield NoAnswerColumn(name)
        elif isinstance(item, LikertItem) and self.labels is None:
            yield NumberColumn(name)
            if item.may_decline:
                yield NoAnswerColumn(name)
        else:
            yield TextColumn(name)
        yield from self.option_columns(name)


class NumberedTables(answer_tables.AnswerTables):
    """Tables for statistics programs: choices as numbers that have labels."""

    def __init__(
        self, harmony: HarmonisedVersions, areas: Mapping[str, str] | None, *, words: bool = True
    ) -> None:
        # First: the columns that are made below are numbered by them.
        self.mode_numbers = list_places(answer_tables.MODES)
        self.area_numbers = list_places(areas or {})
        super().__init__(harmony, areas, words=False)

    def columns_of_one(self, name: str) -> Iterator[answer_tables.Column]:
        item = self.items[name]
        if not isinstance(item, Item):
            yield answer_tables.Column(name)
        elif isinstance(item, Date):
            yield DayColumn(name)
            if item.may_decline:
                yield NoAnswerColumn(name)
        elif item.is_number or has_one_of_a_list(item):
            yield NumberedColumn(name, numbers=self.numbers(name))
        else:
            yield TextColumn(name)
        yield from self.option_columns(name)

    def numbers(self, name: str) -> dict[str, int]:
        """The number of each answer to a question with a list of answers; for other questions only
        the numbers of "prefer not to say" and "don't know".
        """
        item = self.items[name]
        if isinstance(item, LikertItem):
            numbers = {str(point): point for point in range(1, 6)}
        elif isinstance(item, OptionsItem):
            numbers = list_places(self.harmony.options(name))
        elif isinstance(item, Item) and item.is_tick:
            numbers = {"False": 0, "True": 1}
        elif isinstance(item, Item) and item.gives_area:
            numbers = dict(self.area_numbers)
        else:
            numbers = {}
        return numbers | NUMBERS_OF_NO_ANSWER

    def fixed_cells(self, response: ExportedResponse) -> list[object]:
        mode, area = self.mode_numbers.get(response.mode), self.area_numbers.get(response.area)
        return [response.version, mode, area, response.language]


def list_places(answers: Mapping[str, object]) -> dict[str, int]:
    """Answers by their places in a list, from 1."""
    return {answer: place for place, answer in enumerate(answers, 1)}


def has_one_of_a_list(item: Item) -> bool:
    """Whether the answer to an item is a single choice from a list known beforehand."""
    chosen = isinstance(item, OptionsItem) and not item.option_columns
    return chosen or isinstance(item, LikertItem) or item.is_tick or item.gives_area


def table_variables(tables: answer_tables.AnswerTables, table: str) -> list[Variable]:
    """What each column of a table is, in order."""
    words = answer_tables.labels_by_question(tables.harmony, tables.area_names)
    columns = zip(tables.question_heads(table), tables.question_columns(table), strict=True)
    return [
        *fixed_variables(tables, table),
        *(variable_of(tables, name, column, words) for name, column in columns),
    ]


def fixed_variables(tables: answer_tables.AnswerTables, table: str) -> Iterator[Variable]:
    names = tables.heads(table)
    if table != answer_tables.ANSWERS:
        for name, code in zip(names, (answer_tables.ROW, answer_tables.ROUND), strict=False):
            yield Variable(
                name=name, label=answer_tables.fixed_head(code), type="whole", measure="scale"
            )
        return
    numbers = tables if isinstance(tables, NumberedTables) else None
    values = {"mode": answer_tables.MODES, "area": tables.area_names}
    types: dict[str, VariableType] = {answer_tables.ROW: "whole", "version": "whole", "day": "day"}
    for name, code in zip(names, (answer_tables.ROW, *answer_tables.FIXED_COLUMNS), strict=False):
        labels = values.get(code, {}) if tables.areas is None else {}
        yield Variable(
            name=name,
            label=answer_tables.fixed_head(code),
            type="whole" if numbers and labels else types.get(code, "text"),
            measure="scale" if code in (answer_tables.ROW, "day") else "nominal",
            values=labels_by_number(labels, list_places(labels)) if numbers else dict(labels),
        )


def labels_by_number(words: Mapping[str, str], numbers: Mapping[str, int]) -> dict[str, str]:
    """The words for each answer, by its number."""
    return {str(number): words.get(answer, answer) for answer, number in numbers.items()}


def variable_of(
    tables: answer_tables.AnswerTables,
    name: str,
    column: answer_tables.Column,
    words: Mapping[str, answer_tables.QuestionLabels],
) -> Variable:
    item, label = tables.items[column.name], words[column.name]
    kind, measure = type_of(item, column)
    values: Mapping[str, str] = {}
    if column.option and not isinstance(column, answer_tables.PlaceColumn):
        values = CHOSEN
    elif isinstance(column, NumberedColumn):
        allowed = item.may_decline if isinstance(item, Item) else False
        asked = {a: n for a, n in column.numbers.items() if allowed or a not in WITHHELD}
        values = labels_by_number(label.answers, asked)
    elif isinstance(column, NoAnswerColumn):
        values = answer_tables.NO_ANSWER
    elif tables.labels is None and isinstance(item, Item) and has_one_of_a_list(item):
        unasked = frozenset() if item.may_decline else WITHHELD
        values = {a: text for a, text in label.answers.items() if a not in unasked}
    return Variable(
        name=name,
        label=column.head(words),
        type=kind,
        measure=measure,
        values=dict(values),
        missing=tuple(
            str(number) for number in NUMBERS_OF_NO_ANSWER.values() if str(number) in values
        ),
    )


def type_of(item: AnyQuestion, column: answer_tables.Column) -> tuple[VariableType, Measure]:
    """The type of a column, and on which scale it is."""
    if column.option:
        return "whole", "ordinal" if isinstance(column, answer_tables.PlaceColumn) else "nominal"
    if isinstance(column, TextColumn | NoAnswerColumn):
        return "text", "nominal"
    if not isinstance(item, Item) or item.is_number:
        return "number" if isinstance(item, Item) else "whole", "scale"
    if isinstance(item, LikertItem):
        return "whole", "ordinal"
    if isinstance(item, Date):
        return "day", "scale"
    return "whole" if isinstance(column, NumberedColumn) else "text", "nominal"


async def load_dictionary(connection: Connection, slug: str) -> DataDictionary:
    """The dictionary of the tables in an export as codes, with answers under today's questions."""
    versions = await instruments.load_history(connection, slug)
    if not versions:
        raise unknown_instrument(slug[:60])
    areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
    answers = await counts.count_of_past_hours(connection, slug)
    return build_dictionary(HarmonisedVersions(versions), areas, answers)


def build_dictionary(
    harmony: HarmonisedVersions, areas: dict[str, str], answers: int
) -> DataDictionary:
    tables = answer_tables.AnswerTables(harmony, areas, words=False)
    numbered = NumberedTables(harmony, areas)
    newest = harmony.newest
    return DataDictionary(
        slug=newest.slug,
        title=wording_text(newest.title) or newest.slug,
        summary=wording_text(newest.summary),
        organisation=newest.organisation,
        versions=tuple(version.version for version in harmony.versions),
        answers=answers,
        made_on=str(clock.today()),
        tables=tuple(dictionary_table(tables, numbered, name, answers) for name in tables.names),
    )


def dictionary_table(
    tables: answer_tables.AnswerTables, numbered: NumberedTables, name: str, answers: int
) -> DictionaryTable:
    pairs = zip(table_variables(tables, name), column_numbers(tables, numbered, name), strict=True)
    variables = tuple(with_numbers(*pair) for pair in pairs)
    if name == answer_tables.ANSWERS:
        return DictionaryTable(name, "a response", answers, variables)
    repeat, _ = tables.repeats[name]
    asked = wording_text(tables.items[repeat].text) or repeat
    return DictionaryTable(name, f"one time that “{asked}” was asked", None, variables)


def column_numbers(
    tables: answer_tables.AnswerTables, numbered: NumberedTables, table: str
) -> Iterator[dict[str, int]]:
    """For each column of a table, the number that SPSS and Stata use for each of its answers."""
    known = {"mode": numbered.mode_numbers, "area": numbered.area_numbers}
    for fixed in tables.fixed_columns(table):
        yield known.get(fixed, {})
    for column in tables.question_columns(table):
        yield {} if column.option else numbered.numbers(column.name)


def with_numbers(variable: Variable, numbers: Mapping[str, int]) -> Variable:
    """The variable with the numbers that SPSS and Stata have for its values."""
    used = {value: numbers[value] for value in variable.values if value in numbers}
    return msgspec.structs.replace(variable, numbers=used)
