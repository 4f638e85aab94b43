"""Answers as tables: a column per option, a row per round of a repeat, merged or as given."""

import csv
import datetime
import io

import msgspec
import pytest

from api.operations.exports import answer_tables
from api.operations.exports.answer_tables import AnswerTables, TableWriter
from api.pages.organiser.results.pictures import questions_in_item, questions_without_chart
from survey.files.delimited import csv_cells
from survey.store.answers.counts import ExportedResponse
from survey.surveys.instruments import (
    Calculate,
    Date,
    Decimal,
    Image,
    Instrument,
    Integer,
    Note,
    Option,
    Range,
    Rank,
    Repeat,
    SelectMultiple,
    SelectOne,
    Text,
)
from survey.surveys.instruments.versions import AsAnswered, HarmonisedVersions, version_mapping

DAY = datetime.date(2026, 11, 26)
AREAS = {"E09000012": "Hackney"}


def options(**words):
    return tuple(Option(name, {"en": text}) for name, text in words.items())


FIRST = Instrument(
    slug="seen",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "Seen"},
    summary={},
    items=(
        SelectOne(
            name="mood",
            text={"en": "Your mood"},
            options=options(good="Good", ok="So so", bad="Bad"),
        ),
        SelectMultiple(
            name="saw",
            text={"en": "What did you see?"},
            options=options(van="A van", dog="A dog"),
            may_decline=True,
        ),
        Rank(name="first", text={"en": "First"}, options=options(a="Parks", b="Streets")),
        Text(name="why", text={"en": "Why?"}),
        Repeat(
            name="child",
            text={"en": "Children"},
            items=(
                Integer(name="age", text={"en": "Age"}),
                Text(name="name", text={"en": "Name"}),
                SelectMultiple(
                    name="likes", text={"en": "Likes"}, options=options(x="Ball", y="Book")
                ),
                Image(name="photo", text={"en": "Photo"}),
                Calculate(name="copy", calculation="${name}"),
            ),
        ),
    ),
)
MOOD = SelectOne(
    name="feeling",
    text={"en": "How do you feel?"},
    options=options(good="Fine", bad="Not good"),
)
SECOND = msgspec.structs.replace(FIRST, version=2, items=(MOOD, *FIRST.items[1:]))
SECOND = msgspec.structs.replace(
    SECOND, follows=version_mapping(FIRST, SECOND, {"feeling": "mood"}, {"feeling": {"ok": "good"}})
)
CHILDREN = [{"age": 3, "likes": ["y"], "photo": "mark", "copy": "Ann"}, {"age": 5}]
ANSWERS = (
    (1, {"mood": "ok", "saw": ["dog"], "first": ["b", "a"], "child": CHILDREN}),
    (2, {"feeling": "bad", "saw": "prefer_not_to_say"}),
)


def response(answers, version=1, day=DAY):
    stored = msgspec.json.encode(answers).decode()
    return ExportedResponse(version, "open", "E09000012", "en", day, stored)


def written(layout, table, given):
    """The rows of a table as they are in its file, without their guards."""
    writer = TableWriter(layout, table)
    # In batches of one, so that numbers go on from batch to batch.
    text = writer.head() + "".join(writer.lines([one]) for one in given)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def tables(kind=HarmonisedVersions, areas=None, versions=(FIRST, SECOND)):
    layout = AnswerTables(kind(versions), areas)
    given = [response(answers, version) for version, answers in ANSWERS]
    return {name: written(layout, name, given) for name in layout.names}


def test_each_option_has_a_column_and_a_ranking_its_places():
    first, second = tables()["answers"]
    assert [first[f"saw/{name}"] for name in ("van", "dog")] == ["0", "1"]
    assert [first[f"first/{name}"] for name in ("a", "b")] == ["2", "1"]
    assert (first["saw"], first["first"]) == ("dog", "b a")
    assert (second["saw"], second["saw/van"]) == ("prefer_not_to_say", "")
    assert (second["first"], second["first/a"], second["child"]) == ("", "", "")


