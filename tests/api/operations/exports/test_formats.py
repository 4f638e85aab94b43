"""Each format of an export is read by a program that others wrote, and holds the same answers."""

import csv
import datetime
import io
import json
import shutil
import subprocess
import zipfile

import openpyxl
import polars
import pyreadstat
import pytest
from python_calamine import CalamineWorkbook

from api.operations.answers import submissions
from api.operations.exports import FORMATS, WantedExport, stream_export, text_formats
from survey.formats.dictionary import plain_names
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    Agreement,
    Consent,
    Date,
    Instrument,
    Integer,
    Option,
    Rank,
    Repeat,
    SelectMultiple,
    SelectOne,
    Text,
)
from survey.surveys.responses import Submission
from tests.conftest import roll_back_at_end
from tests.stored.answers import end_their_hour

DISAGREE = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
PATROLS = Instrument(
    slug="patrols",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "Patrols"},
    summary={"en": "About the patrols."},
    items=(
        SelectOne(
            name="seen",
            text={"en": "=1+1 Have you seen them?"},
            options=(Option("yes", {"en": "-Yes “é”"}), Option("no", {"en": "No"})),
            may_decline=True,
        ),
        Agreement(
            name="safer",
            text={"en": "I feel safer"},
            labels=tuple({"en": one} for one in DISAGREE),
            may_decline=True,
        ),
        SelectMultiple(
            name="saw",
            text={"en": "What did you see?"},
            options=(Option("van", {"en": "A van"}), Option("dog", {"en": "A dog"})),
        ),
        Rank(
            name="first",
            text={"en": "First"},
            options=(Option("a", {"en": "Parks"}), Option("b", {"en": "Streets"})),
        ),
        Integer(name="age", text={"en": "Age"}, least=None, may_decline=True),
        Date(name="when", text={"en": "When?"}),
        Consent(name="agreed", text={"en": "I agree"}),
        Text(name="why", text={"en": "Why?"}),
        Repeat(
            name="child",
            text={"en": "Children"},
            items=(
                Integer(name="years", text={"en": "Years"}),
                Text(name="called", text={"en": "Called"}),
            ),
        ),
    ),
)
ANSWERS = (
    {"seen": "yes", "safer": 4, "saw": ["dog"], "first": ["b", "a"], "age": -3,
     "when": "2026-11-02", "agreed": True, "why": "SECRET",
     "child": [{"years": 3, "called": "SECRET"}, {"years": 5}]},
    {"seen": "prefer_not_to_say", "safer": "dont_know", "age": "prefer_not_to_say"},
    {"seen": "no", "safer": 1, "saw": ["van", "dog"], "child": [{"years": 7}]},
)  # fmt: skip


@pytest.fixture
async def db(connection, monkeypatch):
    """As in conftest, at the isolation level of an export; each batch has two responses."""
    monkeypatch.setattr(text_formats, "BATCH", 2)
    async with roll_back_at_end(connection, "repeatable_read") as one:
        await instruments.insert(one.the_connection, PATROLS)
        for answers in ANSWERS:
            sent = Submission(area="Hackney", answers=answers)
            await submissions.submit_response(one, "patrols", sent)
        await end_their_hour(one.the_connection, "patrols")
        yield one


async def export(db, name, **wanted):
    wanted = WantedExport(slug="patrols", format=name, **wanted)
    content = b"".join([part async for part in stream_export(db, wanted)])
    assert b"SECRET" not in content
    return content


def unzip(content):
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.testzip() is None
        return {name: parts.read(name) for name in parts.namelist()}


def by_seen(rows):
    """The rows of the three answers by the first question: within an hour their order is random."""
    return {row["seen"]: row for row in rows}


def sheet_rows(sheet):
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


async def test_a_spreadsheet_has_a_sheet_for_each_table_and_cells_with_types(db):
    content = await export(db, "xlsx", every_table=True)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["answers", "answers-child"]
    rows = by_seen(sheet_rows(book["answers"]))
    first = rows["yes"]
    assert (first["age"], first["safer"], first["saw/van"], first["saw/dog"]) == (-3, 4, 0, 1)
    assert (first["first/a"], first["first/b"], first["agreed"]) == (2, 1, True)
    assert isinstance(first["day"], datetime.datetime)
    assert rows["prefer_not_to_say"]["age"] == "prefer_not_to_say"
    assert sorted(one["years"] for one in sheet_rows(book["answers-child"])) == [3, 5, 7]
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert len(sheets.get_sheet_by_name("answers").to_python()) == 4


async def test_no_cell_or_head_of_a_spreadsheet_is_a_formula(db):
    content = await export(db, "xlsx", words=True)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    (head,) = [cell for cell in sheet[1] if cell.value and cell.value.startswith("=1+1")]
    (shown,) = [cell for cell in cells if cell.value == "-Yes “é”"]
    assert shown.quotePrefix
    assert head.row == 1
    assert "<f>" not in unzip(content)["xl/worksheets/sheet1.xml"].decode()


async def test_parquet_has_types_and_says_apart_why_there_is_no_number(db):
    files = unzip(await export(db, "parquet", every_table=True))
    assert [*files] == ["answers.parquet", "answers-child.parquet"]
    table = polars.read_parquet(io.BytesIO(files["answers.parquet"]))
    assert table.schema["age"] == polars.Float64
    assert table.schema["when"] == table.schema["day"] == polars.Date
    rows = by_seen(table.to_dicts())
    assert (rows["yes"]["age"], rows["yes"]["when"]) == (-3, datetime.date(2026, 11, 2))
    declined = rows["prefer_not_to_say"]
    assert (declined["age"], declined["age/no_answer"]) == (None, "prefer_not_to_say")
    assert declined["safer/no_answer"] == "dont_know"
    children = polars.read_parquet(io.BytesIO(files["answers-child.parquet"]))
    assert sorted(children["years"]) == [3, 5, 7]


