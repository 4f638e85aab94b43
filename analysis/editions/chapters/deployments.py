"""Deployments: the period next to the weeks before, by severity, and on whom care is due."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from analysis.disclosure import claims, tables
from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.counts import rounded_cell, rounded_count, rounded_figure
from analysis.disclosure.fields import treatments
from analysis.disclosure.session import DisclosureSession
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from analysis.statistics.rates import rates
from survey.deployments import spans
from survey.deployments.counts import SEVERITY, UNDER_18, DeploymentCount
from survey.deployments.spans import Span
from survey.editions.chapters.deployments import PeriodDeployments, VulnerableUses, WeeklyUses
from survey.editions.edition import Edition
from survey.editions.figures import Rate

FEWEST_DAYS = 28
WEEKS_SHOWN = datetime.timedelta(days=96)  # thirteen whole weeks, whatever day it ends on
OTHER_FORMS = ("ced", "not_discharged", "not_stated")
# For each kind its categories, by dimension; the first dimension published is used.
PERSON_KINDS: dict[str, dict[str, frozenset[str]]] = {
    "under_18": {"age": frozenset(one.partition(":")[2] for one in UNDER_18)},
    "over_64": {"age": frozenset({"65+"})},
    "mental": {
        "health": frozenset({"mental", "both"}),
        "impact_mental_health": frozenset({"yes"}),
    },
    "physical": {"health": frozenset({"physical", "both"})},
    "any_disability": {"health": frozenset({"mental", "physical", "both"})},
}


TacticCounts = tuple[tuple[str, int | None], ...]


def compute(workings: Workings) -> ChapterFields:
    """Uses of the period, of each of the last thirteen weeks, and on people who may need care."""
    inputs = workings.inputs
    return {
        "deployments": workings.deployments,
        "tactics": uses_by_tactic(inputs),
        "this_period": period_deployments(inputs),
        "uses_by_week": tuple(uses_by_week(inputs)),
        "persons": tuple(persons_by_kind(inputs)),
    }


def period_deployments(inputs: EditionInputs) -> PeriodDeployments | None:
    """The deployments of the period; None if no span inside it was reported."""
    found = spans.uses_by_span(spans.counts_within(inputs.counts, inputs.start, inputs.end))
    # A reported span of 0 uses is in `found`; without any span the uses are not known.
    if not found:
        return None
    before = uses_before(inputs)
    low, high = expected_range(inputs, before, spans.days_covered(found)) or (None, None)
    since, cumulative = inputs.since_pilot or (inputs.start, None)
    return PeriodDeployments(
        events=found.total(),
        low=low,
        high=high,
        since=since,
        cumulative=cumulative,
        before=None if low is None else before.total(),
    )


def uses_before(inputs: EditionInputs) -> Counter[Span]:
    """Deployments of the 13 weeks (or three months) before the period."""
    # The days that the gate books the published total under, or it would guard another count.
    first, eve = claims.days_before(inputs.kind, inputs.start)
    return spans.uses_by_span(spans.counts_within(inputs.counts, first, eve))


def expected_range(
    inputs: EditionInputs, before: Counter[Span], days: int
) -> tuple[float, float] | None:
    """The predicted range, in whole deployments, for so many days from those before the period.

    It uses the published count, because a range from the exact one would reveal it. It allows for
    the year's overdispersion to one decimal, if that was reported in eight spans or more.
    """
    total = rounded_count(before.total())
    if total is None or spans.days_covered(before) < FEWEST_DAYS:
        return None
    eve = inputs.start - spans.DAY
    year = spans.uses_by_span(spans.counts_within(inputs.counts, inputs.start - spans.YEAR, eve))
    phi = rates.overdispersion(
        np.array(list(year.values())),
        np.array([float(spans.days_covered([span])) for span in year]),
    )
    low, high = rates.prediction_interval(
        total, spans.days_covered(before), coming=days, phi=round(phi, 1)
    )
    return float(np.floor(low)), float(np.ceil(high))


def uses_by_week(inputs: EditionInputs) -> list[WeeklyUses]:
    """Reported weeks from Monday to Sunday, earliest first; months are not split into weeks."""
    inside = spans.counts_within(inputs.counts, inputs.end - WEEKS_SHOWN, inputs.end)
    weeks: dict[datetime.date, Counter[str]] = defaultdict(Counter)
    for one in inside:
        if spans.is_week((one.start, one.end)):
            weeks[one.start][one.tactic] += one.count
    total: Counter[str] = Counter()
    for week in weeks.values():
        total.update(week)
    shown = shown_forms(total)
    return [
        WeeklyUses(start, tuple((form, week[form]) for form in shown))
        for start, week in sorted(weeks.items())
    ]


def uses_by_tactic(inputs: EditionInputs) -> tuple[tuple[str, int | None], ...]:
    """Uses in the period by their most severe form, in the order of severity."""
    found: Counter[str] = Counter()
    for one in spans.counts_within(inputs.counts, inputs.start, inputs.end):
        found[one.tactic] += one.count
    return tuple((form, found[form]) for form in shown_forms(found))


def shown_forms(found: Counter[str]) -> tuple[str, ...]:
    """The forms of use to show: all seven if any of them was reported, and any other that was."""
    # A missing row would say that its form was never used: 0 and withheld must look alike.
    severe = SEVERITY if set(found) & set(SEVERITY) else ()
    others = (form for form in OTHER_FORMS if found[form] or (form in found and not severe))
    return (*severe, *others)


def persons_by_kind(inputs: EditionInputs) -> Iterator[VulnerableUses]:
    begun = inputs.end + spans.DAY - spans.QUARTER
    for kind, dimensions in PERSON_KINDS.items():
        for dimension, categories in dimensions.items():
            counts = spans.device_uses(inputs.groups, dimension)
            recent = spans.counts_within(counts, begun, inputs.end)
            if recent:
                yield VulnerableUses(
                    kind=kind,
                    period=count_in_categories(
                        spans.counts_within(recent, inputs.start, inputs.end), categories
                    ),
                    since=min(one.start for one in recent),
                    window=count_in_categories(recent, categories),
                    typical=typical_count(counts, recent, categories),
                )
                break


def count_in_categories(
    counts: Sequence[DeploymentCount], categories: frozenset[str]
) -> int | None:
    """Count of these categories; None if nothing was published."""
    if not counts:
        return None
    return sum(one.count for one in counts if spans.count_category(one) in categories)


def typical_count(
    counts: Sequence[DeploymentCount], recent: Sequence[DeploymentCount], categories: frozenset[str]
) -> float | None:
    """The count of the year before, scaled to as many days; None if that year covers fewer days."""
    begun = min(one.start for one in recent)
    year = spans.counts_within(counts, begun - spans.YEAR, begun - spans.DAY)
    before, now = days_covered(year), days_covered(recent)
    found = count_in_categories(year, categories)
    return None if found is None or before < now else found * now / before


def days_covered(counts: Sequence[DeploymentCount]) -> int:
    return spans.days_covered((one.start, one.end) for one in counts)


def gated_deployments(step: GateStep) -> tuple[Rate, ...]:
    about = ("uses",), claims.rates_window(step.found)
    return tables.gated_rates(step.session, step.found.deployments, about)


def gated_tactics(step: GateStep) -> TacticCounts:
    days = claims.edition_days(step.found)
    return gated_tactic_counts(step.session, step.found.tactics, days, step.found.city)


def gated_tactic_counts(
    passage: DisclosureSession, found: TacticCounts, days: claims.Days, city: str
) -> TacticCounts:
    """The gated uses by tactic. They are gated as parts of a total that readers know, because some
    edition publishes it.
    """
    total = rounded_count(sum(count or 0 for _, count in found))
    whole = PublishedCount(("uses", city), days, total)
    shown = passage.table(whole, dict(found), (("tactic",), days))
    return tuple((tactic, shown[tactic]) for tactic, _ in found)


def gated_weeks(step: GateStep) -> tuple[WeeklyUses, ...]:
    """The gated uses by week and tactic, as parts of each week's total, which readers know."""
    return tuple(
        msgspec.structs.replace(
            week,
            tactics=gated_tactic_counts(
                step.session, week.tactics, week_days(week), step.found.city
            ),
        )
        for week in step.found.uses_by_week
    )


