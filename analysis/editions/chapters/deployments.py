"""Deployments: the period next to the weeks before, by severity, and on whom care is due."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import (
    Days,
    PublishedCount,
    days_before,
    days_before_period,
    edition_days,
    gates,
    period_uses_days,
    rounded_cell,
    rounded_count,
    rounded_figure,
    running_days,
    uses_window,
)
from analysis.disclosure.gates import rounded_fields, treatments
from analysis.disclosure.session import CountGate
from analysis.editions.chapter import Chapter, ChapterFields, GateStep, unless_public
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import SHARES, Workings, counted_days, uses_by_area
from analysis.statistics import rates
from survey import deployments
from survey.deployments import SEVERITY, UNDER_18, DeploymentCount, Span
from survey.editions import Edition
from survey.editions.figures import NO_RATE_REASONS, CountedDays, Rate
from survey.editions.force import PeriodDeployments, VulnerableUses, WeeklyUses
from survey.sentences import N_, Sentence

FEWEST_DAYS = 28
WEEKS_SHOWN = datetime.timedelta(days=96)  # thirteen whole weeks, whatever day it ends on
OTHER_FORMS = ("warned", "ced", "not_discharged", "not_stated")
# For each kind its categories, by dimension; the first dimension published is used.
PERSON_KINDS: dict[str, dict[str, frozenset[str]]] = {
    "under_18": {"age": frozenset(group.partition(":")[2] for group in UNDER_18)},
    "over_64": {"age": frozenset({"65+"})},
    "mental": {
        "health": frozenset({"mental", "both"}),
        "impact_mental_health": frozenset({"yes"}),
    },
    "physical": {"health": frozenset({"physical", "both"})},
    "any_disability": {"health": frozenset({"mental", "physical", "both"})},
}
# By whether the count is exact, as its publisher released it.
USES = {
    False: N_("About {events} uses of a conducted energy device were recorded in {window}."),
    True: N_("{events} uses of a conducted energy device were recorded in {window}."),
}
USES_AND_RATE = {
    False: N_(
        "About {events} uses of a conducted energy device were recorded in {window}: {rate} per "
        "10,000 residents (95% interval {low} to {high})."
    ),
    True: N_(
        "{events} uses of a conducted energy device were recorded in {window}: {rate} per 10,000 "
        "residents (95% interval {low} to {high})."
    ),
}


TacticCounts = tuple[tuple[str, int | None], ...]


def compute(workings: Workings) -> ChapterFields:
    """Uses of the period, of each of the last thirteen weeks, and on people who may need care."""
    inputs = workings.inputs
    fields: Counter[str] = Counter()
    for count in deployments.counts_within(inputs.counts, inputs.start, inputs.end):
        fields[count.tactic] += count.count
    return {
        "rates_counted": workings.rates_counted,
        "period_counted": workings.period_counted,
        "as_published": workings.as_published,
        "deployments": workings.deployments,
        "tactics": tuple((form, fields[form]) for form in shown_forms(fields)),
        "this_period": period_deployments(inputs),
        "uses_by_week": tuple(uses_by_week(inputs)),
        "persons": tuple(persons_by_kind(inputs)),
    }


def period_deployments(inputs: EditionInputs) -> PeriodDeployments | None:
    """The deployments of the period; None if no span inside it was reported."""
    uses = deployments.uses_by_span(
        deployments.counts_within(inputs.counts, inputs.start, inputs.end)
    )
    # A reported span of 0 uses is in `uses`; without any span the uses are not known.
    if not uses:
        return None
    before = uses_before(inputs)
    share = SHARES[inputs.kind]["deployments"]
    (low, high), (lowest, highest) = (
        expected_range(inputs, before, deployments.days_covered(uses), level=level) or (None, None)
        for level in (0.95, 1 - share)
    )
    since, cumulative = inputs.since_pilot or (inputs.start, None)
    return PeriodDeployments(
        events=uses.total(),
        low=low,
        high=high,
        since=since,
        cumulative=cumulative,
        before=None if low is None else before.total(),
        # The running total goes no further than the figures do.
        until=max(count.end for count in inputs.counts if count.end <= inputs.end),
        elsewhere=uses.total() - uses_in_areas(inputs) if inputs.is_by_area else None,
        lowest=lowest,
        highest=highest,
    )


def uses_in_areas(inputs: EditionInputs) -> int:
    """Deployments of the period in the city's boroughs, without those elsewhere."""
    used = uses_by_area(inputs, inputs.start, inputs.end)
    return sum(used.get(code, 0) for code in inputs.codes)


