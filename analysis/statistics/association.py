"""The verdict on the panel, its plan of looks and its sentence; the wild cluster bootstrap."""

import datetime
from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.changes import SMALLEST_OF_INTEREST, is_within_margin
from analysis.statistics.panel import (
    FEWEST_AREAS,
    Panel,
    PanelFit,
    PanelRefusal,
    UsableCells,
    demeaned_grids,
    fit_panel,
    usable_cells,
)
from analysis.statistics.sampling.variance import Floats
from survey.editions.figures import Association, AssociationVerdict
from survey.sentences import N_, Sentence, plural_sentence

# The plan of looks, fixed beforehand: a verdict in four editions a year, each at this level. With
# one at 5% every week, 28 of 100 years without any effect had an edition that said "associated".
LOOKS_A_YEAR = 4
LOOK_LEVEL = 0.01
LOOK_POWER = 0.8  # found at a look in four trials of five
MOST_CELLS = 0.5
LOWER = N_(
    "Boroughs with one more deployment per 10,000 residents had an index {effect} points lower the "
    "following week (95% interval {low} to {high}), after allowing for differences between "
    "boroughs and between weeks; association, not proof of cause."
)
HIGHER = N_(
    "Boroughs with one more deployment per 10,000 residents had an index {effect} points higher "
    "the following week (95% interval {low} to {high}), after allowing for differences between "
    "boroughs and between weeks; association, not proof of cause."
)
TOO_FEW_DEPLOYMENTS = N_(
    "This trial is too small to show a link unless it were huge: most boroughs had no deployment "
    "in most weeks. Only an effect of more than {detectable} points per deployment per 10,000 "
    "residents would usually have shown up; the estimate is {value} (95% interval {low} to {high})."
)
TOO_FEW_ANSWERS = N_(
    "This trial is too small to show a link unless it were huge: too few people answer in each "
    "borough each week. Only an effect of more than {detectable} points per deployment per 10,000 "
    "residents would usually have shown up; the estimate is {value} (95% interval {low} to {high})."
)
TOO_FEW_AREAS = N_(
    "Too few boroughs had a deployment to say whether perception changes with them; the estimate "
    "is {value} points per deployment per 10,000 residents (95% interval {low} to {high})."
)
NO_CLEAR_ANSWER = N_(
    "No clear answer: the estimate is {value} points per deployment per 10,000 residents (95% "
    "interval {low} to {high}). Neither a link nor the absence of one larger than {smallest} "
    "points is certain enough."
)
NONE_LARGER = N_(
    "No effect larger than {smallest} points per deployment per 10,000 residents in the following "
    "week: the estimate is {value} (95% interval {low} to {high}). There may be a smaller one."
)
BETWEEN_LOOKS = N_(
    "An estimate, not a verdict: {value} points in the following week per deployment per 10,000 "
    "residents (95% interval {low} to {high}). The next verdict is in the monthly report to "
    "{next_look}."
)
TIMES = 999  # 0.05 · (999 + 1) is a whole number, so the test can have exactly that level
SEED = 2_007
SIX_POINTS = np.sqrt(np.array([0.5, 1.0, 1.5])) * np.array([[1.0], [-1.0]])


def panel_association(
    panel: Panel,
    *,
    smallest: float = SMALLEST_OF_INTEREST,
    next_look: datetime.date | None = None,
) -> Association:
    """β at lag 1 with its 95% interval, the smallest detectable effect and a verdict.

    The sentence is about a weekly index of boroughs; another panel needs a sentence of its own.
    Between looks, where `next_look` is the last day of the next one, there is no verdict.

    The rule, fixed before the figures are seen, with `smallest` the smallest effect of interest
    (in the outcome's unit per deployment per 10,000):
    - associated: p is below 1%, that is, the 99% interval excludes 0, however small the effect;
    - none_larger: else, two one-sided tests at 1% exclude an effect of `smallest` or more either
      way, that is, the 98% interval lies inside -smallest to +smallest;
    - inconclusive: else, and always where nothing could be estimated, in which case `beta` is None,
      or fewer than 10 areas saw a deployment: the level holds there too, but what else happened in
      so few could look like a link.
    With four looks a year at 1%, fewer than 5 of 100 years without an effect have an edition that
    says associated. The smallest detectable effect is (t.995 + t.8)·SE: 80% power at a look,
    two-sided.
    Source: Bell & McCaffrey (2002) for the error; Schuirmann (1987) for the two one-sided tests.
    """
    # Lag 1 was fixed before any figure was seen: the best of several lags would be found by chance.
    fit = fit_panel(panel, lags=(1,))
    if isinstance(fit, PanelRefusal):
        return refused_association(fit, next_look)
    return fitted_association(fit, panel, smallest=smallest, next_look=next_look)