def week_days(week: WeeklyUses) -> claims.Days:
    return week.start, week.start + datetime.timedelta(days=6)


def gated_period(step: GateStep) -> PeriodDeployments | None:
    """The period's figures; the running total is shown for weekly editions only.

    A month's end lies days from a week's, so that both totals would reveal the days between. The
    expected range is computed from the published count before the period, and is withheld with it.
    """
    session, edition = step.session, step.found
    now, series = edition.this_period, ("uses", edition.city)
    if now is None:
        return None
    events = session.total(series, claims.edition_days(edition), now.events)
    running = now.cumulative if edition.kind == "weekly" else None
    cumulative = session.total(series, (now.since, edition.end), running)
    before = session.total(series, claims.days_before_period(edition), now.before)
    return msgspec.structs.replace(
        now,
        events=events,
        cumulative=cumulative,
        before=before,
        low=None if before is None else rounded_figure(now.low, 0),
        high=None if before is None else rounded_figure(now.high, 0),
    )


def gated_persons(step: GateStep) -> tuple[VulnerableUses, ...]:
    """Uses on people who may need special care; the typical value only if the window is shown."""
    session, edition = step.session, step.found
    named = {one.kind: one for one in edition.persons}
    # One by one, without a total: kinds overlap, and each window may begin on another day.
    window = {
        kind: session.table(None, {kind: one.window}, (("persons",), (one.since, edition.end)))[
            kind
        ]
        for kind, one in named.items()
    }
    period = session.table(
        None,
        {kind: one.period for kind, one in named.items()},
        (("persons",), claims.edition_days(edition)),
    )
    return tuple(
        msgspec.structs.replace(
            one,
            period=period[kind],
            window=window[kind],
            typical=gated_typical(one.typical) if window[kind] else None,
        )
        for kind, one in named.items()
    )


