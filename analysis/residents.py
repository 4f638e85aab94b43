"""Residents as arrays: how many live in each borough, and the targets that weights are raked to."""

from collections.abc import Sequence

import numpy as np

from analysis.statistics.sampling.variance import Floats
from survey.places import Population
from survey.surveys.instruments import KINDS as ANSWERS

AGES, SEXES, ETHNICITIES, DISABILITIES = (
    ANSWERS[name] for name in ("age", "sex", "ethnicity", "disability")
)
AGE_BANDS = (
    "0-10",
    "11-17",
    "18-34",
    "35-49",
    "50-64",
    "65+",
)  # the age bands of use-of-force figures
KIND_CATEGORIES = {"ethnicity": ETHNICITIES, "age": AGE_BANDS, "sex": SEXES}
MARGIN_CATEGORIES = {
    "age_sex": tuple(f"{sex} {age}" for sex in SEXES for age in AGES),
    "ethnicity": ETHNICITIES,
}
OLDEST = 120


def total_residents(populations: Sequence[Population], codes: Sequence[str]) -> Floats:
    """Residents of all ages of each area, in the order of `codes`; 0 where none is known."""
    persons = {
        population.area: population.persons
        for population in populations
        if population.dimension == "total"
    }
    return np.array([persons.get(code, 0.0) for code in codes])


def adult_residents(populations: Sequence[Population], codes: Sequence[str]) -> Floats:
    """Residents of 16 and older of each area."""
    residents = np.zeros(len(codes))
    for population in populations:
        if population.dimension == "age_sex" and population.area in codes:
            share = age_band_overlap(population.category.split()[1], "16+")
            residents[list(codes).index(population.area)] += share * population.persons
    return residents


def raking_targets(populations: Sequence[Population], codes: Sequence[str]) -> dict[str, Floats]:
    """Adults by area, by sex and age (sex first), and by ethnicity, all with one total.

    Ethnicity is published for all ages: its shares are taken for adults too. Five-year bands are
    split evenly where a band of ours begins inside one (15-19 gives four fifths to 16-24).
    """
    area = adult_residents(populations, codes)
    wanted = set(codes)
    age_sex = np.zeros(len(SEXES) * len(AGES))
    ethnicity = np.zeros(len(ETHNICITIES))
    for population in populations:
        if population.area not in wanted:
            continue
        if population.dimension == "age_sex":
            sex, years = population.category.split()
            for i, band in enumerate(AGES):
                age_sex[SEXES.index(sex) * len(AGES) + i] += population.persons * age_band_overlap(
                    years, band
                )
        elif population.dimension == "ethnicity":
            ethnicity[ETHNICITIES.index(population.category)] += population.persons
    scaled = {"area": area, "age_sex": age_sex, "ethnicity": ethnicity}
    # `rake` refuses margins that differ by more than 0.1 %, and ethnicity counts children too.
    return {
        name: persons * (area.sum() / (persons.sum() or 1.0)) for name, persons in scaled.items()
    }


def adult_shares(
    populations: Sequence[Population], codes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The share (0 to 1) of each group among adults of these areas, by margin: 'area', 'age_sex',
    'age', 'sex', 'ethnicity', 'disability'.

    Taken from `raking_targets`, so that answers are compared with the shares that they would be
    weighted to; disability, which weights do not use, is taken from its own counts. A margin
    without figures is left out.
    """
    targets = raking_targets(populations, codes)
    both = targets["age_sex"].reshape(len(SEXES), len(AGES))
    disability = np.zeros(len(DISABILITIES))
    for population in populations:
        if population.dimension == "disability" and population.area in codes:
            disability[DISABILITIES.index(population.category)] += population.persons
    named = {
        "area": (codes, targets["area"]),
        "age_sex": (MARGIN_CATEGORIES["age_sex"], targets["age_sex"]),
        "age": (AGES, both.sum(axis=0)),
        "sex": (SEXES, both.sum(axis=1)),
        "ethnicity": (ETHNICITIES, targets["ethnicity"]),
        "disability": (DISABILITIES, disability),
    }
    return {
        name: dict(zip(names, (persons / persons.sum()).tolist(), strict=True))
        for name, (names, persons) in named.items()
        if persons.sum() > 0
    }


def residents_by_kind(
    populations: Sequence[Population], codes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Residents of all ages by ethnicity, by the age bands of use-of-force figures, and by sex.

    Five-year bands are split evenly where a band begins inside one.
    """
    residents = {name: dict.fromkeys(of, 0.0) for name, of in KIND_CATEGORIES.items()}
    for population in populations:
        if population.area not in codes:
            continue
        if population.dimension == "age_sex":
            sex, years = population.category.split()
            residents["sex"][sex] += population.persons
            for band in AGE_BANDS:
                residents["age"][band] += population.persons * age_band_overlap(years, band)
        elif population.dimension == "ethnicity":
            residents["ethnicity"][population.category] += population.persons
    return residents


def age_band_overlap(years: str, band: str) -> float:
    """The share of the people in one age band (`years`) who also fall into another."""
    low, high = age_limits(years)
    from_, to = age_limits(band)
    shared = min(high, to) - max(low, from_) + 1
    return max(0.0, shared / (high - low + 1))


def age_limits(years: str) -> tuple[int, int]:
    if years.endswith("+"):
        return int(years[:-1]), OLDEST
    low, high = years.split("-")
    return int(low), int(high)
