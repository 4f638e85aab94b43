"""The perception index worked out person by person; the product works it out from sums."""

import numpy as np

from analysis.statistics.sampling.index import ItemSums


def index_scores(answers, *, reverse, fewest):
    """Index of each person: mean of s = 100·(x-1)/4 over the items answered, 100-s if reversed.

    `answers` respondents x items, 1 to 5, NaN where missing; NaN for fewer than `fewest` answers.
    """
    answered = np.isfinite(answers)
    points = (answers - 1) / 4 * 100
    points = np.where(np.asarray(reverse), 100 - points, points)
    given = answered.sum(axis=1)
    total = np.where(answered, points, 0.0).sum(axis=1)
    return np.where(given >= max(fewest, 1), total / np.maximum(given, 1), np.nan)


def item_sums(answers):
    """The sums of respondents x items; a respondent with a missing item is left out."""
    whole = answers[np.isfinite(answers).all(axis=1)]
    return ItemSums(n=len(whole), sums=whole.sum(axis=0), products=whole.T @ whole)


def net_agreement(answers):
    """+100 where an item is agreed with (4, 5), -100 where not (1, 2), 0 between, else NaN."""
    return 100.0 * np.sign(answers - 3)
