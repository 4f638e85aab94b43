"""The spreadsheet to read: a sheet a chapter, with numbers as numbers, as the CSV has them."""

import io

import msgspec
import openpyxl
import pytest

from api.editions import report_view
from api.editions.files import edition_rows
from api.editions.files.members_workbook import (
    Number,
    figure_cells,
    render_members_workbook,
    table_rows,
)
from api.editions.report import ReportCell, ReportTable
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition

SHA = "c0de" * 16


def opened(view):
    return openpyxl.load_workbook(io.BytesIO(render_members_workbook(view)))


@pytest.fixture(scope="module")
def book():
    return opened(report_view(full_monthly_edition(), SHA))


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
    sheet = opened(report_view(edition, SHA))["What residents think"]
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


def test_every_number_is_one_of_the_csv(book):
    """Also as per cent, and less exact where the page rounds."""
    known = {
        round(number, digits)
        for row in edition_rows(full_monthly_edition())
        for number in row[6:10]
        if isinstance(number, int | float)
        for digits in range(5)
    } | {
        round(number / 100, 6)
        for row in edition_rows(full_monthly_edition())
        for number in row[6:10]
        if isinstance(number, int | float)
    }
    sheet = book["What people wrote"]
    numbers = [
        cell for row in sheet.iter_rows(values_only=True) for cell in row if type(cell) is float
    ]
    assert numbers
    assert [number for number in numbers if number not in known] == []


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
    view = report_view(full_weekly_edition(), SHA)
    section = next(part for part in view.front if part.tables)
    rows = ((ReportCell("=1+1"), *section.tables[0].rows[0][1:]),)
    table = msgspec.structs.replace(section.tables[0], rows=rows)
    front = (msgspec.structs.replace(section, tables=(table,)),)
    book = opened(msgspec.structs.replace(view, front=front, lead=("=2+2",)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {"=1+1", "=2+2"} <= {cell.value for cell in cells}
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_an_edition_without_figures_still_says_what_it_is():
    assert opened(report_view(bare_edition(), SHA)).sheetnames[0] == "Read this first"
