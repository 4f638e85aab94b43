"""Complaints as cases: four measures that are never mixed, waits, outcomes, and their gate."""

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import EVENTS, FEWEST_EVENTS, rounded_count, rounded_figure
from analysis.disclosure.gates import gated_rate
from analysis.editions.gate import open_session
from analysis.statistics import rates, suppression
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from survey.editions import Edition
from survey.editions.caseload import (
    CHANNELS,
    MEASURES,
    OF_TASER,
    OUTCOMES,
    STEPS,
    Caseload,
    CaseloadMeasures,
    CaseloadWait,
    OutcomeCounts,
    SafeCaseload,
)
from survey.editions.figures import Rate

WAIT_SHARES = {"tenth": 0.1, "median": 0.5, "ninetieth": 0.9, "waited": 0.5}
WAIT_PARTS = ("reached", "waiting", "without")
MEASURE_ORDER = (("cases", "persons"), ("persons", "complaints"), ("cases", "allegations"))
Key = tuple[str, ...]
ShownCounts = dict[Key, int | None]
PERCENTILES = {"tenth": 0.1, "median": 0.5, "ninetieth": 0.9}


@dataclass(frozen=True, eq=False, kw_only=True)
class PeriodComplaints:
    """Complaints submitted in the period, one entry each.

    `area` is the number of the borough, `channel` the position in CHANNELS, `case` the number of
    the case that the complaint now belongs to (following merges to the end, possibly into another
    period), `same` whether it was merged as submitted by the same person.
    """

    area: Ints
    channel: Ints
    case: Ints
    same: Flags


@dataclass(frozen=True, eq=False, kw_only=True)
class PeriodCases:
    """Cases of the period (complaints submitted in it that are not merged), and their allegations.

    `area` is the number of each case's borough. Cases x STEPS: `days` are days of 24 hours from
    receipt to the step, to the end of the case if it closed without the step, or else to now;
    `reached` is whether the step was taken, `ended` whether the case ended before it. One entry per
    allegation (each kind once per case, over all complaints merged into it): the position of its
    case (`of`), of its `kind` in the list of kinds, and of its `outcome` in OUTCOMES.
    """

    area: Ints
    days: Floats
    reached: Flags
    ended: Flags
    of: Ints
    kind: Ints
    outcome: Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class CaseloadPeriod:
    """What the figures cover: days, boroughs with their residents, kinds of allegations.

    `rated` is false where a rate per resident would mislead; such a borough still counts in the
    city's rate. `erased` is how many complaints of the period were erased later.
    """

    start: datetime.date
    end: datetime.date
    as_of: datetime.date
    city: str
    codes: tuple[str, ...]
    residents: Floats
    rated: Flags
    kinds: tuple[str, ...]
    erased: int


def caseload(period: CaseloadPeriod, lodged: PeriodComplaints, opened: PeriodCases) -> Caseload:
    """All figures of a period, before the gate.

    Counts are of complaints, cases, allegations or persons, waits in days, rates per 10,000
    residents. Errors: ValueError as for `rates.rate` and `rates.survival`.
    Source: Kaplan & Meier (1958).
    """
    table = np.zeros((len(period.kinds), len(OUTCOMES)), dtype=np.int64)
    np.add.at(table, (opened.kind, opened.outcome), 1)
    return Caseload(
        start=period.start,
        end=period.end,
        as_of=period.as_of,
        measures=measure_rows(period, lodged, opened),
        scatter=dispersion_by_measure(lodged, opened),
        channels=to_ints(np.bincount(lodged.channel, minlength=len(CHANNELS))),
        waits=tuple(step_wait(opened, i) for i in range(len(STEPS))),
        kinds=tuple(
            OutcomeCounts(kind=name, outcomes=to_ints(row), total=int(row.sum()))
            for name, row in zip(period.kinds, table, strict=True)
        ),
        outcomes=to_ints(table.sum(axis=0)),
        erased=period.erased,
    )


def to_ints(counts: Ints) -> tuple[int, ...]:
    return tuple(int(count) for count in counts)


def counts_by_area(lodged: PeriodComplaints, opened: PeriodCases, areas: int) -> dict[str, Ints]:
    """Each measure by borough.

    Complaints: all submitted. Cases: those not merged. Allegations: each kind once per case, in the
    borough of the case. Persons: complaints less those merged as by the same person. Hence cases ≤
    persons ≤ complaints, and allegations ≥ cases where every case has a kind.
    """
    return {
        "complaints": np.bincount(lodged.area, minlength=areas),
        "cases": np.bincount(opened.area, minlength=areas),
        "allegations": np.bincount(opened.area[opened.of], minlength=areas),
        "persons": np.bincount(lodged.area[~lodged.same], minlength=areas),
    }


