"""An edition as a spreadsheet by the Analysis Function's rules, and as a described data set."""

import io

import openpyxl
import pytest

from api.editions import report_view
from api.editions.files import edition_rows
from api.editions.files.data_package import COLUMNS, csvw_metadata, data_package
from api.editions.files.workbook import render_workbook
from api.editions.rows import HEAD
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition

SHA = "c0de" * 16
BASE = "https://soundings.example"


def opened(edition):
    body = render_workbook(edition, report_view(edition, SHA))
    return openpyxl.load_workbook(io.BytesIO(body))


@pytest.fixture(scope="module")
def book():
    return opened(full_monthly_edition())


def test_it_begins_with_a_cover_contents_and_notes(book):
    assert book.sheetnames[:3] == ["Cover_sheet", "Contents", "Notes"]
    cover = [row[0].value for row in book["Cover_sheet"].iter_rows()]
    assert cover[0] == "Monthly report: London, June 2008"
    assert any(line.startswith("[c] withheld") for line in cover)


def test_each_table_has_a_sheet_that_the_contents_lead_to(book):
    titles = {row[0] for row in edition_rows(full_monthly_edition())}
    assert len(book.sheetnames) == 3 + len(titles)
    links = [cell.hyperlink.location for (cell,) in book["Contents"].iter_rows(min_row=2)]
    assert [link.split("'")[1] for link in links] == book.sheetnames[3:]


def test_a_sheet_has_one_table_from_column_a_without_an_empty_or_merged_cell(book):
    for name in book.sheetnames[2:]:
        sheet = book[name]
        assert sheet["A2"].value == "This worksheet contains one table."
        assert len(sheet.tables) == 1
        assert not sheet.merged_cells.ranges
        rows = list(sheet.iter_rows(min_row=3, values_only=True))
        assert all(cell not in (None, "") for row in rows for cell in row), name


def test_no_figure_is_lost_and_withheld_ones_have_their_sign(book):
    rows = list(edition_rows(full_monthly_edition()))
    shown = [
        row
        for name in book.sheetnames[3:]
        for row in book[name].iter_rows(min_row=4, values_only=True)
    ]
    assert len(shown) == len(rows)
    hidden = sum(row[HEAD.index("status")] == "withheld" for row in rows)
    assert hidden
    assert sum("[c]" in row for row in shown) >= hidden


def test_codes_of_areas_have_their_names_beside_them(book):
    sheet = book["index"]
    head = [cell.value for cell in sheet[3]]
    place = {
        row[head.index("Area code")]: row[head.index("Area name")]
        for row in sheet.iter_rows(min_row=4, values_only=True)
    }
    assert place["E09000022"] == "Lambeth"


def test_no_text_is_a_formula(book):
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_an_empty_edition_is_still_a_workbook():
    assert opened(bare_edition()).sheetnames[:3] == ["Cover_sheet", "Contents", "Notes"]


def test_every_column_of_the_csv_is_described_in_both_ways():
    view = report_view(full_weekly_edition(), SHA)
    assert set(COLUMNS) == set(HEAD)
    package = data_package(view, BASE)
    fields = package["resources"][0]["schema"]["fields"]
    columns = csvw_metadata(view, BASE)["tableSchema"]["columns"]
    assert [one["name"] for one in fields] == [one["name"] for one in columns] == list(HEAD)
    assert [one["type"] == "number" for one in fields] == [
        one["datatype"] == "number" for one in columns
    ]
    address = f"{BASE}/reports/weekly/2008-06-30/edition.csv?number=2"
    assert package["resources"][0]["path"] == csvw_metadata(view, BASE)["url"] == address
