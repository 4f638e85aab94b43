"""An edition as a spreadsheet to read: a sheet for each chapter, in the words of the page.

`workbook.py` makes the one for programs. Here a figure and its interval lie in columns of their
own, as numbers; what the page withholds says so, and the first sheet names what only the CSV has.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from api.editions.files import files_of_sections, table_names
from api.editions.files.workbook import BOLD, HEADING, PLAIN, sheet_name, write_cell
from api.editions.report import ReportCell, ReportSection, ReportTable, ReportView
from api.locales import edition_gettext as _
from survey.editions import Edition

NUMBER = r"[+−-]?[\d,]+(?:\.\d+)?%?"
# A figure, or one with its interval, or with a star that the note below its table explains.
SHARE = re.compile(rf"({NUMBER}) \(({NUMBER}%)\)")
FIGURE = re.compile(rf"({NUMBER})( \*)?(?: \((?:({NUMBER}) to |up to )({NUMBER})\))?")
TWO = " · "  # between a count and its rate
INTERVAL = re.compile(r" ?\(95% interval\)")
WIDEST, NARROWEST = 60, 12  # of the first column
WIDEST_NEXT = 26
RIGHT = Alignment(wrap_text=True, vertical="top", horizontal="right")
INDENTED = Alignment(wrap_text=True, vertical="top", indent=1)
SHADE = PatternFill("solid", fgColor="E8EEED")
# The words of a sheet's tab where the title of the chapter is too long for it.
TABS = {
    "front": "At a glance",
    "residents": "What residents think",
    "met": "People the police met",
    "over-time": "Over time",
    "panel": "Scrutiny panel",
    "linked": "Deployments and confidence",
    "reliable": "How far to rely on it",
}


class Number(NamedTuple):
    """A number, and how a spreadsheet shows it."""

    value: float
    shown: str


class NextToNumbers(str):
    """Words in a column of numbers, such as its head or "withheld"."""

    __slots__ = ()


Value = str | Number


class Chapter(NamedTuple):
    """A sheet: its tab, its title, and the sections with their tables."""

    tab: str
    title: str
    sections: tuple[ReportSection, ...]


def render_members_workbook(edition: Edition, view: ReportView) -> bytes:
    """The workbook as .xlsx. Every text is written as text, so none is ever a formula."""
    book = Workbook()
    book.properties.creator = "Soundings"
    book.properties.title = f"{view.title}, {view.label}"
    chapters = [*workbook_chapters(view)]
    first = book.active
    first.title = "Read this first"
    write_rows(first, [*first_rows(view, chapters, tables_left_out(edition, chapters))], heads=(1,))
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 30, 90
    for chapter in chapters:
        write_chapter(book.create_sheet(chapter.tab), chapter)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def workbook_chapters(view: ReportView) -> Iterator[Chapter]:
    """The chapters that have a table, in the order of the page."""
    taken: set[str] = set()
    parts = (
        ("front", _("At a glance"), view.front),
        *((chapter.key, chapter.heading, chapter.sections) for chapter in view.chapters),
    )
    for key, title, sections in parts:
        filled = tuple(section for section in sections if any(section.every_table))
        if filled:
            tab = sheet_name(TABS.get(key, title), taken).replace("_", " ")
            taken.add(tab)
            yield Chapter(tab, title, filled)


def tables_left_out(edition: Edition, chapters: Iterable[Chapter]) -> list[str]:
    """The tables of the CSV of which no sheet has a figure."""
    sections = [section for chapter in chapters for section in chapter.sections]
    shown = {
        table for _key, part in files_of_sections(edition, sections, ()) for table, _ in part.tables
    }
    return [table for table in table_names(edition) if table not in shown]


def first_rows(
    view: ReportView, chapters: Sequence[Chapter], left_out: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """What the workbook is, and what each of its sheets holds."""
    yield (f"{view.title}, {view.label}",)
    yield (f"{view.period}. Edition {view.number}, data as of {view.as_of}.",)
    if view.synthetic:
        yield ("Synthetic data: every figure was made up.",)
    yield from ((words,) for words in (*view.correction, *view.lead))
    yield ("Sheet", "What it holds")
    for chapter in chapters:
        held = "; ".join(section.heading for section in chapter.sections)
        yield chapter.tab, f"{chapter.title}: {held}"
    yield (
        "Reading it",
        "A figure and both ends of its 95% interval have columns of their own. Per cent are shown "
        "as per cent. Withheld: to protect people, or there were no data; we do not say which.",
    )
    yield (
        "Only in the CSV",
        "edition.csv also has each point of the charts, the limits in which chance would leave an "
        f"area, and these tables: {'; '.join(left_out) or 'none'}.",
    )
    yield (
        "Whose words",
        "Residents we asked, people who wrote in, people who complained and people the police met "
        "are never added up.",
    )
    yield from (("Note", words) for words in view.notes)
    yield from (("Source", words) for words in view.attribution)
    yield "Fingerprint (SHA-256)", view.sha256


def write_chapter(sheet: Worksheet, chapter: Chapter) -> None:
    """The tables of a chapter below each other, each under its heading."""
    rows: list[tuple[Value, ...]] = [(chapter.title,)]
    heads = []
    for section in chapter.sections:
        for table in section.every_table:
            inside = table.caption.startswith(section.heading)
            title = table.caption if inside else f"{section.heading}: {table.caption}"
            rows += [(), (title,)]
            heads.append(len(rows) + 1)
            rows += [*table_rows(table)]
            rows += [(note,) for note in (table.note,) if note]
    write_rows(sheet, rows, heads=(1, *(at - 1 for at in heads)), shaded=heads)
    sheet.freeze_panes = "B2"


def table_rows(table: ReportTable) -> Iterator[tuple[Value, ...]]:
    """The head and the rows of a table: a column of counts with rates or shares becomes two, and
    one of figures with intervals three.
    """
    head = [part for name in table.head for part in name.split(TWO)]
    rows = [split_counts(table.head, row) for row in table.rows]
    columns = [*zip(head, *rows, strict=True)]
    parts = [column_parts(name, texts) for name, *texts in columns[1:]]
    for first, *cells in zip(columns[0], *(zip(*part, strict=True) for part in parts), strict=True):
        yield first, *(value for part in cells for value in part)


def column_parts(name: str, texts: Sequence[str]) -> list[tuple[Value, ...]]:
    """The columns that a column of the page becomes, the head of each first."""
    heads: tuple[str, ...] = (name,)
    rows: list[tuple[Value, ...]] = [figure_cells(text)[:1] for text in texts]
    if any(map(has_interval, texts)):
        heads = (INTERVAL.sub("", name), "95% from", "95% to")
        rows = [figure_cells(text) for text in texts]
    elif any(map(SHARE.fullmatch, texts)):
        heads, rows = (name, "Per cent"), [share_cells(text) for text in texts]
    return [
        next_to_numbers(values) if any(isinstance(value, Number) for value in values) else values
        for values in zip(heads, *rows, strict=True)
    ]


def next_to_numbers(values: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(NextToNumbers(value) if isinstance(value, str) else value for value in values)


def share_cells(text: str) -> tuple[Value, Value]:
    """A count and its share; text as it is."""
    match = SHARE.fullmatch(text)
    return (number_of(match[1]), number_of(match[2])) if match else (figure_cells(text)[0], "")


def split_counts(head: Sequence[str], row: Sequence[ReportCell]) -> list[str]:
    """The texts of a row; under a head of two names a text that has one of them leaves a blank."""
    texts = []
    for name, cell in zip(head, row, strict=True):
        places = name.count(TWO)
        parts = cell.text.replace("\N{NO-BREAK SPACE}", " ").split(TWO, places)
        texts += [*parts, *[""] * (places + 1 - len(parts))]
    return texts


def has_interval(text: str) -> bool:
    match = FIGURE.fullmatch(text)
    return match is not None and match[4] is not None


def figure_cells(text: str) -> tuple[Value, Value, Value]:
    """A figure and both ends of its interval; text as it is."""
    match = FIGURE.fullmatch(text)
    if match is None:
        return text, "", ""
    value, star, low, high = match.groups()
    # "21 to 34%": what follows the last number holds for both ends.
    percent = "%" if (high or value).endswith("%") else ""
    figure, *ends = (
        number_of(part.removesuffix("%") + percent) if part else "" for part in (value, low, high)
    )
    if star and isinstance(figure, Number):
        figure = Number(figure.value, f'{figure.shown}" *"')
    return figure, ends[0], ends[1]


def number_of(words: str) -> Number:
    """A number as the page writes it: 1,690 or −0.1 or 28%."""
    percent = words.endswith("%")
    digits = words.rstrip("%").replace(",", "").replace("−", "-")
    decimals = len(digits.partition(".")[2])
    shown = ("0" if percent else "#,##0") + ("." + "0" * decimals if decimals else "")
    return Number(round(float(digits) / (100 if percent else 1), 6), shown + "%" * percent)


def write_rows(
    sheet: Worksheet,
    rows: Sequence[Sequence[Value]],
    *,
    heads: Sequence[int],
    shaded: Sequence[int] = (),
) -> None:
    """Rows of words and numbers; those of `heads` are headings, those `shaded` name columns.

    Printed, a sheet is as wide as one page.
    """
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    widths: dict[int, int] = {}
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            font = HEADING if line == 1 else BOLD if line in (*heads, *shaded) else PLAIN
            known = value.value if isinstance(value, Number) else value
            write_cell(sheet, (line, column), known, font, wrap=len(row) > 1)
            cell = sheet.cell(line, column)
            if isinstance(value, Number | NextToNumbers):
                cell.alignment = RIGHT
            elif column > 1:
                cell.alignment = INDENTED
            if line in shaded:
                cell.fill = SHADE
            if isinstance(value, Number):
                cell.number_format = value.shown
            if len(row) > 1:
                widths[column] = max(widths.get(column, NARROWEST), len(str(known)) + 2)
    for column, width in widths.items():
        widest = WIDEST if column == 1 else WIDEST_NEXT
        sheet.column_dimensions[get_column_letter(column)].width = min(width, widest)
