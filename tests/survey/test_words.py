"""The words of a place: from city.toml, refused where they cannot be used, put into sentences."""

import shutil

import pytest

from survey.problems import Invalid
from survey.sources import places as source
from survey.store import database, places
from survey.words import LONDON, Words, in_local_words, words_of
from tests import alone

COUNTY = """
name = "Midshire"
attribution = ["Cut from London for a test."]
areas = "areas.csv"
populations = "populations.csv"

[words]
area = "area"
areas = "areas"
area_example = "Barnet"
force = "Midshire Constabulary"
body = "Midshire Police Board"
"""
ABROAD = Words(
    city="Midshire",
    area="area",
    areas="areas",
    area_example="Norton",
    code_example="M1",
    force="County Police",
    force_short="the force",
    body="Police Board",
    body_short="the board",
    postcode="ZIP code",
    postcode_example="60601",
)


@pytest.fixture
def county(tmp_path):
    folder = shutil.copytree(source.LONDON, tmp_path / "county")
    (folder / "city.toml").write_text(COUNTY)
    return folder


def change(folder, before, after):
    file = folder / "city.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_london_writes_down_the_usual_words():
    city, _, _ = source.read_city(source.LONDON)
    assert city.words == LONDON


def test_what_a_pack_leaves_out_follows_from_what_it_says(county):
    words = source.read_city(county)[0].words
    assert (words.city, words.force_short, words.body_short) == (
        "Midshire",
        "Midshire Constabulary",
        "Midshire Police Board",
    )
    assert (words.code_example, words.postcode_example, words.complaints) == ("E09000003", "", "")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('area = "area"', 'area = ""', "area: is empty"),
        ('area = "area"', 'area = "{area}"', "area: is longer than 100 signs, or has one of"),
        ('area = "area"', 'area = "a\\nb"', "area: is longer"),
        ('area = "area"', f'area = "{"a" * 101}"', "area: is longer"),
        ('area = "area"', 'are = "area"', "are"),
        ('"Barnet"', '"Camelot"', "area_example: is not the name of an area"),
        (
            'area = "area"',
            'area = "area"\npostcode = "ZIP"',
            "postcode: a city with a file of postcodes",
        ),
        (
            "[words]",
            'postcodes = "postcodes.csv"\n[words]',
            "postcode: a city with a file of postcodes",
        ),
        (
            'area = "area"',
            'area = "area"\ncomplaints = "javascript:1"',
            "is not an address that begins",
        ),
        ('Board"', 'Board"\n[words.translated.french]\nx = "y"', "is not the code of a language"),
        ('Board"', 'Board"\n[words.translated.fr]\nx = ""', "translated.fr, x: is empty"),
    ],
)
def test_words_that_cannot_be_used_are_refused(county, before, after, said):
    change(county, before, after)
    with pytest.raises(Invalid) as refused:
        source.read_city(county)
    problem = refused.value
    faults = "; ".join(f"{fault.where}: {fault.sentence}" for fault in problem.faults)
    assert said in f"{problem.remedy} {faults}"


async def test_words_are_stored_with_the_city(server, county):
    async with alone.create_database(server, "words_of_county") as dsn:
        city = source.read_city(county)[0]
        async with database.open_database(dsn) as first, first.connection() as connection:
            assert first.words == LONDON
            await places.save_city(connection, city, None)
        async with database.open_database(dsn) as opened, opened.connection() as connection:
            assert opened.words == city.words
            assert (await places.get_city(connection)).words == city.words


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("A borough of London", "An area of Midshire"),
        ("Boroughs of the Met", "Areas of the force"),
        ("The Met joins the pilot", "The force joins the pilot"),
        ("We met the Metropolitan Police’s panel", "We met the County Police’s panel"),
        ("a postcode such as E8 1EA, or postcodes", "a ZIP code such as 60601, or ZIP codes"),
        ("/reports/boroughs", "/reports/boroughs"),
        ("borough_fields", "borough_fields"),
        (
            "{borough} {postcode!r} %(borough)s (borough)",
            "{borough} {postcode!r} %(borough)s (area)",
        ),
    ],
)
def test_a_sentence_is_put_into_the_words_of_the_place(ours, theirs):
    assert in_local_words(ours) == ours
    with words_of(ABROAD):
        assert in_local_words(ours) == theirs
