"""Small areas: Fay-Herriot on the index (A9)."""

import numpy as np

from analysis.statistics.sampling import fay_herriot
from tests.bench.statistics.rows import Row, band_row, shares_text

AREAS = 33


def A9(replications, seed, n=12):
    """An index from about twelve answers per area: error of the model and of the direct one."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(replications):
        x = np.column_stack([np.ones(AREAS), rng.normal(0, 1, AREAS)])
        truth = x @ [60.0, 2.5] + rng.normal(0, 2.5, AREAS)
        people = rng.integers(n // 2, n + n // 2 + 1, AREAS)
        answers = [t + rng.normal(0, 20, m) for t, m in zip(truth, people, strict=True)]
        y = np.array([one.mean() for one in answers])
        variance = np.array([one.var(ddof=1) for one in answers])
        psi = fay_herriot.smoothed_variance(variance, people.astype(float))
        ours = fay_herriot.fay_herriot(y, psi, x)
        rough = fay_herriot.fay_herriot(y, variance / people, x)
        found.append(
            [
                *error_and_coverage(ours, truth),
                *error_and_coverage(rough, truth),
                ((y - truth) ** 2).mean(),
            ]
        )
    error, held, rough_error, rough_held, direct = np.mean(found, axis=0)
    others = f"direct {direct:.1f}; unsmoothed ψ {rough_error:.1f}"
    return [
        Row(
            "A9 Fay-Herriot index: mean squared error",
            replications,
            f"at most {direct / 2:.1f}",
            f"{error:.1f}",
            others,
            bool(error <= direct / 2),
        ),
        band_row(
            "Fay-Herriot index: coverage",
            held,
            (0.925, 0.975),
            replications,
            shares_text(unsmoothed_ψ=rough_held),
        ),
    ]


def error_and_coverage(found, truth):
    low, high = found.interval()
    return ((found.value - truth) ** 2).mean(), ((low <= truth) & (truth <= high)).mean()


CRITERIA = (A9,)