def gated_typical(mean: float | None) -> float | None:
    """A mean of counts, rounded like a count."""
    rounded = None if mean is None else rounded_cell(round(mean))
    return None if rounded is None else float(rounded)


def published_counts(edition: Edition) -> Iterator[PublishedCount]:
    city, days = edition.city, claims.edition_days(edition)
    total = "uses", city
    for rate in edition.deployments:
        series = "uses", rate.domain
        whole = None if rate.domain == city else total
        yield PublishedCount(series, claims.rates_window(edition), rate.events, whole=whole)
    now = edition.this_period
    if now is not None:
        yield PublishedCount(total, days, now.events)
        yield PublishedCount(total, (now.since, edition.end), now.cumulative)
        yield PublishedCount(total, claims.days_before_period(edition), now.before)
    for tactic, count in edition.tactics:
        yield PublishedCount(("tactic", tactic), days, count, whole=total)
    for week in edition.uses_by_week:
        for tactic, count in week.tactics:
            yield PublishedCount(("tactic", tactic), week_days(week), count, whole=total)
    for one in edition.persons:
        yield PublishedCount(("persons", one.kind), days, one.period)
        yield PublishedCount(("persons", one.kind), (one.since, edition.end), one.window)


CHAPTER = Chapter(
    name="deployments",
    compute=compute,
    gates={
        "deployments": gated_deployments,
        "this_period": gated_period,
        "tactics": gated_tactics,
        "uses_by_week": gated_weeks,
        "persons": gated_persons,
    },
    structs={
        PeriodDeployments: treatments(plain="since", gated="events low high cumulative before"),
        WeeklyUses: treatments(plain="start", gated="tactics"),
        VulnerableUses: treatments(plain="kind since", gated="period window typical"),
    },
    counts=published_counts,
)
