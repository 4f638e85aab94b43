"""Spreadsheets in and out: nothing is lost on the way, and what is not imported is reported."""

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
from survey.formats.languages import language_heading
from survey.formats.xform import to_xform
from survey.formats.xlsform import to_sheets, to_workbook
from survey.problems import Invalid, TooLarge
from survey.surveys.instruments import (
    Agreement,
    Borough,
    Calculate,
    DateTime,
    Grid,
    GridRow,
    Image,
    Option,
    Postcode,
    QuestionGroup,
    QuestionPage,
    Range,
    Repeat,
    SelectOne,
    Text,
    Time,
    Unsupported,
    check_instrument,
    languages_used,
)
from survey.surveys.ready import load_block, load_ready_instruments
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.files.sample_files import SAMPLES, needs_samples

GENERATED = re.compile(r"(generated_table_list_label|reserved_name_for_field_list_labels)_\d+")
TWO_LANGUAGES = {"en": "Words “so”", "ar": "كلمات"}
FIVE = tuple({"en": word, "ar": word} for word in "abcde")
MORE_ITEMS = (
    QuestionGroup(
        name="about",
        text=TWO_LANGUAGES,
        relevant="${which} = 'one'",
        items=(
            QuestionPage(
                name="page",
                items=(
                    SelectOne(
                        name="town",
                        text=TWO_LANGUAGES,
                        options=(
                            Option("bow", TWO_LANGUAGES, traits={"side": "east"}),
                            Option("acton", TWO_LANGUAGES),
                        ),
                        filter="side = ${which}",
                        list="towns",
                    ),
                    Time(name="at", text=TWO_LANGUAGES, required_when="${town} = 'bow'"),
                ),
            ),
            DateTime(
                name="when", text=TWO_LANGUAGES, future=True, constraint_message=TWO_LANGUAGES
            ),
        ),
    ),
    Repeat(
        name="person",
        text=TWO_LANGUAGES,
        count="3",
        items=(Text(name="hurt", text=TWO_LANGUAGES, long=False),),
    ),
    Range(name="part", text=TWO_LANGUAGES, low=0.5, high=2, step=0.25),
    Borough(name="home", text=TWO_LANGUAGES, required=True),
    Postcode(name="work", text=TWO_LANGUAGES),
    Image(name="seen", text=TWO_LANGUAGES, most_pixels=1000),
    Calculate(name="worked_out", calculation="count(${person})"),
    Unsupported(name="phone", kind="deviceid"),
    Grid(
        name="table",
        text=TWO_LANGUAGES,
        short=TWO_LANGUAGES,
        hint=TWO_LANGUAGES,
        labels=FIVE,
        may_decline=True,
        rows=(GridRow("first", TWO_LANGUAGES), GridRow("second", TWO_LANGUAGES, reverse=True)),
    ),
    Agreement(
        name="alone",
        text=TWO_LANGUAGES,
        labels=FIVE,
        may_decline=True,
        required_message=TWO_LANGUAGES,
    ),
)
FULL = msgspec.structs.replace(
    EVERYTHING,
    slug="full",
    title=TWO_LANGUAGES,
    items=(*EVERYTHING.items, *MORE_ITEMS, *load_block("about-you")),
    settings={"instance_name": "'x'"},
)


@pytest.mark.parametrize(
    "instrument", [*load_ready_instruments(), EVERYTHING, FULL], ids=lambda one: one.slug
)
def test_a_survey_that_goes_out_comes_back_the_same(instrument):
    back = xlsform.read("survey.xlsx", to_workbook(to_sheets(instrument)))
    left = [one for one in back.left if one.what != "deviceid"]
    assert left == []
    assert back.instrument == instrument
    check_instrument(back.instrument)


def test_a_spreadsheet_has_columns_for_the_languages_of_the_survey_alone():
    """Our own words for "prefer not to say" are in more languages."""
    options = tuple(Option(one, TWO_LANGUAGES) for one in "ab")
    item = SelectOne(name="a", text=TWO_LANGUAGES, options=options, may_decline=True)
    one = msgspec.structs.replace(EVERYTHING, title=TWO_LANGUAGES, summary={}, items=(item,))
    heads = {head for row in to_sheets(one)["choices"] for head in row if head.startswith("label")}
    assert heads == {"label::English (en)", "label::Arabic (ar)"}


def test_a_condition_changed_in_the_spreadsheet_counts():
    rows = to_sheets(FULL)
    row = next(one for one in rows["survey"] if one.get("name") == "far")
    row["constraint"] = ". < 5"
    back = xlsform.read("survey.xlsx", to_workbook(rows)).instrument
    changed = next(one for one in back.items if one.name == "far")
    assert (changed.constraint, changed.least, changed.most) == (". < 5", None, None)


def test_a_table_with_a_row_that_is_no_question_becomes_a_group_and_is_reported():
    sheets = to_sheets(FULL)
    grid = next(one for one in FULL.items if isinstance(one, Grid))
    place = next(n for n, row in enumerate(sheets["survey"]) if row.get("name") == grid.name)
    sheets["survey"].insert(
        place + 2, {"type": "note", "name": "aside", "label::English (en)": "A word"}
    )
    back = xlsform.read("survey.xlsx", to_workbook(sheets))
    group = next(one for one in back.instrument.items if one.name == grid.name)
    assert {row.name for row in grid.rows} | {"aside"} <= {one.name for one in group.items}
    assert [one.what for one in back.left if "not a question" in one.why] == ["the table"]


