"""Perception figures published by others, next to each quarter's deployments."""

import datetime
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import Days, PublishedCount, gates, quarter_days
from analysis.disclosure.gates import treatments
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields, GateStep, unless_public
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings, counted_days, uses_by_area, without_rate
from analysis.statistics import association, power, rates
from analysis.statistics.panel import Panel
from analysis.statistics.sampling import proportions
from analysis.statistics.sampling.estimates import Means
from analysis.statistics.sampling.variance import Floats
from survey.deployments import Perception
from survey.editions import Edition
from survey.editions.figures import Association, AssociationVerdict, CountedDays, Estimate, Rate
from survey.editions.perception import PerceptionComparison, PublishedPast, PublishedSeries
from survey.sentences import N_, Sentence

ASSUMED_DEFF = 1.5
MONTHS_OF_QUARTER = 3
FEWEST_QUARTERS = 2  # one is no series
PUBLISHED_ITEM = "good_job_local"
ESTIMATE = N_(
    "An estimate, not a verdict: {value} percentage points in the following quarter per "
    "deployment per 10,000 residents (95% interval {low} to {high}). Published figures cannot give "
    "a verdict."
)


def compute(workings: Workings) -> ChapterFields:
    comparisons, association = perception_with_deployments(workings.inputs, PUBLISHED_ITEM)
    return {
        "beside": tuple(comparisons),
        "published_association": association,
        "published_past": published_past(workings.inputs),
    }


def perception_with_deployments(
    inputs: EditionInputs, item: str
) -> tuple[list[PerceptionComparison], Association | None]:
    """One published item with each quarter's deployments, and the association of the two."""
    rows = [figure for figure in inputs.perceptions if figure.item == item]
    ends = sorted({row.quarter_end for row in rows})
    if not ends:
        return [], None
    used = {end: uses_by_area(inputs, quarter_start(end), end) for end in ends}
    counted = {end: counted_days(inputs, quarter_start(end), end) for end in ends}
    residents = dict(zip(inputs.codes, inputs.residents.tolist(), strict=True))
    comparisons = [
        PerceptionComparison(
            quarter_end=figure.quarter_end,
            item=figure.item,
            perception=published_estimate(figure),
            months=figure.window_months,
            deployments=quarter_rate(
                figure, used[figure.quarter_end], residents, counted[figure.quarter_end]
            ),
            counted=counted[figure.quarter_end],
        )
        for figure in sorted(rows, key=lambda row: (row.quarter_end, row.area))
    ]
    # A quarter with too few days is missing, as in the table.
    enough = {end: {} if counted[end].no_rate else uses for end, uses in used.items()}
    panel = quarterly_association(inputs, rows, enough)
    if perception.is_look(inputs.kind, inputs.end):
        return comparisons, judged_association(panel, enough, rows)
    return comparisons, estimated_association(panel, rows)


def quarter_rate(
    figure: Perception, used: dict[str, int], residents: dict[str, float], counted: CountedDays
) -> Rate | None:
    """The quarter's uses per 10,000 residents; None where no uses were reported by borough."""
    if not used or counted.no_rate == "whole" or figure.area not in residents:
        return None
    rate = rates.rate(figure.area, used.get(figure.area, 0), population=residents[figure.area])
    return without_rate(rate) if counted.no_rate else rate


def quarterly_association(
    inputs: EditionInputs, rows: list[Perception], used: dict[datetime.date, dict[str, int]]
) -> Association:
    """The panel of boroughs x quarters on published shares (0 to 100), all with one weight."""
    keep = [i for i, area in enumerate(inputs.areas) if area.per_resident]
    shape = (len(keep), len(used))
    outcome, deployments = np.full(shape, np.nan), np.full(shape, np.nan)
    share = {(row.area, row.quarter_end): 100 * row.proportion for row in rows}
    for column, (end, counts) in enumerate(sorted(used.items())):
        for row, i in enumerate(keep):
            outcome[row, column] = share.get((inputs.codes[i], end), np.nan)
            # A quarter that nobody reported stays NaN: it is missing, not without uses.
            if counts:
                deployments[row, column] = counts.get(inputs.codes[i], 0)
    return association.panel_association(
        Panel(
            outcome=outcome,
            deployments=deployments,
            population=inputs.residents[keep, None],
            weight=np.isfinite(outcome).astype(float),
        )
    )


