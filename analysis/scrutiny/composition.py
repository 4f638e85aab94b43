"""Who a scrutiny panel is, next to the residents of its area."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from analysis.disclosure.counts import FEWEST_TO_COUNT
from survey.deployments.margins import ResidentCount, populations_in_year

STEPS = 5  # shares of a panel are told in fifths: one of ten members must not be seen in them
AGE_SEX = re.compile(r"(female|male) (\d+)")
OF_AGE = 18
CATEGORIES: dict[str, tuple[str, ...]] = {
    "sex": ("female", "male"),
    "age": ("18-34", "35-54", "55+"),
    "ethnicity": ("asian", "black", "mixed", "white", "other"),
}


class PanelShare(msgspec.Struct, frozen=True, kw_only=True):
    """A category's share of the panel, in fifths, and of the adult residents of its area.

    Residents by ethnicity are of all ages.
    """

    dimension: str
    category: str
    panel: float
    residents: float


def panel_shares(
    described: Sequence[Mapping[str, str]], residents: Mapping[tuple[str, str], float]
) -> list[PanelShare]:
    """The shares of a dimension from ten members on who said it, none before."""
    found = []
    for dimension, categories in CATEGORIES.items():
        said = [one[dimension] for one in described if one.get(dimension) in categories]
        total = sum(residents.get((dimension, one), 0.0) for one in categories)
        if len(said) < FEWEST_TO_COUNT or not total:
            continue
        found += [
            PanelShare(
                dimension=dimension,
                category=category,
                panel=round(STEPS * said.count(category) / len(said)) / STEPS,
                residents=residents.get((dimension, category), 0.0) / total,
            )
            for category in categories
        ]
    return found


def residents_by_category(
    counts: Iterable[ResidentCount], areas: Sequence[str], year: int
) -> dict[tuple[str, str], float]:
    """The residents of the areas (all if none is named) by dimension and category in a year."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    inside = [one for one in counts if not areas or one.area in areas]
    for one in populations_in_year(inside, year):
        if one.dimension == "ethnicity":
            found["ethnicity", one.category] += one.persons
        elif match := AGE_SEX.match(one.category):
            sex, age = match[1], int(match[2])
            if age >= OF_AGE - 3:  # bands of five years: 15 to 19 is the first with adults
                found["sex", sex] += one.persons
                found["age", age_band(age)] += one.persons
    return dict(found)


def age_band(age: int) -> str:
    return "18-34" if age < 35 else "35-54" if age < 55 else "55+"