def fitted_association(
    fit: PanelFit, panel: Panel, *, smallest: float, next_look: datetime.date | None
) -> Association:
    """The association of a fit, with its verdict or, between looks, without one."""
    verdict = association_verdict(fit, smallest=smallest)
    low, high = limits_at(fit, 0.95)
    return Association(
        beta=float(fit.beta[0]),
        standard_error=float(fit.se[0]),
        low=low,
        high=high,
        degrees=float(fit.df[0]),
        areas=fit.areas,
        periods=fit.periods,
        events=fit.events,
        smallest_detectable=smallest_detectable(fit),
        verdict=verdict if next_look is None else "between_looks",
        sentence=verdict_sentence(fit, verdict, smallest=smallest)
        if next_look is None
        else Sentence(BETWEEN_LOOKS, **estimate_texts(fit), next_look=next_look),
        caveats=(
            *size_caveats(fit, verdict, smallest=smallest),
            *association_caveats(fit, panel),
        ),
    )


def limits_at(fit: PanelFit, level: float) -> tuple[float, float]:
    low, high = fit.interval(level)
    return float(low[0]), float(high[0])


def smallest_detectable(fit: PanelFit) -> float:
    """The smallest effect that a look finds in four trials of five: (t.995 + t.8)·SE."""
    quantiles = scipy.stats.t.ppf([1 - LOOK_LEVEL / 2, LOOK_POWER], fit.df[0])
    return float(fit.se[0] * quantiles.sum())


def refused_association(
    refusal: PanelRefusal, next_look: datetime.date | None = None
) -> Association:
    return Association(
        beta=None,
        standard_error=None,
        low=None,
        high=None,
        degrees=0,
        areas=refusal.areas,
        periods=refusal.periods,
        events=refusal.events,
        smallest_detectable=None,
        verdict="inconclusive" if next_look is None else "between_looks",
        sentence=Sentence(
            "{reason} Nothing can be said yet about perception and deployments.",
            reason=refusal.sentence,
        ),
    )


def association_verdict(
    fit: PanelFit, *, smallest: float = SMALLEST_OF_INTEREST
) -> AssociationVerdict:
    # Before the interval is looked at: a link must not rest on a handful of areas.
    if fit.exposed < FEWEST_AREAS:
        return "inconclusive"
    low, high = limits_at(fit, 1 - LOOK_LEVEL)
    if low > 0 or high < 0:
        return "associated"
    low, high = limits_at(fit, 1 - 2 * LOOK_LEVEL)
    return "none_larger" if is_within_margin(low, high, smallest) else "inconclusive"


def verdict_sentence(fit: PanelFit, verdict: AssociationVerdict, *, smallest: float) -> Sentence:
    """The verdict on a weekly index in words, with the estimate and its 95% interval."""
    texts = estimate_texts(fit)
    if verdict == "associated":
        return associated_sentence(float(fit.beta[0]), *limits_at(fit, 0.95))
    if verdict == "none_larger":
        return Sentence(NONE_LARGER, **texts, smallest=f"{smallest:g}")
    if fit.exposed < FEWEST_AREAS:
        return Sentence(TOO_FEW_AREAS, **texts)
    # What could not have been seen has to be said, or readers take it for not being there.
    detectable = smallest_detectable(fit)
    if detectable > smallest:
        # More of either would help; what most borough-weeks lack is named.
        sparse = fit.exposed_cells < MOST_CELLS
        message = TOO_FEW_DEPLOYMENTS if sparse else TOO_FEW_ANSWERS
        return Sentence(message, **texts, detectable=one_decimal(detectable))
    return Sentence(NO_CLEAR_ANSWER, **texts, smallest=f"{smallest:g}")


