"""What is derived from gated tables: funnels, what moved, alerts on single events."""

from collections.abc import Sequence

import msgspec

from analysis.disclosure.counts import FEWEST_EVENTS, FEWEST_TEXTS, ROUNDING, rounded
from survey.alerts import Alert
from survey.changes import Moved
from survey.editions import Edition
from survey.funnels import Funnel, Limits, Spot
from survey.reports import Estimate, Rate

STEPS = {"points": 0.1, "share": 0.01, "events": float(ROUNDING), "texts": float(ROUNDING)}
FEWEST = {"events": FEWEST_EVENTS, "texts": FEWEST_TEXTS}
REPORTED = {
    "under_18": "A use on somebody under 18 was reported.",
    "death": "A death after a use was reported.",
    "serious_injury": "A serious injury after a use was reported.",
}
# Rules that read figures which may be told of a borough, and those that say something of a city.
ANYWHERE = frozenset({"index_signal", "funnel_index", "funnel_deployments", "funnel_complaints"})
OF_CITY = frozenset(
    {
        *("complaints_limit", "reading_dropped", "disparity", "new_theme", "few_answers", "burst"),
        *("feed_deployments", "feed_answers", "unraked", "unequal_weights"),
    }
)
PER = 10_000.0
Cell = Estimate | Rate


def tables(gated: Edition) -> dict[str, dict[str, Cell]]:
    """The gated tables by the name that funnels and moves know them by."""
    named: dict[str, Sequence[Cell]] = {
        "index": gated.index,
        "deployments": gated.deployments,
        "complaints": gated.complaints,
    }
    return {name: {one.domain: one for one in table} for name, table in named.items()}


def figure(one: Cell | None) -> float | None:
    if one is None:
        return None
    return one.per_10_000 if isinstance(one, Rate) else one.value


def funnel(found: Funnel, gated: Edition) -> Funnel:
    """The gated figures at their sizes; no limits around a city's figure that is not told."""
    table = tables(gated)[found.measure]
    target = figure(table.get(gated.city))
    hidden = target is None
    return msgspec.structs.replace(
        found,
        target=0.0 if target is None else target,
        spots=tuple(spot(one, None if hidden else table.get(one.domain)) for one in found.spots),
        limits=() if hidden else tuple(map(limits, found.limits)),
        phi=None if hidden else rounded(found.phi, 1),
        between=None if hidden else rounded(found.between, 1),
    )


def spot(found: Spot, one: Cell | None) -> Spot:
    value = figure(one)
    if value is None:
        size = found.size if isinstance(one, Rate) else None
        return msgspec.structs.replace(found, size=size, value=None, place="withheld")
    return msgspec.structs.replace(found, size=rounded(found.size, 0), value=value)


def limits(found: Limits) -> Limits:
    """As fine as the figures they stand around."""
    return Limits(
        size=round(found.size),
        low=round(found.low, 2),
        high=round(found.high, 2),
        lowest=round(found.lowest, 2),
        highest=round(found.highest, 2),
    )


def moved(found: Sequence[Moved], gated: Edition) -> tuple[Moved, ...]:
    """Figures that both editions tell, their parts in steps no finer than the figures."""
    known = tables(gated)
    return tuple(row for one in found if (row := move(one, known.get(table_of(one)))))


def table_of(one: Moved) -> str:
    """Rates are named by what they are of."""
    return one.figure if one.table == "rates" else one.table


def move(one: Moved, table: dict[str, Cell] | None) -> Moved | None:
    """Was and now are as they were told; what the rounding of the parts leaves is `answers`.

    Nothing moves that a gated table withholds.
    """
    beside = None if table is None else table.get(one.domain)
    if table is not None and (beside is None or beside.status == "withheld"):
        return None
    step = STEPS.get(one.unit)
    if isinstance(beside, Rate) and one.unit == "per_10_000":
        if beside.per_10_000 is None:
            return None
        step = PER * ROUNDING / beside.population
    fewest = FEWEST.get(one.unit, 0)
    if step is None or min(one.was, one.now) < fewest:
        return None
    return in_steps(one, step, beside)


def in_steps(one: Moved, step: float, beside: Cell | None) -> Moved:
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


def alerts(found: Sequence[Alert], city: str) -> tuple[Alert, ...]:
    """Those of a known rule: what a person reported of one use is told of the city only, without
    its story, and no borough is named from which nothing came."""
    return tuple(
        msgspec.structs.replace(one, domain=city, sentence=REPORTED[one.rule])
        if one.rule in REPORTED
        else one
        for one in found
        if one.rule in (REPORTED.keys() | (ANYWHERE if one.domain != city else ANYWHERE | OF_CITY))
    )
