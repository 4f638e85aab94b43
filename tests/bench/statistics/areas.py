"""Boroughs: intervals of their own answers, and Fay-Herriot on the index (A9)."""

from typing import NamedTuple

import numpy as np

from analysis.statistics.sampling import estimates, index, samples
from analysis.statistics.sampling.estimates import Means, Projection
from analysis.statistics.sampling.samples import Design, Sample
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
        direct = Means(
            value=y, se=(variance / people) ** 0.5, df=people - 1, n=people, n_eff=people * 1.0
        )
        psi = estimates.with_pooled_errors(direct).se ** 2
        ours = index.fay_herriot(y, psi, x)
        rough = index.fay_herriot(y, variance / people, x)
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


WARDS, ASKED = 6, 8  # wards in a borough, and answers in a ward in four weeks
DRAWN = {
    "age and sex": np.outer((0.55, 0.45), (0.09, 0.16, 0.19, 0.19, 0.16, 0.12, 0.09)).ravel(),
    "ethnicity": np.array((0.18, 0.11, 0.05, 0.60, 0.06)),
}
RESIDENT = {
    "age and sex": np.outer((0.51, 0.49), (0.13, 0.21, 0.19, 0.17, 0.13, 0.09, 0.08)).ravel(),
    "ethnicity": np.array((0.19, 0.14, 0.05, 0.55, 0.07)),
}
SPREAD, NOISE = 20.0, 12.0


def area_intervals(replications, seed):
    """A world like the demo's: 33 boroughs, six wards, 48 answers each; own errors and pooled."""
    pooled, own = area_world(replications, seed, ward=0.0)
    among_wards, own_among_wards = area_world(replications, seed, ward=3.0)
    band, many = (0.93, 0.97), replications * AREAS
    widest = max(pooled.ratio, among_wards.ratio)
    return [
        band_row("borough index, pooled: coverage", pooled.held, band, many,
                 shares_text(own_errors=own.held)),
        band_row("the same where wards differ by 3 points", among_wards.held, band, many,
                 shares_text(own_errors=own_among_wards.held)),
        Row("borough index: widest half-width by narrowest, same number of answers", replications,
            "at most 1.5", f"{widest:.2f}", f"own errors {own.ratio:.1f}", bool(widest <= 1.5)),
    ]  # fmt: skip


class IntervalQuality(NamedTuple):
    """Share of intervals that hold the truth, and the largest ratio of half-widths in a sample."""

    held: float
    ratio: float


def area_world(replications, seed, ward):
    """The quality of pooled and of own intervals over many samples of one world."""
    rng = np.random.default_rng(seed)
    size, level = rng.uniform(1e5, 3e5, AREAS), rng.normal(60, 4, AREAS)
    truth = expected_index(rng, level, (SPREAD**2 + ward**2) ** 0.5)
    found = {True: [], False: []}
    for _ in range(replications):
        own = sampled_areas(rng, size, level, ward)
        for pooled, one in ((True, estimates.with_pooled_errors(own)), (False, own)):
            low, high = one.interval()
            reach = high - low
            found[pooled].append(
                [((low <= truth) & (truth <= high)).mean(), reach.max() / reach.min()]
            )
    for pooled in (True, False):
        held, ratio = np.array(found[pooled]).T
        yield IntervalQuality(float(held.mean()), float(ratio.max()))


def sampled_areas(rng, size, level, ward):
    n = AREAS * WARDS * ASKED
    unit = np.arange(n) // ASKED
    area = unit // WARDS
    y = index_of(rng, level[area] + rng.normal(0, 1, AREAS * WARDS)[unit] * ward
                 + rng.normal(0, SPREAD, n))  # fmt: skip
    cells, targets = {"area": area}, {"area": size}
    for name, share in DRAWN.items():
        cells[name] = rng.choice(len(share), n, p=share / share.sum())
        targets[name] = size.sum() * RESIDENT[name] / RESIDENT[name].sum()
    before = size[area] / (WARDS * ASKED)
    design = Design(weight=samples.rake(before, cells, targets).weight, stratum=area, psu=unit)
    return estimates.means(
        y,
        Sample(modes=np.full(n, "sampled"), design=design),
        domain=area,
        projection=Projection(cells=cells, design_weight=before),
    )


def index_of(rng, confidence):
    """The index of people, 0 to 100: the mean of four answers of 1 to 5 that scatter about it."""
    point = 1 + 4 * (confidence[:, None] + rng.normal(0, NOISE, (len(confidence), 4))) / 100
    return (np.clip(np.rint(point), 1, 5).mean(axis=1) - 1) / 4 * 100


def expected_index(rng, level, spread, people=200_000):
    """The true index of boroughs at these levels: answers are rounded, and cut off at the ends."""
    grid, away = np.arange(35.0, 86.0, 5.0), rng.normal(0, spread, people)
    return np.interp(level, grid, [index_of(rng, one + away).mean() for one in grid])


CRITERIA = (area_intervals, A9)
