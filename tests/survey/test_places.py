"""Names, codes and postcodes lead to one area, or to a refusal that names the choices."""

import datetime

import msgspec
import pytest

from survey.places import Area, City, District, FormerName
from survey.problems import Invalid
from tests import london

HACKNEY = Area(code="E1", name="Hackney", short="Hackney", kind="borough", variants=("LB Hackney",))
CITY = Area(code="E2", name="City of London", short="City", kind="city", per_resident=False)
POLICE = Area(
    code="F1", name="City Police", short="Police", kind="force", variants=("City of London",)
)
AIRPORT = Area(code="x", name="Heathrow", short="Heathrow", kind="nowhere")
TOWN = City(
    name="Town",
    areas=(HACKNEY, CITY, POLICE, AIRPORT),
    districts=(District("E8", ("E1",)), District("EC1A", ("E1", "E2"))),
)


@pytest.mark.parametrize("name", ["E1", "e1", "Hackney", "HACKNEY ", "hackney.", "LB Hackney"])
def test_finds_by_code_name_and_variant(name):
    assert TOWN.find(name) is HACKNEY


def test_a_name_that_borough_and_force_share_is_the_borough():
    assert TOWN.find("City of London") is CITY
    assert TOWN.force("City of London") is POLICE
    assert TOWN.find("City Police") is POLICE


@pytest.mark.parametrize(
    ("day", "called"),
    [
        (datetime.date(2020, 1, 1), "Hackenay"),
        (datetime.date(2024, 3, 31), "Hackenay"),
        (datetime.date(2024, 4, 1), "Hackney Wick"),
        (datetime.date(2026, 5, 31), "Hackney Wick"),
        (datetime.date(2026, 6, 1), "Hackney"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_an_area_is_called_as_on_the_day_and_found_by_every_name(day, called, turned):
    former = (
        FormerName("E1", "Hackenay", datetime.date(2024, 3, 31)),
        FormerName("E1", "Hackney Wick", datetime.date(2026, 5, 31)),
    )
    town = msgspec.structs.replace(TOWN, former_names=former[::-1] if turned else former).on(day)
    assert [area.name for area in town.areas] == [called, *(area.name for area in TOWN.areas[1:])]
    assert {town.find(name).code for name in ("Hackenay", "Hackney Wick", called)} == {"E1"}


def test_a_borough_is_no_force():
    with pytest.raises(Invalid, match="Hackney"):
        TOWN.force("Hackney")


@pytest.mark.parametrize("name", ["", "...", "Hackny", "Paris" * 100])
def test_refuses_unknown_names(name):
    with pytest.raises(Invalid) as refusal:
        TOWN.find(name)
    assert refusal.value.code == "area.unknown"


def test_residents_choose_among_boroughs_only():
    assert TOWN.local_areas() == [HACKNEY, CITY]


def test_names_in_other_letters_are_told_apart():
    city = City(
        name="Kyiv",
        areas=tuple(
            Area(code=code, name=name, short=name, kind="borough")
            for code, name in (("1", "Поділ"), ("2", "Оболонь"))
        ),
    )
    assert city.find("оболонь").code == "2"


@pytest.mark.parametrize("postcode", ["E8 1EA", "e81ea", " E8 ", "E8"])
def test_a_postcode_in_one_borough(postcode):
    assert TOWN.at(postcode) is HACKNEY


def test_a_shared_postcode_names_the_choices():
    with pytest.raises(Invalid) as refusal:
        TOWN.at("EC1A 1BB")
    assert refusal.value.code == "postcode.ambiguous"
    assert [fault.where for fault in refusal.value.faults] == ["E1", "E2"]


@pytest.mark.parametrize("postcode", ["", "E9 1AA", "Hackney", "12345", "E8 1EA extra"])
def test_refuses_other_postcodes(postcode):
    with pytest.raises(Invalid) as refusal:
        TOWN.at(postcode)
    assert refusal.value.code == "postcode.unknown"


def test_london_has_its_33_and_its_police():
    assert len(london.CITY.local_areas()) == 33
    assert [area.code for area in london.CITY.areas if area.kind == "force"] == [
        "E23000001",
        "E23000034",
    ]
    assert not london.CITY.find("City of London").per_resident


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("City of Westminster", "E09000033"),
        ("Westminster", "E09000033"),
        ("Richmond Upon Thames", "E09000027"),
        ("Hammersmith & Fulham", "E09000013"),
        ("Kingston", "E09000021"),
        ("Kensington & Chelsea", "E09000020"),
        ("MPS", "E23000001"),
        ("Metropolitan", "E23000001"),
        ("Heathrow", "heathrow"),
        ("Out of force", "out-of-force"),
    ],
)
def test_london_knows_the_spellings_of_its_sources(name, code):
    assert london.CITY.find(name).code == code


def test_tiles_of_london_are_33_places_that_touch_their_neighbours():
    tiles = {(area.column, area.row): area.short for area in london.CITY.local_areas()}
    assert len(tiles) == 33
    assert all(1 <= column <= 8 and 1 <= row <= 7 for column, row in tiles)
    assert tiles[(5, 4)] == "CTY"
    for column, row in tiles:
        steps = [(column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)]
        assert any(step in tiles for step in steps)


def test_short_names_fit_a_tile():
    for area in london.CITY.local_areas():
        assert max(len(word) for word in area.short.split()) <= 11
        assert len(area.short.split()) <= 3


def test_every_borough_has_a_postcode_district():
    reached = {code for district in london.CITY.districts for code in district.areas}
    assert reached == {area.code for area in london.CITY.local_areas()}


def test_parts_of_a_lettered_district_are_in_the_whole():
    by_name = {district.name: set(district.areas) for district in london.CITY.districts}
    for name, areas in by_name.items():
        if name[-1].isalpha() and name not in ("E1W", "N1C"):
            assert areas <= by_name[name[:-1]], name


@pytest.mark.parametrize(
    ("postcode", "name"),
    [
        ("N22 5RD", "Haringey"),
        ("SE1 7PB", "Lambeth"),
        ("SW9 8HE", "Lambeth"),
        ("E15 4AB", "Newham"),
        ("CR0 2YR", "Croydon"),
        ("TW1 3BZ", "Richmond upon Thames"),
        ("HA9 0WS", "Brent"),
        ("EC2V 7HH", "City of London"),
    ],
)
def test_well_known_postcodes_offer_their_borough(postcode, name):
    try:
        offered = [london.CITY.at(postcode).name]
    except Invalid as refusal:
        offered = [fault.sentence for fault in refusal.faults]
    assert name in offered
