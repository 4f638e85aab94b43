"""Answers as tables: a column per option, a row per round of a repeat, merged or as given."""

import datetime
import io
import zipfile

import msgspec
import pytest

from api.operations.answer_tables import Tables
from api.pages.organiser.surveys import questions_without_chart
from survey.formats.csv_files import zip_csv
from survey.store.surveys.responses import StoredResponse
from survey.surveys.instruments import (
    AsAnswered,
    Calculate,
    HarmonisedVersions,
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
    version_mapping,
)

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
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


def tables(kind=HarmonisedVersions, areas=None, versions=(FIRST, SECOND)):
    found = Tables(kind(versions), areas)
    for version, answers in ANSWERS:
        found.add(
            StoredResponse(
                id="",
                version=version,
                mode="open",
                area="E09000012",
                language="en",
                answers=answers,
                received_at=NOON,
            )
        )
    return {
        one.name: [dict(zip(one.rows[0], row, strict=True)) for row in one.rows[1:]]
        for one in found.every()
    }


def test_each_option_has_a_column_and_a_ranking_its_places():
    first, second = tables()["answers"]
    assert [first[f"saw/{name}"] for name in ("van", "dog")] == [0, 1]
    assert [first[f"first/{name}"] for name in ("a", "b")] == [2, 1]
    assert (first["saw"], first["first"]) == ("dog", "b a")
    assert (second["saw"], second["saw/van"]) == ("prefer_not_to_say", None)
    assert (second["first"], second["first/a"], second["child"]) == (None, None, None)


def test_the_day_of_an_answer_is_that_of_london():
    """It was the day in UTC: in summer a day early for what came in the first hour of a day."""
    found = Tables(HarmonisedVersions((FIRST,)), None)
    late = datetime.datetime(2026, 6, 30, 23, 30, tzinfo=datetime.UTC)
    found.add(
        StoredResponse(
            id="",
            version=1,
            mode="open",
            area="E09000012",
            language="en",
            answers={},
            received_at=late,
        )
    )
    assert datetime.date(2026, 7, 1) in found.every()[0].rows[1]


def test_a_long_list_has_one_column():
    long = SelectMultiple(
        name="long", text={"en": "Long"}, options=options(**{f"o{n}": "O" for n in range(101)})
    )
    one = msgspec.structs.replace(FIRST, items=(long,))
    (only,) = Tables(HarmonisedVersions([one]), None).every()
    assert only.rows[0][6:] == ["long"]


def test_each_round_is_a_row_that_names_its_response_by_number():
    found = tables()
    assert found["answers"][0]["child"] == 2
    assert [(one["row"], one["round"], one["age"]) for one in found["answers-child"]] == [
        (1, 1, 3),
        (1, 2, 5),
    ]
    assert found["answers-child"][0]["likes/y"] == 1
    assert found["answers-child"][0]["photo"] == "attached"
    assert found["answers"][0]["row"] == 1


def test_no_words_of_anybody_are_in_any_table():
    found = tables()
    assert "why" not in found["answers"][0]
    assert {"name", "copy"}.isdisjoint(found["answers-child"][0])


def test_answers_are_merged_under_todays_names_or_as_they_were_given():
    first, second = tables()["answers"]
    assert (first["feeling"], second["feeling"]) == ("good", "bad")
    assert "mood" not in first
    first, second = tables(AsAnswered)["answers"]
    assert (first["mood"], first["feeling"]) == ("ok", None)
    assert (second["mood"], second["feeling"]) == (None, "bad")


def test_in_words_each_version_keeps_its_own_where_answers_are_as_given():
    first, _ = tables(areas=AREAS)["answers"]
    assert first["How do you feel?"] == "Fine"
    assert first["What did you see? – A dog"] == 1
    assert first["What did you see?"] == "A dog"
    assert (first["Row"], first["Borough"], first["First"]) == (1, "Hackney", "Streets; Parks")
    first, second = tables(AsAnswered, areas=AREAS)["answers"]
    assert first["Your mood"] == "So so"
    assert second["How do you feel?"] == "Not good"


@pytest.mark.parametrize("areas", [None, AREAS])
def test_every_column_heading_is_unique(areas):
    for kind in (HarmonisedVersions, AsAnswered):
        for one in Tables(kind((FIRST, SECOND)), areas).every():
            assert len(set(one.rows[0])) == len(one.rows[0])


def test_several_tables_are_files_of_one_zip():
    packed = zip_csv({"answers": [["a"], ["=1"]], "answers-child": [["row"], [1]]})
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        assert parts.namelist() == ["answers.csv", "answers-child.csv"]
        assert parts.read("answers.csv") == b"a\r\n'=1\r\n"


def test_a_range_of_few_points_has_a_chart_and_a_long_one_is_listed_without():
    few = Range(name="few", text={"en": "?"}, high=4)
    many = Range(name="many", text={"en": "?"}, high=100)
    one = msgspec.structs.replace(FIRST, items=(few, many, Note(name="words", text={"en": "."})))
    assert questions_without_chart(one) == [many]
