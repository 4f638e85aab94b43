"""A survey that is too large is refused in words, and before anything costly is done with it."""

import io
import json
import zipfile

import msgspec
import pytest

from survey.formats import readers, xlsform
from survey.formats.expressions import logic as expressions
from survey.formats.foreign import MOST_BYTES
from survey.formats.xlsform import survey
from survey.problems import Invalid, Problem
from survey.surveys.instruments import (
    MOST_DEPTH,
    MOST_LETTERS,
    MOST_PARTS,
    MOST_ROWS,
    Instrument,
    Option,
    QuestionGroup,
    SelectOne,
    Text,
    faults_of_instrument,
    faults_of_names,
)
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft
from tests.files.limesurvey_files import lime_question, lss
from tests.survey.formats.test_expressions import instrument, text_item

ONE_ROW = "survey\n,type,name,label\n,text,story,What happened?\n"


def options(number):
    return tuple(Option(f"o{n}", {"en": f"Option {n}"}) for n in range(number))


def nested_groups(depth):
    part = text_item("a")
    for number in range(depth):
        part = QuestionGroup(name=f"g{number}", items=(part,))
    return instrument(part)


@pytest.mark.parametrize(
    ("survey", "words"),
    [
        (instrument(*(text_item(f"q{n}") for n in range(MOST_PARTS + 1))), "questions and groups"),
        (instrument(SelectOne(name="c", text={}, options=options(MOST_ROWS + 1))),
        "options or rows"),
        (instrument(*(SelectOne(name=f"c{n}", text={}, options=options(900)) for n in range(6))),
         "options and rows in all"),
        (nested_groups(MOST_DEPTH + 1), "groups within groups"),
        (nested_groups(3_000), "groups within groups"),
        (instrument(text_item("a", relevant="1 = " * MOST_LETTERS)), "characters in one text"),
        (instrument(Text(name="a", text={f"l{n}": "x" for n in range(31)})), "languages"),
        (instrument(text_item("a\0b")), "cannot be saved"),
        (instrument(*(text_item(f"q{n}", hint={"en": "x" * 9_000}) for n in range(300))),
         "characters in all"),
    ],
)  # fmt: skip
def test_a_survey_that_is_too_large_is_refused(survey, words):
    [fault] = faults_of_instrument(survey)
    assert words in fault.sentence


def test_the_largest_survey_is_taken():
    largest = instrument(*(text_item(f"q{n}") for n in range(MOST_PARTS)))
    assert faults_of_instrument(largest) == []
    with pytest.raises(Invalid) as refused:
        acts.add_part(InstrumentDraft(instrument=largest), text_item("one_more"))
    assert "too many questions" in str(refused.value.faults)


class ComparisonCountingName(str):
    """A name that counts how often it is compared with another."""

    compared = 0

    def __eq__(self, other):
        ComparisonCountingName.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_names_are_compared_in_linear_time():
    names = [text_item(ComparisonCountingName(f"q{n}")) for n in range(900)]
    again = [text_item(ComparisonCountingName("q1")), text_item(ComparisonCountingName("q2"))]
    ComparisonCountingName.compared = 0
    found = faults_of_names(instrument(*names, *again))
    assert [one.where for one in found] == ["q1", "q2"]
    assert ComparisonCountingName.compared < 20 * 900


# ---------------------------------------------------------------- files


def test_a_table_is_never_taken_for_the_path_of_a_file(tmp_path, monkeypatch):
    """A file whose whole content is the path of another gives nothing of that other file."""
    secret = tmp_path / "secret.csv"
    secret.write_text(ONE_ROW.replace("What happened?", "The secret"))
    monkeypatch.chdir(tmp_path)
    for path in (str(secret), "secret.csv", "./secret.csv"):
        for kind in ("csv", "md"):
            with pytest.raises(Problem) as refused:
                readers.read(f"x.{kind}", path.encode())
            there = str(refused.value.sentence)
            with pytest.raises(Problem) as missing:
                readers.read(f"x.{kind}", path.replace("secret", "nowher").encode())
            assert there == missing.value.sentence.replace("nowher", "secret")
            assert "The secret" not in there
    assert readers.read("x.csv", ONE_ROW.encode()).instrument.answer_names() == ["story"]


def test_a_workbook_of_too_many_rows_is_refused_before_it_is_opened(monkeypatch):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", "<row r='1'><c/></row>" * 250_000)
    assert len(content.getvalue()) < MOST_BYTES
    monkeypatch.setattr(survey, "get_xlsform", lambda *_, **__: pytest.fail("was opened"))
    with pytest.raises(Invalid, match="more than 7,000 rows"):
        xlsform.read("large.xlsx", content.getvalue())


def test_a_table_of_too_many_rows_is_refused_before_a_form_is_made_of_it(monkeypatch):
    monkeypatch.setattr(survey, "convert", lambda *_: pytest.fail("was converted"))
    rows = "".join(f",text,q{n},Question {n}\n" for n in range(8_000))
    with pytest.raises(Invalid, match="more than 7,000 rows"):
        readers.read("large.csv", ("survey\n,type,name,label\n" + rows).encode())


def test_a_limesurvey_file_of_too_many_questions_is_refused():
    asked = [lime_question(f"q{n}", "S") for n in range(MOST_PARTS + 1)]
    with pytest.raises(Invalid, match="more than 1,000 questions"):
        readers.read("large.lss", lss(*asked))


@pytest.mark.parametrize("depth", [50, 3_000, 100_000])
def test_groups_within_groups_within_a_file_are_refused(depth):
    one = msgspec.json.encode(instrument(text_item("a"))).decode()
    inner = one[one.index('"items":[') + len('"items":[') : one.rindex("]")]
    within = '{"type":"group","name":"g","items":[' * depth + inner + "]}" * depth
    content = one.replace(inner, within).encode()
    for act in (lambda: readers.read("deep.json", content), lambda: decode_checked(content)):
        with pytest.raises((Invalid, RecursionError)):
            act()
    with pytest.raises(Invalid):
        readers.read("deep.json", content)


def decode_checked(content):
    found = msgspec.json.decode(content, type=Instrument)
    if faults := faults_of_instrument(found):
        raise Invalid("x", faults[0].sentence)


@pytest.mark.parametrize(
    "given",
    [
        {"title": "A \0 B", "elements": [{"type": "text", "name": "a"}]},
        {"elements": [{"type": "text", "name": "a\0b", "title": "a\0b"}]},
        {"elements": [{"type": "dropdown", "name": "a", "choices": ["\0", "b"]}]},
        json.loads(msgspec.json.encode(instrument(text_item("a", hint={"en": "\0"})))),
        json.loads(msgspec.json.encode(instrument(text_item("a\0b")))),
    ],
)
def test_a_character_that_cannot_be_kept_is_refused_or_left_out(given):
    try:
        found = str(readers.read("nul.json", json.dumps(given).encode()))
    except Invalid as refused:
        found = refused.sentence
    assert "\0" not in found
    assert "\\x00" not in found


def test_a_file_is_read_in_a_process_of_its_own():
    found = readers.read_in_child("x.csv", ONE_ROW.encode())
    assert found == readers.read("x.csv", ONE_ROW.encode())
    with pytest.raises(Invalid, match="cannot be imported as a survey"):
        readers.read_in_child("x.xlsx", b"PK\3\4 not a workbook")


def test_the_largest_survey_can_be_tried_out():
    largest = instrument(
        *(text_item(f"q{n}", relevant="" if not n else f"${{q{n - 1}}} != ''") for n in range(200))
    )
    assert expressions.faults_of_expressions(largest) == []