def judged_association(
    relation: Association, used: dict[datetime.date, dict[str, int]], rows: list[Perception]
) -> Association:
    """The association, inconclusive because the windows overlap.

    The sentence says why, and what change a year apart could show.
    """
    reported, quarters = sum(bool(counts) for counts in used.values()), len(used)
    sentence = (
        Sentence(
            "Published figures cannot show whether perception changed with deployments: these were "
            "reported for {reported} of {quarters} quarters, and the published figures of "
            "neighbouring quarters share interviews.",
            reported=reported,
            quarters=quarters,
        )
        if max(row.window_months for row in rows) > MONTHS_OF_QUARTER
        else Sentence(
            "Published figures cannot show whether perception changed with deployments: these were "
            "reported for {reported} of {quarters} quarters.",
            reported=reported,
            quarters=quarters,
        )
    )
    if (change := detectable_yearly_change(rows)) is not None:
        sentence = Sentence(
            "{inconclusive} Only figures a year apart are independent: the share of one borough "
            "would have to change by more than {change} percentage points from one year to the "
            "next before that would usually show up.",
            inconclusive=sentence,
            change=f"{change:.1f}",
        )
    return with_published_caveats(relation, rows, verdict="inconclusive", sentence=sentence)


def estimated_association(relation: Association, rows: list[Perception]) -> Association:
    """The association when no look is due: the estimate alone, or why there is none."""
    sentence = relation.sentence
    if relation.beta is not None and relation.low is not None and relation.high is not None:
        sentence = Sentence(
            ESTIMATE,
            value=association.one_decimal(relation.beta),
            low=association.one_decimal(relation.low),
            high=association.one_decimal(relation.high),
        )
    return with_published_caveats(relation, rows, verdict="between_looks", sentence=sentence)


def with_published_caveats(
    relation: Association, rows: list[Perception], *, verdict: AssociationVerdict, sentence: str
) -> Association:
    """The association with this verdict and sentence, and what published figures cannot show."""
    overlap = overlap_caveats(max(row.window_months for row in rows))
    return replace(
        relation,
        verdict=verdict,
        sentence=sentence,
        caveats=(*relation.caveats, *overlap, *naive_detectability_caveat(relation)),
    )


def overlap_caveats(months: int) -> tuple[Sentence, ...]:
    """A caveat that neighbouring quarters share interviews, if a figure covers over three
    months.
    """
    if months <= MONTHS_OF_QUARTER:
        return ()
    return (
        Sentence(
            "Each published figure is based on {months} months of interviews, so two quarters in a "
            "row share {shared} of them: changes look smaller than they are, and errors are "
            "understated. Only figures {months} months apart are independent.",
            months=months,
            shared=months - MONTHS_OF_QUARTER,
        ),
    )


def naive_detectability_caveat(relation: Association) -> tuple[str, ...]:
    """The effect detectable if quarters were independent, and why the true limit is higher."""
    least = relation.smallest_detectable
    if least is None:
        return ()
    return (
        Sentence(
            "If quarters were independent, an effect of more than {least} percentage points per "
            "deployment per 10,000 residents would usually have shown up. They are not "
            "independent, so the true limit is higher; we do not know by how much.",
            least=association.one_decimal(least),
        ),
    )


def detectable_yearly_change(rows: list[Perception]) -> float | None:
    """The smallest change in a typical borough's share (0 to 100) that its base could show."""
    last = max(row.quarter_end for row in rows)
    based = [(row.proportion, row.base) for row in rows if row.base and row.quarter_end == last]
    if not based:
        return None
    share, base = (float(np.median(column)) for column in zip(*based, strict=True))
    return 100 * power.detectable_share(share, base, deff=ASSUMED_DEFF)


def published_estimate(figure: Perception) -> Estimate:
    """A published share (0 to 100) with the interval that its base allows.

    SE = √(p(1-p)·deff/n) with a design effect of 1.5, since the publisher gives none;
    Wilson limits on n/deff.
    """
    base, p = figure.base or 0, figure.proportion
    error = (p * (1 - p) * ASSUMED_DEFF / base) ** 0.5 if base else None
    low, high = (None if np.isnan(x).any() else float(x[0]) for x in limits_of_shares([figure]))
    spread = f"design effect {ASSUMED_DEFF:g} assumed, Wilson" if base else "base not published"
    return Estimate(
        domain=figure.area,
        stream="sampled",
        n=figure.base,
        effective_n=base / ASSUMED_DEFF if base else None,
        value=100 * p,
        standard_error=100 * error if error else None,
        low=low,
        high=high,
        method=f"published share over {figure.window_months} months, {spread}",
    )


