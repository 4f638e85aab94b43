"""The parts of a sheet that say which boroughs lie outside what chance alone allows."""

from collections.abc import Callable, Iterator

from api.figures import WITHHELD, number, whole
from api.sheet.nouns import Cell, Figure, Part, Table, said, told
from survey.editions import Edition
from survey.funnels import Funnel, Spot

NAMES = {
    "index": "Perception Index",
    "deployments": "Deployments per 10,000 residents",
    "complaints": "Complaints per 10,000 residents",
}
SIZES = {"index": "effective answers"}
MEASURES = {
    "index": "perception_index",
    "deployments": "deployment_rate",
    "complaints": "complaint_rate",
}
PLACES = {
    "above": "above 99.8 %",
    "high": "above 95 %",
    "within": "within",
    "low": "below 95 %",
    "below": "below 99.8 %",
    "withheld": WITHHELD,
}
HARD = "\N{NO-BREAK SPACE}%"
FEW = (
    "Boroughs with too few to be told are left out, so that small boroughs shown here lie high for "
    "that reason alone."
)
OUTSIDE = ("above", "high", "low", "below")


def funnels(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
    if not edition.funnels:
        return
    yield Part(
        key="funnels",
        heading="Outside what chance allows",
        words=(
            "Small boroughs vary more by chance alone, so the limits are wide on the left and "
            "narrow on the right. Outside is a reason to look, not a verdict; of 33 boroughs one "
            "or two lie outside 95\N{NO-BREAK SPACE}% when nothing is the matter.",
        ),
        measures=told("funnel_standing"),
    )
    for one in edition.funnels:
        yield of_measure(one, names)


def of_measure(one: Funnel, names: Callable[[str], str]) -> Part:
    name = NAMES.get(one.measure, one.measure.capitalize())
    wider = f" Limits are widened by φ {one.phi:.2f}: areas scatter more." if one.phi else ""
    if one.between:
        wider = " Limits allow for a true difference between boroughs."
    spots = sorted(one.spots, key=lambda spot: names(spot.domain))
    size = SIZES.get(one.measure, "residents")
    return Part(
        key=f"funnel-{one.measure}",
        heading=name,
        level=3,
        words=(sentence(one, names), *selected(one)),
        figure=Figure(
            chart=f"funnel-{one.measure}",
            title=f"{name} by {size}",
            subtitle=f"Inner lines 95 %, outer lines 99.8 % around {figure(one, one.target)}."
            f"{wider} Boroughs outside are named.",
            table=Table(
                caption=f"{name}: where each borough lies",
                head=("Borough", size.capitalize(), "Figure", "Where"),
                rows=tuple((Cell(names(spot.domain)), *cells(one, spot)) for spot in spots),
            ),
        ),
        measures=told(MEASURES.get(one.measure, "funnel_standing")),
    )


def selected(one: Funnel) -> Iterator[str]:
    """What a rate that is told only from a number of events on does to those that are told."""
    hidden = [spot.place == "withheld" for spot in one.spots]
    if one.measure != "index" and any(hidden) and not all(hidden):
        yield FEW


def cells(one: Funnel, spot: Spot) -> tuple[Cell, ...]:
    where = PLACES[spot.place].replace(" %", HARD)
    if spot.value is None or spot.size is None:
        return said(WITHHELD), said(WITHHELD), said(where)
    return Cell(whole(spot.size)), Cell(figure(one, spot.value)), said(where)


def figure(one: Funnel, value: float) -> str:
    if one.measure == "index":
        return number(value)
    return number(value, "#,##0.00", places=2)


def sentence(one: Funnel, names: Callable[[str], str]) -> str:
    """Which boroughs lie outside, in words."""
    if all(spot.place == "withheld" for spot in one.spots):
        return "No borough had enough to be told."
    found = []
    for place in OUTSIDE:
        here = sorted(names(spot.domain) for spot in one.spots if spot.place == place)
        if here:
            found.append(f"{PLACES[place]}: {', '.join(here)}")
    if not found:
        return "No borough lies outside the limits."
    words = "; ".join(found).replace(" %", HARD)
    return f"{words[:1].upper()}{words[1:]}."
