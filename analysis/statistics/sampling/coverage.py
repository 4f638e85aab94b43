"""Who answered next to who lives there: how many answers a group lacks, and what weights cost."""

import math
from collections.abc import Mapping

import numpy as np

from analysis.statistics.sampling import weights
from analysis.statistics.sampling.variance import Floats, Ints
from survey.problems import Invalid


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
    joined, aims, _ = weights.collapse_margins(cells, known)
    if not aims:
        return None
    many = len(next(iter(joined.values())))
    try:
        raked = weights.rake(np.ones(many), joined, aims)
    except Invalid:
        return None
    return weights.kish(raked.weight).deff
