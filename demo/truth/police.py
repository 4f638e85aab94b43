"""What an edition says of deployments and complaints, and of their link, next to the truth."""

from collections.abc import Iterator

from analysis.editions.chapters.panels import FIRED
from demo.simulation import simulated_city
from demo.truth.answers import area_names
from demo.truth.figures import (
    Days,
    SaidInterval,
    Subject,
    TrueFigures,
    TruthRow,
    interval_row,
    silent_row,
    statement_row,
)
from survey.editions import Edition
from survey.editions.caseload import ComplaintRatio

DEPLOYED, LINKED = "What the police did", "Perception and deployments together"
COMPLAINED = "Complaints"
ETHNICITY = "ethnicity_officer"


def police_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    yield from rate_rows(edition, figures)
    yield from period_rows(edition, figures)
    yield from disparity_rows(edition)
    yield from association_rows(edition, figures)
    yield from complaint_rows(edition)


def rate_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """Rates of deployments and complaints, next to the rates that were planted."""
    first, last = complaint_days(edition)
    counted = edition.rates_counted
    kinds = (
        (DEPLOYED, "Deployments", edition.deployments, figures.weekly_mean,
         counted.days if counted else 0),
        (COMPLAINED, "Complaints", edition.complaints, figures.weekly_complaints,
         (last - first).days + 1),
    )  # fmt: skip
    names = area_names(edition)
    for chapter, title, rates, weekly, days in kinds:
        for rate in rates:
            where = "London" if rate.domain == edition.city else "a borough"
            name = names.get(rate.domain, rate.domain)
            about = Subject(chapter, f"rate of {title.lower()}, {where}", f"{title}, {name}")
            said = SaidInterval(rate.per_10_000, rate.low, rate.high, 2, " per 10,000")
            yield interval_row(about, said, figures.rate(weekly, rate.domain, days))


def complaint_days(edition: Edition) -> Days:
    """The days of the complaints' rates: those of the deployments, if these give a rate."""
    counted = edition.rates_counted
    if counted and counted.is_comparable:
        return counted.span
    return edition.rates_from or edition.start, edition.end


def period_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """How many deployments were expected in the period, next to how many there were."""
    now, counted = edition.this_period, edition.period_counted
    if now is None or now.low is None or now.high is None or counted is None:
        return
    about = Subject(DEPLOYED, "expected range of deployments", "Deployments expected")
    middle = (now.low + now.high) / 2
    said = SaidInterval(middle, now.low, now.high, 0)
    yield interval_row(about, said, figures.incidents(counted.span))


def disparity_rows(edition: Edition) -> Iterator[TruthRow]:
    """Ratios by ethnicity as officers saw it; nothing was planted by age and sex."""
    for disparity in edition.disparities:
        truth = planted_ratio(disparity.dimension, disparity.group, disparity.benchmark)
        if truth is not None:
            about = Subject(
                DEPLOYED,
                f"ratio of use by {disparity.benchmark}",
                f"{disparity.group.capitalize()} people, by {disparity.benchmark}",
            )
            yield interval_row(
                about,
                SaidInterval(disparity.exact.value, disparity.exact.low, disparity.exact.high, 2),
                truth,
            )
    for group in edition.fired:
        about = Subject(
            DEPLOYED,
            "share fired at of those drawn on",
            f"Fired at, {group.dimension.replace('_', ' ')}: {group.group}",
        )
        said = SaidInterval(group.share, group.low, group.high, 3)
        yield interval_row(about, said, fired_share())


def planted_ratio(dimension: str, group: str, benchmark: str) -> float | None:
    """The planted ratio of use on a group to that on White people; None if none was planted."""
    if dimension != ETHNICITY or group not in simulated_city.FORCE_RATE_RATIOS:
        return None
    used = simulated_city.FORCE_RATE_RATIOS[group]
    by = {"residents": 1.0, "stops": simulated_city.SEARCH_RATE_RATIOS[group]}
    return used / by[benchmark] if benchmark in by else None


def fired_share() -> float:
    """The chance that a device is fired in an incident; of two reports the more severe counts."""
    once = sum(share for use, share in simulated_city.TACTIC_SHARES.items() if use in FIRED)
    two = simulated_city.TWO_OFFICERS_SHARE
    return (1 - two) * once + two * (1 - (1 - once) ** 2)


def association_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The link with deployments of the week before; other weeks have none of their own."""
    found, effect = edition.association, figures.effect()
    if found is not None:
        about = Subject(LINKED, "link with deployments: interval", "Points per deployment")
        said = SaidInterval(found.beta, found.low, found.high, 1, " points")
        yield interval_row(about, said, effect)
        rows_about = Subject(LINKED, f"verdict on the link: {found.verdict}", "Verdict")
        planted = f"{effect:.2f} points per deployment per 10,000"
        if found.verdict in ("associated", "none_larger"):
            alike = (found.beta or 0.0) * effect > 0
            right = alike if found.verdict == "associated" else abs(effect) < 2
            yield statement_row(rows_about, found.sentence, planted, is_true=right)
        elif found.verdict == "inconclusive":
            yield silent_row(rows_about, found.sentence, planted)
    for lag in edition.profile.lags if edition.profile else ():
        about = Subject(LINKED, "link at another lag", f"Points, {lag.lag} weeks after")
        if lag.lag != 1:
            yield interval_row(about, SaidInterval(lag.beta, lag.low, lag.high, 1, " points"), 0.0)
    if edition.profile is not None:
        one = edition.profile.placebo
        about = Subject(LINKED, "link at another lag", "Points, in the week before")
        yield interval_row(about, SaidInterval(one.beta, one.low, one.high, 1, " points"), 0.0)


def complaint_rows(edition: Edition) -> Iterator[TruthRow]:
    """Complaints after deployments: more in the same week, none later."""
    later, same = edition.complained, edition.complained_same_week
    if later is not None and later.ratio is not None:
        low, high = widest_interval(later)
        about = Subject(COMPLAINED, "complaints of the week after: ratio", "In the week after")
        yield interval_row(about, SaidInterval(later.ratio, low, high, 2), 1.0)
    if same is not None and same.ratio is not None:
        low, high = widest_interval(same)
        about = Subject(COMPLAINED, "complaints of the same week", "In the same week")
        planted = f"{100 * simulated_city.COMPLAINTS_PER_DEPLOYMENT:g} of 100 bring a complaint"
        if low is not None and high is not None and not low <= 1 <= high:
            yield statement_row(about, same.sentence, planted, is_true=low > 1)
        else:
            yield silent_row(about, same.sentence, planted)


def widest_interval(ratio: ComplaintRatio) -> tuple[float | None, float | None]:
    """The limits of both models together."""
    lows = [one for one in (ratio.low, ratio.clustered_low) if one is not None]
    highs = [one for one in (ratio.high, ratio.clustered_high) if one is not None]
    return min(lows, default=None), max(highs, default=None)
