"""Reads a table of answers: columns by the names or words of questions, cells by codes or words.

Our own exports are such tables, so that what was exported can be uploaded again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from api.operations.exporting.answer_tables import AnswerTables, Column
from survey.problems import Fault, Problem
from survey.surveys.instruments import AsAnswered, FileItem, Instrument, Item, wording_text
from survey.surveys.item_types.answers import Answer, Answers
from survey.surveys.item_types.base import tidy_words, yes_or_no
from survey.surveys.responses import Submission

# The columns that are no question, by their heads in small letters; a question of that name wins.
OWN_COLUMNS = {
    "area": "borough",
    "borough": "borough",
    "postcode": "postcode",
    "language": "language",
    "access_code": "access_code",
    "access code": "access_code",
}
# Our own exports have these too, and they say nothing that an upload could use.
PASSED_OVER = ("row", "version", "version of the survey", "mode", "who could answer", "day")
LONGEST_SHOWN = 40
UNREADABLE = "The borough, postcode, language or access code is wrong"


class RowFault(msgspec.Struct, frozen=True):
    """What is wrong with one row, or with the head (row 1), in which column, and what is there."""

    row: int
    column: str
    cell: str
    sentence: str


class AnswerRow(msgspec.Struct, frozen=True):
    """One row that can be read: its number in the file, its cells, and what it would submit."""

    number: int
    cells: list[str]
    submission: Submission


class AnswerTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it was read; `left` are the heads of columns that are not read."""

    rows: list[AnswerRow] = []
    faults: list[RowFault] = []
    left: list[str] = []
    heads: dict[str, str] = {}


class Place(NamedTuple):
    """Where a column is, and what it holds: an answer, an option, or a field of a submission."""

    at: int
    head: str
    column: Column | None
    field: str = ""


class TableReader:
    """Reads the rows of a table as submissions to one survey."""

    def __init__(self, instrument: Instrument, areas: Mapping[str, str]) -> None:
        self.instrument = instrument
        self.areas = areas
        self.items = AsAnswered([instrument]).questions()
        self.home = instrument.home()
        self.known = columns_by_head(instrument, areas)
        self.language = next(iter(instrument.title), "en")
        self.seen: dict[tuple[str, str], Answer] = {}

    def read(self, table: Sequence[Sequence[str]]) -> AnswerTable:
        """The table whose first row has the heads; empty rows are passed over."""
        lines = [(n, row) for n, row in enumerate(table, 1) if any(cell.strip() for cell in row)]
        if not lines:
            return AnswerTable(faults=[RowFault(1, "", "", "The file is empty")])
        (at, head), *rest = lines
        places, faults, left = self.find_places(at, head)
        if not faults and not rest:
            faults = [RowFault(at, "", "", "There is no row below the heads")]
        if faults:
            return AnswerTable(faults=faults, left=left)
        rows: list[AnswerRow] = []
        for number, line in rest:
            cells = [cell.strip() for cell in line] + [""] * max(len(head) - len(line), 0)
            submission, wrong = self.read_row(number, cells, places)
            faults += wrong
            if submission:
                rows.append(AnswerRow(number, cells, submission))
        heads = {one.column.name: one.head for one in reversed(places) if one.column}
        heads |= {one.field: one.head for one in places if one.field}
        return AnswerTable(rows=rows, faults=faults, left=left, heads=heads)

    def find_places(
        self, row: int, head: Sequence[str]
    ) -> tuple[list[Place], list[RowFault], list[str]]:
        """The columns that are read, what is wrong with the heads, and the columns that are not."""
        places: list[Place] = []
        left = []
        tidy = [tidy_words(one) for one in head]
        times = Counter(tidy)
        for at, (text, words) in enumerate(zip(head, tidy, strict=True)):
            own = OWN_COLUMNS.get(words, "")
            # An export in codes has its own columns first, then questions of perhaps the same name.
            if own and (words not in self.known or (times[words] > 1 and words not in tidy[:at])):
                places.append(Place(at, text.strip(), None, own))
            elif column := self.known.get(words):
                places.append(Place(at, text.strip(), column))
            elif words and words not in PASSED_OVER:
                left.append(text.strip())
        faults = list(head_faults(row, places))
        return places, faults, left

    def read_row(
        self, number: int, cells: Sequence[str], places: Sequence[Place]
    ) -> tuple[Submission | None, list[RowFault]]:
        fields = {one.field: cells[one.at] for one in places if one.field and cells[one.at]}
        answers: Answers = {}
        faults: list[RowFault] = []
        asked: dict[str, list[Place]] = {}
        for place in places:
            if place.column:
                asked.setdefault(place.column.name, []).append(place)
        for name, some in asked.items():
            try:
                answer = self.read_answer(name, some, cells)
            except CellFault as wrong:
                faults.append(RowFault(number, wrong.head, short_cell(wrong.cell), str(wrong)))
            else:
                if answer is not None:
                    answers[name] = answer
        # An export has the borough in a column of its own, also where the survey asks for it.
        if self.home and self.home.name not in answers and "borough" in fields:
            answers[self.home.name] = area_code(self.areas, fields["borough"])
        given = {"language": self.language} | fields | {"answers": answers}
        try:
            return (None if faults else msgspec.convert(given, Submission)), faults
        except msgspec.ValidationError:
            return None, [RowFault(number, "", "", UNREADABLE)]

    def read_answer(
        self, name: str, places: Sequence[Place], cells: Sequence[str]
    ) -> Answer | None:
        """The answer in the columns of one question: the whole of it, or an option in each."""
        item = self.items[name]
        assert isinstance(item, Item)
        whole = [one for one in places if one.column and not one.column.option]
        cell = cells[whole[0].at] if whole else ""
        flags = {
            one.column.option: (one.head, cells[one.at])
            for one in places
            if one.column and one.column.option and cells[one.at]
        }
        answer = self.cell_answer(item, name, cell) if cell else None
        chosen = chosen_options(flags, item) if flags else None
        if answer is not None and chosen is not None and not same_options(answer, chosen):
            raise CellFault(
                whole[0].head, cell, "says something else than the columns of its options"
            )
        return answer if answer is not None else chosen

    def cell_answer(self, item: Item, name: str, cell: str) -> Answer:
        if (name, cell) not in self.seen:
            words = area_code(self.areas, cell) if item.gives_area else cell
            self.seen[name, cell] = item.answer_from_cell(words)
        return self.seen[name, cell]


