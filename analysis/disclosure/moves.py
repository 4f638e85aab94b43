"""What is derived from gated tables: funnels, changes, and alerts on single events."""

from collections.abc import Sequence

import msgspec

from analysis.disclosure.counts import FEWEST_EVENTS, FEWEST_TEXTS, ROUNDING, rounded_figure
from survey.editions.chapters.alerts import Alert
from survey.editions.chapters.changes import ChangeDecomposition
from survey.editions.chapters.funnels import Funnel, FunnelLimits, FunnelPoint
from survey.editions.edition import Edition
from survey.editions.figures import Estimate, Rate

ROUNDING_STEPS = {"points": 0.1, "share": 0.01, "events": float(ROUNDING), "texts": float(ROUNDING)}
FEWEST_BY_UNIT = {"events": FEWEST_EVENTS, "texts": FEWEST_TEXTS}
REPORTED_SENTENCES = {
    "under_18": "A use on somebody under 18 was reported.",
    "death": "A death after a use was reported.",
    "serious_injury": "A serious injury after a use was reported.",
}
# Rules on figures that may be shown for a borough, and rules for the city only.
RULES_FOR_ANY_AREA = frozenset(
    {"index_signal", "funnel_index", "funnel_deployments", "funnel_complaints"}
)
RULES_FOR_CITY = frozenset(
    {
        *("complaints_limit", "reading_dropped", "disparity", "new_theme", "few_answers", "burst"),
        *("feed_deployments", "feed_answers", "unraked", "unequal_weights"),
    }
)
PER = 10_000.0
GatedCell = Estimate | Rate


def gated_tables(gated: Edition) -> dict[str, dict[str, GatedCell]]:
    """The gated tables by the names that funnels and changes use."""
    named: dict[str, Sequence[GatedCell]] = {
        "index": gated.index,
        "deployments": gated.deployments,
        "complaints": gated.complaints,
    }
    return {name: {one.domain: one for one in table} for name, table in named.items()}


def shown_value(one: GatedCell | None) -> float | None:
    if one is None:
        return None
    return one.per_10_000 if isinstance(one, Rate) else one.value


def gated_funnel(found: Funnel, gated: Edition) -> Funnel:
    """The gated figures at their sizes; no limits if the city's own figure is withheld."""
    table = gated_tables(gated)[found.measure]
    target = shown_value(table.get(gated.city))
    hidden = target is None
    return msgspec.structs.replace(
        found,
        target=0.0 if target is None else target,
        spots=tuple(
            gated_spot(one, None if hidden else table.get(one.domain)) for one in found.spots
        ),
        limits=() if hidden else tuple(map(rounded_limits, found.limits)),
        phi=None if hidden else rounded_figure(found.phi, 1),
        between=None if hidden else rounded_figure(found.between, 1),
    )


def gated_spot(found: FunnelPoint, one: GatedCell | None) -> FunnelPoint:
    value = shown_value(one)
    if value is None:
        size = found.size if isinstance(one, Rate) else None
        return msgspec.structs.replace(found, size=size, value=None, place="withheld")
    return msgspec.structs.replace(found, size=rounded_figure(found.size, 0), value=value)


def rounded_limits(found: FunnelLimits) -> FunnelLimits:
    """Rounded as finely as the figures within them."""
    return FunnelLimits(
        size=round(found.size),
        low=round(found.low, 2),
        high=round(found.high, 2),
        lowest=round(found.lowest, 2),
        highest=round(found.highest, 2),
    )


def gated_changes(
    found: Sequence[ChangeDecomposition], gated: Edition
) -> tuple[ChangeDecomposition, ...]:
    """Changes of figures that both editions publish, in steps no finer than the figures."""
    known = gated_tables(gated)
    return tuple(row for one in found if (row := gated_change(one, known.get(table_name(one)))))


def table_name(one: ChangeDecomposition) -> str:
    """The name of the table of a change; rates are named by what they measure."""
    return one.figure if one.table == "rates" else one.table


def gated_change(
    one: ChangeDecomposition, table: dict[str, GatedCell] | None
) -> ChangeDecomposition | None:
    """The published values before and now; what rounding leaves over goes to `answers`.

    None where the gated table withholds the figure.
    """
    beside = None if table is None else table.get(one.domain)
    if table is not None and (beside is None or beside.status == "withheld"):
        return None
    step = ROUNDING_STEPS.get(one.unit)
    if isinstance(beside, Rate) and one.unit == "per_10_000":
        if beside.per_10_000 is None:
            return None
        step = PER * ROUNDING / beside.population
    fewest = FEWEST_BY_UNIT.get(one.unit, 0)
    if step is None or min(one.was, one.now) < fewest:
        return None
    return change_in_steps(one, step, beside)


def change_in_steps(
    one: ChangeDecomposition, step: float, beside: GatedCell | None
) -> ChangeDecomposition:
    places = 2 if one.unit == "per_10_000" else 6
    was, now = (round(step * round(x / step), places) for x in (one.was, one.now))
    if isinstance(beside, Rate) and one.unit == "per_10_000" and beside.per_10_000 is not None:
        now = beside.per_10_000
    if one.answers is None:
        return msgspec.structs.replace(
            one, was=was, now=now, restated=None, recoded=None, method=None
        )
    parts = [
        None if part is None else round(step * round(part / step), places)
        for part in (one.restated, one.recoded, one.method)
    ]
    rest = round(now - was - sum(part or 0.0 for part in parts), places)
    restated, recoded, method = parts
    return msgspec.structs.replace(
        one, was=was, now=now, answers=rest, restated=restated, recoded=recoded, method=method
    )


def gated_alerts(found: Sequence[Alert], city: str) -> tuple[Alert, ...]:
    """Alerts of known rules.

    A single reported use is shown for the city only and without its story, and no borough is named
    for having sent nothing.
    """
    return tuple(
        msgspec.structs.replace(one, domain=city, sentence=REPORTED_SENTENCES[one.rule])
        if one.rule in REPORTED_SENTENCES
        else one
        for one in found
        if one.rule
        in (
            REPORTED_SENTENCES.keys()
            | (RULES_FOR_ANY_AREA if one.domain != city else RULES_FOR_ANY_AREA | RULES_FOR_CITY)
        )
    )
