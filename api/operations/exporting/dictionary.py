"""What each column of a survey's answers means, as a data dictionary for people and programs."""

from collections.abc import Iterator, Mapping

import msgspec

from api import clock
from api.operations.exporting.answer_tables import ANSWERS, AnswerTables
from api.operations.exporting.typed_tables import NumberedTables, table_variables
from survey.formats.data_dictionary import DataDictionary, DictionaryTable, Variable
from survey.store import places
from survey.store.answers import counts
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.surveys.instruments import HarmonisedVersions, wording_text
from survey.surveys.refusals import unknown_instrument


async def load_dictionary(connection: Connection, slug: str) -> DataDictionary:
    """The dictionary of the tables that an export as codes has, under today's questions."""
    versions = await instruments.load_history(connection, slug)
    if not versions:
        raise unknown_instrument(slug[:60])
    areas = {area.code: area.name for area in (await places.get_city(connection)).areas}
    answers = await counts.count_of_past_hours(connection, slug)
    return build_dictionary(HarmonisedVersions(versions), areas, answers)


def build_dictionary(
    harmony: HarmonisedVersions, areas: dict[str, str], answers: int
) -> DataDictionary:
    tables = AnswerTables(harmony, areas, words=False)
    numbered = NumberedTables(harmony, areas)
    newest = harmony.newest
    return DataDictionary(
        slug=newest.slug,
        title=wording_text(newest.title) or newest.slug,
        summary=wording_text(newest.summary),
        organisation=newest.organisation,
        versions=tuple(one.version for one in harmony.versions),
        answers=answers,
        made_on=str(clock.today()),
        tables=tuple(dictionary_table(tables, numbered, name, answers) for name in tables.names),
    )


def dictionary_table(
    tables: AnswerTables, numbered: NumberedTables, name: str, answers: int
) -> DictionaryTable:
    found = zip(table_variables(tables, name), column_numbers(tables, numbered, name), strict=True)
    variables = tuple(with_numbers(*one) for one in found)
    if name == ANSWERS:
        return DictionaryTable(name, "a response", answers, variables)
    repeat, _ = tables.repeats[name]
    asked = wording_text(tables.items[repeat].text) or repeat
    return DictionaryTable(name, f"one time that “{asked}” was asked", None, variables)


def column_numbers(
    tables: AnswerTables, numbered: NumberedTables, table: str
) -> Iterator[dict[str, int]]:
    """The number of each answer in SPSS and Stata, for each column of a table."""
    known = {"mode": numbered.mode_numbers, "area": numbered.area_numbers}
    for fixed in tables.fixed_columns(table):
        yield known.get(fixed, {})
    for one in tables.question_columns(table):
        yield {} if one.option else numbered.numbers(one.name)


def with_numbers(variable: Variable, numbers: Mapping[str, int]) -> Variable:
    """The variable with the numbers that SPSS and Stata have for its values."""
    used = {value: numbers[value] for value in variable.values if value in numbers}
    return msgspec.structs.replace(variable, numbers=used)
