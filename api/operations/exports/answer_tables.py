"""The answers to a survey as tables: one row for each response, and one table for each repeat.

CSV and other files take their heads and cells from here.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import getitem
from typing import Generic, NamedTuple, TypeVar, cast

import msgspec

from survey.files.delimited import LINE_END, csv_cells
from survey.formats.dictionary import distinct_names
from survey.store.answers.counts import ExportedResponse
from survey.surveys import instruments
from survey.surveys.instruments.versions import AsAnswered, HarmonisedVersions
from survey.surveys.item_types.answers import Answer, Answers, SimpleValue
from survey.surveys.item_types.base import tidy_words
from survey.surveys.responses import answer_rounds
from survey.words import in_local_words

FIXED_COLUMNS = {
    "version": "Version of the survey",
    "mode": "Who could answer",
    "area": "Borough",
    "language": "Language",
    "day": "Day",
}
MODES = {
    "open": "Anyone",
    "sampled": "People chosen at random",
    "met": "People the police met",
}
NO_ANSWER = {instruments.DECLINED: "Prefer not to say", instruments.DONT_KNOW: "Don’t know"}
SEPARATOR = "; "  # several answers in one cell
ANSWERS = "answers"
ATTACHED = "attached"
ROW, ROUND = "row", "round"
MOST_OPTIONS = 100  # that have a column each; a longer list has one for all
MOST_LOOKED_UP = 4_096  # answers to a question: where there are more, they seldom come again
HEADS = {ROW: "Row", ROUND: "Round"} | FIXED_COLUMNS


def fixed_head(column: str) -> str:
    """The head of a column that is no question's, in the words of the place."""
    return in_local_words(HEADS[column])


PlainAnswer = str | int | tuple[str, ...] | None  # those that can be looked up
Part = TypeVar("Part")


class QuestionLabels(msgspec.Struct, frozen=True):
    """The words of one question, and of each of its answers by code."""

    words: str
    answers: dict[str, str]


def labels_by_question(
    harmony: HarmonisedVersions, areas: Mapping[str, str]
) -> dict[str, QuestionLabels]:
    """The words of every question ever asked, by its name today."""
    return {
        name: labels_of_question(harmony, name, item, areas)
        for name, item in harmony.questions().items()
    }


def labels_of_question(
    harmony: HarmonisedVersions,
    name: str,
    item: instruments.AnyQuestion,
    areas: Mapping[str, str],
) -> QuestionLabels:
    words = instruments.wording_text(item.text)
    if not isinstance(item, instruments.Item):
        return QuestionLabels(words or name, dict(NO_ANSWER))
    if name in (rows := item.row_texts()):
        words = f"{words} {instruments.wording_text(rows[name])}".strip()
    answers = item.exported_answers(areas)
    if isinstance(item, instruments.OptionsItem):  # those of earlier versions too
        answers = {
            key: instruments.wording_text(text) for key, text in harmony.options(name).items()
        }
    return QuestionLabels(words or name, answers | NO_ANSWER)


decode_answers = msgspec.json.Decoder(Answers).decode


class Column(msgspec.Struct, frozen=True):
    """The answers to a question, or whether one of its options was chosen."""

    name: str
    option: str = ""

    def head(self, labels: Mapping[str, QuestionLabels] | None) -> str:
        """The head of the column: the name of its question and option or, with `labels`, their
        words.
        """
        if labels is None:
            return f"{self.name}/{self.option}" if self.option else self.name
        label = labels.get(self.name)
        if label is None:
            return self.name
        chosen = label.answers.get(self.option, self.option)
        return f"{label.words} – {chosen}" if self.option else label.words

    def cell(self, answer: object, labels: Mapping[str, QuestionLabels] | None) -> object:
        """An answer as the cell of this column: the option or options chosen; for a column of a
        single option, 1 if it was chosen, otherwise 0.
        """
        if self.option:
            return int(self.option in answer) if isinstance(answer, list) else None
        if answer is None or answer == []:
            return None
        if rounds := answer_rounds(answer):
            return len(rounds)
        label = labels.get(self.name) if labels is not None else None
        given = answer if isinstance(answer, list) else [answer]
        cells = [label.answers.get(str(choice), choice) if label else choice for choice in given]
        if not isinstance(answer, list):
            return cells[0]
        return (SEPARATOR if label else " ").join(map(str, cells))


class PlaceColumn(Column, frozen=True):
    """A column with the place that an option was given in a ranking."""

    def cell(self, answer: object, labels: Mapping[str, QuestionLabels] | None) -> object:
        places = answer if isinstance(answer, list) else []
        return places.index(self.option) + 1 if self.option in places else None


