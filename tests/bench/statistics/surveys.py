"""Known residents and many samples of them: means, shares and the index (A2, A6, A7)."""

import numpy as np

from analysis.statistics.sampling import estimates, index, proportions, samples
from analysis.statistics.sampling.estimates import Means, Projection
from analysis.statistics.sampling.samples import Design, Sample
from tests.bench.statistics.rows import Row, band_row, coverage, shares_text, slack
from tests.oracles import persons

BOROUGHS, PSUS, PEOPLE = 33, 8, 6
AGE_SEX = np.array([0.11, 0.11, 0.17, 0.17, 0.14, 0.14, 0.07, 0.09])
ETHNICITY = np.array([0.58, 0.16, 0.12, 0.09, 0.05])
SHIFT_BY_AGE_SEX = np.array([-4.0, -5, -2, -3, 1, 0, 6, 5])
SHIFT_BY_ETHNICITY = np.array([2.0, 0, -8, -3, -1])
RESPONSE_BY_AGE_SEX = np.array([0.4, 0.35, 0.6, 0.5, 0.9, 0.8, 1.3, 1.2])
RESPONSE_BY_ETHNICITY = np.array([1.1, 0.8, 0.6, 0.8, 0.9])
SPREAD, WARD_SPREAD = 20.0, 2.0


def residents(rng):
    """The size and the level of each borough, their true means, and the true mean of the city."""
    size, level = rng.uniform(1.5e5, 3.3e5, BOROUGHS), rng.normal(60, 4, BOROUGHS)
    area = level + AGE_SEX @ SHIFT_BY_AGE_SEX + ETHNICITY @ SHIFT_BY_ETHNICITY
    return size, level, area, float(np.average(area, weights=size))


def draw_respondents(rng, size, level):
    """The people who answer, of those drawn: older people and White people more often."""
    n = BOROUGHS * PSUS * PEOPLE
    ward = np.arange(n) // PEOPLE
    area = ward // PSUS
    age_sex = rng.choice(8, n, p=AGE_SEX * RESPONSE_BY_AGE_SEX / (AGE_SEX @ RESPONSE_BY_AGE_SEX))
    ethnicity = rng.choice(
        5, n, p=ETHNICITY * RESPONSE_BY_ETHNICITY / (ETHNICITY @ RESPONSE_BY_ETHNICITY)
    )
    y = level[area] + SHIFT_BY_AGE_SEX[age_sex] + SHIFT_BY_ETHNICITY[ethnicity]
    y = y + rng.normal(0, WARD_SPREAD, BOROUGHS * PSUS)[ward] + rng.normal(0, SPREAD, n)
    cells = {"borough": area, "age and sex": age_sex, "ethnicity": ethnicity}
    total = size.sum()
    targets = {"borough": size, "age and sex": total * AGE_SEX, "ethnicity": total * ETHNICITY}
    return y, cells, targets, ward, size[area] / (PSUS * PEOPLE)


def sample(weight, stratum, psu):
    design = Design(weight=weight, stratum=stratum, psu=psu)
    return Sample(modes=np.full(len(weight), "sampled"), design=design)


def simulated_survey(rng, size, level):
    y, cells, targets, ward, d = draw_respondents(rng, size, level)
    raked = samples.rake(d, cells, targets)
    ours = sample(raked.weight, cells["borough"], ward)
    projection = Projection(cells=cells, design_weight=d)
    city = estimates.means(y, ours, projection=projection)
    areas = estimates.means(y, ours, domain=cells["borough"], projection=projection)
    plain = estimates.means(y, sample(d, cells["borough"], ward))
    return city, areas, plain, float(y.mean())


def A2(replications, seed):
    """Raked mean of the city: bias and coverage; compared with design weights alone, and none."""
    rng = np.random.default_rng(seed)
    size, level, boroughs, truth = residents(rng)
    runs = [simulated_survey(rng, size, level) for _ in range(replications)]
    limits = np.array([[side[0] for side in city.interval()] for city, *_ in runs])
    bias = float(np.mean([city.value[0] for city, *_ in runs])) - truth
    held = coverage(limits[:, 0], limits[:, 1], truth)
    by_design = [one[2].interval() for one in runs]
    plain = coverage([low[0] for low, _ in by_design], [high[0] for _, high in by_design], truth)
    naive = float(np.mean([one[3] for one in runs])) - truth
    areas = np.array([side for one in runs for side in [one[1].interval()]])
    own = float(((areas[:, 0] <= boroughs) & (boroughs <= areas[:, 1])).mean())
    error = float(np.std([city.value[0] for city, *_ in runs])) / replications**0.5
    others = shares_text(design_weights=plain) + f", unweighted bias {naive:+.2f}"
    return [
        band_row("A2 city mean, raked: coverage", held, (0.925, 0.975), replications, others),
        Row(
            "A2 city mean, raked: bias",
            replications,
            "below 0.1",
            f"{bias:+.3f}",
            f"Monte Carlo error {error:.3f}",
            abs(bias) < 0.1 + (4 * error if slack(replications) else 0),
        ),
        band_row(
            "borough means, raked, t7: coverage", own, (0.925, 0.975), replications * BOROUGHS
        ),
    ]