def dispersion_by_measure(lodged: PeriodComplaints, opened: PeriodCases) -> dict[str, float]:
    """φ, the dispersion of each measure in the city: events of one case are not independent.

    It is given to one decimal, because a finer value would reveal how many were merged. Source:
    `rates.cluster_dispersion`.
    """
    clusters = {
        "complaints": lodged.case,
        "cases": np.arange(len(opened.area)),
        "allegations": opened.of,
        "persons": lodged.case[~lodged.same],
    }
    return {name: round(rates.cluster_dispersion(clusters[name]), 1) for name in MEASURES}


def measure_rows(
    period: CaseloadPeriod, lodged: PeriodComplaints, opened: PeriodCases
) -> tuple[CaseloadMeasures, ...]:
    """The city, then each borough: rates per 10,000 residents with 95 % limits.

    No rate where nobody lives or a rate misleads. Source: Garwood (1936).
    """
    counts, phi = (
        counts_by_area(lodged, opened, len(period.codes)),
        dispersion_by_measure(lodged, opened),
    )
    rows = [(period.city, {name: int(counts[name].sum()) for name in MEASURES})]
    rows += [
        (code, {name: int(counts[name][i]) for name in MEASURES})
        for i, code in enumerate(period.codes)
    ]
    # `rates.rate` gives no rate where nobody lives.
    lived = np.where(period.rated, period.residents, 0.0)
    people = [float(period.residents.sum()), *map(float, lived)]
    return tuple(
        CaseloadMeasures(
            domain=domain,
            **{
                name: rates.rate(domain, row[name], population=count, phi=phi[name])
                for name in MEASURES
            },
        )
        for (domain, row), count in zip(rows, people, strict=True)
    )


def step_wait(opened: PeriodCases, step: int) -> CaseloadWait:
    """Percentiles of the days from receipt to a step, over all cases.

    A case still waiting for the step is censored at its days so far, a case that ended before it
    (withdrawn unacknowledged, closed undecided) at its end. Source: `rates.quantile`.
    """
    days, reached, ended = opened.days[:, step], opened.reached[:, step], opened.ended[:, step]
    waiting = ~reached & ~ended
    percentiles = {
        name: rates.quantile(days, reached, share) for name, share in PERCENTILES.items()
    }
    return CaseloadWait(
        step=STEPS[step],
        reached=int(reached.sum()),
        waiting=int(waiting.sum()),
        without=int(ended.sum()),
        **percentiles,
        waited=float(np.median(days[waiting])) if waiting.any() else None,
        beyond=tuple(name for name in PERCENTILES if len(days) and percentiles[name] is None),
    )


@dataclass
class CaseloadFigures:
    """Counts by name (`cells`), figures as `sums` of cells, and sums that are 0 or more (`links`).

    `dear` figures, the city's four measures, are hidden last.
    """

    cells: dict[Key, int] = field(default_factory=dict)
    sums: dict[Key, list[Key]] = field(default_factory=dict)
    links: list[dict[Key, int]] = field(default_factory=list)
    dear: set[Key] = field(default_factory=set)

    def add(self, key: Key, count: int | None) -> None:
        """Add a cell that is also a figure."""
        self.cells[key] = count or 0
        self.sums[key] = [key]

    def matrix(self, rows: Sequence[dict[Key, int]]) -> Ints:
        number = {key: i for i, key in enumerate(self.cells)}
        matrix = np.zeros((len(rows), len(number)), dtype=np.int64)
        for i, row in enumerate(rows):
            for key, factor in row.items():
                matrix[i, number[key]] = factor
        return matrix


