"""What stands on a sheet: words that are ready to be read, in the order they are read."""

import re

import msgspec

from analysis import measures
from api.figures import WITHHELD
from survey.quotes import Quote

# A number, or that there was none.
FIGURE = re.compile(r"\d|^none")


class Cell(msgspec.Struct, frozen=True):
    """A figure in words; what was withheld carries the same sign as what is empty."""

    text: str
    withheld: bool = False
    under: str = ""


class Told(msgspec.Struct, frozen=True):
    """A measure, whose page says what a figure is: its name in the address, and its title."""

    name: str
    title: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The first column names its row; the other columns are figures, or sentences where wordy."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    wordy: bool = False


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A chart by its name, and the table that says the same."""

    chart: str
    title: str
    subtitle: str
    table: Table
    open: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    label: str
    sentence: str
    facts: tuple[str, ...] = ()


class Square(msgspec.Struct, frozen=True, kw_only=True):
    """One area on the tile grid."""

    name: str
    short: str
    value: str
    standing: str
    said: str
    column: int
    row: int


class Stat(msgspec.Struct, frozen=True, kw_only=True):
    """One number that opens the sheet, never without its interval and base."""

    label: str
    window: str
    value: Cell
    interval: str = ""
    base: str = ""
    stream: str = ""
    scale: tuple[float, float, float] | None = None
    measure: Told | None = None


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """An alert: how grave, how it stands, where, what it is, and who does what about it."""

    level: str
    level_said: str
    standing: str
    place: str
    sentence: str
    facts: tuple[tuple[str, str], ...]


class Cited(msgspec.Struct, frozen=True):
    """A quote and the place that it is shown for, in words."""

    quote: Quote
    place: str


class Behind(msgspec.Struct, frozen=True):
    """Where the rows under a part stand, and what they are."""

    address: str
    words: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One heading and what stands under it.

    `measures` say what its figures are; `rows` where the rows under them stand, for who may see
    these; `apart` what stands for nobody but those who wrote.
    """

    key: str
    heading: str
    stream: str = ""
    level: int = 2
    words: tuple[str, ...] = ()
    verdict: Verdict | None = None
    tiles: tuple[Square, ...] = ()
    figure: Figure | None = None
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    points: tuple[str, ...] = ()
    quotes: tuple[Cited, ...] = ()
    boxes: tuple[Box, ...] = ()
    measures: tuple[Told, ...] = ()
    rows: tuple[Behind, ...] = ()
    apart: bool = False


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """An edition as it is read, on a page and on paper alike.

    `parts` of a week fit on one side; what is longer is its `annex`. A month has no annex. `notes`
    say what had come in and what was restated, `strip` what holds of every figure.
    """

    title: str
    period: str
    label: str
    kind: str
    start: str
    number: int
    as_of: str
    made_on: tuple[int, int, int]
    sha256: str
    synthetic: bool
    headline: tuple[str, ...]
    stats: tuple[Stat, ...]
    parts: tuple[Part, ...]
    annex: tuple[Part, ...]
    notes: tuple[str, ...]
    planted: str
    strip: str
    basis: tuple[tuple[str, str], ...]
    attribution: tuple[str, ...]

    @property
    def every_part(self) -> tuple[Part, ...]:
        return (*self.parts, *self.annex)


def said(text: str) -> Cell:
    return Cell(text, text == WITHHELD)


def told(*names: str) -> tuple[Told, ...]:
    """The measures of these names."""
    return tuple(Told(name, measures.every()[name].title) for name in names)


def spoken_for(part: Part) -> Part:
    """A part of which every figure is withheld says so, and shows no table of blanks."""
    tables = [*part.tables, *part.folded, *([part.figure.table] if part.figure else [])]
    cells = [cell for table in tables for row in table.rows for cell in row[1:]]
    hidden = any(cell.withheld for cell in cells)
    if part.verdict or part.tiles or not hidden or any(FIGURE.search(cell.text) for cell in cells):
        return part
    words = (*part.words, "Every figure of this part is withheld.")
    return msgspec.structs.replace(part, words=words, figure=None, tables=(), folded=())