class AnswerTables:
    """The tables of a survey's answers: one of responses, and one more for each repeat.

    If `words` is true and the names of `areas` are given, questions and answers are in words
    instead of codes.
    """

    def __init__(
        self,
        harmony: HarmonisedVersions,
        areas: Mapping[str, str] | None,
        *,
        words: bool = True,
    ) -> None:
        self.harmony = harmony
        self.area_names = areas or {}  # whether or not the cells show them
        self.areas = areas if words else None
        self.items = harmony.questions()
        versions = harmony.versions
        # By the name of then and of today: under either, what somebody wrote must not leave.
        written = [(version.version, name) for version in versions for name in version.texts()]
        self.texts = {
            *(name for _, name in written),
            *(harmony.name_today(*pair) for pair in written),
        }
        self.files = {
            harmony.name_today(version.version, n) for version in versions for n in version.files()
        }
        self.labels = None if self.areas is None else labels_by_question(harmony, self.areas)
        self.of_version = {version.version: self.labels_at(version) for version in versions}
        newest = harmony.newest.answer_names()
        retired = [
            harmony.name_today(version.version, name)
            for version in harmony.versions
            for name in version.answer_names()
        ]
        self.columns = self.columns_of(list(dict.fromkeys([*newest, *retired])))
        repeats: dict[str, dict[str, None]] = {}
        for version in reversed(harmony.versions):
            for item in version.all_questions():
                if isinstance(item, instruments.Repeat):
                    asked = repeats.setdefault(harmony.name_today(version.version, item.name), {})
                    for inner in instruments.questions_in(item.items):
                        for name in inner.answer_names():
                            asked.setdefault(harmony.name_today(version.version, name))
        tables = distinct_names(f"{ANSWERS}-{name}" for name in repeats)
        self.repeats = {
            table: (name, self.columns_of(names))
            for table, (name, names) in zip(tables, repeats.items(), strict=True)
        }

    @property
    def names(self) -> list[str]:
        """The name of each table, as part of the name of a file; that of responses is first."""
        return [ANSWERS, *self.repeats]

    def wanted_names(self, *, every_table: bool) -> list[str]:
        return self.names if every_table else [ANSWERS]

    def labels_at(self, instrument: instruments.Instrument) -> dict[str, QuestionLabels] | None:
        """The words in which the answers to a version are shown: today's words, or the version's
        own.
        """
        if self.areas is None or not isinstance(self.harmony, AsAnswered):
            return self.labels
        return labels_by_question(AsAnswered([instrument]), self.areas)

    def columns_of(self, names: Iterable[str]) -> dict[str, list[Column]]:
        """The columns of each question that has any, in order."""
        return {name: list(self.columns_of_one(name)) for name in names if name not in self.texts}

    def columns_of_one(self, name: str) -> Iterator[Column]:
        yield Column(name)
        yield from self.option_columns(name)

    def option_columns(self, name: str) -> Iterator[Column]:
        """A column for each option of a question that has such columns."""
        item = self.items[name]
        shape = item.option_columns if isinstance(item, instruments.Item) else ""
        options = self.harmony.options(name) if shape else {}
        if len(options) <= MOST_OPTIONS:
            made = PlaceColumn if shape == "place" else Column
            yield from (made(name, option) for option in options)

    def question_columns(self, table: str) -> list[Column]:
        """The columns of a table that hold answers, in order."""
        repeat = self.repeats.get(table)
        return [*chain.from_iterable((repeat[1] if repeat else self.columns).values())]

    def fixed_columns(self, table: str) -> list[str]:
        """The columns before those that hold answers."""
        return [ROW, ROUND] if table in self.repeats else [ROW, *FIXED_COLUMNS]

    def codes(self, table: str) -> list[str]:
        """The names of a table's columns, all different: a question never takes a fixed column's
        name.
        """
        # In some programs two columns of one name become one, and half of the answers are lost;
        # in others the file does not open.
        columns = self.question_columns(table)
        return distinct_names(
            [*self.fixed_columns(table), *(column.head(None) for column in columns)]
        )

    def heads(self, table: str) -> list[str]:
        """The heads of a table, all different; heads that would read the same have the code in
        brackets.
        """
        codes = self.codes(table)
        if self.labels is None:
            return codes
        words = [fixed_head(name) for name in self.fixed_columns(table)]
        words += [column.head(self.labels) for column in self.question_columns(table)]
        times = Counter(map(tidy_words, words))
        return distinct_names(
            f"{word} ({code})" if times[tidy_words(word)] > 1 else word
            for word, code in zip(words, codes, strict=True)
        )

    def question_heads(self, table: str) -> list[str]:
        """The heads of the columns that hold answers."""
        return self.heads(table)[len(self.fixed_columns(table)) :]

    def name_then(self, version: int, today: str) -> str:
        """The name of a question in a version, from its name today."""
        asked = next(
            instrument for instrument in self.harmony.versions if instrument.version == version
        ).answer_names()
        then = {self.harmony.name_today(version, name): name for name in asked}
        # One that was not asked: under its name there may be another question's answer.
        return then.get(today, f" {today}" if today in asked else today)

    def answer_today(self, version: int, name: str, answer: Answer) -> Answer:
        """An answer to a question of a version as the tables show it: under today's options, with
        the word 'attached' instead of the mark of a file.
        """
        ((today, today_answer),) = self.harmony.answers(version, {name: answer}).items()
        return without_mark(today, today_answer, self.files)

    def fixed_cells(self, response: ExportedResponse) -> list[object]:
        """The cells of a response before its day and its answers."""
        if self.areas is None:
            return [response.version, response.mode, response.area, response.language]
        mode = MODES.get(response.mode, response.mode)
        area = self.areas.get(response.area, response.area)
        return [response.version, mode, area, response.language]


