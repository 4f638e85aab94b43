"""What stands on a sheet: words that are ready to be read, in the order they are read."""

import msgspec

from api.figures import WITHHELD
from survey.quotes import Quote


class Cell(msgspec.Struct, frozen=True):
    """A figure in words; what was withheld carries the same sign as what is empty."""

    text: str
    withheld: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The first column names its row; the other columns are figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


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


class Cited(msgspec.Struct, frozen=True):
    """A quote and the place that it is shown for, in words."""

    quote: Quote
    place: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One heading and what stands under it."""

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


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """An edition as it is read, on a page and on paper alike."""

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
    basis: tuple[tuple[str, str], ...]
    attribution: tuple[str, ...]


def said(text: str) -> Cell:
    return Cell(text, text == WITHHELD)
