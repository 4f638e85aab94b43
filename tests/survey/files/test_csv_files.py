"""No cell of a CSV file is run by a spreadsheet, and every cell can be read back."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.files.cells import parse_series_name
from survey.files.delimited import write_csv
from survey.files.refusals import guard_cell, unguard_cell

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\0=1", "\uff1d1", "\uff0b1", "\uff0d1",
    "\uff201", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\u200e@x", "  \u3000\u2060-2", "\u22121",
    "\tplain",
]  # fmt: skip
PLAIN = ["a=b", "1-2", "", " ", "hello", "mail@example.org", "ça"]


def read_back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_could_run_is_guarded_in_heads_and_cells(text):
    [head, row] = read_back(write_csv([[text], [text]]))
    assert head == row == ["'" + text]
    assert unguard_cell(row[0]) == text


@pytest.mark.parametrize("text", [one for one in FORMULAS if one.isprintable()])
def test_no_name_of_a_series_is_one_that_a_spreadsheet_could_run(text):
    with pytest.raises(ValueError, match="is not the name of a publisher"):
        parse_series_name(text)


def test_an_apostrophe_of_ones_own_and_one_of_ours_come_out_apart():
    assert guard_cell("'=x") != guard_cell("=x")
    assert [unguard_cell(guard_cell(one)) for one in ("'=x", "=x")] == ["'=x", "=x"]


@given(st.text(max_size=12) | st.sampled_from(FORMULAS + PLAIN))
def test_every_text_is_read_back_as_it_was(text):
    assert unguard_cell(guard_cell(text)) == text


@given(st.text(alphabet="'=+-@ \t\n\u200b\uff1dx1", max_size=6))
def test_two_texts_never_look_alike_and_none_begins_as_a_formula(text):
    guarded = guard_cell(text)
    assert unguard_cell(guarded) == text
    bare = guarded.lstrip(" \t\n\u200b")
    assert not bare.startswith(("=", "+", "-", "@", "\uff1d"))


def test_numbers_stay_numbers_and_an_apostrophe_by_hand_stays():
    assert write_csv([[-1, 2.5, None]]) == b"-1,2.5,\r\n"
    assert unguard_cell("'til dawn") == "'til dawn"


def test_no_other_module_writes_csv():
    rooms = [Path(__file__).parents[3] / room for room in ("api", "survey", "analysis", "demo")]
    writing = [
        f"{file.parent.name}/{file.name}"
        for room in rooms
        for file in room.rglob("*.py")
        if "csv.writer" in file.read_text() or "DictWriter" in file.read_text()
    ]
    # Tables for pyxform and ddi-l alone, which no spreadsheet ever opens.
    for_libraries = {"xlsform/survey.py", "formats/dictionary.py"}
    assert set(writing) == {"files/delimited.py", *for_libraries}
