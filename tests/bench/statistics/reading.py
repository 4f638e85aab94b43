"""Shares of themes that a machine misreads, corrected with 300 labels (A8)."""

import numpy as np

from analysis.statistics.classification import correction
from analysis.statistics.sampling.streams import Design
from tests.bench.statistics.rows import band_row, coverage, shares_text
from tests.oracles.readings import machine_mean, share_estimate

SENSITIVITY, SPECIFICITY, LABELS, TEXTS = 0.76, 0.88, 300, 3_000


def A8(replications, seed):
    """PPI++ at 5, 20 and 50%; compared with Rogan-Gladen and the machine's own share."""
    rng = np.random.default_rng(seed)
    return [
        share_row(rng, p, replications, name=f"A8 PPI++, theme of {p:.0%}: coverage")
        for p in (0.05, 0.2, 0.5)
    ]


def share_row(rng, p, replications, *, name):
    found = np.array([simulated_limits(rng, p) for _ in range(replications)]).T
    others = shares_text(
        Rogan_Gladen=coverage(*found[2:4], p),
        machine=coverage(*found[4:6], p),
        width_against_labels_alone=float((found[1] - found[0]).mean() / found[6].mean()),
    )
    return band_row(name, coverage(*found[:2], p), (0.92, 0.97), replications, others)


def simulated_limits(rng, p):
    truth = rng.random(TEXTS + LABELS) < p
    said = np.where(
        truth, rng.random(len(truth)) < SENSITIVITY, rng.random(len(truth)) > SPECIFICITY
    )
    y, f, rest = (
        truth[:LABELS].astype(float),
        said[:LABELS].astype(float),
        said[LABELS:].astype(float),
    )
    ours = correction.ppi(y, f, Design(weight=np.ones(LABELS)), machine_mean(rest))
    right, wrong = f[y == 1], f[y == 0]
    other = correction.rogan_gladen(
        share_estimate(int(rest.sum()), TEXTS),
        share_estimate(int(right.sum()), len(right)),
        share_estimate(int((1 - wrong).sum()), len(wrong)),
        n=LABELS,
    )
    q = rest.mean()
    reach = 1.96 * (q * (1 - q) / TEXTS) ** 0.5
    alone = 2 * 1.96 * (y.mean() * (1 - y.mean()) / LABELS) ** 0.5
    pair = (np.nan, np.nan) if other is None else (other.low, other.high)
    return ours.low, ours.high, *pair, q - reach, q + reach, alone


CRITERIA = (A8,)