def gated_caseload(case_figures: Caseload, narrow: Collection[Key] = ()) -> SafeCaseload:
    """The caseload as anybody may read it: decisions 0005 and 0013 over all its tables together.

    Counts of 0 to 4 and the figures in `narrow` are withheld, others rounded to base 5; then more
    figures are withheld until what is published leaves each small count a range of five or more
    (`suppression.figures_to_hide`). Rates are of the published counts. A percentile is shown if
    five cases or more lie on each side of it and the count behind it is shown. Without any
    complaint there is nothing to hide. Source: Hundepool et al. (2012).
    """
    if not case_figures.measures[0].complaints.events:
        return with_hidden_counts(case_figures, small=0, beside=0)
    figures = caseload_figures(case_figures)
    small, gone = hidden_flags(figures, narrow)
    shown = {
        key: None if hide else EVENTS.cell(sum(figures.cells[cell] for cell in cells))
        for (key, cells), hide in zip(figures.sums.items(), gone, strict=True)
    }
    gated = replace(
        case_figures,
        measures=tuple(
            gated_measures(measure, shown, case_figures.scatter)
            for measure in case_figures.measures
        ),
        channels=tuple(shown["channel", name] for name in CHANNELS),
        waits=tuple(gated_wait(wait, shown) for wait in case_figures.waits),
        kinds=tuple(gated_decisions(kind, shown) for kind in case_figures.kinds),
        outcomes=tuple(shown["outcome", name] for name in OUTCOMES),
        erased=EVENTS.cell(case_figures.erased),
    )
    return with_hidden_counts(gated, small=int(small.sum()), beside=int((gone & ~small).sum()))


def months(counts: Sequence[int]) -> tuple[int | None, ...]:
    """Complaints to the city month by month, as its reviewers may see them: decision 0005.

    Months do not overlap, so that none can be worked out from others; counts of 0 to 4 are
    withheld.
    """
    return tuple(EVENTS.cell(count) for count in counts)


def with_hidden_counts(gated: Caseload, *, small: int, beside: int) -> SafeCaseload:
    fields = {name: getattr(gated, name) for name in gated.__struct_fields__}
    return SafeCaseload(**fields, small=small, beside=beside)


def caseload_file(case_figures: Caseload, earlier: Sequence[Edition]) -> SafeCaseload:
    """The caseload as a file to publish next to editions; `earlier` are editions that overlap it.

    It covers the city only: quarterly counts by borough, together with the months and weeks that
    editions give by borough, left only two possible values for some weeks (decision 0017).
    """
    (city, *areas), days = case_figures.measures, (case_figures.start, case_figures.end)
    session = open_session(city.domain, earlier)
    # The session knows what editions published: a total that it refuses is hidden here too.
    total = session.total(("complaints", city.domain), days, city.complaints.events)
    of_taser = next((row.total for row in case_figures.kinds if row.kind == OF_TASER), None)
    about = session.total(("about", city.domain), days, of_taser)
    narrow: set[Key] = {(name, area.domain) for name in MEASURES for area in areas}
    narrow |= {(name, city.domain) for name in MEASURES if total is None}
    narrow |= {("kind", OF_TASER)} if about is None else set()
    gated = gated_caseload(case_figures, narrow)
    # Boroughs took part in the gate so that no shown figure narrows one of theirs.
    return replace(gated, measures=gated.measures[:1])


def hidden_flags(figures: CaseloadFigures, narrow: Collection[Key] = ()) -> tuple[Flags, Flags]:
    """Two masks: figures that are too small or in `narrow`, and all that must be hidden."""
    sums = figures.matrix([dict.fromkeys(cells, 1) for cells in figures.sums.values()])
    links = figures.matrix(figures.links)
    cells = np.array(list(figures.cells.values()), dtype=np.int64)
    shown = [
        None if key in narrow else EVENTS.cell(int(count))
        for key, count in zip(figures.sums, sums @ cells, strict=True)
    ]
    small = np.array([figure is None for figure in shown])
    bounds = np.array([EVENTS.bounds(figure) for figure in shown])
    known = suppression.LinkedFigures(
        sums=sums,
        low=bounds[:, 0],
        high=bounds[:, 1],
        # A relation that these data break would rule out the truth, and could not be solved.
        links=links[links @ cells >= 0],
        dear=np.array([key in figures.dear for key in figures.sums]),
    )
    return small, suppression.figures_to_hide(known, cells, small)


def caseload_figures(case_figures: Caseload) -> CaseloadFigures:
    """Every count of the page, and the known relations between them."""
    figures, (city, *areas) = CaseloadFigures(), case_figures.measures
    for name in MEASURES:
        for area in areas:
            figures.add((name, area.domain), measure_rate(area, name).events)
        # The city is no cell of its own, so that its total binds the boroughs in the program.
        figures.sums[name, city.domain] = area_keys(case_figures, name)
        figures.dear.add((name, city.domain))
    for row in case_figures.kinds:
        for outcome, count in zip(OUTCOMES, row.outcomes, strict=True):
            figures.add((row.kind, outcome), count)
        figures.sums["kind", row.kind] = [(row.kind, outcome) for outcome in OUTCOMES]
    for outcome in OUTCOMES:
        figures.sums["outcome", outcome] = [(row.kind, outcome) for row in case_figures.kinds]
    for channel, count in zip(CHANNELS, case_figures.channels, strict=True):
        figures.add(("channel", channel), count)
    for step in case_figures.waits:
        for part in WAIT_PARTS:
            figures.add((step.step, part), getattr(step, part))
    figures.links = [*known_inequalities(case_figures)]
    return figures