def estimate_texts(fit: PanelFit) -> dict[str, str]:
    """The estimate and its 95% interval, for a sentence."""
    low, high = limits_at(fit, 0.95)
    return {
        "value": one_decimal(float(fit.beta[0])),
        "low": one_decimal(low),
        "high": one_decimal(high),
    }


def one_decimal(value: float) -> str:
    """The number to one decimal, and never -0.0."""
    # From the three digits that are published: 8.4502 would be 8.5 here and 8.4 in the table.
    return f"{round(float(f'{value:.3g}'), 1) + 0.0:.1f}"


def associated_sentence(beta: float, low: float, high: float) -> Sentence:
    message = LOWER if beta < 0 else HIGHER
    nearest, furthest = sorted((abs(low), abs(high)))
    return Sentence(
        message,
        effect=effect_text(abs(beta)),
        low=effect_text(nearest),
        high=effect_text(furthest),
    )


def effect_text(value: float) -> str:
    """The number to one decimal, or to two below 1."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def size_caveats(
    fit: PanelFit, verdict: AssociationVerdict, *, smallest: float
) -> tuple[Sentence, ...]:
    """Caveats: a large estimate is probably too large, and a 95% interval is not a verdict."""
    low, high = limits_at(fit, 0.95)
    leaves_out_zero, detectable = low > 0 or high < 0, smallest_detectable(fit)
    caveats = []
    if detectable > smallest and (leaves_out_zero or abs(float(fit.beta[0])) > smallest):
        caveats.append(
            Sentence(
                "With so few data only an effect of more than {detectable} points would usually "
                "show up, so an estimate this large is probably too large.",
                detectable=one_decimal(detectable),
            )
        )
    if leaves_out_zero and verdict != "associated":
        caveats.append(
            Sentence(
                "The 95% interval leaves out 0. Because we look again and again, we say that there "
                "is a link only {looks} times a year, and only if the 99% interval leaves out 0.",
                looks=LOOKS_A_YEAR,
            )
        )
    return tuple(caveats)


def association_caveats(fit: PanelFit, panel: Panel) -> tuple[Sentence, ...]:
    caveats = [Sentence("Compared within boroughs over time: association, not proof of cause.")]
    # Less one period: the first has no deployments before it.
    possible = panel.outcome.shape[0] * max(panel.outcome.shape[1] - 1, 0)
    if fit.cells < possible:
        caveats.append(
            plural_sentence(
                "{n} of {possible} estimates was missing and left out.",
                "{n} of {possible} estimates were missing and left out.",
                n=possible - fit.cells,
                possible=possible,
            )
        )
    if fit.exposed < FEWEST_AREAS:
        caveats.append(
            Sentence(
                "There were deployments in fewer than {fewest} boroughs. What else happened in "
                "these few could look like a link, so no verdict is given.",
                fewest=FEWEST_AREAS,
            )
        )
    return tuple(caveats)


@dataclass(frozen=True, kw_only=True)
class BootstrapResult:
    """Two-sided p of β = 0, and the 95 % interval of all β that would not be rejected."""

    p: float
    low: float
    high: float
    times: int


@dataclass(frozen=True, eq=False, kw_only=True)
class BootstrapDraws:
    """β* and scores of the bootstrap, each a line in β₀: first the constant, then the slope."""

    beta: float
    statistic: float
    centre: tuple[Floats, Floats]
    scores: tuple[Floats, Floats]

    def tail(self, null: float) -> float:
        """P(|t*| ≥ |t|) when the errors are drawn as if β were `null`."""
        at = self.centre[0] - null * self.centre[1]
        score = self.scores[0] - null * self.scores[1]
        drawn = np.abs(at) / np.sqrt((score**2).sum(axis=1))
        seen = abs(self.beta - null) / self.statistic
        # A draw that equals what was seen counts, whatever its last bits are.
        return float((1 + (drawn >= seen - 1e-12).sum()) / (1 + len(drawn)))


def wild_cluster(
    panel: Panel, *, lag: int = 1, times: int = TIMES, seed: int = SEED
) -> BootstrapResult | None:
    """Bootstrap-t of β with the null imposed: y* = FE + β₀x + v_g·u, u the errors under β = β₀.

    v_g one of six points (±√½, ±1, ±√1.5) for each area, the same for all its periods; t by CR1,
    whose constant cancels. The interval is made of the β₀ with p ≥ 0.05. Reported next to CR2 where
    fewer than ten areas saw a deployment. None where `fit_panel` refuses. Areas are drawn in the
    order of their scores, so that their order in the input changes nothing.
    Source: Cameron, Gelbach & Miller (2008); Webb (2014); MacKinnon & Webb (2018).
    """
    fit = fit_panel(panel, lags=(lag,))
    if not isinstance(fit, PanelFit):
        return None
    drawn = bootstrap_draws(usable_cells(panel, (lag,)), times=times, seed=seed)
    error = float(fit.covariance[0, 0] ** 0.5)
    return BootstrapResult(
        p=drawn.tail(0.0),
        low=confidence_limit(drawn, -error),
        high=confidence_limit(drawn, error),
        times=times,
    )


def bootstrap_draws(cells: UsableCells, *, times: int, seed: int) -> BootstrapDraws:
    within, _ = demeaned_grids(np.stack([cells.exposure[0], cells.outcome]), cells.weight)
    x, y = within
    pull = cells.weight * x
    size = float((pull * x).sum())
    beta = float((pull * y).sum()) / size
    order = np.argsort((pull * (y - beta * x)).sum(axis=1), kind="stable")
    rng = np.random.default_rng(seed)
    points = rng.choice(SIX_POINTS.ravel(), size=(times, len(order)))
    sign = np.empty_like(points)
    sign[:, order] = points
    # Errors are y - β₀x: with both drawn once, no β₀ of the search needs new draws.
    parts = [redrawn_scores(sign, of, cells.weight, pull=pull, size=size, x=x) for of in (y, x)]
    seen = (pull * (y - beta * x)).sum(axis=1)
    return BootstrapDraws(
        beta=beta,
        statistic=float(np.sqrt((seen**2).sum())) / size,
        centre=(parts[0][0], parts[1][0]),
        scores=(parts[0][1], parts[1][1]),
    )


def redrawn_scores(
    sign: Floats, of: Floats, weight: Floats, *, pull: Floats, size: float, x: Floats
) -> tuple[Floats, Floats]:
    """For each draw of the bootstrap, β* - β₀ (draws), and the score of each area at β* divided by
    x'Wx (draws, areas), when the errors `of` are multiplied by the area's drawn `sign`. `pull`
    is Wx, `size` is x'Wx.
    """
    # Signs differ between areas, so the drawn errors have new period effects to remove.
    within, _ = demeaned_grids(sign[:, :, None] * of, weight)
    centre = np.einsum("at,bat->b", pull, within) / size
    score = np.einsum("at,bat->ba", pull, within) - centre[:, None] * (pull * x).sum(axis=1)
    return centre, score / size


def confidence_limit(drawn: BootstrapDraws, step: float) -> float:
    """The β₀ on one side of β where p falls below 0.05; infinite if it never does."""
    near, far = drawn.beta, drawn.beta + step
    for _ in range(40):
        if drawn.tail(far) < 0.05:
            return float(
                scipy.optimize.bisect(
                    lambda at: drawn.tail(at) - 0.05, near, far, xtol=1e-6 * abs(step)
                )
            )
        # Where few areas were exposed the limit may lie far out, or nowhere.
        near, far = far, drawn.beta + 2 * (far - drawn.beta)
    return float(np.copysign(np.inf, step))
