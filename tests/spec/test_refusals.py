"""Error messages for files that cannot be imported: the file first, then the message.

Nothing of a refused file is saved. Each message has a code that programs may match on, a
sentence that names the row and column, and (for the whole file) what was expected and what was
seen.
"""

import datetime
import io
import zipfile

import pytest

from survey.problems import Invalid
from survey.sources import formats
from tests.london import CITY

KNOWN = datetime.date(2024, 6, 1)

PLAIN = "source,start,end,area,measure,tactic,group,count\n"
PERCEPTION = "Date;Survey;Borough;Measure;Proportion;MPS\n"
MET = "Date,Borough,CED Used,UseOfForceCount\n"

CELLS = {
    "a borough that is misspelt": (
        MET + "2023-04-01,Hackny,0,1\n",
        "f.csv: row 2, column 'borough': 'Hackny' is not an area in London.",
    ),
    "two columns swapped": (
        MET + "Hackney,2023-04-01,0,1\n",
        "f.csv: row 2, column 'borough': '2023-04-01' is not an area in London.",
    ),
    "a fraction of a count": (
        MET + "2023-04-01,Hackney,0,1.5\n",
        "f.csv: row 2, column 'useofforcecount': '1.5' is not a whole number of 0 or more.",
    ),
    "a count below nothing": (
        MET + "2023-04-01,Hackney,-1,1\n",
        "f.csv: row 2, column 'ced used': '-1' is not a whole number of 0 or more.",
    ),
    "a part larger than the whole": (
        MET + "2023-04-01,Hackney,2,1\n",
        "f.csv: row 2: 'CED Used' is 2, more than 'UseOfForceCount', 1.",
    ),
    "a month that had not ended": (
        MET + "2024-06-01,Hackney,0,1\n",
        "f.csv: row 2, column 'date': 2024-06-30 is after 2024-06-01, "
        "the day on which the file was published.",
    ),
    "a row cut short, and another": (
        MET + "2023-04-01,Hackney,0\n2023-04-01\n",
        "f.csv: row 2: has 3 cells where the header has 4, and 1 more row like this: 3.",
    ),
    "a quote that is never closed": (
        MET + '2023-04-01,"Hackney,0,1\n2023-04-01,Barnet,0,1\n',
        "f.csv: row 2: the quotes are broken (unexpected end of data).",
    ),
    "a quote closed on another line": (
        MET + '2023-04-01,"Hackney\n",0,1\n',
        "f.csv: row 2: the quotes are broken (a quotation mark is opened on one line and "
        "closed on another).",
    ),
    "an end before its start": (
        PLAIN + "A,2024-02-01,2024-01-31,Hackney,incidents,drawn,all,1\n",
        "f.csv: row 2: ends on 2024-01-31, before it starts on 2024-02-01.",
    ),
    "one figure twice": (
        PLAIN + "A,2024-01-01,2024-01-31,Hackney,incidents,drawn,all,1\n" * 2,
        "f.csv: E09000012, 2024-01-01 to 2024-01-31, incidents, drawn, all: this figure "
        "appears twice.",
    ),
    "a percentage where a share belongs": (
        PERCEPTION + "31/12/2014;PAS;Hackney;Trust MPS;80;0,8\n",
        "f.csv: row 2, column 'proportion': '80' is not a share between 0 and 1.",
    ),
    "a date in the American order": (
        PERCEPTION + "12/31/2014;PAS;Hackney;Trust MPS;0,8;0,8\n",
        "f.csv: row 2, column 'date': '12/31/2014' is not a date such as 31/03/2024.",
    ),
    "a share that lost its decimal": (
        "Date,Borough,Proportion Trust MPS\n2015-03-01,Barnet,79.0\n2015-06-01,Barnet,8.0\n",
        "f.csv: row 3, column 'proportion trust mps': 8 next to 79: probably 80, with its "
        "decimal point lost.",
    ),
}

FILES = {
    "an empty file": (b"", "Seen: an empty file."),
    "a header alone": (MET.encode(), "Seen: a header alone."),
    "a file of another kind": (b"name,colour\nx,red\n", "Seen: a first row with 'name, colour'."),
    "a picture": (b"\x89PNG\r\n\x1a\n", "Seen: a first row with"),
    "text in UTF-16": (PLAIN.encode("utf-16"), "Seen: text in UTF-16."),
    "a column missing": (
        PLAIN.replace(",group,count", "").encode(),
        "Seen: a first row with 'source, start, end, area, measure, tactic'.",
    ),
    "figures whose publisher is not named": (
        PLAIN.replace("source,", "").encode()
        + b"2024-01-01,2024-01-31,Hackney,incidents,drawn,all,1\n",
        "Seen: a first row with 'start, end, area, measure, tactic, group, count'.",
    ),
    "a column twice": (
        PLAIN.replace("group", "count").encode() + b"2024,1,1,1,1,1,1\n",
        "Seen: 'count' twice.",
    ),
    "a NUL byte": (MET.encode() + b"2023-04-01,Hack\0ney,0,1\n", "a NUL byte in row 2, byte 16"),
    "letters that are not UTF-8": (
        PLAIN.encode() + b"2024-01-01,2024-01-31,\xe9,incidents,drawn,all,1\n",
        "Seen: the byte 0xe9 in row 2, byte 23.",
    ),
}


def import_refusal(content):
    with pytest.raises(Invalid) as refusal:
        formats.read_import("f.csv", content, city=CITY, known_on=KNOWN)
    return refusal.value


