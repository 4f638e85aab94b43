"""How the answers of the window were weighed, and what that cost."""

from collections.abc import Iterator, Sequence

from analysis import residents
from analysis.edition.respondents import Respondents
from analysis.material import Material
from analysis.statistics.estimates import known
from survey.samples import Weighting

MARGINS = {"area": "borough", "age_sex": "age and sex", "ethnicity": "ethnic group"}


def of(material: Material, asked: Respondents) -> Weighting | None:
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
        kish=known(kish.deff),
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
            for sentence in joined(MARGINS[name], became, names_of(material, name))
        ),
    )


def response_rate(invited: int | None, answered: int | None) -> float | None:
    """Of those who were asked the share that answered (AAPOR RR1 where every code reached one)."""
    return answered / invited if invited and answered is not None else None


def names_of(material: Material, margin: str) -> Sequence[str]:
    """What the categories of a margin are called."""
    if margin == "area":
        return [area.short for area in material.boroughs]
    return residents.RAKED[margin]


def joined(margin: str, became: tuple[int, ...], names: Sequence[str]) -> Iterator[str]:
    """Which cells were counted together because one of them was too thin; no counts."""
    cells = dict.fromkeys(became)
    if len(cells) == 1 < len(became):
        yield f"By {margin}: too few answers to weigh by it at all."
        return
    for cell in cells:
        together = [name for name, at in zip(names, became, strict=True) if at == cell]
        if len(together) > 1:
            *first, last = together
            yield f"By {margin}: {', '.join(first)} and {last} together."