def area_code(areas: Mapping[str, str], cell: str) -> str:
    """The code of a borough by its name; else the cell, which may be a code or a postcode."""
    wanted = tidy_words(cell)
    return next((code for code, name in areas.items() if tidy_words(name) == wanted), cell)


class CellFault(ValueError):
    """What is wrong with a cell, and the head of its column."""

    def __init__(self, head: str, cell: str, sentence: str) -> None:
        super().__init__(sentence)
        self.head, self.cell = head, cell


def chosen_options(flags: Mapping[str, tuple[str, str]], item: Item) -> Answer:
    """The options whose columns say 1 or yes; of a ranking all of them, by their places."""
    if item.option_columns == "place":
        return ranked_options(flags)
    chosen = []
    for option, (head, cell) in flags.items():
        said = yes_or_no(cell)
        if not said:
            raise CellFault(head, cell, "needs 1 if it was chosen, 0 if not")
        if said == "yes":
            chosen.append(option)
    return [*chosen]


def ranked_options(flags: Mapping[str, tuple[str, str]]) -> Answer:
    places: dict[str, int] = {}
    for option, (head, cell) in flags.items():
        if not (cell.isascii() and cell.isdecimal()):
            raise CellFault(head, cell, "needs the place it was given, such as 1")
        places[option] = int(cell)
    if len({*places.values()}) < len(places):
        head, cell = next(iter(flags.values()))
        raise CellFault(head, cell, "two options have the same place")
    return [option for option, _ in sorted(places.items(), key=lambda one: one[1])]


def same_options(answer: Answer, chosen: Answer) -> bool:
    if not isinstance(answer, list) or not isinstance(chosen, list):
        return chosen == []  # it was withheld: then no option may be chosen
    return sorted(map(str, answer)) == sorted(map(str, chosen))


def columns_by_head(instrument: Instrument, areas: Mapping[str, str]) -> dict[str, Column]:
    """The column of each head that an upload may have; one that two columns share is left out."""
    harmony = AsAnswered([instrument])
    words, codes = (AnswerTables(harmony, areas, words=wanted) for wanted in (True, False))
    columns = words.question_columns("answers")
    labels = words.labels or {}
    found: dict[str, Column] = {}
    twice = set()
    own = (
        (Column(name), (name, wording_text(item.text)))
        for name, item in harmony.questions().items()
        if name in words.texts
    )
    heads = zip(
        words.heads("answers")[-len(columns) :] if columns else (),
        codes.heads("answers")[-len(columns) :] if columns else (),
        strict=True,
    )
    both = zip(columns, heads, strict=True)
    plain = ((one, (one.head(labels),)) for one in columns)
    for column, names in (*own, *both, *plain):
        if not is_read(harmony.questions()[column.name]):
            continue
        for name in map(tidy_words, names):
            if found.setdefault(name, column) != column:
                twice.add(name)
    return {name: column for name, column in found.items() if name not in twice}


def is_read(item: object) -> bool:
    """Whether a cell can hold an answer: not a file, nor what is asked several times."""
    return isinstance(item, Item) and item.is_asked and not isinstance(item, FileItem)


def head_faults(row: int, places: Sequence[Place]) -> Iterator[RowFault]:
    if not any(one.column for one in places):
        said = "No column has the name or the words of a question in this survey"
        yield RowFault(row, "", "", said)
    times = Counter(one.column or one.field for one in places)
    for place in {one.column or one.field: one for one in places}.values():
        if times[place.column or place.field] > 1:
            yield RowFault(row, place.head, "", "Two columns are for this: delete one of them")


def faults_in_row(row: AnswerRow, table: AnswerTable, faults: Sequence[Fault]) -> list[RowFault]:
    """What a refusal says about a row, at the columns of the file."""
    found = []
    for fault in faults:
        name = fault.where.partition(".")[0]
        answer = row.submission.answers.get(name)
        cell = "; ".join(map(str, answer)) if isinstance(answer, list) else str(answer or "")
        head = table.heads.get(name, name)
        found.append(RowFault(row.number, head, short_cell(cell), fault.sentence))
    return found


def fault_of_row(row: AnswerRow, table: AnswerTable, refused: Problem) -> RowFault:
    """What a refusal without questions says about a row: of a place that is not known, at its
    column.
    """
    places = {
        "area.unknown": ("borough", row.submission.borough),
        "postcode.unknown": ("postcode", row.submission.postcode),
    }
    field, cell = places.get(refused.code, ("", ""))
    head = table.heads.get(field, "") if field else ""
    return RowFault(row.number, head, short_cell(cell or ""), refused.sentence)


def short_cell(cell: str) -> str:
    return cell if len(cell) <= LONGEST_SHOWN else f"{cell[:LONGEST_SHOWN]}…"
