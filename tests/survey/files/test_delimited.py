"""Text from anywhere: whatever the bytes, a table or a refusal, never another error."""

import datetime
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.files import delimited
from survey.problems import Invalid, Problem, TooLarge
from survey.sources import formats
from tests.files.spreadsheets import ods
from tests.london import CITY
from tests.survey.sources import test_met_reports as reports
from tests.survey.sources import test_quarters as quarters
from tests.survey.sources import test_stop_search as stops
from tests.survey.sources.test_met import SMALL as MET
from tests.survey.sources.test_perception import COMMAS, SMALL, WIDE
from tests.survey.sources.test_plain import COUNTS, ONE, RECORDS, THREE

KNOWN = datetime.date(2024, 6, 1)
VALID_FILES = [
    text.encode() for text in (MET, SMALL, COMMAS, WIDE, COUNTS + ONE, RECORDS + THREE)
] + [
    ods(Sheet=[["Use of CED by type and police force: 2017"], ["Police force", "Total"]]),
    reports.report_csv({}, {"CED2 ArCED2": "Yes"}).encode(),
    (quarters.HEADER + quarters.MET).encode(),
    (stops.HEADER + stops.ROW).encode(),
    json.dumps([stops.ONE, stops.ONE | {"location": None}]).encode(),
]


def read(content, columns=("a", "b"), encodings=("utf-8",)):
    return delimited.read_table("f.csv", content, columns=columns, encodings=encodings)


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", b"\xef\xbb\xbfa,b\r\n1,2\r\n", b"A ; B\n1;2", b"b\ta\n2\t1\n\n", b"a,b\r1,2\r"],
)
def test_reads_the_ways_a_table_is_written(content):
    (row,) = read(content).rows()
    assert (row.number, row.cells["a"], row.cells["b"]) == (2, "1", "2")


def test_numbers_rows_as_a_spreadsheet_does():
    assert [row.number for row in read(b"a,b\n1,2\n\n3,4\n").rows()] == [2, 4]


def test_windows_text_only_where_the_format_says_so():
    assert read(b"a,b\n\x92,2\n", encodings=("utf-8", "cp1252")).lines[0][1][0] == "\u2019"
    with pytest.raises(Invalid) as refusal:
        read(b"a,b\n\x92,2\n")
    assert "the byte 0x92 in row 2, byte 1" in refusal.value.remedy


def test_tells_twenty_causes_and_the_number_of_the_rest():
    def never(row):
        raise row.wrong(f"is {row.cells['a']}")

    with pytest.raises(Invalid) as refusal:
        delimited.parse_rows(
            read(b"a,b\n" + b"".join(b"%c,2\n" % (97 + n) for n in range(26))), never
        )
    assert len(refusal.value.faults) == 20
    assert refusal.value.sentence == (
        "f.csv: row 2: is a. 19 other causes are listed. 6 further faults not listed."
    )


def test_a_file_too_large_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "MOST_BYTES", 1000)
    path = tmp_path / "large.csv"
    path.write_bytes(b"a" * 5000)
    with pytest.raises(TooLarge):
        delimited.load_file(path)
    with pytest.raises(TooLarge):
        formats.require_format("large.csv", b"a" * 5000)


def test_a_line_without_end_is_refused_before_it_is_split():
    with pytest.raises(Invalid, match="row 2: is longer than 20,000 bytes"):
        read(b"a,b\n" + b"1" * 30_000)


def read_outcome(content):
    try:
        formats.read_import("any", content, city=CITY, known_on=KNOWN)
    except Problem as refusal:
        return refusal.code
    return "read"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    with pytest.raises(Problem):
        formats.read_import("any", content, city=CITY, known_on=KNOWN)


@settings(deadline=None)  # a spreadsheet is opened by a process of its own
@given(st.sampled_from(VALID_FILES), st.data())
def test_a_good_file_with_any_bytes_changed_is_read_or_refused(good, data):
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 30))
    content = good[:at] + data.draw(st.binary(max_size=10)) + good[at + cut :]
    assert read_outcome(content) in ("read", "file.format", "file.cells", "file.kind")


@given(st.text(alphabet='a1,;"\n\r\t\0é', max_size=60))
def test_any_cells_below_a_good_header_are_read_or_refused(text):
    for header in (MET, SMALL, WIDE, COUNTS, RECORDS):
        content = (header.splitlines()[0] + "\n" + text).encode()
        assert read_outcome(content) in ("read", "file.format", "file.cells", "file.kind")