def volunteers(replications, seed):
    """Who writes because they are unhappy: weights repair next to nothing, pooling spoils all."""
    rng = np.random.default_rng(seed)
    size, level, _, truth = residents(rng)
    found = np.array([volunteer_survey(rng, size, level) for _ in range(replications)])
    bias = found[:, :3].mean(axis=0) - truth
    held = coverage(found[:, 3], found[:, 4], truth)
    return [
        Row(
            "volunteers: not estimable",
            replications,
            "no interval is given",
            f"bias {bias[0]:+.1f}, raked {bias[1]:+.1f}",
            f"pooled with the sample {bias[2]:+.1f}, coverage {held:.2f}",
            bool(bias[1] < -5 and held < 0.5),
        )
    ]


def volunteer_survey(rng, size, level):
    y, cells, targets, _, d = draw_respondents(rng, size, level)
    chance = np.exp(-0.05 * (y - 60))
    some = rng.choice(len(y), len(y), p=chance / chance.sum())
    part = {name: cell[some] for name, cell in cells.items() if name != "borough"}
    raked = samples.rake(np.ones(len(some)), part, {name: targets[name] for name in part})
    other, _, _, _, d_too = draw_respondents(rng, size, level)
    both = np.append(other, y[some])
    pooled = estimates.means(both, sample(np.append(d_too, d[some]), None, None))
    low, high = pooled.interval()
    mean = np.average(y[some], weights=raked.weight)
    return y[some].mean(), mean, pooled.value[0], low[0], high[0]


def A7(replications, seed):
    """Shares of 60 people in 15 wards, unequal weights: Korn-Graubard and t-Wilson."""
    rng = np.random.default_rng(seed)
    rows = []
    for p in (0.03, 0.1, 0.5):
        found = simulated_shares(rng, p, replications)
        exact, score = proportions.korn_graubard(found), proportions.wilson(found)
        wald = found.interval()
        free = Means(value=found.value, se=np.sqrt(p * (1 - p) / found.n), df=found.n * 1000,
                     n=found.n, n_eff=found.n_eff)  # fmt: skip
        raw = proportions.wilson(free)
        others = shares_text(
            t_Wilson=coverage(score.low, score.high, p),
            Wald=coverage(*wald, p),
            Wilson_of_n=coverage(raw.low, raw.high, p),
        )
        held = coverage(exact.low, exact.high, p)
        rows.append(
            band_row(f"A7 Korn-Graubard, n=60, p={p:g}", held, (0.94, 1), replications, others)
        )
    return rows


def simulated_shares(rng, p, replications, *, wards=15, each=4, alike=0.15):
    """Beta-binomial wards, with every survey as a domain of its own."""
    n, a = wards * each, (1 - alike) / alike
    chance = rng.beta(p * a, (1 - p) * a, replications * wards)
    y = (rng.random(replications * n) < np.repeat(chance, each)).astype(float)
    survey = np.repeat(np.arange(replications), n)
    weight = rng.lognormal(0, 0.3, len(y))
    return estimates.means(
        y, sample(weight, survey, np.arange(len(y)) // each), domain=survey, domains=replications
    )


def alpha(replications, seed):
    """Feldt's limits of α on five-point answers of 200 people to four items."""
    rng = np.random.default_rng(seed)

    def answers(n):
        common = rng.normal(0, 1, (n, 1))
        return np.clip(np.rint(3 + 0.8 * common + rng.normal(0, 0.9, (n, 4))), 1, 5)

    truth = index.cronbach_alpha(persons.item_sums(answers(400_000))).alpha
    found = [index.cronbach_alpha(persons.item_sums(answers(200))) for _ in range(replications)]
    held = coverage([one.low for one in found], [one.high for one in found], truth)
    return [band_row("α by Feldt on Likert items: coverage", held, (0.925, 0.975), replications)]


CRITERIA = (A2, volunteers, A7, alpha)
