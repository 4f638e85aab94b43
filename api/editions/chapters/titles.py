"""What the title of a chart says: the word of a rule, never of somebody's eye.

Where its rule has nothing to say, or it has none, a chart is named by its quantity; where the rule
speaks, the quantity is the first sentence below.
"""

from collections.abc import Callable, Mapping
from functools import partial
from statistics import NormalDist

from analysis.editions.workings import SHARES
from api.editions.areas import outside_title
from api.editions.cells import LABELS
from api.editions.chapters.history import index_before, way_of
from api.editions.report import ReportChart, ReportTable
from api.editions.rows import page_before, period_dates
from api.locales import edition_gettext as _
from api.locales import format_dates, group_name
from survey.editions import Edition
from survey.editions.perception import GroupDimension, GroupEstimate
from survey.sentences import N_

INDEX = {
    "rose": N_("The index for {city} rose, compared with {before}"),
    "fell": N_("The index for {city} fell, compared with {before}"),
    "none_larger": N_("The index for {city} is about the same, compared with {before}"),
    "unclear": N_("No clear change in the index for {city}, compared with {before}"),
}
USES = {
    "below": N_("All deployments together: fewer than expected, {dates}"),
    "within": N_("All deployments together: as expected, {dates}"),
    "above": N_("All deployments together: more than expected, {dates}"),
}
TREND = {
    "rose": N_("With the season taken out, deployments rose ({dates})"),
    "fell": N_("With the season taken out, deployments fell ({dates})"),
    "unclear": N_("With the season taken out, no clear trend in deployments ({dates})"),
}

GROUPS: dict[GroupDimension, str] = {
    "age": N_("By age"),
    "sex": N_("By sex"),
    "ethnicity": N_("By ethnicity"),
    "disability": N_("By disability"),
}
CLEAR = {
    "higher": N_("clearly higher than {city}: {groups}"),
    "lower": N_("clearly lower than {city}: {groups}"),
    "": N_("no group clearly differs from {city}"),
}


def index_title(edition: Edition) -> str:
    """The finding about the city's index."""
    before = index_before(edition)
    message = INDEX.get(before.verdict) if before else None
    return _(message).format(city=edition.city, before=page_before(edition)) if message else ""


def uses_title(edition: Edition) -> str:
    """Where the deployments of the period lie against the expected range."""
    period = edition.this_period
    if period is None or period.events is None or period.side not in USES:
        return ""
    return _(USES[period.side]).format(dates=period_dates(edition))


def trend_title(edition: Edition) -> str:
    """The trend of deployments, sure where its interval leaves out no change."""
    for trend in edition.trends:
        way = way_of(trend.low, trend.high)
        if trend.measure == "deployments" and way:
            return _(TREND[way]).format(dates=format_dates(trend.first, trend.last))
    return ""


def funnel_title(edition: Edition, measure: str) -> str:
    """How many boroughs are outside the expected range."""
    places = [
        spot.place
        for funnel in edition.funnels
        if funnel.measure == measure
        for spot in funnel.spots
    ]
    return outside_title(places)


def association_title(edition: Edition) -> str:
    """What the model concluded of deployments and the index."""
    label = _(LABELS[edition.association.verdict]) if edition.association else ""
    question = _("Do deployments and the index go together? {label}")
    return question.format(label=label) if label else ""


def groups_title(edition: Edition, dimension: GroupDimension) -> str:
    """Which groups of a dimension clearly differ from the city.

    An interval must leave out the city's figure when it is made as wide as the share of all
    findings on groups asks for, and as all groups of the edition do (Bonferroni).
    """
    city = next((row.value for row in edition.index if row.domain == edition.city), None)
    known = [group for group in edition.groups if group.measure == "index" and reach(group)]
    mine = [group for group in known if group.dimension == dimension]
    if city is None or not mine:
        return ""
    chance = SHARES["monthly"]["groups"] / len(known)
    wider = NormalDist().inv_cdf(1 - chance / 2) / NormalDist().inv_cdf(0.975)
    clear: dict[str, list[str]] = {}
    for group in mine:
        gap = (group.estimate.value or 0) - city
        if abs(gap) > wider * reach(group):
            name = group_name(dimension, group.category)
            clear.setdefault("higher" if gap > 0 else "lower", []).append(name)
    said = (
        _(CLEAR[way]).format(city=edition.city, groups=", ".join(names))
        for way, names in (clear or {"": []}).items()
    )
    return f"{_(GROUPS[dimension])}, {'; '.join(said)}"


def reach(group: GroupEstimate) -> float:
    """Half of a group's published interval; 0 if it has none."""
    low, high = group.estimate.low, group.estimate.high
    return 0.0 if low is None or high is None else (high - low) / 2


# The rules of charts; no rule is about the figures of any other chart alone.
RULES: Mapping[str, Callable[[Edition], str]] = {
    "index-series": index_title,
    "uses": uses_title,
    "months": trend_title,
    "funnel-index": lambda edition: funnel_title(edition, "index"),
    "funnel-deployments": lambda edition: funnel_title(edition, "deployments"),
    "funnel-complaints": lambda edition: funnel_title(edition, "complaints"),
    "lags": association_title,
    **{f"groups-{dimension}": partial(groups_title, dimension=dimension) for dimension in GROUPS},
}


def titled_chart(
    edition: Edition, chart: str, quantity: str, notes: str, table: ReportTable
) -> ReportChart:
    """A chart whose title is the message of its rule, with `quantity` and `notes` below."""
    message = RULES[chart](edition)
    subtitle = f"{quantity}. {notes}" if message else notes
    return ReportChart(chart=chart, title=message or quantity, subtitle=subtitle, table=table)
