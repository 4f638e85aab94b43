"""The perception index: of the city week by week, of each borough, and by a small-area model."""

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import gates, rounded_figure
from analysis.disclosure.gates import rounded_fields, treatments
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import EditionInputs
from analysis.editions.perception import Respondents
from analysis.editions.workings import Workings
from analysis.statistics.sampling import estimates
from analysis.statistics.sampling.estimates import finite_or_none
from analysis.statistics.sampling.index import fay_herriot
from analysis.statistics.sampling.variance import Floats
from survey.editions import Edition
from survey.editions.figures import Estimate
from survey.editions.perception import SeriesPoint, SmallAreaEstimate
from survey.sentences import N_, Sentence
from survey.words import in_local_words

FEWEST_AREAS = 10
SMALL_AREA_CAVEAT = N_("The small-area model draws on the answers of all boroughs.")


def compute(workings: Workings) -> ChapterFields:
    inputs, asked = workings.inputs, workings.asked
    fields: dict[str, object] = {
        "index": index_estimates(inputs, asked),
        "index_series": tuple(SeriesPoint(week.start, week.city) for week in inputs.index_weeks),
    }
    if inputs.kind == "monthly" and asked.has_panel(inputs):
        fields["small_areas"] = small_area_estimates(inputs, asked)
    return fields


def index_estimates(inputs: EditionInputs, asked: Respondents) -> tuple[Estimate, ...]:
    """The perception index of the city, then of each borough; empty where nobody was asked."""
    if not int(asked.city.n[0]):
        return ()
    return (
        *estimates.to_estimates(
            asked.city, [inputs.city], stream="sampled", method=perception.INDEX_METHOD
        ),
        *area_estimates(inputs, asked),
    )


def area_estimates(inputs: EditionInputs, asked: Respondents) -> list[Estimate]:
    return estimates.to_estimates(
        asked.by_area, inputs.codes, stream="sampled", method=in_local_words(perception.AREA_METHOD)
    )


def small_area_estimates(
    inputs: EditionInputs, asked: Respondents
) -> tuple[SmallAreaEstimate, ...]:
    """Fay-Herriot on the index of the boroughs, with pooled variances and one census covariate.

    Empty with fewer than ten boroughs that have an index and an error.
    """
    areas = asked.by_area
    usable = np.isfinite(areas.value) & (areas.se > 0)
    if usable.sum() < FEWEST_AREAS:
        return ()
    y = np.where(usable, areas.value, np.nan)
    psi = np.where(usable, areas.se**2, np.inf)
    fit = fay_herriot(y, psi, covariates(inputs))
    direct = area_estimates(inputs, asked)
    low, high = fit.interval()
    return tuple(
        SmallAreaEstimate(
            domain=code,
            direct=direct[i],
            value=finite_or_none(fit.value[i]),
            low=finite_or_none(low[i]),
            high=finite_or_none(high[i]),
            own=float(fit.gamma[i]),
        )
        for i, code in enumerate(inputs.codes)
    )


def covariates(inputs: EditionInputs) -> Floats:
    """A column of ones and the centred share of residents below 16, where the census gives it."""
    ones = np.ones(len(inputs.areas))
    adults = inputs.targets.get("area", np.zeros(0))
    if len(adults) != len(ones) or not (inputs.residents > 0).all():
        return ones[:, None]
    # From the census, never deployments: the result is compared with these.
    young = 1 - adults / inputs.residents
    away = young - young.mean()
    # A constant would repeat the column of ones, and the model would have no solution.
    if not away.std() > 1e-9:
        return ones[:, None]
    return np.column_stack([ones, away / away.std()])


def small_area_caveats(safe: Edition) -> tuple[str, ...]:
    return (Sentence(SMALL_AREA_CAVEAT),) if safe.small_areas else ()


def gated_index(step: GateStep) -> tuple[Estimate, ...]:
    weighed = gates.has_usable_weights(step.computed.weighting)
    return gates.gated_estimates(step.computed.index, weighed=weighed)


def gated_series(step: GateStep) -> tuple[SeriesPoint, ...]:
    return tuple(
        replace(point, estimate=gates.gated_estimate(point.estimate))
        for point in step.computed.index_series
    )


def gated_small_areas(step: GateStep) -> tuple[SmallAreaEstimate, ...]:
    """The gated estimates. A hidden direct estimate could be worked out from the model's estimate
    and γ, so all three are withheld together.
    """
    index = {estimate.domain: estimate for estimate in step.gated.index}
    rows = []
    for area in step.computed.small_areas:
        direct = gates.gated_estimate(area.direct)
        if "withheld" in (direct.status, index.get(area.domain, direct).status):
            rows.append(hidden_small_area(area))
        else:
            rows.append(
                replace(
                    rounded_fields(area, "value low high", 1),
                    direct=direct,
                    own=rounded_figure(area.own),
                )
            )
    return tuple(rows)


def hidden_small_area(estimate: SmallAreaEstimate) -> SmallAreaEstimate:
    direct = gates.hidden_estimate(estimate.direct)
    return replace(estimate, direct=direct, value=None, low=None, high=None, own=None)


CHAPTER = Chapter(
    name="index",
    compute=compute,
    gates={
        "index": gated_index,
        "index_series": gated_series,
        "small_areas": gated_small_areas,
    },
    structs={
        SeriesPoint: treatments(plain="start", gated="estimate"),
        SmallAreaEstimate: treatments(plain="domain", gated="direct value low high own"),
    },
)
