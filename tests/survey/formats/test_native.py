"""Our own survey files: unchanged after export and import; a broken one is refused with the
place.
"""

import json

import msgspec
import pytest

from survey.formats import limesurvey as limesurvey
from survey.formats import readers, xlsform
from survey.formats import surveyjs as surveyjs
from survey.formats.xlsform import to_sheets, to_workbook
from survey.problems import Invalid, TooLarge
from survey.surveys.ready import load_ready_instruments
from tests.api.pages.survey_of_everything import EVERYTHING
from tests.survey.formats.test_xlsform import FULL


@pytest.mark.parametrize(
    "instrument", [*load_ready_instruments(), EVERYTHING, FULL], ids=lambda one: one.slug
)
def test_an_instrument_that_goes_out_comes_back_the_same(instrument):
    found = readers.read_own("a.json", readers.to_json(instrument))
    assert found.instrument == instrument
    assert found.left == ()


def test_the_file_can_be_read_by_people():
    written = readers.to_json(FULL).decode()
    assert written.startswith('{\n  "slug": "full",\n  "version": 1,')
    assert "كلمات" in written


def broken_file(change):
    given = json.loads(readers.to_json(EVERYTHING))
    change(given)
    return json.dumps(given).encode()


def first_choice_index(given):
    return next(at for at, one in enumerate(given["items"]) if one["type"] == "choice")


def without_options(given):
    del given["items"][first_choice_index(given)]["options"]


def with_a_text_for_options(given):
    given["items"][first_choice_index(given)]["options"] = "yes, no"


def with_a_strange_type(given):
    given["items"][2]["type"] = "hologram"


def with_four_labels(given):
    one = next(one for one in given["items"] if one["type"] in ("agreement", "grid"))
    one["labels"] = one["labels"][:4]


@pytest.mark.parametrize(
    ("content", "path", "cause"),
    [
        (broken_file(lambda one: one.pop("title")), "$", "the entry “title” is missing"),
        (
            broken_file(lambda one: one.update(version="x")),
            "$.version",
            "a whole number was expected",
        ),
        (broken_file(without_options), "$.items[", "the entry “options” is missing"),
        (broken_file(with_a_text_for_options), "].options", "but there is a text"),
        (broken_file(with_a_strange_type), "$.items[2].type", "“hologram” is not one of the words"),
        (broken_file(with_four_labels), "].labels", "the list needs 5 entries but has 4"),
        (
            broken_file(lambda one: one.update(mode="shut")),
            "$.mode",
            "“shut” is not one of the words",
        ),
        (b"[]", "$", "an object { } was expected, but there is a list [ ]"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply", ""),
    ],
)
def test_a_broken_file_is_refused_by_its_place_and_cause(content, path, cause):
    with pytest.raises(Invalid) as refused:
        readers.read_own("a.json", content)
    assert refused.value.code == "instrument.file"
    assert path in refused.value.sentence
    assert cause in refused.value.sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b'{"slug":\n "a" 1}',
            "there is a character where none is expected in line 2, character 6",
        ),
        (b'{"slug": "a', "it ends too early"),
        (b'{"slug": "\xff"}', "not in UTF-8"),
        (b'{"slug": 1e999}', "a number is too large"),
    ],
)
def test_what_is_no_json_is_refused_by_its_line(content, sentence):
    for read in (readers.read_own, surveyjs.read, readers.read):
        with pytest.raises(Invalid) as refused:
            read("a.json", content)
        assert sentence in refused.value.sentence


def test_a_mark_before_the_text_is_no_fault():
    assert readers.read_own("a.json", b"\xef\xbb\xbf" + readers.to_json(FULL)).instrument == FULL


@pytest.mark.parametrize("read", [readers.read_own, surveyjs.read, readers.read])
def test_a_file_that_is_too_large_is_not_read(read):
    with pytest.raises(TooLarge):
        read("a.json", b" " * 6_000_000)


def test_every_file_finds_its_reader():
    plain = msgspec.structs.replace(FULL, slug="plain")
    survey = b'{"elements": [{"type": "text", "name": "why"}]}'
    assert readers.read("a.JSON", readers.to_json(plain)).instrument == plain
    assert readers.read("a.xlsx", to_workbook(to_sheets(plain))).instrument == plain
    assert readers.read("a.json", survey).instrument.answer_names() == ["why"]
    assert readers.find_reader("a.csv", b"") is xlsform.read
    assert readers.find_reader("a.md", b"") is xlsform.read


@pytest.mark.parametrize("name", ["a.docx", "survey", "a.json"])
def test_a_file_that_nobody_reads_is_told_what_was_expected(name):
    with pytest.raises(Invalid) as refused:
        readers.read(name, b'{"a": 1}')
    assert "Choose a spreadsheet" in refused.value.sentence


def test_a_limesurvey_file_goes_to_its_own_reader():
    assert readers.find_reader("a.lss", b"") is limesurvey.read