def published_past(inputs: EditionInputs) -> PublishedPast | None:
    """Every published quarter of every item and area; None unless there are two quarters."""
    rows = inputs.long_past.perceptions if inputs.long_past else ()
    column = {end: i for i, end in enumerate(sorted({row.quarter_end for row in rows}))}
    if len(column) < FEWEST_QUARTERS:
        return None
    given = sorted({(row.item, row.area) for row in rows})
    line = {key: i for i, key in enumerate(given)}
    cells = np.full((3, len(line), len(column)), np.nan)
    low, high = limits_of_shares(rows)
    for i, figure in enumerate(rows):
        place = line[figure.item, figure.area], column[figure.quarter_end]
        cells[:, place[0], place[1]] = 100 * figure.proportion, low[i], high[i]
    values, lows, highs = (
        [tuple(round(x, 1) if np.isfinite(x) else None for x in row) for row in of.tolist()]
        for of in cells
    )
    return PublishedPast(
        ends=tuple(column),
        months=max(row.window_months for row in rows),
        series=tuple(
            PublishedSeries(item=item, area=area, values=values[i], low=lows[i], high=highs[i])
            for (item, area), i in line.items()
        ),
    )


def limits_of_shares(rows: Sequence[Perception]) -> tuple[Floats, Floats]:
    """The limits of `published_estimate` for many shares at once, NaN without a base."""
    p = np.array([row.proportion for row in rows])
    base = np.array([row.base or 0 for row in rows], dtype=np.float64)
    low, high = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    at = np.flatnonzero((base > 1) & (p > 0) & (p < 1))
    limits = proportions.wilson(
        Means(
            value=p[at],
            se=np.sqrt(p[at] * (1 - p[at]) * ASSUMED_DEFF / base[at]),
            df=(base[at] - 1).astype(np.int64),
            n=base[at].astype(np.int64),
            n_eff=base[at] / ASSUMED_DEFF,
        )
    )
    low[at], high[at] = 100 * limits.low, 100 * limits.high
    return low, high


def quarter_start(end: datetime.date) -> datetime.date:
    """The first day of the three months that end on this day."""
    return datetime.date(end.year, end.month - 2, 1)


def gated_perception(step: GateStep) -> tuple[PerceptionComparison, ...]:
    """Published perception as it is, with each quarter's deployments gated as one list."""
    shown: dict[datetime.date, dict[str, int | None]] = {}
    for end, days in quarters(step.computed).items():
        counts = {
            row.deployments.domain: row.deployments.events
            for row in step.computed.beside
            if row.quarter_end == end and row.deployments is not None
        }
        shown[end] = step.uses.table(None, counts, (("uses",), days))
    return tuple(
        row
        if row.deployments is None
        else replace(
            row,
            deployments=gates.exact_rate(row.deployments)
            if step.computed.as_published
            else gates.gated_rate(row.deployments, shown[row.quarter_end][row.deployments.domain]),
        )
        for row in step.computed.beside
    )


def quarters(edition: Edition) -> dict[datetime.date, Days]:
    """For each quarter, by its end, the days that its deployments were counted on."""
    return {
        row.quarter_end: row.counted.span if row.counted else quarter_days(row.quarter_end)
        for row in sorted(edition.beside, key=lambda row: row.quarter_end)
    }


def quarter_counts(edition: Edition) -> Iterator[PublishedCount]:
    total, days = ("uses", edition.city), quarters(edition)
    for row in edition.beside:
        if row.deployments is not None:
            series, events = ("uses", row.deployments.domain), row.deployments.events
            whole = None if series == total else total
            yield PublishedCount(series, days[row.quarter_end], events, whole=whole)


CHAPTER = Chapter(
    name="published",
    compute=compute,
    gates={
        "beside": gated_perception,
        "published_association": "digits",
        # Every figure of it was released by its publisher.
        "published_past": "plain",
    },
    structs={
        # `perception` is plain, because its publisher has released it (decision 0005).
        PerceptionComparison: treatments(
            plain="quarter_end item perception months counted", gated="deployments"
        ),
        PublishedPast: treatments(plain="ends months series"),
        PublishedSeries: treatments(plain="item area values low high"),
    },
    counts=unless_public({"beside": quarter_counts}),
)