async def test_json_has_lists_and_an_entry_for_each_table(db):
    found = json.loads(await export(db, "json", every_table=True))
    rows = by_seen(found["answers"])
    assert rows["no"]["saw"] == ["van", "dog"]
    assert rows["yes"]["age"] == -3
    assert "age" not in rows["no"]
    assert len(found["answers-child"]) == 3
    words = json.loads(await export(db, "json", words=True))
    assert {tuple(one.get("What did you see?", ())) for one in words["answers"]} == {
        ("A dog",), (), ("A van", "A dog"),
    }  # fmt: skip


async def test_a_file_of_spss_has_labels_measures_and_missing_values(db, tmp_path):
    (tmp_path / "answers.sav").write_bytes(await export(db, "sav"))
    table, about = pyreadstat.read_sav(tmp_path / "answers.sav", user_missing=True)
    labels = about.column_names_to_labels
    assert (labels["safer"], labels["saw_dog"]) == (
        "I feel safer", "What did you see? – A dog",
    )  # fmt: skip
    words = about.variable_value_labels
    assert words["safer"][4] == "Agree"
    assert words["seen"] == {
        1: "-Yes “é”", 2: "No", -9999998: "Prefer not to say", -9999999: "Don’t know",
    }  # fmt: skip
    assert "Hackney" in words["area"].values()
    assert about.variable_measure["safer"] == "ordinal"
    assert about.variable_measure["seen"] == "nominal"
    assert about.variable_measure["age"] == "scale"
    assert about.missing_ranges["age"][0]["lo"] in (-9999998, -9999999)
    rows = {row["seen"]: row for row in table.to_dict("records")}
    assert (rows[1]["age"], rows[1]["safer"], rows[1]["agreed"]) == (-3, 4, 1)
    assert rows[-9999998]["age"] == -9999998
    assert rows[1]["when"] == datetime.date(2026, 11, 2)
    assert [words["area"][one] for one in table["area"]] == ["Hackney"] * 3
    plain, _ = pyreadstat.read_sav(tmp_path / "answers.sav")
    assert plain["age"].isna().sum() == 2  # what is missing is no number to a program


async def test_a_file_of_stata_has_labels(db, tmp_path):
    files = unzip(await export(db, "dta", every_table=True))
    assert [*files] == ["answers.dta", "answers-child.dta"]
    (tmp_path / "answers.dta").write_bytes(files["answers.dta"])
    table, about = pyreadstat.read_dta(tmp_path / "answers.dta", apply_value_formats=True)
    assert about.column_names_to_labels["safer"] == "I feel safer"
    assert {*table["seen"]} == {"-Yes “é”", "No", "Prefer not to say"}


async def test_the_files_for_r_are_the_tables_and_a_script(db):
    files = unzip(await export(db, "r", every_table=True))
    assert [*files] == ["answers.R", "answers.csv", "answers-child.csv"]
    assert len([*csv.DictReader(io.StringIO(files["answers.csv"].decode(), newline=""))]) == 3
    assert '"van" = ' not in files["answers.R"].decode()


@pytest.fixture
def rscript():
    if (found := shutil.which("Rscript")) is None:
        pytest.skip("R is not installed: apt-get install r-base-core r-cran-haven")
    have = "stopifnot(requireNamespace('haven'))"
    if subprocess.run([found, "-e", have], capture_output=True).returncode:
        pytest.skip("R lacks its package haven: apt-get install r-cran-haven")

    def run(script, folder):
        (folder / "test.R").write_text(script)
        ended = subprocess.run([found, "test.R"], cwd=folder, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.mark.slow
async def test_r_reads_the_file_of_spss_and_makes_factors_from_the_script(db, tmp_path, rscript):
    (tmp_path / "answers.sav").write_bytes(await export(db, "sav"))
    said = rscript(
        """
        x <- haven::read_sav("answers.sav", user_na = TRUE)
        stopifnot(attr(x$safer, "label") == "I feel safer")
        cat(levels(haven::as_factor(x$safer)), sep = "\\n")
        y <- haven::read_sav("answers.sav")
        stopifnot(sum(is.na(y$age)) == 2, inherits(y$when, "Date"))
        """,
        tmp_path,
    )
    assert [*DISAGREE] == [line for line in said.splitlines() if line in DISAGREE]
    for name, content in unzip(await export(db, "r", every_table=True)).items():
        (tmp_path / name).write_bytes(content)
    rscript(
        """
        source("answers.R", encoding = "UTF-8")
        stopifnot(is.ordered(answers$safer), levels(answers$safer)[4] == "Agree",
                  nrow(answers) == 3, sum(answers$age, na.rm = TRUE) == -3,
                  attr(answers$safer, "label") == "I feel safer",
                  inherits(answers$when, "Date"), sum(answers[["saw/dog"]], na.rm = TRUE) == 2,
                  sum(answers_child$years) == 15)
        """,
        tmp_path,
    )


def test_names_are_what_statistics_programs_accept():
    assert plain_names(["saw/van", "saw-van", "2nd", "to", "é"], 32) == [
        "saw_van", "saw_van_2", "nd", "to_2", "v",
    ]  # fmt: skip
    assert plain_names(["a" * 40, "A" * 40], 32) == ["a" * 32, "A" * 30 + "_2"]


def test_every_format_says_what_it_is_for():
    assert len({one.title for one in FORMATS.values()}) == len(FORMATS)
    assert all(one.purpose.endswith(".") for one in FORMATS.values())
