"""The words of a table that a mapping has to know, how many rows have each, and what each is here.

A word is an area, a tactic, a group of people, or stands in place of a number.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from survey.files import grids
from survey.files.delimited import comparable_heading
from survey.files.grids import Grid, Headings
from survey.places import City
from survey.problems import Problem
from survey.sources.mappings import ColumnMapping, Encoding, guesses, is_total
from survey.sources.mappings.reading import is_day

LEFT_OUT, TOTAL_ROW = "left out", "total row"  # what else a word can be decided to be
WordKind = Literal["area", "tactic", "group", "number"]
# The marks that tables use in place of a zero, and in place of a figure that is not given.
ZEROS, UNKNOWNS = {"-", "–", "nil", "none"}, {"..", "*", "n/a", "na", ":", "x", "z", "[c]", "[x]"}


class ColumnWord(msgspec.Struct, frozen=True):
    """A word of a column, the number of rows with it, and what it is here; None if undecided."""

    word: str
    rows: int
    ours: str | None


class ColumnWords(msgspec.Struct, frozen=True):
    """The words of a column that are not ours as they are. Words in place of numbers are those of
    all columns of numbers. `dimension` is the kind of group, such as 'age', if that is known.
    """

    kind: WordKind
    heading: str
    words: tuple[ColumnWord, ...]
    dimension: str = ""

    @property
    def open_words(self) -> tuple[ColumnWord, ...]:
        return tuple(word for word in self.words if word.ours is None)


class TableWords:
    """The words in the cells of a sheet, by the headings that a mapping names."""

    def __init__(self, by: ColumnMapping, grid: Grid, city: City) -> None:
        self.by, self.city = by, city
        names = grids.heading_names(grid.rows, Headings(by.heading_row, by.heading_rows))
        self.places = {comparable_heading(name): at for at, name in enumerate(names)}
        self.names = names
        self.rows = [row for row in grid.rows[by.heading_row :] if sum(map(bool, row)) > 1]

    def cell(self, row: Sequence[str], heading: str) -> str:
        at = self.places[comparable_heading(heading)]
        return row[at] if at < len(row) else ""

    def count_words(self, heading: str, rows: Sequence[list[str]] | None = None) -> Counter[str]:
        below = self.rows if rows is None else rows
        return Counter(self.cell(row, heading) for row in below)

    def columns(self) -> Iterator[ColumnWords]:
        """The columns with words that are not ours, those in place of numbers last."""
        by, columns = self.by, self.by.columns
        if columns.area:
            yield self.list_words("area", columns.area, self.area)
        if columns.tactic:
            known = by.words_of(columns.tactic, by.tactics)
            yield self.list_words("tactic", columns.tactic, lambda word: our_word(known, word))
        for heading in columns.groups:
            known = by.words_of(heading, by.groups)
            yield self.list_words("group", heading, lambda word, known=known: our_word(known, word))
        yield self.numbers()

    def list_words(self, kind: WordKind, heading: str, find: object) -> ColumnWords:
        assert callable(find)
        words = [
            ColumnWord(word, rows, ours)
            for word, rows in self.count_words(heading).most_common()
            if (ours := find(word)) != word
        ]
        dimension = self.by.dimensions.get(heading) or guesses.guess_dimension(heading)
        return ColumnWords(kind, heading, tuple(words), dimension if kind == "group" else "")

    def area(self, word: str) -> str | None:
        """What an area's word is; itself if the city knows it, so that nobody has to decide."""
        by = self.by
        if word in by.totals:
            return TOTAL_ROW
        if word in by.areas:
            return by.areas[word] or LEFT_OUT
        if guesses.is_area(self.city, word):
            return word
        # Those that are left out together are counted on the page of the check, not listed here.
        return word if by.other_areas == "left out" else None

    def numbers(self) -> ColumnWords:
        """What stands in place of numbers in the rows that are used."""
        by = self.by
        used = [row for row in self.rows if self.is_used(row)]
        seen: Counter[str] = Counter()
        for heading in self.number_headings():
            seen += self.count_words(heading, used)
        words = [
            ColumnWord(word, rows, (by.numbers[word] or LEFT_OUT) if word in by.numbers else None)
            for word, rows in seen.most_common()
            if not guesses.is_counted(word)
        ]
        return ColumnWords("number", "", tuple(words))

    def largest_total(self) -> str:
        """The word of the rows of totals with the largest numbers."""
        sums: Counter[str] = Counter()
        for row in self.rows:
            word = self.cell(row, self.by.columns.area)
            if is_total(word):
                numbers = [self.cell(row, heading) for heading in self.number_headings()]
                sums[word] += sum(map(guesses.count_in, numbers))
        return max(sums, key=lambda word: sums[word], default="")

    def number_headings(self) -> list[str]:
        """The headings of the columns of numbers."""
        by = self.by
        headings = [column.heading for column in by.counts]
        if by.columns.count:
            headings.append(by.columns.count)
        if by.days_in_headings:
            headings += [name for name in self.names if is_day(name, by.dates)]
        return headings

    def is_used(self, row: list[str]) -> bool:
        """Whether a row is of an area that is read."""
        if not self.by.columns.area:
            return True
        word = self.cell(row, self.by.columns.area)
        if self.by.other_areas == "left out" and word not in self.by.areas:
            return word in self.by.totals or guesses.is_area(self.city, word)
        return self.area(word) not in (None, LEFT_OUT)


