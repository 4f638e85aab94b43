"""A table of answers is read by names or words; an export can be uploaded again."""

import pytest

from api.operations.answers.rows import TableReader
from api.operations.answers.uploads import read_upload, try_upload
from api.security.keyring import Keyring, new_key
from survey.files.sheets import read_table
from tests.api.operations.exports.test_formats import ANSWERS, PATROLS, db, export

__all__ = ["db"]  # a fixture
AREAS = {"E09000012": "Hackney", "E09000022": "Lambeth"}
KEYRING = Keyring([new_key()])


def read(*table):
    return TableReader(PATROLS, AREAS).read(table)


def answers_in(*table):
    found = read(*table)
    assert found.faults == []
    return [one.submission.answers for one in found.rows]


@pytest.mark.parametrize(("name", "words"), [("csv", True), ("csv", False), ("xlsx", True)])
async def test_an_export_is_read_again_as_the_same_answers(db, name, words):
    content = await export(db, name, words=words)
    found = await read_upload(db, KEYRING, "patrols", read_table("answers", content, 100))
    # Free texts leave in no export, and rounds are in tables of their own.
    sent = [
        {key: answer for key, answer in one.items() if key not in ("why", "child")}
        for one in ANSWERS
    ]
    stored = [one.response.answers for one in found.arrivals]
    assert sorted(stored, key=str) == sorted(sent, key=str)
    assert {one.response.area for one in found.arrivals} == {"E09000012"}
    assert found.faults == []
    assert found.table.left == ["Children" if words else "child"]
    assert (await try_upload(db, found, again=False)).stored == 3


@pytest.mark.parametrize(
    ("head", "cell", "expected"),
    [
        ("I feel safer", "AGREE", {"safer": 4}),
        ("safer", "prefer not to say", {"safer": "prefer_not_to_say"}),
        ("saw", "van; A dog", {"saw": ["van", "dog"]}),
        ("saw", "van dog", {"saw": ["van", "dog"]}),
        ("saw", "A van, A dog", {"saw": ["van", "dog"]}),
        ("What did you see? – A van", "x", {"saw": ["van"]}),
        ("saw/van", "0", {"saw": []}),
        ("first", "Streets|Parks", {"first": ["b", "a"]}),
        ("When?", "2/11/2026", {"when": "2026-11-02"}),
        ("when", "2026-11-02 00:00:00", {"when": "2026-11-02"}),
        ("agreed", "yes", {"agreed": True}),
        ("age", "Prefer not to say", {"age": "prefer_not_to_say"}),
        ("why", "No", {"why": "No"}),
    ],
)
def test_cells_are_read_as_people_write_them(head, cell, expected):
    assert answers_in(["Borough", head], ["Hackney", cell]) == [expected]


@pytest.mark.parametrize(
    ("table", "row", "column", "why"),
    [
        ([], 1, "", "empty"),
        ([["Borough", "mood"], ["Hackney", "good"]], 1, "", "No column"),
        ([["saw", "What did you see?"], ["van", "van"]], 1, "What did you see?", "Two columns"),
        ([["saw", "What did you see?"], ["van", "van"]], 1, "What did you see?", "or 'saw'"),
        ([["Area", "saw", "Borough"], ["a", "van", "b"]], 1, "Borough", "or 'Area'"),
        ([["saw", "saw"], ["van", "van"]], 1, "saw", "have this heading"),
        ([["Borough", "saw"], ["Hackny", "van"]], 2, "Borough", "not a borough"),
        ([["Language", "saw"], ["en" * 40, "van"]], 2, "Language", "not a language"),
        ([["saw"]], 1, "", "no row below"),
        ([["saw/van"], ["perhaps"]], 2, "saw/van", "1 if it was chosen"),
        ([["saw", "saw/van", "saw/dog"], ["van", "0", "1"]], 2, "saw", "something else"),
        ([["first/a", "first/b"], ["1", "1"]], 2, "first/a", "same place"),
    ],
)
def test_a_fault_names_its_row_and_column(table, row, column, why):
    fault = read(*table).faults[0]
    assert (fault.row, fault.column) == (row, column)
    assert why in fault.sentence