def measure_rate(measures: CaseloadMeasures, name: str) -> Rate:
    rate: Rate = getattr(measures, name)
    return rate


def area_keys(case_figures: Caseload, measure: str) -> list[Key]:
    return [(measure, area_measure.domain) for area_measure in case_figures.measures[1:]]


def known_inequalities(case_figures: Caseload) -> Iterator[dict[Key, int]]:
    """Relations that everybody knows, each a sum of 0 or more.

    There are no more cases than persons and no more persons than complaints; each case has one kind
    of allegation or more, and no kind twice; and lists that divide up the same things have the same
    total.
    """
    for measure in case_figures.measures[1:]:
        for less, more in MEASURE_ORDER:
            yield {(less, measure.domain): -1, (more, measure.domain): 1}
        yield {
            ("allegations", measure.domain): -1,
            ("cases", measure.domain): len(case_figures.kinds),
        }
    by_kind: list[list[Key]] = [
        [(row.kind, outcome) for outcome in OUTCOMES] for row in case_figures.kinds
    ]
    cases = area_keys(case_figures, "cases")
    for keys in by_kind:
        yield no_smaller_sum(cases, keys)
    yield from equal_sums(
        area_keys(case_figures, "allegations"), [key for keys in by_kind for key in keys]
    )
    yield from equal_sums(
        area_keys(case_figures, "complaints"), [("channel", channel) for channel in CHANNELS]
    )
    for step in STEPS:
        yield from equal_sums(cases, [(step, part) for part in WAIT_PARTS])


def equal_sums(keys: Sequence[Key], other: Sequence[Key]) -> Iterator[dict[Key, int]]:
    yield no_smaller_sum(keys, other)
    yield no_smaller_sum(other, keys)


def no_smaller_sum(more: Iterable[Key], less: Iterable[Key]) -> dict[Key, int]:
    """A relation for `LinkedFigures`: the cells `more` add up to at least the cells `less`."""
    return dict.fromkeys(more, 1) | dict.fromkeys(less, -1)


def gated_measures(
    measures: CaseloadMeasures, shown: ShownCounts, scatter: dict[str, float]
) -> CaseloadMeasures:
    rates_by_measure = {
        name: gated_rate(
            measure_rate(measures, name), shown[name, measures.domain], phi=scatter[name]
        )
        for name in MEASURES
    }
    return CaseloadMeasures(domain=measures.domain, **rates_by_measure)


def gated_decisions(counts: OutcomeCounts, shown: ShownCounts) -> OutcomeCounts:
    outcomes = tuple(shown[counts.kind, outcome] for outcome in OUTCOMES)
    return OutcomeCounts(kind=counts.kind, outcomes=outcomes, total=shown["kind", counts.kind])


def gated_wait(wait: CaseloadWait, shown: ShownCounts) -> CaseloadWait:
    """The wait with the percentiles that have enough cases on each side, in tenths of a day."""
    counts = {part: getattr(wait, part) or 0 for part in WAIT_PARTS}
    base = dict.fromkeys(WAIT_SHARES, sum(counts.values())) | {"waited": counts["waiting"]}
    clear = {
        name
        for name, share in WAIT_SHARES.items()
        if min(share, 1 - share) * base[name] >= FEWEST_EVENTS
        and shown[wait.step, "waiting" if name == "waited" else "reached"] is not None
    }
    figures = {
        name: rounded_figure(getattr(wait, name), 1) if name in clear else None
        for name in WAIT_SHARES
    }
    counted = {part: shown[wait.step, part] for part in WAIT_PARTS}
    late = tuple(name for name in wait.beyond if name in clear)
    return replace(wait, **counted, **figures, beyond=late)


def safe_returns(received: int, returned: int) -> tuple[int | None, int | None]:
    """How many complained and how many of them came back with their case number, rounded to base 5.

    Both are None if fewer than five came back or fewer than five did not: the two counts would
    reveal it.
    """
    if min(returned, received - returned) < FEWEST_EVENTS:
        return None, None
    return rounded_count(received), rounded_count(returned)