def uses_before(inputs: EditionInputs) -> Counter[Span]:
    """Deployments of the 13 weeks (or three months) before the period."""
    # The days that the gate books the published total under, or it would guard another count.
    first, eve = days_before(inputs.kind, inputs.start)
    return deployments.uses_by_span(deployments.counts_within(inputs.counts, first, eve))


def expected_range(
    inputs: EditionInputs, before: Counter[Span], days: int, *, level: float
) -> tuple[float, float] | None:
    """The range, in whole deployments, that the time before the period predicts for `days` days.

    It is made from the published count, because a range from the exact one would reveal it. It
    allows for the year's overdispersion to one decimal, if eight spans or more were reported.
    """
    total = before.total() if inputs.published else rounded_count(before.total())
    if total is None or deployments.days_covered(before) < FEWEST_DAYS:
        return None
    eve = inputs.start - deployments.DAY
    year = deployments.uses_by_span(
        deployments.counts_within(inputs.counts, inputs.start - deployments.YEAR, eve)
    )
    phi = rates.overdispersion(
        np.array(list(year.values())),
        np.array([float(deployments.days_covered([span])) for span in year]),
    )
    low, high = rates.prediction_interval(
        total, deployments.days_covered(before), coming=days, phi=round(phi, 1), level=level
    )
    return float(np.floor(low)), float(np.ceil(high))


def uses_by_week(inputs: EditionInputs) -> list[WeeklyUses]:
    """Reported weeks from Monday to Sunday, earliest first; months are not split into weeks."""
    inside = deployments.counts_within(inputs.counts, inputs.end - WEEKS_SHOWN, inputs.end)
    weeks: dict[datetime.date, Counter[str]] = defaultdict(Counter)
    for count in inside:
        if deployments.is_week((count.start, count.end)):
            weeks[count.start][count.tactic] += count.count
    total: Counter[str] = Counter()
    for week in weeks.values():
        total.update(week)
    shown = shown_forms(total)
    return [
        WeeklyUses(start, tuple((form, week[form]) for form in shown))
        for start, week in sorted(weeks.items())
    ]


def shown_forms(uses: Counter[str]) -> tuple[str, ...]:
    """The forms of use to show: all seven if one of them was reported, and any other reported
    form.
    """
    # A missing row would say that its form was never used: 0 and withheld must look alike.
    severe = SEVERITY if set(uses) & set(SEVERITY) else ()
    others = (form for form in OTHER_FORMS if uses[form] or (form in uses and not severe))
    return (*severe, *others)


