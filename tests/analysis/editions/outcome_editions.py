"""Outcome reports of full monthly editions, as if these were of other months."""

import datetime

from msgspec.structs import replace

from analysis.editions import make_outcome
from analysis.editions.chapters.outcome import OutcomeInputs, printed_of_city
from analysis.statistics import rates
from survey.deployments import month_end
from survey.editions.figures import CountedDays
from survey.editions.recommendations import Decision, LedgerRow, ready_recommendations
from tests.analysis.editions.full_editions import full_monthly_edition

BEFORE, NOW = datetime.date(2026, 8, 1), datetime.date(2026, 9, 1)
MET = Decision(status="done", reason="The group has seen it.", decided_by="Working group")


def month_report(start, complaints):
    """A full monthly report as if it were of this month, with so many complaints in the city."""
    full, end = full_monthly_edition(), month_end(start)
    days = CountedDays(start=start, end=end, first=start, last=end, days=(end - start).days + 1)
    [city] = [row for row in full.complaints if row.domain == full.city]
    exact = rates.rate(full.city, complaints, population=city.population)
    figures = {name: round(getattr(exact, name), 2) for name in ("per_10_000", "low", "high")}
    others = [row for row in full.complaints if row.domain != full.city]
    return replace(
        full,
        start=start,
        end=end,
        index_from=start,
        rates_from=start,
        rates_counted=days,
        period_counted=days,
        complaints=(replace(exact, **figures), *others),
    )


def condition(since=NOW, measures=("complaints",)):
    """A recommendation that a trial was approved on."""
    asked = ready_recommendations()[0].as_recommendation()
    return replace(asked, since=since, measures=measures, is_condition=True)


def full_outcome_edition():
    """An outcome report with everything that one can show."""
    row = LedgerRow(
        id=1,
        recommendation=condition(measures=("index", "deployments", "complaints")),
        decision=MET,
        decided_on=NOW,
    )
    reports = [month_report(BEFORE, 400), month_report(NOW, 800)]
    return make_outcome(
        OutcomeInputs(
            start=NOW,
            number=1,
            data_as_of=datetime.date(2026, 10, 1),
            conditions=[row],
            reports=[*map(printed_of_city, reports)],
        )
    )