def test_numbers_that_are_equal_keep_their_own_form():
    """1, 1.0 and True are equal to Python: what was written for one is not looked up for others."""
    one = msgspec.structs.replace(FIRST, items=(Decimal(name="size", text={"en": "Size"}),))
    given = [response({"size": size}) for size in (1, 1.0, True, 1, 1.5)]
    rows = written(AnswerTables(HarmonisedVersions([one]), None), "answers", given)
    assert [row["size"] for row in rows] == ["1", "1.0", "True", "1", "1.5"]


def test_what_is_remembered_of_an_export_has_a_bound(monkeypatch):
    monkeypatch.setattr(answer_tables, "MOST_LOOKED_UP", 3)
    one = msgspec.structs.replace(FIRST, items=(Integer(name="age", text={"en": "Age"}),))
    writer = TableWriter(AnswerTables(HarmonisedVersions([one]), None), "answers")
    text = writer.lines([response({"age": age % 50}) for age in range(200)])
    assert [int(line.split(",")[-1]) for line in text.splitlines()] == [*range(50)] * 4
    assert len(writer.rows[1].cells[0]) == 3


def test_a_long_list_has_one_column():
    long = SelectMultiple(
        name="long", text={"en": "Long"}, options=options(**{f"o{n}": "O" for n in range(101)})
    )
    one = msgspec.structs.replace(FIRST, items=(long,))
    layout = AnswerTables(HarmonisedVersions([one]), None)
    assert layout.names == ["answers"]
    assert layout.heads("answers")[6:] == ["long"]


def test_each_round_is_a_row_that_names_its_response_by_number():
    found = tables()
    assert found["answers"][0]["child"] == "2"
    assert [(one["row"], one["round"], one["age"]) for one in found["answers-child"]] == [
        ("1", "1", "3"),
        ("1", "2", "5"),
    ]
    assert found["answers-child"][0]["likes/y"] == "1"
    assert found["answers-child"][0]["photo"] == "attached"
    assert [one["row"] for one in found["answers"]] == ["1", "2"]


def test_no_words_of_anybody_are_in_any_table():
    found = tables()
    assert "why" not in found["answers"][0]
    assert {"name", "copy"}.isdisjoint(found["answers-child"][0])


def test_answers_are_merged_under_todays_names_or_as_they_were_given():
    first, second = tables()["answers"]
    assert (first["feeling"], second["feeling"]) == ("good", "bad")
    assert "mood" not in first
    first, second = tables(AsAnswered)["answers"]
    assert (first["mood"], first["feeling"]) == ("ok", "")
    assert (second["mood"], second["feeling"]) == ("", "bad")


def test_in_words_each_version_keeps_its_own_where_answers_are_as_given():
    first, _ = tables(areas=AREAS)["answers"]
    assert first["How do you feel?"] == "Fine"
    assert first["What did you see? – A dog"] == "1"
    assert first["What did you see?"] == "A dog"
    assert (first["Row"], first["Borough"], first["First"]) == ("1", "Hackney", "Streets; Parks")
    first, second = tables(AsAnswered, areas=AREAS)["answers"]
    assert first["Your mood"] == "So so"
    assert second["How do you feel?"] == "Not good"


@pytest.mark.parametrize("areas", [None, AREAS])
def test_every_column_heading_is_unique(areas):
    for kind in (HarmonisedVersions, AsAnswered):
        layout = AnswerTables(kind((FIRST, SECOND)), areas)
        for heads in map(layout.heads, layout.names):
            assert len(set(heads)) == len(heads)


def test_cells_that_a_spreadsheet_would_run_are_text():
    assert csv_cells(["=1", None, "a,b"]) == ',\'=1,,"a,b"'
    assert csv_cells([None]) == ","
    assert csv_cells([]) == ""


def test_a_range_has_a_chart_of_its_points_or_of_its_numbers_and_a_day_has_none():
    few = Range(name="few", text={"en": "?"}, high=4)
    many = Range(name="many", text={"en": "?"}, high=100)
    day, words = Date(name="day", text={"en": "?"}), Note(name="words", text={"en": "."})
    one = msgspec.structs.replace(FIRST, items=(few, many, day, words))
    assert [questions_in_item(item)[0].kind for item in (few, many)] == ["likert", "numbers"]
    assert questions_without_chart(one) == [day]
