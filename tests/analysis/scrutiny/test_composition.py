"""Who a panel is: nothing below ten descriptions, and never one person's share."""

from analysis.scrutiny import panel_shares, residents_by_category
from survey.places import ResidentCount

HACKNEY, BARNET = "E09000012", "E09000003"


def count(area, dimension, category, persons):
    return ResidentCount(
        area=area, year=2021, dimension=dimension, category=category, persons=persons,
        source="census", published="2022",
    )  # fmt: skip


COUNTS = [
    count(HACKNEY, "age_sex", "female 30-34", 600),
    count(HACKNEY, "age_sex", "male 60-64", 400),
    count(HACKNEY, "age_sex", "male 10-14", 900),
    count(HACKNEY, "ethnicity", "black", 250),
    count(HACKNEY, "ethnicity", "white", 750),
    count(BARNET, "ethnicity", "white", 10_000),
]


def test_residents_are_those_of_the_area_who_are_of_age():
    found = residents_by_category(COUNTS, [HACKNEY], 2021)
    assert found["sex", "female"] == 600
    assert found["age", "55+"] == 400
    assert found["ethnicity", "white"] == 750
    assert residents_by_category(COUNTS, [], 2021)["ethnicity", "white"] == 10_750


def test_shares_are_shown_from_ten_on_and_in_fifths():
    residents = residents_by_category(COUNTS, [HACKNEY], 2021)
    ten = [{"ethnicity": "black"}] + [{"ethnicity": "white"}] * 9
    assert panel_shares(ten[:9], residents) == []
    shares = {one.category: one for one in panel_shares(ten, residents)}
    assert (shares["black"].panel, shares["white"].panel) == (0.0, 0.8)
    assert shares["black"].residents == 0.25
