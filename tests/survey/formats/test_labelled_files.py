"""Files of SPSS and Stata, and the Parquet file that they are made from, as others read them."""

import datetime

import duckdb
import polars
import pyreadstat
import pytest

from api.process.file_tools import join_parquet, write_parquet
from survey.formats.dictionary import Variable, write_labelled_file

TYPES = {"whole": polars.Int64, "number": polars.Float64, "text": polars.String, "day": polars.Date}
COLUMNS = [
    ("row", "whole", [1, 2**40, None, -9999998]),
    ("much", "number", [1.5, None, 3, -2.25]),
    ("words", "text", ["a", "", None, "é😀"]),
    ("when", "day", ["2026-11-02", None, "1969-12-31", "0001-01-01"]),
]
READERS = {"sav": pyreadstat.read_sav, "dta": pyreadstat.read_dta}
each_program = pytest.mark.parametrize("ending", READERS)


def save(folder, columns, ending):
    (folder / "rows.parquet").write_bytes(write_parquet(columns))
    variables = tuple(
        Variable(name=name, label=name, type=kind, measure="nominal") for name, kind, _ in columns
    )
    made = folder / f"rows.{ending}"
    write_labelled_file(str(folder / "rows.parquet"), str(made), variables, "rows")
    return READERS[ending](made, output_format="dict")


def test_two_readers_of_parquet_find_the_same_types_and_values(tmp_path):
    names = ["first", "none", "second"]
    for name in names:
        columns = [(head, kind, [] if name == "none" else cells) for head, kind, cells in COLUMNS]
        (tmp_path / name).write_bytes(write_parquet(columns))
    whole = join_parquet([str(tmp_path / name) for name in names], str(tmp_path / "whole"))
    table = polars.read_parquet(whole)
    assert table.schema == {name: TYPES[kind] for name, kind, _ in COLUMNS}
    assert table["row"].to_list() == [1, 2**40, None, -9999998] * 2
    assert table["words"].to_list() == ["a", "", None, "é😀"] * 2
    assert table["when"].to_list()[2:4] == [datetime.date(1969, 12, 31), datetime.date(1, 1, 1)]
    with duckdb.connect() as other:
        assert other.read_parquet(whole).fetchall() == table.rows()


def test_a_value_of_another_type_is_nothing():
    columns = [("n", "whole", ["x", 2**70, 2.0]), ("m", "number", ["x", 2, 2.5])]
    table = polars.read_parquet(write_parquet(columns))
    assert table.rows() == [(None, None), (None, 2.0), (2, 2.5)]


@each_program
@pytest.mark.parametrize("cells", [[], [None, None]])
def test_a_column_of_days_holds_days_even_without_one(tmp_path, ending, cells):
    _, with_days = save(tmp_path, [("when", "day", ["2026-11-02"])], ending)
    _, without = save(tmp_path, [("when", "day", cells)], ending)
    assert without.original_variable_types == with_days.original_variable_types
    assert without.readstat_variable_types == with_days.readstat_variable_types


@each_program
def test_days_and_numbers_are_those_of_the_answers(tmp_path, ending):
    days = ["2026-11-02", None, "1969-12-31", None]
    table, _ = save(tmp_path, [*COLUMNS[:2], ("when", "day", days)], ending)
    assert [*table["when"]][:3:2] == [datetime.date(2026, 11, 2), datetime.date(1969, 12, 31)]
    assert [*table["row"]][:2] == [1, 2**40]


@each_program
def test_a_long_text_may_stand_next_to_no_text(tmp_path, ending):
    """More than 2,045 bytes are held apart in a file of Stata."""
    table, _ = save(tmp_path, [("words", "text", ["x" * 5000, None, "short"])], ending)
    assert [*table["words"]] == ["x" * 5000, "", "short"]