class KnownCells(dict[PlainAnswer, Part]):
    """What each answer to a question puts into its columns of a file, kept by answer.

    Most answers are choices that come again and again: what was made once is looked up.
    """

    def __init__(
        self, source: "RowReader[Part]", columns: Sequence[Column], version: int, name: str
    ) -> None:
        super().__init__()
        self.tables, self.shape = source.tables, source.shape
        self.columns, self.version, self.name = columns, version, name
        self.labels = self.tables.of_version[version]

    def __missing__(self, answer: PlainAnswer) -> Part:
        part = self.work_out([*answer] if isinstance(answer, tuple) else answer)
        if len(self) < MOST_LOOKED_UP:
            self[answer] = part
        return part

    def work_out(self, answer: Answer | None) -> Part:
        shown = None
        if answer is not None:
            shown = self.tables.answer_today(self.version, self.name, answer)
        return self.shape(column.cell(shown, self.labels) for column in self.columns)


class UnknownCells(Generic[Part]):
    """The cells of a question whose answers cannot be looked up: Python takes 1.0 and True for 1,
    and rounds of a repeat cannot be keys.
    """

    def __init__(self, known: KnownCells[Part]) -> None:
        self.work_out = known.work_out

    def __getitem__(self, answer: Answer | None) -> Part:
        return self.work_out(answer)


class VersionRows(Generic[Part]):
    """Shapes the answers to one version as the cells of today's questions."""

    def __init__(self, source: "RowReader[Part]", version: int) -> None:
        tables = source.tables
        self.names = [tables.name_then(version, today) for today in tables.columns]
        self.cells: list[KnownCells[Part] | UnknownCells[Part]] = [
            KnownCells(source, columns, version, name)
            for name, columns in zip(self.names, tables.columns.values(), strict=True)
        ]
        self.decode = self.decoder()

    def decoder(self) -> Callable[[str], msgspec.Struct]:
        """A decoder that turns answers into a Struct with a field for each question, in column
        order.
        """
        # Twice as fast as a dict and a search for each name: this is most of an export.
        fields = [
            (f"f{n}", PlainAnswer if isinstance(cell_map, KnownCells) else Answer | None, None)
            for n, cell_map in enumerate(self.cells)
        ]
        names = {f"f{n}": name for n, name in enumerate(self.names)}
        kind = msgspec.defstruct("AnswersInOrder", fields, rename=names, gc=False)
        return msgspec.json.Decoder(kind).decode

    def parts(self, answers: str) -> Iterator[Part]:
        """The cells of one response's answers, question by question."""
        try:
            record = self.decode(answers)
        except msgspec.ValidationError:
            self.note_unknown(answers)
            record = self.decode(answers)
        return map(getitem, self.cells, msgspec.structs.astuple(record))

    def note_unknown(self, answers: str) -> None:
        """Stop looking up the cells of each question whose answer here is not a plain value."""
        given = decode_answers(answers)
        for n, (name, cells) in enumerate(zip(self.names, self.cells, strict=True)):
            if isinstance(cells, KnownCells) and not is_plain(given.get(name)):
                self.cells[n] = UnknownCells(cells)
        self.decode = self.decoder()


def is_plain(answer: Answer | None) -> bool:
    if isinstance(answer, list):
        return all(isinstance(choice, str) for choice in answer)
    return answer is None or type(answer) in (str, int)


