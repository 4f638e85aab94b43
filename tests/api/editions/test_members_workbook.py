"""The spreadsheet to read: a sheet a chapter, with numbers as numbers, as the CSV has them."""

import io
import re
from fnmatch import fnmatchcase

import msgspec
import openpyxl
import pytest

from api.editions import report_view
from api.editions.contents import section_tables
from api.editions.files import edition_rows, table_names
from api.editions.files.members_workbook import (
    NextToNumbers,
    Number,
    figure_cells,
    render_members_workbook,
    table_rows,
    workbook_chapters,
)
from api.editions.report import ReportCell, ReportTable
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition
from tests.api.editions.test_declared_tables import tables_of_section

SHA = "c0de" * 16
EITHER = pytest.mark.parametrize("made", [full_weekly_edition, full_monthly_edition])


def opened(edition, view=None):
    body = render_members_workbook(edition, view or report_view(edition, SHA))
    return openpyxl.load_workbook(io.BytesIO(body))


@pytest.fixture(scope="module")
def book():
    return opened(full_monthly_edition())


def table_of(sheet, head):
    """The rows of the table whose head begins with these words."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(at for at, row in enumerate(rows) if row[: len(head)] == list(head))
    taken = []
    for row in rows[start + 1 :]:
        if row[0] in (None, ""):
            break
        taken.append(row)
    return taken


def test_it_has_about_ten_sheets_and_the_first_describes_each(book):
    assert 8 <= len(book.sheetnames) <= 14
    first = book["Read this first"]
    described = {row[0].value: row[1].value for row in first.iter_rows(min_row=2) if row[1].value}
    assert [name for name in book.sheetnames[1:] if not described.get(name)] == []
    assert "Withheld" in described["Reading it"]


def test_every_figure_of_the_boroughs_is_that_of_the_csv():
    edition = full_weekly_edition()
    sheet = opened(edition)["What residents think"]
    in_csv = {
        row[3]: row[7:10]
        for row in edition_rows(edition)
        if row[0] == "index" and row[5] == "perception index"
    }
    seen = 0
    for row in table_of(sheet, ["Borough"]):
        figures = [cell for cell in row[1:] if isinstance(cell, int | float)]
        if len(figures) >= 3 and row[0] in in_csv:
            expected = [round(number, 1) for number in in_csv[row[0]]]
            at = row.index(expected[0])
            assert row[at : at + 3] == expected, row
            seen += 1
    assert seen > 20


def csv_of(edition, section, tables=section_tables):
    patterns = tables(section.key)
    return [
        row
        for row in edition_rows(edition)
        if any(fnmatchcase(row[0], pattern) for pattern in patterns)
    ]


def is_printed(number, figure):
    """Whether a figure of the CSV, as a share or as per cent, is rounded to this number."""
    if figure is None or figure == "":
        return False
    decimals = len(number.shown.partition(".")[2].strip('%" *')) + 2 * ("%" in number.shown)
    allowed = 0.5 * 10**-decimals + 1e-9
    return any(abs(figure * unit - number.value) <= allowed for unit in (1, 0.01, 100))


def sheet_rows(edition):
    """Each section of the sheets with the rows of its tables, and their heads."""
    for chapter in workbook_chapters(report_view(edition, SHA)):
        for section in chapter.sections:
            for table in section.every_table:
                head, *rows = table_rows(table)
                for row in rows:
                    yield section, head, row


def numbers_in(row):
    """The numbers of a row of the CSV, also those in its words (fired 25; p 0.470)."""
    words = re.findall(r"\d+(?:\.\d+)?", f"{row[5]} {row[10]}")
    return [cell for cell in (*row[6:10], *map(float, words)) if isinstance(cell, int | float)]


@EITHER
def test_every_figure_of_every_sheet_is_one_of_the_csv_with_its_interval(made):
    edition, figures, intervals = made(), 0, 0
    weighting = edition.weighting
    efficiency = weighting.effective_n / weighting.n if weighting else None  # of two printed ones
    for section, head, row in sheet_rows(edition):
        rows = csv_of(edition, section, tables_of_section)
        known = [efficiency, *(number for each in rows for number in numbers_in(each))]
        for at, cell in enumerate(row):
            if isinstance(cell, Number):
                figures += 1
                assert any(is_printed(cell, number) for number in known), (section.key, row)
            if head[at] == "95% from" and isinstance(cell, Number):
                intervals += 1
                three = row[at - 1 : at + 2]
                assert any(all(map(is_printed, three, each[7:10])) for each in rows), (
                    section.key, row,
                )  # fmt: skip
    assert figures > 500
    assert intervals > 100


@EITHER
def test_every_row_of_which_the_csv_withholds_all_says_so(made):
    edition, seen = made(), 0
    for section, _, row in sheet_rows(edition):
        named = [each for each in csv_of(edition, section) if each[3] == row[0]]
        if {each[11] for each in named} == {"withheld"}:
            seen += 1
            assert "withheld" in row, (section.key, row)
    assert seen


@EITHER
def test_the_first_sheet_names_every_table_that_only_the_csv_has(made):
    edition = made()
    shown = {row[0] for section, _, _ in sheet_rows(edition) for row in csv_of(edition, section)}
    missing = [name for name in table_names(edition) if name not in shown]
    first = opened(edition)["Read this first"]
    [said] = [row[1].value for row in first if row[0].value == "Only in the CSV"]
    assert missing
    assert said.partition("these tables: ")[2] == "; ".join(missing) + "."


def test_numbers_are_numbers_with_their_unit_and_intervals_have_columns_of_their_own(book):
    sheet = book["What people wrote"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert any(cell.number_format == "0%" and 0 < cell.value <= 1 for cell in cells)
    assert any(cell.value == "95% from" for cell in cells)
    assert not any(isinstance(cell.value, str) and "% (" in cell.value for cell in cells)
    assert any(
        cell.value == "withheld" for each in book for row in each.iter_rows() for cell in row
    )


def test_a_count_its_rate_and_a_star_are_told_apart():
    assert figure_cells("0.61 (up to 1.03)") == (
        Number(0.61, "#,##0.00"),
        "",
        Number(1.03, "#,##0.00"),
    )
    assert figure_cells("50 *")[0] == Number(50, '#,##0" *"')
    assert figure_cells("28% (21 to 34%)") == tuple(Number(n, "0%") for n in (0.28, 0.21, 0.34))
    assert figure_cells("−0.1 (−2.4 to 2.2)")[1].value == -2.4
    table = ReportTable(
        caption="c",
        head=("Borough", "Uses · per 10,000"),
        rows=(
            (ReportCell("Barnet"), ReportCell("45 · 0.05 (0.04 to 0.07)")),
            (ReportCell("Brent"), ReportCell("withheld", withheld=True)),
        ),
    )
    head, barnet, brent = table_rows(table)
    assert head == ("Borough", "Uses", "per 10,000", "95% from", "95% to")
    assert [getattr(cell, "value", cell) for cell in barnet] == ["Barnet", 45, 0.05, 0.04, 0.07]
    assert brent == ("Brent", "withheld", "", "", "")


def test_every_sheet_of_a_chapter_keeps_its_first_column_in_sight(book):
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes == "B2"
        assert book[name].column_dimensions["A"].width >= 12


def test_no_text_is_a_formula():
    edition = full_weekly_edition()
    view = report_view(edition, SHA)
    section = next(part for part in view.front if part.tables)
    rows = ((ReportCell("=1+1"), *section.tables[0].rows[0][1:]),)
    table = msgspec.structs.replace(section.tables[0], rows=rows)
    front = (msgspec.structs.replace(section, tables=(table,)),)
    book = opened(edition, msgspec.structs.replace(view, front=front, lead=("=2+2",)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {"=1+1", "=2+2"} <= {cell.value for cell in cells}
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_an_edition_without_figures_still_says_what_it_is():
    assert opened(bare_edition()).sheetnames[0] == "Read this first"


def test_a_count_and_its_share_are_two_numbers_and_words_among_numbers_align_with_them():
    table = ReportTable(
        caption="c",
        head=("Group", "Of those asked"),
        rows=(
            (ReportCell("16-24"), ReportCell("205 (33%)")),
            (ReportCell("65+"), ReportCell("withheld", withheld=True)),
        ),
    )
    head, young, old = table_rows(table)
    assert head == ("Group", "Of those asked", "Per cent")
    assert young == ("16-24", Number(205, "#,##0"), Number(0.33, "0%"))
    assert old == ("65+", "withheld", "")
    assert all(isinstance(cell, NextToNumbers) for cell in (*head[1:], *old[1:]))
