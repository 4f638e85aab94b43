"""The CSV and Parquet export: every table in long form, and no cell that a spreadsheet would
run.
"""

import csv
import io

import msgspec
import polars
import pytest

from api.editions import files
from survey.editions import Edition
from survey.files.refusals import needs_guard
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition, sample
from tests.analysis.editions.outcome_editions import full_outcome_edition


def csv_rows(edition):
    return list(csv.DictReader(io.StringIO(files.render_csv(edition).decode(), newline="")))


def test_every_table_is_there():
    assert {row["table"] for row in csv_rows(sample())} == {
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
        "tone",
        "received",
        "standing",
        "disclosure",
    }


def test_an_estimate_has_its_base_interval_method_and_stream():
    row = next(row for row in csv_rows(sample()) if row["table"] == "index")
    assert row["domain"] == "London"
    assert row["stream"] == "sampled"
    assert (row["n"], row["value"]) == ("3410", "58.4")
    assert float(row["low"]) < 58.4 < float(row["high"])
    assert (row["method"], row["status"]) == ("TSL, t 95 %", "shown")
    assert row["period"] == "2008-06-09/2008-07-06"


def test_a_borough_has_its_name_next_to_its_code():
    names = {row["domain"]: row["name"] for row in csv_rows(sample()) if row["table"] == "index"}
    assert names["E09000026"] == "Redbridge"
    assert names["London"] == "London"
    assert not [code for code, name in names.items() if name.startswith("E09")]


def test_withheld_figures_are_empty_and_say_why():
    hidden = [row for row in csv_rows(sample()) if row["status"] == "withheld"]
    assert hidden
    for row in hidden:
        assert row["value"] == row["low"] == row["high"] == ""


def test_nothing_within_a_table_looks_like_what_is_withheld():
    tactics = {
        row["measure"]: row["value"] for row in csv_rows(sample()) if row["table"] == "tactics"
    }
    assert tactics["drive_stunned"] == tactics["fired"] == ""


def test_a_rate_is_no_finer_than_on_the_page():
    for row in csv_rows(sample()):
        if row["measure"] == "per 10,000 residents" and row["value"]:
            assert len(row["value"].partition(".")[2]) <= 2


def test_rows_end_as_the_standard_says_and_names_with_commas_are_whole():
    body = files.render_csv(sample()).decode()
    assert body.count("\r\n") == body.count("\n")
    assert "ONS mid-2007 estimates, residents of all ages" in [
        row["method"] for row in csv_rows(sample())
    ]


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1", "＝1+1"],
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    edition = sample()
    theme = msgspec.structs.replace(edition.themes[0], stream=text, domain=text)
    rows = csv_rows(msgspec.structs.replace(edition, themes=(theme,), caveats=(text,), city=text))
    found = [row for row in rows if text in (row["domain"][1:], row["method"][1:])]
    assert found
    for row in rows:
        for name in ("table", "domain", "stream", "measure", "method", "status"):
            assert not needs_guard(row[name]) or row[name].startswith("'")


def test_a_negative_number_stays_a_number():
    tones = [
        row["value"] for row in csv_rows(sample()) if row["measure"].startswith("net sentiment")
    ]
    assert "-34.0" in tones


def test_an_empty_edition_still_says_what_it_is():
    rows = csv_rows(bare_edition())
    assert {row["table"] for row in rows} == {"about"}
    assert ("synthetic", "no") in [(row["measure"], row["method"]) for row in rows]


# Fields that name the edition, or put into words figures that have rows of their own.
FIELDS_WITHOUT_ROWS = {
    "kind",
    "city",
    "start",
    "end",
    "headline",
    "marks",
    "sentences",
    "withheld",
    "index_from",
    "rates_from",
}
EMPTY_FIELDS = {
    *("accuracy", "reading", "quotes", "as_published", "correction", "uncollected"),
}


@pytest.fixture(scope="module")
def full():
    """A monthly edition with something in every field, also of a trial, and its rows."""
    trial = full_outcome_edition().trial
    edition = msgspec.structs.replace(full_monthly_edition(), trial=trial)
    return edition, list(files.edition_rows(edition))


@pytest.mark.parametrize("field", [one.name for one in msgspec.structs.fields(Edition)])
def test_every_field_of_a_full_edition_has_rows(field, full):
    edition, rows = full
    given = next(one for one in msgspec.structs.fields(Edition) if one.name == field)
    if field in FIELDS_WITHOUT_ROWS | EMPTY_FIELDS or given.default is msgspec.NODEFAULT:
        return
    without = msgspec.structs.replace(edition, **{field: given.default})
    assert getattr(edition, field) != given.default
    assert list(files.edition_rows(without)) != rows


def test_the_columns_hold_what_the_rows_hold():
    for edition in (full_weekly_edition(), full_monthly_edition(), bare_edition()):
        columns = polars.read_parquet(io.BytesIO(files.render_parquet(edition)))
        lines = csv_rows(edition)
        assert columns.columns == list(files.HEAD)
        assert columns.height == len(lines)
        for column, line in zip(columns.iter_rows(named=True), lines, strict=True):
            for name in files.HEAD:
                said, held = line[name], column[name]
                if name in files.NUMBERS:
                    assert held == (None if said == "" else float(said))
                else:
                    assert (held or "") == said.removeprefix("'")


def test_the_same_edition_gives_the_same_columns():
    assert files.render_parquet(full_monthly_edition()) == files.render_parquet(
        full_monthly_edition()
    )


def test_the_parts_of_a_move_add_up_in_the_file():
    rows = [row for row in csv_rows(full_monthly_edition()) if row["table"] == "what moved"]
    found = {row["measure"].partition(", ")[2]: row["value"] for row in rows[:6]}
    reasons = [float(value) for name, value in found.items() if name.startswith("by")]
    assert float(found["was"]) + sum(reasons) == pytest.approx(float(found["now"]))


def test_a_ratio_is_there_by_each_method():
    rows = [row for row in csv_rows(full_monthly_edition()) if row["measure"] == "ratio to white"]
    assert {row["method"].partition(";")[0] for row in rows} == {"mid-P", "exact", "equal ages"}
