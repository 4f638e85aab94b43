"""Spreadsheets in and out: nothing is lost on the way, and what is not carried is told."""

import io
import re
import warnings
import zipfile

import msgspec
import pytest
from lxml import etree
from openpyxl import Workbook, load_workbook
from pyxform.xls2xform import convert

from survey.formats import xlsform
from survey.formats.xform import xform
from survey.formats.xlsform import rows_of, workbook
from survey.instruments import (
    Agreement,
    Borough,
    Calculate,
    Choice,
    Foreign,
    Grid,
    Group,
    Image,
    Moment,
    Option,
    Page,
    Postcode,
    Range,
    Repeat,
    Row,
    Text,
    Time,
    check,
)
from survey.problems import Invalid, TooLarge
from survey.ready import block, ready
from tests.http.everything import EVERYTHING
from tests.surveyfiles import SAMPLES, needs_samples

GENERATED = re.compile(r"(generated_table_list_label|reserved_name_for_field_list_labels)_\d+")
TWO = {"en": "Words “so”", "ar": "كلمات"}
FIVE = tuple({"en": word, "ar": word} for word in "abcde")
MORE = (
    Group(
        name="about",
        text=TWO,
        relevant="${which} = 'one'",
        items=(
            Page(
                name="page",
                items=(
                    Choice(
                        name="town",
                        text=TWO,
                        options=(Option("bow", TWO, traits={"side": "east"}), Option("acton", TWO)),
                        filter="side = ${which}",
                        list="towns",
                    ),
                    Time(name="at", text=TWO, required_when="${town} = 'bow'"),
                ),
            ),
            Moment(name="when", text=TWO, future=True, constraint_message=TWO),
        ),
    ),
    Repeat(name="person", text=TWO, count="3", items=(Text(name="hurt", text=TWO, long=False),)),
    Range(name="part", text=TWO, low=0.5, high=2, step=0.25),
    Borough(name="home", text=TWO, required=True),
    Postcode(name="work", text=TWO),
    Image(name="seen", text=TWO, most_pixels=1000),
    Calculate(name="worked_out", calculation="count(${person})"),
    Foreign(name="phone", kind="deviceid"),
    Grid(
        name="table",
        text=TWO,
        short=TWO,
        hint=TWO,
        labels=FIVE,
        may_decline=True,
        rows=(Row("first", TWO), Row("second", TWO, reverse=True)),
    ),
    Agreement(name="alone", text=TWO, labels=FIVE, may_decline=True, required_message=TWO),
)
FULL = msgspec.structs.replace(
    EVERYTHING,
    slug="full",
    title=TWO,
    items=(*EVERYTHING.items, *MORE, *block("about-you")),
    settings={"instance_name": "'x'"},
)


@pytest.mark.parametrize("instrument", [*ready(), EVERYTHING, FULL], ids=lambda one: one.slug)
def test_a_survey_that_goes_out_comes_back_the_same(instrument):
    back = xlsform.read("survey.xlsx", workbook(rows_of(instrument)))
    left = [one for one in back.left if one.what != "deviceid"]
    assert left == []
    assert back.instrument == instrument
    check(back.instrument)


def test_a_condition_changed_in_the_spreadsheet_counts():
    rows = rows_of(FULL)
    row = next(one for one in rows["survey"] if one.get("name") == "far")
    row["constraint"] = ". < 5"
    back = xlsform.read("survey.xlsx", workbook(rows)).instrument
    changed = next(one for one in back.items if one.name == "far")
    assert (changed.constraint, changed.least, changed.most) == (". < 5", None, None)


def test_what_looks_like_a_formula_is_text_in_the_workbook():
    formula = "=HYPERLINK(1)"
    items = (Text(name="why", text={"en": formula}),)
    book = workbook(rows_of(msgspec.structs.replace(EVERYTHING, items=items)))
    cells = [cell for row in load_workbook(io.BytesIO(book))["survey"].rows for cell in row]
    assert [cell.data_type for cell in cells if cell.value == formula] == ["s"]


def test_phones_get_the_table_and_the_words_in_every_language():
    written = etree.fromstring(xform(FULL))
    languages = [one.get("lang") for one in written.iter("{*}translation")]
    assert languages == ["English (en)", "Arabic (ar)"]
    shown = [one.get("appearance") for one in written.iter("{*}select1")]
    assert shown.count("list-nolabel") == 4


