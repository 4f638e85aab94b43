"""The Public Attitude Survey as published, in its variants, and spoiled."""

import csv
import datetime
import re

import pytest

from survey.problems import Invalid
from survey.sources import formats, mopac
from tests.london import CITY

KNOWN = datetime.date(2024, 6, 1)
HEADER = "Date;Survey;Borough;Measure;Proportion;MPS\n"
SMALL = (
    HEADER + '31/12/2014;PAS;Richmond Upon Thames;"""Good Job"" local";0,56;0,67\n'
    '31/12/2014;PAS;Hackney;"""Good Job"" local";0,6;0,67\n'
)
COMMAS = (
    "Date,Survey,Borough,Measure,Proportion,MPS,,\n"
    '31/12/2014,PAS,Richmond Upon Thames,"""Good Job"" local","0,56","0,67",,\n'
    '31/12/2014,PAS,Hackney,"""Good Job"" local","0,6","0,67",a note,\n'
)


def read(content, name="pas.csv"):
    content = content.encode() if isinstance(content, str) else content
    return formats.read_import(name, content, city=CITY, known_on=KNOWN)


@pytest.mark.parametrize("text", [SMALL, COMMAS])
def test_reads_boroughs_and_london(text):
    found = {p.area: p for p in read(text).perceptions}
    assert {area: p.proportion for area, p in found.items()} == {
        "E09000027": 0.56,
        "E09000012": 0.6,
        "E23000001": 0.67,
    }
    assert {p.item for p in found.values()} == {"good_job_local"}
    assert (found["E09000012"].base, found["E23000001"].base) == (400, 12_800)
    assert found["E09000012"].window_months == 12


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("31/12/2014;PAS;Hackney;Trust MPS;8,0;0,67", "'8,0' is not a share between 0 and 1"),
        ("31/12/2014;PAS;Hackney;Trust MPS;-0,1;0,67", "'-0,1' is not a share"),
        ("31/12/2014;PAS;Hackney;Trust MPS;;0,67", "'' is not a number"),
        ("30/12/2014;PAS;Hackney;Trust MPS;0,8;0,67", "not the last day of a quarter"),
        ("30/11/2014;PAS;Hackney;Trust MPS;0,8;0,67", "not the last day of a quarter"),
        ("12/31/2014;PAS;Hackney;Trust MPS;0,8;0,67", "not a date such as 31/03/2024"),
        ("30/06/2024;PAS;Hackney;Trust MPS;0,8;0,67", "is after 2024-06-01"),
        ("31/12/2014;PAS;Hackny;Trust MPS;0,8;0,67", "'Hackny' is not an area in London"),
    ],
)
def test_refuses_what_cannot_be(row, words):
    with pytest.raises(Invalid) as refusal:
        read(HEADER + row + "\n")
    assert words in refusal.value.sentence
    assert "row 2, column" in refusal.value.sentence


def test_refuses_a_row_that_came_before():
    with pytest.raises(Invalid, match="row 4: this borough, quarter and measure appear twice"):
        read(SMALL + SMALL.splitlines()[1] + "\n")


def test_refuses_two_figures_for_london():
    with pytest.raises(Invalid, match="column 'mps': differs from the rows before it"):
        read(SMALL.replace("0,6;0,67", "0,6;0,68"))


def test_a_decimal_comma_without_quotes_is_never_shifted():
    with pytest.raises(Invalid, match="has 10 cells where the header has 8"):
        read(COMMAS.replace('"0,56","0,67"', "0,56,0,67"))


WIDE = "Date,Borough,Proportion Trust MPS\n" + "".join(
    f"{year}-{month:02d}-01,Hackney,{value}\n"
    for year, month, value in [
        (2015, 3, 78.0),
        (2015, 6, 81.0),
        (2015, 9, 80.0),
        (2015, 12, 79.0),
        (2016, 3, ""),
    ]
)


def test_reads_the_wide_shape_and_leaves_out_empty_cells():
    found = read(WIDE).perceptions
    assert [p.proportion for p in found] == pytest.approx([0.78, 0.81, 0.80, 0.79])
    assert found[0].quarter_end == datetime.date(2015, 3, 31)


def test_refuses_the_wide_shape_with_a_lost_decimal():
    with pytest.raises(Invalid) as refusal:
        read(WIDE.replace("80.0", "8.0"))
    assert refusal.value.code == "file.cells"
    assert "row 4, column 'proportion trust mps': 8 next to 79" in refusal.value.sentence


@pytest.mark.parametrize(
    ("value", "near", "spoiled"),
    [(8, 79, True), (8, 20, False), (4, 6, False), (0, 50, False), (12, 80, False)],
)
def test_a_low_share_is_not_a_lost_decimal(value, near, spoiled):
    assert mopac.is_tenth(value, near) is spoiled


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "data" / "perception"


def test_37_quarters_of_32_boroughs_as_published(folder):
    found = read((folder / "mopac_pas_borough_2014-12_2023-12.csv").read_bytes()).perceptions
    boroughs = [p for p in found if p.area != "E23000001"]
    assert len(boroughs) == 9_312
    assert len({p.area for p in boroughs}) == 32
    assert len({p.quarter_end for p in boroughs}) == 37
    assert len({p.item for p in boroughs}) == 8


def test_the_variant_with_commas_says_the_same(folder):
    one = read((folder / "mopac_pas_borough_2014-12_2023-12.csv").read_bytes())
    other = read((folder / "mopac_pas_borough_commadecimal_variant.csv").read_bytes())
    assert set(one.perceptions) == set(other.perceptions)


def test_the_series_of_london_is_the_one_beside_the_boroughs(folder):
    boroughs = read((folder / "mopac_pas_borough_2014-12_2023-12.csv").read_bytes()).perceptions
    london = read((folder / "mopac_pas_mps_total.csv").read_bytes()).perceptions
    assert len(london) == 291
    assert set(london) == {p for p in boroughs if p.area == "E23000001"}


def test_the_spoiled_copy_is_refused_cell_by_cell(folder):
    path = folder / "pas_cleaned_CORRUPTED_decimals.csv"
    with pytest.raises(Invalid) as refusal:
        read(path.read_bytes(), path.name)
    assert 8 <= len(refusal.value.faults) <= 20
    assert re.search(r"and \d+ more rows like this: \d+", refusal.value.sentence)
    with path.open() as file:
        rows = list(csv.reader(file))
    for fault in refusal.value.faults:
        row = int(fault.where.split(",")[0].removeprefix("row "))
        column = fault.where.split("column '")[1].removesuffix("'")
        at = [heading.lower() for heading in rows[0]].index(column)
        assert float(rows[row - 1][at]) < 10
