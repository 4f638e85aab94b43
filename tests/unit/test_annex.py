"""The CSV annex: every table in long form, and nothing a spreadsheet would run."""

import csv
import io

import msgspec
import pytest

from api import annex
from tests.unit.editions import bare, sample


def read(edition):
    return list(csv.DictReader(io.StringIO(annex.csv(edition).decode(), newline="")))


def test_every_table_is_there():
    assert {row["table"] for row in read(sample())} == {
        "about",
        "index",
        "index series",
        "complaints",
        "deployments",
        "tactics",
        "published perception",
        "published perception: deployments",
        "panel",
        "published panel",
        "themes",
        "received",
        "standing",
    }


def test_an_estimate_has_its_base_interval_method_and_stream():
    row = next(row for row in read(sample()) if row["table"] == "index")
    assert row["domain"] == "London"
    assert row["stream"] == "sampled"
    assert (row["n"], row["value"]) == ("3410", "58.4")
    assert float(row["low"]) < 58.4 < float(row["high"])
    assert (row["method"], row["status"]) == ("TSL, t 95 %", "shown")
    assert row["period"] == "2008-06-09/2008-07-06"


def test_withheld_figures_are_empty_and_say_why():
    hidden = [row for row in read(sample()) if row["status"] == "withheld"]
    assert hidden
    for row in hidden:
        assert row["value"] == row["low"] == row["high"] == ""


def test_nothing_within_a_table_looks_like_what_is_withheld():
    tactics = {row["measure"]: row["value"] for row in read(sample()) if row["table"] == "tactics"}
    assert tactics["drive_stunned"] == tactics["fired"] == ""


def test_a_rate_is_no_finer_than_on_the_page():
    for row in read(sample()):
        if row["measure"] == "per 10,000 residents" and row["value"]:
            assert len(row["value"].partition(".")[2]) <= 2


def test_rows_end_as_the_standard_says_and_names_with_commas_are_whole():
    body = annex.csv(sample()).decode()
    assert body.count("\r\n") == body.count("\n")
    assert "ONS mid-2007 estimates, residents of all ages" in [
        row["method"] for row in read(sample())
    ]


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1", "＝1+1"],
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    edition = sample()
    theme = msgspec.structs.replace(edition.themes[0], stream=text, domain=text)
    rows = read(msgspec.structs.replace(edition, themes=(theme,), caveats=(text,), city=text))
    found = [row for row in rows if text in (row["domain"][1:], row["method"][1:])]
    assert found
    for row in rows:
        for name in ("table", "domain", "stream", "measure", "method", "status"):
            assert not row[name].startswith(annex.FORMULA)


def test_a_negative_number_stays_a_number():
    tones = [row["value"] for row in read(sample()) if row["measure"].startswith("net sentiment")]
    assert "-34.0" in tones


def test_an_empty_edition_still_says_what_it_is():
    rows = read(bare())
    assert {row["table"] for row in rows} == {"about"}
    assert ("synthetic", "no") in [(row["measure"], row["method"]) for row in rows]