@pytest.mark.parametrize("case", CELLS)
def test_a_wrong_cell_is_named(case):
    text, sentence = CELLS[case]
    found = import_refusal(text.encode())
    assert (found.code, found.sentence) == ("file.cells", sentence)
    assert "nothing was saved" in found.remedy


@pytest.mark.parametrize("case", FILES)
def test_an_unreadable_file_is_described(case):
    content, seen = FILES[case]
    found = import_refusal(content)
    assert (found.code, found.status) == ("file.format", 422)
    assert seen in found.remedy
    assert found.remedy.startswith("Expected ") or found.faults


def test_an_unknown_file_lists_every_format_of_its_kind():
    with pytest.raises(Invalid) as refusal:
        formats.require_format("f.csv", b"x,y\n", "perception")
    assert [fault.where for fault in refusal.value.faults] == [
        "the Public Attitude Survey",
        "the Public Attitude Survey in columns",
    ]


MANY = "\n".join(f"2023-{month:02}-01,Hackney,0,x" for month in range(1, 13))
CAUSES = {
    "one wrong day for all rows": (
        MET + "2024-07-01,Hackney,0,1\n" * 12_050,
        "f.csv: row 2, column 'date': 2024-07-31 is after 2024-06-01, the day on which the "
        "file was published, and 12,049 more rows like this: 3, 4, 5, 6, 7 and others.",
        1,
    ),
    "the same in each row, with other digits": (
        MET + MANY,
        "f.csv: row 2, column 'useofforcecount': 'x' is not a whole number of 0 or more, "
        "and 11 more rows like this: 3, 4, 5, 6, 7 and others.",
        1,
    ),
    "two causes": (
        MET + "2023-04-01,Hackny,0,1\n2023-04-01,Hackney,0,x\n2023-05-01,Hackny,0,1\n",
        "f.csv: row 2, column 'borough': 'Hackny' is not an area in London, and 1 more row like "
        "this: 4. 1 other cause is listed.",
        2,
    ),
    "two words that are no area are two causes": (
        MET + "2023-04-01,Hackny,0,1\n2023-04-01,Bremt,0,1\n2023-05-01,Brunt,0,1\n",
        "f.csv: row 2, column 'borough': 'Hackny' is not an area in London. "
        "2 other causes are listed.",
        3,
    ),
}


@pytest.mark.parametrize("case", CAUSES)
def test_faults_of_one_cause_are_one_line(case):
    text, sentence, causes = CAUSES[case]
    found = import_refusal(text.encode())
    assert found.sentence == sentence
    assert len(found.faults) == causes


PAS = "Date;Survey;Borough;Measure;Proportion;MPS\n31/12/2014;PAS;Hackney;Trust MPS;0,8;0,8\n"
STOPS = (
    "Type,Date,Latitude,Longitude,Gender,Age range,Self-defined ethnicity,"
    "Officer-defined ethnicity,Object of search,Outcome\n"
)
ELSEWHERE = {
    "perception as deployments": (
        "deployments",
        PAS,
        "f looks like the Public Attitude Survey: "
        "choose Perception (by command: `soundings import perception`).",
    ),
    "deployments as perception": (
        "perception",
        MET + "2023-04-01,Hackney,0,1\n",
        "f looks like the Met's use of force by borough and month: "
        "choose Deployments (by command: `soundings import deployments`).",
    ),
    "searches as perception": ("perception", STOPS, "f looks like stop and search from data"),
    "a survey as JSON": ("deployments", '{"slug": "a", "items": []}', "f looks like a survey as"),
    "a SurveyJS survey": ("perception", '{"title": "a", "pages": []}', "f looks like a SurveyJS"),
    "XLSForm as CSV": ("perception", "type,name,label::en,label\n", "f looks like a survey as XL"),
    "a LimeSurvey file": ("deployments", "<document><LimeSurveyDocType>", "f looks like a Lime"),
    "a codebook": ("deployments", "id,name,description,seeds\n", "f looks like a codebook: bring"),
    "a codebook of QDA": ("deployments", '<CodeBook xmlns="x">', "f looks like a codebook (REFI"),
    "a PDF": ("deployments", "%PDF-1.7", "f looks like a PDF: ask its publisher"),
    "a web page": ("perception", "\n<!DOCTYPE HTML>", "f looks like a web page: download the file"),
    "a broken archive": ("deployments", "PK\x03\x04 xl/workbook.xml", "f looks like a zip archive"),
    "a census": (
        "deployments",
        "area,year,dimension,category,persons,source,published\n",
        "f looks like a census of residents: it belongs to a city's folder",
    ),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_file_of_another_kind_is_named_with_where_it_belongs(case):
    kind, text, sentence = ELSEWHERE[case]
    with pytest.raises(Invalid) as refusal:
        formats.read_import("f", text.encode("latin-1"), city=CITY, known_on=KNOWN, kind=kind)
    assert refusal.value.code == "file.kind"
    assert refusal.value.sentence.startswith(sentence)
    assert len(refusal.value.sentence.split()) < 25


@pytest.mark.parametrize(
    ("part", "content", "said"),
    [
        ("xl/workbook.xml", '<sheet name="Figures"/>', "an Excel workbook: save the sheet"),
        ("xl/workbook.xml", '<sheet name="survey"/>', "a survey as XLSForm: begin a survey"),
        ("word/document.xml", "", "a Word document: ask its publisher"),
        ("figures.csv", "", "a zip archive: unpack it"),
    ],
)
def test_a_packed_file_is_known_by_its_parts(part, content, said):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(part, content)
    assert f"looks like {said}" in import_refusal(packed.getvalue()).sentence
