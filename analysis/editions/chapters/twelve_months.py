"""The twelve months to the end of a month next to the twelve before them, by borough.

A sum over a year is one more count of its series: the gate tests it with every week, month and
quarter that was published, and with the sums of other months (decision 0027).
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from analysis import disclosure
from analysis.disclosure import EVENTS, PublishedCount, gates
from analysis.disclosure.gates import treatments
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.chapters.index import index_estimates
from analysis.editions.inputs import EditionInputs, EventCounts, PastYears, is_use, year_windows
from analysis.editions.workings import (
    Workings,
    counted_days,
    counts_by_area,
    deployment_rates,
    rates_by_area,
)
from analysis.statistics import rates
from analysis.statistics.sampling.variance import Floats, Ints
from survey import deployments
from survey.editions import Edition
from survey.editions.figures import CountedDays, Estimate, Rate, least_days
from survey.editions.force import NoChangeReason, TwelveMonths, YearCounts, YearIndex, YearRow

WEEKS_OF_YEAR = 52
Z = 1.959964
SERIES = {"deployments": "uses", "complaints": "complaints"}
Table = tuple[Ints, Floats]


def compute(workings: Workings) -> ChapterFields:
    inputs = workings.inputs
    if inputs.past is None or not (
        inputs.kind == "monthly" and (inputs.end + deployments.DAY).day == 1
    ):
        return {}
    now, before = year_windows(inputs.start, inputs.end)
    uses = year_of_deployments(inputs, now, before)
    complaints = year_of_complaints(inputs, inputs.past, uses)
    index = tuple(index_of_years(inputs, inputs.past, now, before))
    if not uses.rows and not complaints.rows and not index:
        return {}
    return {
        "twelve_months": TwelveMonths(
            start=now[0], end=now[1], before=before[0], counts=(uses, complaints), index=index
        )
    }


def year_of_deployments(
    inputs: EditionInputs, now: disclosure.Days, before: disclosure.Days
) -> YearCounts:
    counted, then = counted_days(inputs, *now), counted_days(inputs, *before)
    uses = YearCounts(measure="deployments", counted=counted, counted_before=then)
    if counted.no_rate:
        return msgspec.structs.replace(uses, no_change="short")
    earlier = () if then.no_rate else deployment_rates(inputs, then)
    rows = year_rows(deployment_rates(inputs, counted), earlier)
    phi = rates.pooled_overdispersion(
        [uses_by_area_and_span(inputs, days) for days in (now, before)]
    )
    return msgspec.structs.replace(
        uses, rows=rows, phi=round(phi, 1), no_change="" if earlier else "before"
    )


def uses_by_area_and_span(inputs: EditionInputs, days: disclosure.Days) -> Table:
    """Deployments by borough and reported span within these days, and the days of each span."""
    inside = [count for count in deployments.counts_within(inputs.counts, *days) if is_use(count)]
    column = {
        span: i for i, span in enumerate(sorted({(count.start, count.end) for count in inside}))
    }
    row = {code: i for i, code in enumerate(inputs.codes)}
    uses = np.zeros((len(row), len(column)), dtype=np.int64)
    for count in inside:
        if count.area in row:
            uses[row[count.area], column[count.start, count.end]] += count.count
    return uses, np.array([float(deployments.days_covered([span])) for span in column])


def year_of_complaints(inputs: EditionInputs, past: PastYears, uses: YearCounts) -> YearCounts:
    """Complaints over the days of the deployments shown next to them, else over all days."""
    counted, then = days_of_complaints(uses.counted), days_of_complaints(uses.counted_before)
    complaints = YearCounts(measure="complaints", counted=counted, counted_before=then)
    if past.complaints_since is None or past.complaints_since > counted.start:
        return msgspec.structs.replace(complaints, no_change="short")
    known = past.complaints_since <= then.start
    rows = year_rows(
        complaint_rates(inputs, past.complaints, counted),
        complaint_rates(inputs, past.complaints, then) if known else (),
    )
    years = (counted, then) if known else (counted,)
    phi = rates.pooled_overdispersion(
        [complaints_by_month(inputs, past.complaints, year) for year in years]
    )
    why: NoChangeReason = "" if known else "before"
    return msgspec.structs.replace(complaints, rows=rows, phi=round(phi, 1), no_change=why)


def days_of_complaints(uses: CountedDays) -> CountedDays:
    first, last = uses.span if uses.is_comparable else (uses.start, uses.end)
    days = (last - first).days + 1
    return CountedDays(start=uses.start, end=uses.end, first=first, last=last, days=days)


def complaint_rates(
    inputs: EditionInputs, events: EventCounts, counted: CountedDays
) -> tuple[Rate, ...]:
    inside = inputs.between(events.day, *counted.span)
    return rates_by_area(inputs, counts_by_area(inputs, events, inside))


def complaints_by_month(inputs: EditionInputs, events: EventCounts, counted: CountedDays) -> Table:
    """Complaints by borough and calendar month, and the days of each month."""
    first, last = counted.span
    starts = [day for day in deployments.each_day([counted.span]) if day == first or day.day == 1]
    months = list(zip(starts, [*(day - deployments.DAY for day in starts[1:]), last], strict=True))
    columns = [
        counts_by_area(inputs, events, inputs.between(events.day, *month))[1:] for month in months
    ]
    lengths = [float(deployments.days_covered([month])) for month in months]
    return np.array(columns, dtype=np.int64).T, np.array(lengths)


def year_rows(now: Sequence[Rate], before: Sequence[Rate]) -> tuple[YearRow, ...]:
    earlier = {rate.domain: rate for rate in before}
    return tuple(
        YearRow(domain=rate.domain, now=rate, before=earlier.get(rate.domain)) for rate in now
    )


def index_of_years(
    inputs: EditionInputs, past: PastYears, now: disclosure.Days, before: disclosure.Days
) -> Iterator[YearIndex]:
    """The index of the city and each borough, weighted over all answers of a year at once."""
    if not has_answers(past, now):
        return
    earlier = {}
    if has_answers(past, before):
        earlier = {estimate.domain: estimate for estimate in index_of_year(inputs, past, before[0])}
    for estimate in index_of_year(inputs, past, now[0]):
        yield YearIndex(domain=estimate.domain, now=estimate, before=earlier.get(estimate.domain))


def has_answers(past: PastYears, days: disclosure.Days) -> bool:
    """Whether people answered in enough weeks for a figure to be that of the whole year."""
    first, last = days
    inside = sum(first <= week and week + deployments.SUNDAY <= last for week in past.weeks)
    return past.sampled is not None and inside >= least_days(WEEKS_OF_YEAR)


def index_of_year(
    inputs: EditionInputs, past: PastYears, first: datetime.date
) -> tuple[Estimate, ...]:
    if past.sampled is None:
        return ()
    over_years = replace(inputs, sampled=past.sampled)
    mine = past.sampled.day == inputs.day_of(first)
    return index_estimates(inputs, perception.window_respondents(over_years, mine))


def gated_year(step: GateStep) -> TwelveMonths | None:
    year = step.computed.twelve_months
    if year is None:
        return None
    return msgspec.structs.replace(
        year,
        counts=tuple(gated_counts(step, count) for count in year.counts),
        index=gated_index(year.index),
    )


def gated_counts(step: GateStep, year: YearCounts) -> YearCounts:
    """Both years as two tables through the gate; the changes are those of the shown counts."""
    now = gated_table(step, year, [row.now for row in year.rows], year.counted)
    then = [row.before for row in year.rows if row.before is not None]
    before = gated_table(step, year, then, year.counted_before)
    exact = is_exact(step, year)
    rows = (with_change(year, row, exact=exact) for row in year_rows(now, before))
    return msgspec.structs.replace(year, rows=tuple(rows))


def is_exact(step: GateStep, year: YearCounts) -> bool:
    """Whether these counts are as their publisher released them."""
    return year.measure == "deployments" and bool(step.computed.as_published)


def gated_table(
    step: GateStep, year: YearCounts, rows: Sequence[Rate], counted: CountedDays
) -> tuple[Rate, ...]:
    if is_exact(step, year):
        return tuple(map(gates.exact_rate, rows))
    return gates.gated_rates(step.session, rows, ((SERIES[year.measure],), counted.span))


def with_change(year: YearCounts, row: YearRow, *, exact: bool) -> YearRow:
    """The row with its change, if both counts are large enough for a rate.

    The limits of rounded counts allow for the true counts furthest apart that round to them.
    """
    now, before = row.now, row.before
    if before is None or now.per_10_000 is None or before.per_10_000 is None:
        return row
    if not now.events or not before.events:
        return row
    days, days_before = float(year.counted.days), float(year.counted_before.days)

    def change(events: float, events_before: float) -> tuple[float, float, float]:
        return rates.rate_change((events, days), (events_before, days_before), phi=year.phi)

    value, low, high = change(now.events, before.events)
    if not exact:
        a, b = EVENTS.bounds(now.events), EVENTS.bounds(before.events)
        low, high = change(a.low, b.high)[1], change(a.high, b.low)[2]
    return msgspec.structs.replace(
        row, change=float(round(value)), low=float(round(low)), high=float(round(high))
    )


def gated_index(indexes: Sequence[YearIndex]) -> tuple[YearIndex, ...]:
    now = gates.gated_estimates([index.now for index in indexes])
    then = gates.gated_estimates([index.before for index in indexes if index.before is not None])
    before = {estimate.domain: estimate for estimate in then}
    return tuple(index_change(estimate, before.get(estimate.domain)) for estimate in now)


def index_change(now: Estimate, before: Estimate | None) -> YearIndex:
    """The change between two years of different people: ±1.96·√(SE₁² + SE₀²)."""
    row = YearIndex(domain=now.domain, now=now, before=before)
    if before is None or now.value is None or before.value is None:
        return row
    if now.standard_error is None or before.standard_error is None:
        return row
    change = now.value - before.value
    reach = Z * float(np.hypot(now.standard_error, before.standard_error))
    return msgspec.structs.replace(
        row,
        change=round(change, 1),
        low=round(change - reach, 1),
        high=round(change + reach, 1),
    )


def year_counts(edition: Edition) -> Iterator[PublishedCount]:
    """The counts of both years, without those of a table that its publisher has released."""
    year = edition.twelve_months
    for count in year.counts if year else ():
        if count.measure == "deployments" and edition.as_published:
            continue
        kind = SERIES[count.measure]
        for row in count.rows:
            whole = None if row.domain == edition.city else (kind, edition.city)
            for rate, counted in ((row.now, count.counted), (row.before, count.counted_before)):
                if rate is not None:
                    series = kind, row.domain
                    yield PublishedCount(series, counted.span, rate.events, whole=whole)


CHAPTER = Chapter(
    name="twelve_months",
    compute=compute,
    gates={"twelve_months": gated_year},
    structs={
        TwelveMonths: treatments(plain="start end before", gated="counts index"),
        YearCounts: treatments(
            plain="measure counted counted_before no_change", gated="rows", digits="phi"
        ),
        YearRow: treatments(plain="domain", gated="now before change low high"),
        YearIndex: treatments(plain="domain", gated="now before change low high"),
    },
    counts={"twelve_months": year_counts},
)
