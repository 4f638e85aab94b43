"""Who answered: response rates by the definitions of AAPOR, and how many answers a group lacks.

A survey that anybody may open has no response rate: nobody knows how many did not take part.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from analysis.statistics.sampling import samples
from analysis.statistics.sampling.variance import Floats, Ints
from survey.problems import Invalid


class Dispositions(NamedTuple):
    """What became of the people who were invited; None where a number is not known.

    The letters are AAPOR's: `complete` I, `partial` P, `refused` R (break-offs included),
    `not_reached` NC, `unable` O, `silent` UH (nothing came back), `undelivered` UO, `ineligible`
    NE; together they are the `invited`. `recorded` is False if nobody wrote down why letters were
    not answered: then R has break-offs alone, and everybody else is silent.
    """

    invited: int | None
    complete: int | None
    partial: int | None
    refused: int | None
    silent: int | None
    not_reached: int | None = 0
    unable: int | None = 0
    undelivered: int | None = 0
    ineligible: int | None = 0
    recorded: bool = False


class ResponseRates(NamedTuple):
    """AAPOR's rates from 0 to 1; None if the dispositions do not give one.

    `eligible` is e, the share of people of unknown eligibility who are taken to be eligible.
    """

    rr1: float | None = None
    rr2: float | None = None
    rr3: float | None = None
    rr4: float | None = None
    rr5: float | None = None
    rr6: float | None = None
    coop1: float | None = None
    coop2: float | None = None
    eligible: float | None = None


class ContactRates(NamedTuple):
    """AAPOR's other rates from 0 to 1; None if the dispositions do not give one."""

    coop3: float | None = None
    coop4: float | None = None
    ref1: float | None = None
    ref2: float | None = None
    ref3: float | None = None
    con1: float | None = None
    con2: float | None = None
    con3: float | None = None


def response_rates(dispositions: Dispositions) -> ResponseRates:
    """The response and cooperation rates that these dispositions give.

    RR1 = I/((I+P)+(R+NC+O)+(UH+UO)), the least that the rate can be: its denominator is everybody
    invited less NE, or everybody where NE is not known (too few to show). RR3 =
    I/((I+P)+(R+NC+O)+e(UH+UO)); RR5 = I/((I+P)+(R+NC+O)); COOP1 = I/((I+P)+R+O); RR2, RR4, RR6 and
    COOP2 have I+P above the line. e = (I+P+R+NC+O)/((I+P+R+NC+O)+NE), by proportional allocation.
    RR3 and RR4 need somebody known to be ineligible, RR5 and RR6 that nobody's eligibility is
    unknown, and a cooperation rate that refusals were written down.
    Source: AAPOR, Standard Definitions (10th edition, 2023); CASRO (1982) for e.
    """
    answered = sum_of(dispositions.complete, dispositions.partial)
    eligible = sum_of(answered, dispositions.refused, dispositions.not_reached, dispositions.unable)
    unknown = sum_of(dispositions.silent, dispositions.undelivered)
    share = eligible_share(eligible, dispositions.ineligible) if dispositions.recorded else None
    likely = None
    if eligible is not None and unknown is not None and share is not None:
        likely = eligible + share * unknown
    reached = (
        sum_of(answered, dispositions.refused, dispositions.unable)
        if dispositions.recorded
        else None
    )
    everybody = (
        None
        if dispositions.invited is None
        else dispositions.invited - (dispositions.ineligible or 0)
    )
    return ResponseRates(
        rr1=ratio(dispositions.complete, everybody),
        rr2=ratio(answered, everybody),
        rr3=ratio(dispositions.complete, likely),
        rr4=ratio(answered, likely),
        rr5=ratio(dispositions.complete, eligible) if unknown == 0 else None,
        rr6=ratio(answered, eligible) if unknown == 0 else None,
        coop1=ratio(dispositions.complete, reached),
        coop2=ratio(answered, reached),
        eligible=share,
    )


def contact_rates(dispositions: Dispositions) -> ContactRates:
    """The refusal and contact rates, and the cooperation rates among those able to answer.

    COOP3 = I/((I+P)+R), COOP4 = (I+P)/((I+P)+R). REF1 = R/((I+P)+(R+NC+O)+(UH+UO)), CON1 =
    ((I+P)+R+O)/((I+P)+(R+NC+O)+(UH+UO)). REF2 and CON2 have e(UH+UO) below the line, REF3 and CON3
    nothing for them: these two only where nobody's eligibility is unknown. e as in
    `response_rates`.
    Source: AAPOR, Standard Definitions (10th edition, 2023); CASRO (1982) for e.
    """
    if not dispositions.recorded:
        return ContactRates()
    answered = sum_of(dispositions.complete, dispositions.partial)
    reached = sum_of(answered, dispositions.refused, dispositions.unable)
    eligible = sum_of(reached, dispositions.not_reached)
    unknown = sum_of(dispositions.silent, dispositions.undelivered)
    share = eligible_share(eligible, dispositions.ineligible)
    likely = None
    if eligible is not None and unknown is not None and share is not None:
        likely = eligible + share * unknown
    able, known = sum_of(answered, dispositions.refused), eligible if unknown == 0 else None
    everybody = sum_of(eligible, unknown)
    return ContactRates(
        coop3=ratio(dispositions.complete, able),
        coop4=ratio(answered, able),
        ref1=ratio(dispositions.refused, everybody),
        ref2=ratio(dispositions.refused, likely),
        ref3=ratio(dispositions.refused, known),
        con1=ratio(reached, everybody),
        con2=ratio(reached, likely),
        con3=ratio(reached, known),
    )


def eligible_share(eligible: int | None, ineligible: int | None) -> float | None:
    """AAPOR's e; None unless people of both kinds are known."""
    if not eligible or not ineligible:
        return None
    return eligible / (eligible + ineligible)


def sum_of(*counts: int | None) -> int | None:
    """The sum; None if one of the counts is not known."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def ratio(over: int | None, under: float | None) -> float | None:
    """The share; None if it is not known."""
    return over / under if over is not None and under else None


def answers_to_share(share: float, count: float, total: float) -> int:
    """Answers that a group lacks: x = (π·n - c)/(1 - π), rounded up; 0 if it has its share.

    `share` π of the group among residents (0 to 1), `count` c of the `total` n answers. With x more
    of its answers, and no others meanwhile, the group is π of all: (c + x)/(n + x) = π.
    Errors: ValueError for a share below 0, or of 1 or more.
    """
    if not 0 <= share < 1:
        raise ValueError("a share lies from 0 to below 1")
    # Without the rounding, 30 of 100 at a share of 0.3 would lack 8e-15 answers, so one.
    return max(0, math.ceil(round((share * total - count) / (1 - share), 9)))


def weighting_effect(cells: Mapping[str, Ints], targets: Mapping[str, Floats]) -> float | None:
    """Kish's design effect of the weights that these answers would need, one a person.

    As in editions: cells with fewer than thirty answers are joined to others, then weights are
    raked and trimmed. `cells` category of each person by margin, -1 where not known; `targets`
    residents in each. None where no margin is left, or the answers do not fit the margins.
    """
    known = {name: target for name, target in targets.items() if target.sum() > 0}
    joined, aims, _ = samples.collapse_margins(cells, known)
    if not aims:
        return None
    many = len(next(iter(joined.values())))
    try:
        raked = samples.rake(np.ones(many), joined, aims)
    except Invalid:
        return None
    return samples.kish(raked.weight).deff