def test_each_of_many_columns_has_its_own_width():
    heads = [f"label::Language {n}" for n in range(30)]
    lines = [dict.fromkeys(heads, "") | {heads[1]: "w" * 30, heads[28]: "w" * 40}]
    sheet = load_workbook(io.BytesIO(to_workbook({"survey": lines})))["survey"]
    widths = {one: sheet.column_dimensions[one].width for one in ("A", "B", "C", "AA", "AC")}
    assert widths == {"A": 19, "B": 32, "C": 19, "AA": 20, "AC": 42}


def test_what_looks_like_a_formula_is_text_in_the_workbook():
    formula = "=HYPERLINK(1)"
    items = (Text(name="why", text={"en": formula}),)
    book = to_workbook(to_sheets(msgspec.structs.replace(EVERYTHING, items=items)))
    cells = [cell for row in load_workbook(io.BytesIO(book))["survey"].rows for cell in row]
    assert [cell.data_type for cell in cells if cell.value == formula] == ["s"]


def test_phones_get_the_table_and_the_words_in_every_language():
    written = etree.fromstring(to_xform(FULL))
    languages = [one.get("lang") for one in written.iter("{*}translation")]
    assert languages == [language_heading(code) for code in languages_used(FULL)]
    assert languages[:2] == ["English (en)", "Arabic (ar)"]
    shown = [one.get("appearance") for one in written.iter("{*}select1")]
    assert shown.count("list-nolabel") == 4


def xlsx_file(*rows, **sheets):
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
        (
            "a.xlsx",
            xlsx_file(HEAD, ["shoe", "a", "A"]),
            "sheet survey, row 2: Unknown question type",
        ),
        ("a.xlsx", xlsx_file(HEAD, ["text", "", "A"]), "row 2"),
        ("a.xlsx", xlsx_file(HEAD, ["select_one x", "a", "A"]), "choices"),
        ("a.xlsx", xlsx_file(HEAD, ["text", "a", "A"], ["text", "a", "B"]), "row 3"),
        ("a.xlsx", xlsx_file(HEAD, ["begin_group", "a", "A"], ["text", "b", "B"]), "sheet survey"),
        ("a.csv", b"\xff\xfe", "does not have the sheets of an XLSForm"),
    ],
)
def test_a_broken_file_is_refused_with_sheet_row_and_cause(name, content, sentence):
    with pytest.raises(Invalid) as refused:
        xlsform.read(name, content)
    assert refused.value.code == "instrument.file"
    assert sentence in refused.value.sentence


@pytest.mark.parametrize("number", ["inf", "nan", "1e400", "9" * 400])
@pytest.mark.parametrize("end", ["start", "end", "step"])
def test_a_range_without_real_ends_is_refused(end, number):
    """Stored, its end would be read as no number, and the survey could not be opened again."""
    ends = {"start": "0", "end": "10", "step": "1"} | {end: number}
    given = " ".join(f"{name}={text}" for name, text in ends.items())
    with pytest.raises(Invalid):
        xlsform.read("a.xlsx", xlsx_file([*HEAD, "parameters"], ["range", "a", "A", given]))


def test_every_mistake_of_a_workbook_is_named_at_once_in_plain_words():
    rows = [["text", "", "B"], ["text", "c", "C"], ["text", "c", "C"], ["select_one no", "d", "D"],
            ["text", "2 e", "E"], ["text", "f", "F", "${nobody} = 1"],
            ["text", "g", "G", "${ = 1"]]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        xlsform.read("a.xlsx", xlsx_file([*HEAD, "relevant"], *rows))
    said = [(one.where, one.sentence) for one in refused.value.faults]
    assert said == [
        ("sheet survey, row 2", "This row has no name. Write one in the column name."),
        ("sheet survey, row 4", "The name “c” is used twice. Give each question its own name."),
        ("sheet choices", said[2][1]),
        ("sheet survey, row 6", "This name cannot be used. Use letters, digits and underscores, "
                                "and begin with a letter."),
        ("sheet survey, row 7", "The column relevant refers to “nobody”, and no question has that "
                                "name."),
        ("sheet survey, row 8", "A reference in the column relevant is not complete. Write it as "
                                "${name}."),
    ]  # fmt: skip
    assert "“D” in row 5 of the sheet survey needs some" in said[2][1]
    with pytest.raises(Invalid) as two:
        xlsform.read("a.xlsx", xlsx_file(HEAD, ["shoe", "h", "H"], ["shoe", "i", "I"]))
    assert [one.where for one in two.value.faults] == ["sheet survey, row 2", "sheet survey, row 3"]


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
    content = xlsx_file(
        [*HEAD, "media::image", "bind::saveIncomplete", "parameters"],
        ["text", "a", "A", "a.png", "true()", ""],
        ["geopoint", "b", "B", "", "", ""],
        ["select_one x", "c", "C", "", "", "randomize=true"],
        ["csv-external", "d", "", "", "", ""],
        choices=[["list_name", "name", "label"], ["x", "y", "Y"], ["x", "z", "Z"]],
    )
    found = xlsform.read("a.xlsx", content)
    notes = {(one.where, one.what) for one in found.left}
    assert ("survey, row 2 (a)", "column “bind::saveIncomplete”") in notes
    assert ("survey, row 2 (a)", "column “media”") in notes
    assert ("survey, row 3 (b)", "geopoint") in notes
    assert ("survey, row 4 (c)", "parameter “randomize”") in notes
    assert [type(one).__name__ for one in found.instrument.items] == [
        "Text",
        "Unsupported",
        "SelectOne",
    ]


def binds(form):
    """Every bind with its attributes, without the row numbers that pyxform puts into names."""
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
                out = to_xform(found.instrument)
            except Invalid:
                continue
            if binds(out) == binds(convert(file).xform.encode()):
                same.append(file.name)
    assert (imported, len(refused), len(same)) == (50, 8, 40)
    assert all("sheet " in sentence for sentence in refused)
