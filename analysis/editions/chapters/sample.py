"""How the answers of the window were weighted, and what that cost."""

from collections.abc import Iterator, Sequence

from analysis import residents
from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from analysis.statistics.estimates import finite_or_none
from survey.editions.chapters.sample import Weighting

MARGINS = {"area": "borough", "age_sex": "age and sex", "ethnicity": "ethnic group"}


def window_weighting(material: EditionInputs, asked: Respondents) -> Weighting | None:
    """The weighting of the window; None where nobody answered in it."""
    if not len(asked.sampled):
        return None
    kish = asked.kish
    return Weighting(
        invited=material.invited,
        answered=material.invited_answered,
        response_rate=response_rate(material.invited, material.invited_answered),
        n=len(asked.sampled),
        effective_n=kish.n_eff,
        kish=finite_or_none(kish.deff),
        flag=kish.flag,
        trimmed=asked.raked.trimmed_share if asked.raked else None,
        raked=asked.raked is not None,
        margins=tuple(
            MARGINS[name] for name, became in asked.became.items() if len(set(became)) > 1
        ),
        vintage=material.population_basis,
        joined=tuple(
            sentence
            for name, became in asked.became.items()
            for sentence in joined_cell_sentences(
                MARGINS[name], became, category_names(material, name)
            )
        ),
    )


def response_rate(invited: int | None, answered: int | None) -> float | None:
    """The share of those invited who answered (AAPOR RR1 if every code reached one person)."""
    return answered / invited if invited and answered is not None else None


def category_names(material: EditionInputs, margin: str) -> Sequence[str]:
    """The names of the categories of a margin."""
    if margin == "area":
        return [area.short for area in material.boroughs]
    return residents.MARGIN_CATEGORIES[margin]


def joined_cell_sentences(
    margin: str, became: tuple[int, ...], names: Sequence[str]
) -> Iterator[str]:
    """Which cells were joined because one of them was too thin; without counts."""
    cells = dict.fromkeys(became)
    if len(cells) == 1 < len(became):
        yield f"By {margin}: too few answers to weigh by it at all."
        return
    for cell in cells:
        together = [name for name, at in zip(names, became, strict=True) if at == cell]
        if len(together) > 1:
            *first, last = together
            yield f"By {margin}: {', '.join(first)} and {last} together."
