"""The parts of a report view: text that is ready to be shown, in reading order."""

import re
from typing import NamedTuple

import msgspec

from analysis import disclosure, measures
from api.locales import NONE, WITHHELD
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.themes.quotes import PrintedQuote

NUMBER = re.compile(r"\d")
WIDTH, HEIGHT = 160, 64  # of the small lines of /explore


class ReportCell(msgspec.Struct, frozen=True):
    """A figure as text; a withheld figure looks the same as a missing one. `under` is a line
    below it, `address` what a row's name links to, `scale` its low limit, value and high limit on a
    line from 0 to 100, for a figure that is also drawn.
    """

    text: str
    withheld: bool = False
    under: str = ""
    address: str = ""
    scale: tuple[float, float, float] | None = None


class MeasureLink(msgspec.Struct, frozen=True):
    """A link to a measure's page: its name in the address, and its title."""

    name: str
    title: str


class ReportTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table. The first column names the row; the others hold figures, or sentences if `wordy`.

    `spoken_name` is what a screen reader calls it, where another table may have the same caption.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[ReportCell, ...], ...]
    note: str = ""
    wordy: bool = False
    spoken_name: str = ""


class ReportChart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart by its name, and the table with the same figures."""

    chart: str
    title: str
    subtitle: str
    table: ReportTable


class ReportVerdict(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    label: str
    sentence: str


class ReportTile(msgspec.Struct, frozen=True, kw_only=True):
    """One area on the tile grid; `shade` is 1 to 5 by its figure, 0 without one, and it is
    `marked` where a slide is about it.
    """

    name: str
    short: str
    value: str
    standing: str
    said: str
    column: int
    row: int
    area: str = ""
    interval: str = ""
    shade: int = 0
    marked: bool = False


class Spark(msgspec.Struct, frozen=True, kw_only=True):
    """A line in its 95% band: outlines of bands, lines, and dots, placed in `width` by `height`.

    `said` is the line in words.
    """

    bands: tuple[str, ...]
    lines: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]
    said: str = ""
    width: int = WIDTH
    height: int = HEIGHT


class FigureWord(NamedTuple):
    """What a rule says about a figure, with its sign; `look` if somebody should look at it."""

    sign: str
    text: str
    look: bool = False


class KeyFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A main figure of the report: what it counts, its unit and days, and what it means.

    `word` is what a rule of findings or alerts says of it, None if no rule does. `change` is the
    figure before, with the name of that time; `interval` says how sure the figure is, `base` what
    it rests on. `scale` is low, value and high on a line from 0 to 100, for figures with limits.
    """

    label: str
    window: str
    value: ReportCell
    unit: str = ""
    word: FigureWord | None = None
    change: str = ""
    meaning: str = ""
    interval: str = ""
    base: str = ""
    stream: str = ""
    scale: tuple[float, float, float] | None = None
    spark: Spark | None = None
    measure: MeasureLink | None = None


class AlertCard(msgspec.Struct, frozen=True, kw_only=True):
    """An alert: how severe, its status, where, what it is, and who does what about it.

    `brief` are its figure now and before, since when, and its owner, for an alert on one line;
    `facts` have all of it. `section` is the key of the section with its figures.
    """

    level: str
    level_said: str
    standing: str
    standing_said: str
    place: str
    sentence: str
    sign: str
    brief: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    section: str = ""


class ReportQuote(msgspec.Struct, frozen=True):
    """A quote, and in words the place that it is from."""

    quote: PrintedQuote
    place: str


class DrillDownLink(msgspec.Struct, frozen=True):
    """A link to the rows that a section is based on, and what they are."""

    address: str
    words: str


class ForStatisticians(NamedTuple):
    """What a reader needs to check a section, and not to understand it; folded on the page."""

    words: tuple[str, ...] = ()
    tables: tuple[ReportTable, ...] = ()


class ReportSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section of a report: a heading and its contents.

    `measures` link to the definitions of its figures, `rows` to the rows below them, for people who
    may see these. `apart` marks figures that represent nobody but those who wrote. `period` are the
    days of the tiles, or of the chart where its rows are not days themselves; `legend` says what
    the positions of its tiles mean. A section for `statisticians_only` is folded as a whole.
    """

    key: str
    heading: str
    stream: str = ""
    level: int = 2
    period: str = ""
    words: tuple[str, ...] = ()
    verdict: ReportVerdict | None = None
    tiles: tuple[ReportTile, ...] = ()
    figure: ReportChart | None = None
    tables: tuple[ReportTable, ...] = ()
    folded: tuple[ReportTable, ...] = ()
    for_statisticians: ForStatisticians = ForStatisticians()
    points: tuple[str, ...] = ()
    quotes: tuple[ReportQuote, ...] = ()
    boxes: tuple[AlertCard, ...] = ()
    measures: tuple[MeasureLink, ...] = ()
    rows: tuple[DrillDownLink, ...] = ()
    apart: bool = False
    legend: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    statisticians_only: bool = False

    @property
    def every_table(self) -> tuple[ReportTable, ...]:
        """All its tables in reading order, that of its chart first."""
        charted = (self.figure.table,) if self.figure else ()
        return (*charted, *self.tables, *self.folded, *self.for_statisticians.tables)


class ReportChapter(msgspec.Struct, frozen=True, kw_only=True):
    """Sections that answer one question of a reader, under one title; the page folds them.

    `answer` is what the chapter says, in a line; where it has none, `contents` names the sections,
    so that a reader sees what is in a chapter before opening it.
    """

    key: str
    heading: str
    sections: tuple[ReportSection, ...]
    answer: str = ""

    @property
    def contents(self) -> tuple[str, ...]:
        return tuple(section.heading for section in self.sections if section.level == 2)

    @property
    def printed_figures(self) -> tuple[object, ...]:
        """Its figures with their days, and what it concludes, lists and quotes; not its words,
        which may differ by the last day of the edition alone.
        """
        return tuple(
            part
            for section in self.sections
            for part in (
                section.period,
                *((table.caption, table.rows) for table in section.every_table),
                *section.tiles,
                *section.boxes,
                *section.points,
                *section.quotes,
                section.verdict,
            )
            if part
        )


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """An edition as it is read, on the page and in the PDF alike.

    The `front` is what the working group reads first: a week's fits on one side of paper. The rest
    is in `chapters`. `notes` say what data were received and restated, `correction` which edition
    this one corrects and why; `strip` is a notice that concerns every figure. `language` is that
    of what is read first: title, lead and figures.
    """

    language: str
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
    lead: tuple[str, ...]
    headline: tuple[str, ...]
    stats: tuple[KeyFigure, ...]
    front: tuple[ReportSection, ...]
    chapters: tuple[ReportChapter, ...]
    notes: tuple[str, ...]
    correction: tuple[str, ...]
    planted: str
    strip: str
    basis: tuple[tuple[str, str], ...]
    attribution: tuple[str, ...]

    @property
    def every_section(self) -> tuple[ReportSection, ...]:
        return (
            *self.front,
            *(section for chapter in self.chapters for section in chapter.sections),
        )


def text_cell(text: str) -> ReportCell:
    return ReportCell(_(text) if text else "", text == WITHHELD)


def measure_links(*names: str) -> tuple[MeasureLink, ...]:
    """The measures of these names."""
    return tuple(MeasureLink(name, measures.load_measures()[name].title) for name in names)


def without_blank_tables(part: ReportSection) -> ReportSection:
    """The section; if all its figures are withheld, a sentence says so in place of the tables."""
    cells = [cell for table in part.every_table for row in table.rows for cell in row[1:]]
    hidden = any(cell.withheld for cell in cells)
    # A verdict or tiles say something even where all cells are withheld.
    if part.verdict or part.tiles or not hidden or any(map(has_figure, cells)):
        return part
    words = (*part.words, _("Every figure in this section is withheld."))
    return msgspec.structs.replace(
        part,
        words=words,
        figure=None,
        tables=(),
        folded=(),
        for_statisticians=ForStatisticians(),
    )


def has_figure(cell: ReportCell) -> bool:
    """True if the cell has a number, or says that there was none."""
    return bool(NUMBER.search(cell.text)) or cell.text == _(NONE)


def drill_down_links(edition: Edition, *kinds: str) -> tuple[DrillDownLink, ...]:
    """The links to rows of these kinds; rows of answers are sums of many people."""
    first, last = disclosure.uses_window(edition)
    asked = edition.index_from or edition.start
    known = edition.data_as_of
    every = {
        "answers": DrillDownLink(
            f"/work/answers?start={asked}&end={edition.end}", _("answers, added up")
        ),
        "deployments": DrillDownLink(
            f"/work/deployments?start={first}&end={last}&as_of={known}",
            _("deployment counts"),
        ),
        "complaints": DrillDownLink("/work/complaints", _("the complaints")),
        "themes": DrillDownLink(
            f"/work/editions/{edition.kind}/{edition.start}/themes", _("the texts")
        ),
        "files": DrillDownLink("/work/files", _("the files")),
    }
    return tuple(every[kind] for kind in kinds)