def sheet(*rows, **sheets):
    book = Workbook()
    book.active.title = "survey"
    for row in rows:
        book.active.append(row)
    for name, lines in sheets.items():
        more = book.create_sheet(name)
        for line in lines:
            more.append(line)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


HEAD = ["type", "name", "label"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xlsx", b"PK\x03\x04", "it is not a workbook, or it is damaged"),
        ("a.xlsx", b"", "it is empty"),
        ("a.docx", b"", "its type is none of .xlsx"),
        ("a.xlsx", sheet(HEAD, ["shoe", "a", "A"]), "sheet survey, row 2: Unknown question type"),
        ("a.xlsx", sheet(HEAD, ["text", "", "A"]), "row 2"),
        ("a.xlsx", sheet(HEAD, ["select_one x", "a", "A"]), "choices"),
        ("a.xlsx", sheet(HEAD, ["text", "a", "A"], ["text", "a", "B"]), "row 3"),
        ("a.xlsx", sheet(HEAD, ["begin_group", "a", "A"], ["text", "b", "B"]), "sheet survey"),
        ("a.csv", b"\xff\xfe", "does not have the sheets of an XLSForm"),
    ],
)
def test_a_broken_file_is_refused_with_sheet_row_and_cause(name, content, sentence):
    with pytest.raises(Invalid) as refused:
        xlsform.read(name, content)
    assert refused.value.code == "instrument.file"
    assert sentence in refused.value.sentence


def test_a_file_that_is_too_large_is_not_opened():
    with pytest.raises(TooLarge):
        xlsform.read("a.xlsx", b"0" * 6_000_000)


def test_a_workbook_that_unpacks_to_a_flood_is_not_opened():
    flood = io.BytesIO()
    with zipfile.ZipFile(flood, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    with pytest.raises(Invalid) as refused:
        xlsform.read("a.xlsx", flood.getvalue())
    assert "unpacks to more than 50 MB" in refused.value.sentence


def test_what_is_not_carried_is_told_by_sheet_and_row():
    content = sheet(
        [*HEAD, "media::image", "bind::saveIncomplete", "parameters"],
        ["text", "a", "A", "a.png", "true()", ""],
        ["geopoint", "b", "B", "", "", ""],
        ["select_one x", "c", "C", "", "", "randomize=true"],
        ["csv-external", "d", "", "", "", ""],
        choices=[["list_name", "name", "label"], ["x", "y", "Y"], ["x", "z", "Z"]],
    )
    found = xlsform.read("a.xlsx", content)
    told = {(one.where, one.what) for one in found.left}
    assert ("survey, row 2 (a)", "column “bind::saveIncomplete”") in told
    assert ("survey, row 2 (a)", "column “media”") in told
    assert ("survey, row 3 (b)", "geopoint") in told
    assert ("survey, row 4 (c)", "parameter “randomize”") in told
    assert [type(one).__name__ for one in found.instrument.items] == ["Text", "Foreign", "Choice"]


def binds(form):
    """Every bind with its attributes; pyxform numbers what it makes for a table by its row."""
    return sorted(
        sorted(
            (etree.QName(name).localname, " ".join(GENERATED.sub(r"\1", text).split()))
            for name, text in bind.attrib.items()
        )
        for bind in etree.fromstring(form).iter("{http://www.w3.org/2002/xforms}bind")
    )


@needs_samples
def test_sample_workbooks_convert_and_go_out_as_they_came():
    """Of 58 workbooks 50 are imported, 8 refused; 40 have the same binds on the way out."""
    imported, same, refused = 0, [], []
    for file in sorted(SAMPLES.rglob("*.xls*")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = xlsform.read(file.name, file.read_bytes())
            except Invalid as problem:
                refused.append(problem.sentence)
                continue
            imported += 1
            try:
                out = xform(found.instrument)
            except Invalid:
                continue
            if binds(out) == binds(convert(file).xform.encode()):
                same.append(file.name)
    assert (imported, len(refused), len(same)) == (50, 8, 40)
    assert all("sheet " in sentence for sentence in refused)