def our_word(known: Mapping[str, str], word: str) -> str | None:
    return (known[word] or LEFT_OUT) if word in known else None


def with_guessed_words(by: ColumnMapping, grid: Grid, city: City) -> ColumnMapping:
    """The mapping with a guess for each word that it does not know and that can be guessed."""
    table = TableWords(by, grid, city)
    choices: list[tuple[ColumnWords, str, str]] = []
    for column in table.columns():
        for word in column.open_words:
            if guess := guess_word(column, word.word, city):
                # Of several rows of totals, one at most is the total of all.
                subtotal = guess == TOTAL_ROW and word.word != table.largest_total()
                choices.append((column, word.word, LEFT_OUT if subtotal else guess))
    if by.columns.area:
        # 'City of London' is a borough and a force: the heading says which.
        choices += [
            (ColumnWords("area", by.columns.area, ()), word, code)
            for word in table.count_words(by.columns.area)
            if word not in by.areas
            and (code := guesses.guess_area_code(city, by.columns.area, word))
            and not is_same_area(city, word, code)
        ]
    return with_words(by, choices)


def is_same_area(city: City, word: str, code: str) -> bool:
    try:
        return city.find(word).code == code
    except Problem:
        return False


def guess_word(column: ColumnWords, word: str, city: City) -> str:
    """What a word may be; '' where a person has to say."""
    if column.kind == "area":
        guess = guesses.guess_area_code(city, column.heading, word)
        return guess or (TOTAL_ROW if is_total(word) else "")
    if column.kind == "number":
        plain = word.casefold()
        return "0" if plain in ZEROS else LEFT_OUT if plain in UNKNOWNS else ""
    if column.kind == "tactic":
        return guesses.guess_tactic(word) or (LEFT_OUT if guesses.is_part(word) else "")
    if is_total(word):
        return "all"
    return guesses.guess_group(column.dimension, word) if column.dimension else ""


def with_words(
    by: ColumnMapping,
    choices: Sequence[tuple[ColumnWords, str, str]],
    *,
    others_left_out: bool | None = None,
) -> ColumnMapping:
    """The mapping with what was decided of words; a later choice replaces an earlier one.

    `others_left_out` says what becomes of areas that nobody decided on; as before where it is None.
    """
    areas, numbers, totals = dict(by.areas), dict(by.numbers), dict.fromkeys(by.totals)
    words = {heading: dict(known) for heading, known in by.words.items()}
    for column, word, ours in choices:
        value = "" if ours == LEFT_OUT else ours
        if column.kind == "area":
            areas.pop(word, None)
            totals.pop(word, None)
            if ours == TOTAL_ROW:
                totals[word] = None
            else:
                areas[word] = value
        elif column.kind == "number":
            numbers[word] = value
        else:
            words.setdefault(column.heading, {})[word] = value
    told = replace(by, areas=areas, numbers=numbers, totals=tuple(totals), words=words)
    if others_left_out is None:
        return told
    return replace(told, other_areas="left out" if others_left_out else "refused")


def fit_mapping(
    by: ColumnMapping, sheets: Sequence[Grid], encoding: Encoding
) -> ColumnMapping | None:
    """A saved mapping as it reads another file, whose sheet has another name or whose table begins
    in another row; None if its columns are not there.
    """
    for grid in sorted(sheets, key=lambda grid: grid.name != by.sheet):
        for headings in (
            Headings(by.heading_row, by.heading_rows),
            grids.guess_headings(grid.rows),
        ):
            names = grids.heading_names(grid.rows, headings)
            wanted = set(map(comparable_heading, by.headings))
            days = not by.days_in_headings or any(is_day(name, by.dates) for name in names)
            if days and wanted <= set(map(comparable_heading, names)):
                return replace(
                    by,
                    sheet=grid.name,
                    heading_row=headings.row,
                    heading_rows=headings.rows,
                    encoding=encoding,
                )
    return None


def for_next_file(by: ColumnMapping) -> ColumnMapping:
    """The mapping as it is kept: without the days of this file."""
    return replace(by, always=replace(by.always, start=None, end=None))