def persons_by_kind(inputs: EditionInputs) -> Iterator[VulnerableUses]:
    begun = inputs.end + deployments.DAY - deployments.QUARTER
    for kind, dimensions in PERSON_KINDS.items():
        for dimension, categories in dimensions.items():
            counts = deployments.device_uses(inputs.groups, dimension)
            recent = deployments.counts_within(counts, begun, inputs.end)
            if recent:
                yield VulnerableUses(
                    kind=kind,
                    period=count_in_categories(
                        deployments.counts_within(recent, inputs.start, inputs.end), categories
                    ),
                    since=min(count.start for count in recent),
                    until=max(count.end for count in recent),
                    counted=counted_days(inputs, inputs.start, inputs.end, counts),
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
    return sum(count.count for count in counts if deployments.count_category(count) in categories)


def typical_count(
    counts: Sequence[DeploymentCount], recent: Sequence[DeploymentCount], categories: frozenset[str]
) -> float | None:
    """The count of the year before `recent`, scaled to the number of days in `recent`; None if
    fewer days of that year are covered than of `recent`.
    """
    begun = min(count.start for count in recent)
    year = deployments.counts_within(counts, begun - deployments.YEAR, begun - deployments.DAY)
    before, now = days_covered(year), days_covered(recent)
    total = count_in_categories(year, categories)
    return None if total is None or before < now else total * now / before


def days_covered(counts: Sequence[DeploymentCount]) -> int:
    return deployments.days_covered((count.start, count.end) for count in counts)


def gated_deployments(step: GateStep) -> tuple[Rate, ...]:
    if step.computed.as_published:
        return tuple(map(gates.exact_rate, step.computed.deployments))
    about = ("uses",), uses_window(step.computed)
    return gates.gated_rates(step.session, step.computed.deployments, about)


def gated_tactics(step: GateStep) -> TacticCounts:
    days = period_uses_days(step.computed)
    return gated_tactic_counts(step.uses, step.computed.tactics, days, step.computed.city)


def gated_tactic_counts(
    passage: CountGate, counts: TacticCounts, days: Days, city: str
) -> TacticCounts:
    """The gated uses by tactic. They are gated as parts of a total that readers know, because some
    edition publishes it.
    """
    total = rounded_count(sum(count or 0 for _, count in counts))
    whole = PublishedCount(("uses", city), days, total)
    shown = passage.table(whole, dict(counts), (("tactic",), days))
    return tuple((tactic, shown[tactic]) for tactic, _ in counts)


def gated_weeks(step: GateStep) -> tuple[WeeklyUses, ...]:
    """The uses by week and tactic after the gate. The tactics are gated as parts of the week's
    total, because readers know that total.
    """
    return tuple(
        replace(
            week,
            tactics=gated_tactic_counts(
                step.uses, week.tactics, week_days(week), step.computed.city
            ),
        )
        for week in step.computed.uses_by_week
    )


def week_days(week: WeeklyUses) -> Days:
    return week.start, week.start + datetime.timedelta(days=6)


def gated_period(step: GateStep) -> PeriodDeployments | None:
    """The period's figures; the running total is shown for weekly editions only.

    A month's end lies days from a week's, so that both totals would reveal the days between. The
    expected range is computed from the published count before the period, and is withheld with it.
    """
    session, edition = step.uses, step.computed
    now, series = edition.this_period, ("uses", edition.city)
    if now is None:
        return None
    events = session.total(series, period_uses_days(edition), now.events)
    running = now.cumulative if edition.kind == "weekly" else None
    cumulative = session.total(series, running_days(edition), running)
    before = session.total(series, days_before_period(edition), now.before)
    if before is None:
        now = replace(now, low=None, high=None, lowest=None, highest=None)
    return replace(
        rounded_fields(now, "low high lowest highest", 0),
        events=events,
        cumulative=cumulative,
        before=before,
        elsewhere=now.elsewhere if edition.as_published else None,
    )


def gated_persons(step: GateStep) -> tuple[VulnerableUses, ...]:
    """Uses on people who may need special care; the typical value only if the window is shown."""
    session, edition = step.uses, step.computed
    named = {person.kind: person for person in edition.persons}
    # One by one, without a total: kinds overlap, and each window may begin on another day.
    window = {
        kind: session.cell(("persons", kind), window_days(uses, edition), uses.window)
        for kind, uses in named.items()
    }
    period = {
        kind: session.cell(("persons", kind), period_days(uses, edition), uses.period)
        for kind, uses in named.items()
    }
    return tuple(
        replace(
            uses,
            period=period[kind],
            window=window[kind],
            typical=gated_typical(uses.typical, exact=bool(edition.as_published))
            if window[kind]
            else None,
        )
        for kind, uses in named.items()
    )


def window_days(uses: VulnerableUses, edition: Edition) -> Days:
    return uses.since, uses.until or edition.end


def period_days(uses: VulnerableUses, edition: Edition) -> Days:
    return uses.counted.span if uses.counted else edition_days(edition)


def gated_typical(mean: float | None, *, exact: bool) -> float | None:
    """A mean of counts, rounded like a count."""
    if exact:
        return rounded_figure(mean, 0)
    rounded = None if mean is None else rounded_cell(round(mean))
    return None if rounded is None else float(rounded)


def rate_counts(edition: Edition) -> Iterator[PublishedCount]:
    total, days = ("uses", edition.city), uses_window(edition)
    for rate in edition.deployments:
        whole = None if rate.domain == edition.city else total
        yield PublishedCount(("uses", rate.domain), days, rate.events, whole=whole)


def period_counts(edition: Edition) -> Iterator[PublishedCount]:
    total, now = ("uses", edition.city), edition.this_period
    if now is not None:
        yield PublishedCount(total, period_uses_days(edition), now.events)
        yield PublishedCount(total, running_days(edition), now.cumulative)
        yield PublishedCount(total, days_before_period(edition), now.before)


def tactic_counts(edition: Edition) -> Iterator[PublishedCount]:
    total, days = ("uses", edition.city), period_uses_days(edition)
    for tactic, count in edition.tactics:
        yield PublishedCount(("tactic", tactic), days, count, whole=total)


def week_counts(edition: Edition) -> Iterator[PublishedCount]:
    total = "uses", edition.city
    for week in edition.uses_by_week:
        for tactic, count in week.tactics:
            yield PublishedCount(("tactic", tactic), week_days(week), count, whole=total)


def person_counts(edition: Edition) -> Iterator[PublishedCount]:
    for person in edition.persons:
        yield PublishedCount(("persons", person.kind), period_days(person, edition), person.period)
        yield PublishedCount(("persons", person.kind), window_days(person, edition), person.window)


def rate_window(edition: Edition) -> Sentence:
    """The days that the rates really count, in words."""
    week = N_("the 13 weeks to {end}")
    return window_in_words(edition, edition.rates_counted, week)


def window_in_words(edition: Edition, counted: CountedDays | None, week: str) -> Sentence:
    if counted and counted.days and not counted.is_whole:
        return counted_window(counted)
    message = week if edition.kind == "weekly" else N_("the month to {end}")
    return Sentence(message, end=edition.end)


def counted_window(counted: CountedDays) -> Sentence:
    """The counted days in words, where they are a part of the window."""
    first, last = counted.span
    if counted.is_unbroken:
        return Sentence(
            "the {n} days from {first} to {last}", n=counted.days, first=first, last=last
        )
    return Sentence(
        "{days} of the {of_days} days from {first} to {last}",
        days=counted.days,
        of_days=(last - first).days + 1,
        first=first,
        last=last,
    )


def no_rate_sentence(counted: CountedDays) -> Sentence:
    """Why there is no rate of deployments."""
    message = NO_RATE_REASONS[counted.no_rate]
    if counted.no_rate != "few":
        return Sentence(message)
    return Sentence(message, days=counted.days, of_days=counted.of_days, least=counted.least_days)


def whole_force_sentence(edition: Edition, counted: CountedDays) -> Sentence:
    """The period's uses of a whole force, and why there is no rate."""
    now, reason = edition.this_period, no_rate_sentence(counted)
    if now is None:
        return reason
    exact = bool(edition.as_published)
    count = deployment_count_sentence(
        now.events,
        window_in_words(edition, edition.period_counted, N_("the week to {end}")),
        exact=exact,
    )
    return Sentence("{count} {reason}", count=count, reason=reason)


def deployment_count_sentence(
    events: int | None, window: str, *, exact: bool, rate: Rate | None = None
) -> Sentence:
    """How many uses there were, with their rate where it is given and shown."""
    if events == 0:
        return Sentence(
            "No use of a conducted energy device was recorded in {window}.", window=window
        )
    if events is None:
        return Sentence(
            "Too few uses of a conducted energy device to publish were recorded in {window}.",
            window=window,
        )
    if rate is None or rate.per_10_000 is None or rate.low is None or rate.high is None:
        return Sentence(USES[exact], events=events, window=window)
    return Sentence(
        USES_AND_RATE[exact],
        events=events,
        window=window,
        rate=f"{rate.per_10_000:.2f}",
        low=f"{rate.low:.2f}",
        high=f"{rate.high:.2f}",
    )


CHAPTER = Chapter(
    name="deployments",
    compute=compute,
    gates={
        # Which days were reported, the same for every place: not a figure.
        "rates_counted": "plain",
        "period_counted": "plain",
        "as_published": "plain",
        "deployments": gated_deployments,
        "this_period": gated_period,
        "tactics": gated_tactics,
        "uses_by_week": gated_weeks,
        "persons": gated_persons,
    },
    structs={
        PeriodDeployments: treatments(
            plain="since until", gated="events low high cumulative before elsewhere lowest highest"
        ),
        WeeklyUses: treatments(plain="start", gated="tactics"),
        VulnerableUses: treatments(plain="kind since until counted", gated="period window typical"),
    },
    counts=unless_public(
        {
            "deployments": rate_counts,
            "this_period": period_counts,
            "tactics": tactic_counts,
            "uses_by_week": week_counts,
            "persons": person_counts,
        }
    ),
)
