"""The answers to a survey as tables: one row for each response, and one table for each repeat.

CSV and other files take their heads and cells from here.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from api import clock
from survey.store.surveys.responses import StoredResponse
from survey.surveys.instruments import (
    DECLINED,
    DONT_KNOW,
    WITHHELD,
    AnyQuestion,
    AsAnswered,
    HarmonisedVersions,
    Instrument,
    Item,
    OptionsItem,
    Repeat,
    questions_in,
    wording_text,
)
from survey.surveys.responses import answer_rounds

FIXED_COLUMNS = {
    "version": "Version of the survey",
    "mode": "Who could answer",
    "area": "Borough",
    "language": "Language",
    "day": "Day",
}
MODES = {"open": "Anyone", "sampled": "People chosen at random"}
NO_ANSWER = {DECLINED: "Prefer not to say", DONT_KNOW: "Don’t know"}
SEPARATOR = "; "  # several answers in one cell


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
    harmony: HarmonisedVersions, name: str, item: AnyQuestion, areas: Mapping[str, str]
) -> QuestionLabels:
    words = wording_text(item.text)
    if not isinstance(item, Item):
        return QuestionLabels(words or name, dict(NO_ANSWER))
    if name in (rows := item.row_texts()):
        words = f"{words} {wording_text(rows[name])}".strip()
    answers = item.exported_answers(areas)
    if isinstance(item, OptionsItem):  # those of earlier versions too
        answers = {key: wording_text(text) for key, text in harmony.options(name).items()}
    return QuestionLabels(words or name, answers | NO_ANSWER)


ANSWERS = "answers"
ATTACHED = "attached"
ROW, ROUND = "row", "round"
MOST_OPTIONS = 100  # that have a column each; a longer list has one for all
HEADS = {ROW: "Row", ROUND: "Round"} | FIXED_COLUMNS


class Table(msgspec.Struct, frozen=True):
    """Rows, their heads first; `name` is part of the name of a file."""

    name: str
    rows: list[list[object]]


class Column(msgspec.Struct, frozen=True):
    """The answers to a question, or whether one of its options was chosen."""

    name: str
    option: str = ""

    def head(self, labels: Mapping[str, QuestionLabels] | None) -> str:
        """The head of the column: the code of the question or option, or its words."""
        if labels is None:
            return f"{self.name}/{self.option}" if self.option else self.name
        label = labels.get(self.name)
        if label is None:
            return self.name
        chosen = label.answers.get(self.option, self.option)
        return f"{label.words} – {chosen}" if self.option else label.words

    def cell(self, answer: object, labels: Mapping[str, QuestionLabels] | None) -> object:
        """An answer as the cell of this column: the option or options chosen, or 1 or 0 if the
        column is of a single option.
        """
        if self.option:
            return choice_flag(answer, self.option)
        if answer is None or answer == []:
            return None
        if rounds := answer_rounds(answer):
            return len(rounds)
        label = labels.get(self.name) if labels is not None else None
        given = answer if isinstance(answer, list) else [answer]
        cells = [label.answers.get(str(one), one) if label else one for one in given]
        if not isinstance(answer, list):
            return cells[0]
        return (SEPARATOR if label else " ").join(map(str, cells))


class PlaceColumn(Column, frozen=True):
    """The place that an option of a ranking was given."""

    def cell(self, answer: object, labels: Mapping[str, QuestionLabels] | None) -> object:
        places = answer if isinstance(answer, list) else []
        return places.index(self.option) + 1 if self.option in places else None


def choice_flag(answer: object, option: str) -> int | None:
    """1 or 0; nothing where nobody was asked, or somebody preferred not to say."""
    return int(option in answer) if isinstance(answer, list) else None


class Tables:
    """Collects responses into a table, and into one more for each repeat.

    With the names of `areas`, questions and answers are in words instead of codes.
    """

    def __init__(self, harmony: HarmonisedVersions, areas: Mapping[str, str] | None) -> None:
        self.harmony = harmony
        self.areas = areas
        self.items = harmony.questions()
        versions = harmony.versions
        # By the name of then and of today: under either, what somebody wrote must not leave.
        written = [(one.version, name) for one in versions for name in one.texts()]
        self.texts = {
            *(name for _, name in written),
            *(harmony.name_today(*one) for one in written),
        }
        self.files = {harmony.name_today(one.version, n) for one in versions for n in one.files()}
        self.labels = None if areas is None else labels_by_question(harmony, areas)
        self.of_version = {one.version: self.labels_at(one) for one in versions}
        self.columns = list(self.columns_of(all_names(harmony)))
        self.repeats = {
            name: list(self.columns_of(names)) for name, names in names_by_repeat(harmony).items()
        }
        main = [ROW, *FIXED_COLUMNS]
        self.main: list[list[object]] = [self.heads(main, self.columns)]
        self.rounds: dict[str, list[list[object]]] = {
            name: [self.heads([ROW, ROUND], columns)] for name, columns in self.repeats.items()
        }

    def labels_at(self, one: Instrument) -> dict[str, QuestionLabels] | None:
        """The words in which the answers to a version are shown: those of today, or its own."""
        if self.areas is None or not isinstance(self.harmony, AsAnswered):
            return self.labels
        return labels_by_question(AsAnswered([one]), self.areas)

    def columns_of(self, names: Iterable[str]) -> Iterator[Column]:
        for name in names:
            if name in self.texts:
                continue
            yield Column(name)
            item = self.items[name]
            shape = item.option_columns if isinstance(item, Item) else ""
            options = self.harmony.options(name) if shape else {}
            if len(options) <= MOST_OPTIONS:
                made = PlaceColumn if shape == "place" else Column
                yield from (made(name, option) for option in options)

    def heads(self, fixed: list[str], columns: list[Column]) -> list[object]:
        """The heads of the columns; if two read the same, their codes follow in brackets."""
        codes = [*fixed, *(one.head(None) for one in columns)]
        if self.labels is None:
            return list(codes)
        words = [*(HEADS[name] for name in fixed), *(one.head(self.labels) for one in columns)]
        times = Counter(words)
        # In some programs two columns of one name become one, and half of the answers are lost.
        return [f"{w} ({c})" if times[w] > 1 else w for w, c in zip(words, codes, strict=True)]

    def add_all(self, rows: Iterable[StoredResponse]) -> None:
        for row in rows:
            self.add(row)

    def add(self, row: StoredResponse) -> None:
        """Add one response, under the questions and options of the harmonised versions."""
        # A number within this file only: a reference would lead back to whoever has the receipt.
        version, number = row.version, len(self.main)
        # Each version has its labels: as answered, an option may have had other words than today.
        labels = self.of_version[version]
        answers = without_marks(self.harmony.answers(version, row.answers), self.files)
        day = row.received_at.astimezone(clock.LONDON).date()
        design = [version, row.mode, row.area, row.language, day]
        shown = design if self.areas is None else in_words(row, day, self.areas)
        cells = (one.cell(answers.get(one.name), labels) for one in self.columns)
        self.main.append([number, *shown, *cells])
        for name, columns in self.repeats.items():
            for place, given in enumerate(answer_rounds(answers.get(name)), 1):
                found = (one.cell(given.get(one.name), labels) for one in columns)
                self.rounds[name].append([number, place, *found])

    def every(self) -> list[Table]:
        return [
            Table(ANSWERS, self.main),
            *(Table(f"{ANSWERS}-{name}", rows) for name, rows in self.rounds.items()),
        ]


def in_words(row: StoredResponse, day: datetime.date, areas: Mapping[str, str]) -> list[object]:
    """The fixed columns of a response, with mode and borough in words."""
    mode, area = MODES.get(row.mode, row.mode), areas.get(row.area, row.area)
    return [row.version, mode, area, row.language, day.isoformat()]


def all_names(harmony: HarmonisedVersions) -> list[str]:
    """The questions of today, then those no longer asked; a repeat is one."""
    newest = harmony.newest.answer_names()
    retired = [
        harmony.name_today(one.version, name)
        for one in harmony.versions
        for name in one.answer_names()
    ]
    return list(dict.fromkeys([*newest, *retired]))


def names_by_repeat(harmony: HarmonisedVersions) -> dict[str, list[str]]:
    """The questions of each repeat ever asked, those of today first."""
    found: dict[str, dict[str, None]] = {}
    for one in reversed(harmony.versions):
        for item in one.all_questions():
            if isinstance(item, Repeat):
                names = found.setdefault(harmony.name_today(one.version, item.name), {})
                for name in (n for inner in questions_in(item.items) for n in inner.answer_names()):
                    names.setdefault(harmony.name_today(one.version, name))
    return {name: list(names) for name, names in found.items()}


def without_marks(answers: Mapping[str, object], files: set[str]) -> dict[str, object]:
    """The answers, with the word 'attached' instead of the mark of each file."""
    return {name: without_mark(name, answer, files) for name, answer in answers.items()}


def without_mark(name: str, answer: object, files: set[str]) -> object:
    if isinstance(answer, list):
        return [without_marks(one, files) if isinstance(one, dict) else one for one in answer]
    return ATTACHED if name in files and answer not in WITHHELD else answer
