"""Reads a table of answers: columns by the names or words of questions, cells by codes or words.

Our own exports are such tables, so that what was exported can be uploaded again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from api.operations.exports.answer_tables import HEADS, AnswerTables, Column
from survey.problems import Fault, Problem
from survey.surveys import instruments
from survey.surveys.instruments.versions import AsAnswered
from survey.surveys.item_types.answers import Answer, Answers, first_language
from survey.surveys.item_types.base import tidy_words, yes_or_no
from survey.surveys.responses import Submission
from survey.words import in_local_words

# What a row says besides its answers, and what of that our own exports have in which column.
FIELDS = ("borough", "postcode", "language", "access_code")
FIELDS_OF_EXPORTS = {"area": "borough", "language": "language"}
LONGEST_SHOWN = 40


class RowFault(msgspec.Struct, frozen=True):
    """What is wrong with one row, or with the head (row 1): in which column, and the cell's
    content.
    """

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

    def __init__(self, instrument: instruments.Instrument, areas: Mapping[str, str]) -> None:
        self.instrument = instrument
        self.areas = areas
        self.items = AsAnswered([instrument]).questions()
        self.home = instrument.home()
        self.known = columns_by_head(instrument, areas)
        self.own = own_columns(instrument, areas)
        self.language = first_language(instrument.title)
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
        heads = {place.column.name: place.head for place in reversed(places) if place.column}
        heads |= {place.field: place.head for place in places if place.field}
        return AnswerTable(rows=rows, faults=faults, left=left, heads=heads)

    def find_places(
        self, row: int, head: Sequence[str]
    ) -> tuple[list[Place], list[RowFault], list[str]]:
        """The columns that are read, the faults of the heads, and the heads that we do not know."""
        places: list[Place] = []
        left = []
        tidy = [tidy_words(heading) for heading in head]
        times = Counter(self.known[words] for words in tidy if words in self.known)
        for at, (text, words) in enumerate(zip(head, tidy, strict=True)):
            column, field = self.known.get(words), self.own.get(words)
            # Of two columns for a question the one with the head of an export's own is that: in
            # exports it comes before the questions, of which one may have the same name.
            if field is not None and (not column or (times[column] > 1 and words not in tidy[:at])):
                places += [Place(at, text.strip(), None, field)] if field else []
            elif column:
                places.append(Place(at, text.strip(), column))
            elif words:
                left.append(text.strip())
        faults = list(head_faults(row, places))
        return places, faults, left

    def read_row(
        self, number: int, cells: Sequence[str], places: Sequence[Place]
    ) -> tuple[Submission | None, list[RowFault]]:
        fields = {
            place.field: cells[place.at] for place in places if place.field and cells[place.at]
        }
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
        if unknown := self.unknown_place(number, places, fields.get("borough", "")):
            return None, [*faults, unknown]
        # An export has the borough in a column of its own, also where the survey asks for it.
        if self.home and self.home.name not in answers and "borough" in fields:
            answers[self.home.name] = area_code(self.areas, fields["borough"])
        given = {"language": self.language} | fields | {"answers": answers}
        try:
            return (None if faults else msgspec.convert(given, Submission)), faults
        except msgspec.ValidationError:
            unread = next(
                filter(None, (unreadable_cell(number, place, cells) for place in places)), None
            )
            return None, [unread or RowFault(number, "", "", "This row cannot be read")]

    def unknown_place(self, row: int, places: Sequence[Place], cell: str) -> RowFault | None:
        """The fault of a cell that names no borough, or None; the column may hold postcodes too."""
        if not cell or area_code(self.areas, cell) in self.areas or any(map(str.isdigit, cell)):
            return None
        head = next(place.head for place in places if place.field == "borough")
        return RowFault(
            row, head, short_cell(cell), in_local_words("This is not a borough of this city")
        )

    def read_answer(
        self, name: str, places: Sequence[Place], cells: Sequence[str]
    ) -> Answer | None:
        """The answer in the columns of one question: all of it in one column, or one option in
        each.
        """
        item = self.items[name]
        assert isinstance(item, instruments.Item)
        whole = [place for place in places if place.column and not place.column.option]
        cell = cells[whole[0].at] if whole else ""
        flags = {
            place.column.option: (place.head, cells[place.at])
            for place in places
            if place.column and place.column.option and cells[place.at]
        }
        answer = self.cell_answer(item, name, cell) if cell else None
        chosen = chosen_options(flags, item) if flags else None
        if answer is not None and chosen is not None and not same_options(answer, chosen):
            raise CellFault(
                whole[0].head, cell, "says something else than the columns of its options"
            )
        return answer if answer is not None else chosen

    def cell_answer(self, item: instruments.Item, name: str, cell: str) -> Answer:
        if (name, cell) not in self.seen:
            words = area_code(self.areas, cell) if item.gives_area else cell
            code = item.code_of(words) if item.may_decline else ""
            self.seen[name, cell] = (
                code if code in instruments.WITHHELD else item.answer_from_cell(words)
            )
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


def chosen_options(flags: Mapping[str, tuple[str, str]], item: instruments.Item) -> Answer:
    """The options whose columns say 1 or yes; for a ranking, the options in the order of their
    places.
    """
    if item.option_columns == "place":
        places: dict[str, int] = {}
        for option, (head, cell) in flags.items():
            if not (cell.isascii() and cell.isdecimal()):
                raise CellFault(head, cell, "needs the place it was given, such as 1")
            places[option] = int(cell)
        if len({*places.values()}) < len(places):
            head, cell = next(iter(flags.values()))
            raise CellFault(head, cell, "two options have the same place")
        return [option for option, _ in sorted(places.items(), key=lambda pair: pair[1])]
    chosen = []
    for option, (head, cell) in flags.items():
        said = yes_or_no(cell)
        if not said:
            raise CellFault(head, cell, "needs 1 if it was chosen, 0 if not")
        if said == "yes":
            chosen.append(option)
    return [*chosen]


def same_options(answer: Answer, chosen: Answer) -> bool:
    if not isinstance(answer, list) or not isinstance(chosen, list):
        return chosen == []  # it was withheld: then no option may be chosen
    return sorted(map(str, answer)) == sorted(map(str, chosen))


def columns_by_head(
    instrument: instruments.Instrument, areas: Mapping[str, str]
) -> dict[str, Column]:
    """The column for each head that an upload may have; a head that two columns share is left
    out.
    """
    harmony = AsAnswered([instrument])
    words, codes = (AnswerTables(harmony, areas, words=wanted) for wanted in (True, False))
    columns = words.question_columns("answers")
    labels = words.labels or {}
    head_columns: dict[str, Column] = {}
    twice = set()
    own = (
        (Column(name), (name, instruments.wording_text(item.text)))
        for name, item in harmony.questions().items()
        if name in words.texts
    )
    heads = zip(
        words.heads("answers")[-len(columns) :] if columns else (),
        codes.heads("answers")[-len(columns) :] if columns else (),
        strict=True,
    )
    both = zip(columns, heads, strict=True)
    plain = ((column, (column.head(labels),)) for column in columns)
    for column, names in (*own, *both, *plain):
        if not is_read(harmony.questions()[column.name]):
            continue
        for name in map(tidy_words, names):
            if head_columns.setdefault(name, column) != column:
                twice.add(name)
    return {name: column for name, column in head_columns.items() if name not in twice}


def own_columns(instrument: instruments.Instrument, areas: Mapping[str, str]) -> dict[str, str]:
    """For each head of our exports that is no question's, the field of a submission in its column;
    '' for a column that an upload cannot use.
    """
    fields = {words: field for field in FIELDS for words in (field, field.replace("_", " "))}
    for wanted in (True, False):
        tables = AnswerTables(AsAnswered([instrument]), areas, words=wanted)
        fixed = tables.fixed_columns("answers")
        for code, head in zip(fixed, tables.heads("answers"), strict=False):
            fields |= dict.fromkeys(
                map(tidy_words, (code, HEADS[code], head)), FIELDS_OF_EXPORTS.get(code, "")
            )
    return fields


def is_read(item: object) -> bool:
    """Whether a table cell can hold an answer to this item: not for a file question, nor for a
    repeat.
    """
    return (
        isinstance(item, instruments.Item)
        and item.is_asked
        and not isinstance(item, instruments.FileItem)
    )


def unreadable_cell(row: int, place: Place, cells: Sequence[str]) -> RowFault | None:
    """What is wrong with a cell that its field refuses, or None."""
    try:
        if place.field and cells[place.at]:
            msgspec.convert({place.field: cells[place.at], "answers": {}}, Submission)
    except msgspec.ValidationError:
        said = f"This is not a {place.field.replace('_', ' ')}"
        return RowFault(row, place.head, short_cell(cells[place.at]), said)
    return None


def head_faults(row: int, places: Sequence[Place]) -> Iterator[RowFault]:
    if not any(place.column for place in places):
        said = "No column has the name or the words of a question in this survey"
        yield RowFault(row, "", "", said)
    before: dict[Column | str, Place] = {}
    for place in places:
        first = before.setdefault(place.column or place.field, place)
        if first is not place:
            said = f"Two columns are for this: delete it or {first.head!r}"
            if first.head == place.head:
                said = "Two columns have this heading: delete one of them"
            yield RowFault(row, place.head, "", said)


def faults_in_row(row: AnswerRow, table: AnswerTable, faults: Sequence[Fault]) -> list[RowFault]:
    """The faults of a refusal as faults of a row, each at its column of the file."""
    row_faults = []
    for fault in faults:
        name = fault.where.partition(".")[0]
        answer = row.submission.answers.get(name)
        cell = "; ".join(map(str, answer)) if isinstance(answer, list) else str(answer or "")
        head, said = table.heads.get(name, ""), fault.sentence
        if not head:
            head, said = name, f"{said}, and the file has no column for it"
        row_faults.append(RowFault(row.number, head, short_cell(cell), said))
    return row_faults


def fault_of_row(row: AnswerRow, table: AnswerTable, refused: Problem) -> RowFault:
    """A refusal that names no question, as a fault of its row; an unknown place is put at its
    column.
    """
    places = {
        "area.unknown": ("borough", row.submission.area),
        "postcode.unknown": ("postcode", row.submission.postcode),
    }
    field, cell = places.get(refused.code, ("", ""))
    head = table.heads.get(field, "") if field else ""
    return RowFault(row.number, head, short_cell(cell or ""), refused.sentence)


def short_cell(cell: str) -> str:
    return cell if len(cell) <= LONGEST_SHOWN else f"{cell[:LONGEST_SHOWN]}…"
