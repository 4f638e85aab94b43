"""The gate of the report of a scrutiny panel's meeting: what anybody may read of it.

Marks of few records would point at one of them. A count of 1 to 4 is withheld and others are
rounded to five, as in editions; small strata are put together (`analysis/scrutiny/mark_tables.py`);
and the share of all records is rounded until nobody can work out a small count from it, where a
drawn record could be told from fewer than five others.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec
import scipy
from msgspec.structs import replace

from analysis.disclosure import (
    EVENTS,
    FEWEST_TO_COUNT,
    Days,
    PublishedCount,
    Series,
    rounded_base,
    rounded_figure,
)
from analysis.disclosure.session import DisclosureSession
from analysis.scrutiny.detail_tables import gated_details
from analysis.scrutiny.draw import design_size, stratum_counts
from analysis.scrutiny.mark_tables import GatedMarks, gated_marks, rounding_step
from analysis.statistics.rates import clopper_pearson
from survey.editions.scrutiny import (
    AnswerCounts,
    LeftOutRecords,
    MarkAgreement,
    MeetingDetails,
    MeetingReport,
    PanelEstimate,
    SafeMeetingReport,
    StratumMarks,
)
from survey.scrutiny import DAYS_OF_PAST, PERIODS_A_YEAR, CommunityTrigger

TAIL = 0.025
PUBLIC_METHOD = "Clopper-Pearson of the rounded share, effective size of the draw"
WAYS = ("in_time", "late", "overdue", "waiting")
DAYS_A_YEAR = 365.25


def safe_report(report: MeetingReport, session: DisclosureSession) -> SafeMeetingReport:
    """The report as anybody may read it. `session` knows what was published before.

    A report that has already passed stays as it is.
    """
    if isinstance(report, SafeMeetingReport):
        return report
    marks = gated_marks(report.strata, file_is_public=report.file_is_public)
    # The number of records from which the panel drew, next to all counts of the same days.
    if report.first is None:
        total = None
    else:
        records = sum(stratum.size or 0 for stratum in report.strata)
        total = session.total(total_series(report, session.city), record_days(report), records)
    gated = replace(
        report,
        rows=session.total(("scrutiny rows", report.meeting), record_days(report), report.rows),
        left_out=gated_left_out(session, report),
        strata=tuple(map(with_public_limits, marks.strata)),
        marks=replace(marks.total, size=total),
        estimate=gated_estimate(report, marks, total),
        agreement=gated_agreement(report.agreement),
        answers=gated_answers(
            session,
            report.answers,
            ("scrutiny answers", report.meeting),
            record_days(report),
            known=marks.total.marked,
        ),
        triggers=gated_triggers(session, report),
        details=public_details(report, marks),
    )
    return SafeMeetingReport(**{field: getattr(gated, field) for field in gated.__struct_fields__})


def public_details(report: MeetingReport, marks: GatedMarks) -> MeetingDetails | msgspec.UnsetType:
    if isinstance(report.details, msgspec.UnsetType):
        return msgspec.UNSET
    drawn = sum(stratum.drawn or 0 for stratum in report.strata)
    details = gated_details(report.details, drawn, marks)
    return replace(
        details,
        steps=tuple(
            replace(step, agreement=gated_agreement(step.agreement)) for step in details.steps
        ),
    )


def record_days(report: MeetingReport) -> Days:
    """The days of the records; the day of the meeting where these are not known."""
    return report.first or report.held_on, report.last or report.held_on


def trigger_days(report: MeetingReport) -> Days:
    return report.triggers_from or report.held_on, report.held_on


def published_counts(safe: SafeMeetingReport, city: str) -> Iterator[PublishedCount]:
    """The counts of a published report that others are compared with."""
    days = record_days(safe)
    yield PublishedCount(("scrutiny rows", safe.meeting), days, safe.rows)
    for left_out in safe.left_out:
        about = "scrutiny left out", safe.meeting, left_out.reason
        yield PublishedCount(about, days, left_out.number)
    if safe.marks is not None and safe.first is not None:
        yield PublishedCount(total_series(safe, city), days, safe.marks.size)
    if safe.triggers is not None:
        series = "scrutiny triggers", safe.panel
        yield PublishedCount((*series, "all"), trigger_days(safe), safe.triggers.asked)
        for way in WAYS:
            count = getattr(safe.triggers, way)
            yield PublishedCount((*series, way), trigger_days(safe), count, whole=(*series, "all"))


def gated_left_out(session: DisclosureSession, report: MeetingReport) -> tuple[LeftOutRecords, ...]:
    series = ("scrutiny left out", report.meeting), record_days(report)
    shown = session.table(
        None, {exclusion.reason: exclusion.number for exclusion in report.left_out}, series
    )
    return tuple(
        LeftOutRecords(exclusion.reason, shown[exclusion.reason]) for exclusion in report.left_out
    )


def total_series(report: MeetingReport, city: str) -> Series:
    """The series of the number of records from which a panel drew.

    Records of force in the whole city, or in one borough, are uses that editions count too.
    """
    where = report.areas or (city,)
    if report.kind == "force" and len(where) == 1:
        return "uses", where[0]
    return "scrutiny records", report.kind, *where


def with_public_limits(marks: StratumMarks) -> StratumMarks:
    """The stratum with limits that hold for every true value of its rounded counts."""
    if marks.drawn is None or marks.marked is None or marks.green is None or marks.together:
        return marks
    marked, green = EVENTS.bounds(marks.marked), EVENTS.bounds(marks.green)
    least, most = int(marked.low), int(marks.drawn - green.low)
    low, _ = clopper_pearson(least, marks.drawn, TAIL)
    _, high = clopper_pearson(most, marks.drawn, TAIL)
    return replace(
        marks,
        least=rounded_figure(least / marks.drawn),
        most=rounded_figure(most / marks.drawn),
        low=rounded_figure(low),
        high=rounded_figure(high),
    )


def gated_estimate(
    report: MeetingReport, marks: GatedMarks, records: int | None
) -> PanelEstimate | None:
    """The shares and limits, rounded to a step; the limits are made from shares and design alone.

    As `marked_share` with the same share in every stratum: the panel's own limits would reveal how
    strata differ.
    """
    estimate = report.estimate
    if estimate is None or estimate.least is None or estimate.most is None:
        return None
    step = rounding_step(report.strata, marks, (estimate.least, estimate.most))
    if step is None:
        return PanelEstimate(
            records=records,
            drawn=None,
            least=None,
            most=None,
            low=None,
            high=None,
        )
    least, most = step * round(estimate.least / step), step * round(estimate.most / step)
    low, high = limits_of_design(report.strata, least - step / 2, most + step / 2)
    return PanelEstimate(
        records=records,
        drawn=marks.total.drawn,
        least=rounded_figure(least),
        most=rounded_figure(most),
        # Outwards: closer limits would say how many records each stratum has.
        low=rounded_figure(step * math.floor(low / step)),
        high=rounded_figure(min(step * math.ceil(high / step), 1.0)),
        method=PUBLIC_METHOD,
        step=step,
    )


def limits_of_design(
    strata: Sequence[StratumMarks], least: float, most: float
) -> tuple[float, float]:
    """The lower limit of the share `least` and the upper limit of the share `most`, by the draw
    alone; the shares themselves where every record was drawn.
    """
    counts = stratum_counts(
        [stratum for stratum in strata if stratum.drawn], unsure_is_marked=False
    )
    least, most = max(least, 0.0), min(most, 1.0)
    if counts.whole.all():
        return least, most
    part = counts.size[~counts.whole].sum() / counts.size.sum()
    n = design_size(counts) / part**2
    return clopper_pearson(least * n, n, TAIL)[0], clopper_pearson(most * n, n, TAIL)[1]


def gated_agreement(agreement: MarkAgreement | None) -> MarkAgreement | None:
    if agreement is None:
        return None
    enough = (agreement.records or 0) >= FEWEST_TO_COUNT
    return MarkAgreement(
        records=rounded_base(agreement.records),
        alpha=rounded_figure(agreement.alpha) if enough else None,
        low=rounded_figure(agreement.low) if enough else None,
        high=rounded_figure(agreement.high) if enough else None,
    )


def gated_answers(
    session: DisclosureSession,
    answers: AnswerCounts | None,
    series: tuple[str, ...],
    days: Days,
    *,
    known: int | None,
) -> AnswerCounts | None:
    """The counts of what the force answered. `known` is how many answers were asked for, as
    published: if it is withheld or 0, no other count is shown.
    """
    if answers is None:
        return None
    if not known:
        none_asked = 0 if answers.asked == 0 and known == 0 else None
        return AnswerCounts(asked=none_asked, in_time=None, late=None, overdue=None, waiting=None)
    whole = PublishedCount((*series, "all"), days, known)
    counts = {way: getattr(answers, way) for way in WAYS}
    return AnswerCounts(asked=known, **session.table(whole, counts, (series, days)))


def gated_triggers(session: DisclosureSession, report: MeetingReport) -> AnswerCounts | None:
    """The answers that triggers asked for; how many is itself a count of complaints."""
    if report.triggers is None:
        return None
    series, days = ("scrutiny triggers", report.panel), trigger_days(report)
    asked = session.total((*series, "all"), days, report.triggers.asked)
    return gated_answers(session, report.triggers, series, days, known=asked)


def expected_a_year(trigger: CommunityTrigger, past: Sequence[int]) -> float:
    """The number of times a year that a trigger is set off where nothing changes.

    `past` the complaints of each borough in the past year. By number: Σ_b K·P(N ≥ least), K the
    periods of a year, N Poisson with the mean of borough b in a period: these would all be false
    alarms. Every other trigger is set off by each complaint: Σ past. Where complaints cluster,
    triggers are set off more often. Source: Johnson, Kemp & Kotz (2005) ch. 4.
    """
    a_year = [count * DAYS_A_YEAR / DAYS_OF_PAST for count in past]
    if trigger.kind != "number":
        return float(sum(a_year))
    periods = PERIODS_A_YEAR[trigger.period]
    return float(
        sum(
            periods * scipy.stats.poisson.sf(trigger.least - 1, complaints / periods)
            for complaints in a_year
        )
    )
