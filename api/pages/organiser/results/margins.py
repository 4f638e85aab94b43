"""Counts the people behind a survey's results by the groups that the census knows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from api.process.loading import import_lock
from survey.deployments.margins import Population
from survey.surveys.instruments import KINDS, Instrument
from survey.surveys.item_types.answers import Answers
from survey.surveys.sums import margin_question

# Age and sex together, as the census has them: known of people who gave both.
AGE_SEX = "age_sex"
FEWEST_WEIGHTED = 30


class Residents(NamedTuple):
    """The boroughs, and how many live in them."""

    codes: list[str]
    populations: list[Population]


def asked_margins(instrument: Instrument) -> list[str]:
    """The margins that the survey's questions tell apart; both of age and sex are one more."""
    asked = list(instrument.margins())
    return [*asked, AGE_SEX] if {"age", "sex"} <= {*asked} else [*asked]


def margin_groups(margin: str) -> list[str]:
    """The groups of a margin, in their usual order."""
    if margin == AGE_SEX:
        return [f"{sex} {age}" for sex in KINDS["sex"] for age in KINDS["age"]]
    return next([*groups] for name, groups in KINDS.items() if name == margin)


def margin_answers(instrument: Instrument, answers: Answers) -> dict[str, list[str]]:
    """The groups that somebody with these answers is in, as questions that are counted."""
    kinds = {
        str(margin): kind
        for margin, item in instrument.margins().items()
        if (kind := item.kind_of(answers)) in KINDS[margin]
    }
    if {"age", "sex"} <= {*kinds}:
        kinds[AGE_SEX] = f"{kinds['sex']} {kinds['age']}"
    return {margin_question(margin): [kind] for margin, kind in kinds.items()}


def weighting_of(
    areas: Sequence[str], given: Sequence[Mapping[str, Sequence[str]]], residents: Residents
) -> float | None:
    """The design effect of the weights that these people would need, to one decimal; None for too
    few people, or where nothing can be weighted. Called in a thread.
    """
    if len(areas) < FEWEST_WEIGHTED:
        return None
    with import_lock("analysis.residents", "analysis.statistics.sampling.coverage"):
        import numpy as np

        from analysis import residents as census
        from analysis.statistics.sampling import coverage

    targets = census.raking_targets(residents.populations, residents.codes)
    cells = {}
    for name in targets:
        groups = residents.codes if name == "area" else margin_groups(name)
        said = areas if name == "area" else margin_kinds(given, name)
        place = {group: at for at, group in enumerate(groups)}
        cells[name] = np.array([place.get(one, -1) for one in said], dtype=np.int64)
    found = coverage.weighting_effect(cells, targets)
    return None if found is None else round(found, 1)


def margin_kinds(given: Sequence[Mapping[str, Sequence[str]]], margin: str) -> Iterator[str]:
    """The group of each person; '' where they did not say."""
    name = margin_question(margin)
    return (next(iter(one.get(name, ())), "") for one in given)