class ResponseRow(NamedTuple, Generic[Part]):
    """A row of the table of responses: `fixed` are the cells before its day, `parts` the cells of
    each question.
    """

    number: int
    fixed: Part
    day: datetime.date
    parts: Iterator[Part]


class RoundRow(NamedTuple, Generic[Part]):
    """A row of the table of a repeat: the number of its response, and of the round within it."""

    number: int
    place: int
    cells: Part


class RowReader(Generic[Part]):
    """Makes the rows of one of the tables, a batch of responses at a time, for every format.

    `shape` turns cells into what a format writes. Between batches the reader remembers the number
    of the last response and the cells of repeated answers, but no response.
    """

    def __init__(
        self, tables: AnswerTables, table: str, shape: Callable[[Iterable[object]], Part]
    ) -> None:
        self.tables, self.table, self.shape = tables, table, shape
        self.number = 0
        self.fixed: dict[tuple[int, str, str, str], Part] = {}
        self.rows = {
            version.version: VersionRows(self, version.version)
            for version in tables.harmony.versions
        }

    def response_rows(self, responses: Iterable[ExportedResponse]) -> Iterator[ResponseRow[Part]]:
        fixed, rows = self.fixed, self.rows
        for response in responses:
            # A number within this file only: a reference would lead back to whoever has the
            # receipt.
            self.number += 1
            key = response.version, response.mode, response.area, response.language
            before = fixed.get(key)
            if before is None:
                before = fixed[key] = self.shape(self.tables.fixed_cells(response))
            yield ResponseRow(
                self.number, before, response.day, rows[response.version].parts(response.answers)
            )

    def round_rows(self, responses: Iterable[ExportedResponse]) -> Iterator[RoundRow[Part]]:
        repeat, _ = self.tables.repeats[self.table]
        every = self.tables.question_columns(self.table)
        names = {
            version.version: self.tables.name_then(version.version, repeat)
            for version in self.tables.harmony.versions
        }
        for response in responses:
            self.number += 1
            name = names[response.version]
            answer = decode_answers(response.answers).get(name)
            if answer is None:
                continue
            labels = self.tables.of_version[response.version]
            shown = self.tables.answer_today(response.version, name, answer)
            for place, given in enumerate(answer_rounds(shown), 1):
                cells = (column.cell(given.get(column.name), labels) for column in every)
                yield RoundRow(self.number, place, self.shape(cells))


class TableWriter(RowReader[str]):
    """Writes one of the tables as CSV, a batch of responses at a time."""

    def __init__(self, tables: AnswerTables, table: str) -> None:
        super().__init__(tables, table, csv_cells)

    def head(self) -> str:
        return csv_cells(self.tables.heads(self.table))[1:] + LINE_END

    def lines(self, responses: Iterable[ExportedResponse]) -> str:
        """The lines of the next responses."""
        lines = self.response_lines if self.table == ANSWERS else self.round_lines
        return "".join(lines(responses))

    def response_lines(self, responses: Iterable[ExportedResponse]) -> Iterator[str]:
        last, day_text = None, ""
        for number, before, day, parts in self.response_rows(responses):
            if day != last:
                last, day_text = day, day.isoformat()
            yield f"{number}{before},{day_text}{''.join(parts)}{LINE_END}"

    def round_lines(self, responses: Iterable[ExportedResponse]) -> Iterator[str]:
        for number, place, cells in self.round_rows(responses):
            yield f"{number},{place}{cells}{LINE_END}"


class CellReader(RowReader[tuple[object, ...]]):
    """Reads the rows of one of the tables as lists of cells, for formats that have types."""

    def __init__(self, tables: AnswerTables, table: str) -> None:
        super().__init__(tables, table, tuple)

    def cell_rows(self, responses: Iterable[ExportedResponse]) -> Iterator[list[object]]:
        if self.table == ANSWERS:
            for number, fixed, day, parts in self.response_rows(responses):
                yield [number, *fixed, day, *chain.from_iterable(parts)]
        else:
            for number, place, cells in self.round_rows(responses):
                yield [number, place, *cells]


def without_mark(name: str, answer: Answer | SimpleValue, files: set[str]) -> Answer:
    """An answer with the word 'attached' instead of the mark of each file."""
    if isinstance(answer, list):
        return [
            {
                name: cast(SimpleValue, without_mark(name, field_answer, files))
                for name, field_answer in part.items()
            }
            if isinstance(part, dict)
            else part
            for part in answer
        ]
    return ATTACHED if name in files and answer not in instruments.WITHHELD else answer
