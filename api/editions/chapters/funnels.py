"""The sections on which boroughs are outside the limits of chance."""

from collections.abc import Callable, Iterator

from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.formatting import WITHHELD, format_number, format_whole
from survey.editions.chapters.funnels import Funnel, FunnelPoint
from survey.editions.edition import Edition

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


def funnel_sections(edition: Edition, names: Callable[[str], str]) -> Iterator[ReportSection]:
    if not edition.funnels:
        return
    yield ReportSection(
        key="funnels",
        heading="Outside what chance allows",
        words=(
            "Small boroughs vary more by chance alone, so the limits are wide on the left and "
            "narrow on the right. Outside is a reason to look, not a verdict; of 33 boroughs one "
            "or two lie outside 95\N{NO-BREAK SPACE}% when nothing is the matter.",
        ),
        measures=measure_links("funnel_standing"),
    )
    for one in edition.funnels:
        yield funnel_section(one, names)


def funnel_section(one: Funnel, names: Callable[[str], str]) -> ReportSection:
    name = NAMES.get(one.measure, one.measure.capitalize())
    wider = f" Limits are widened by φ {one.phi:.2f}: areas scatter more." if one.phi else ""
    if one.between:
        wider = " Limits allow for a true difference between boroughs."
    spots = sorted(one.spots, key=lambda spot: names(spot.domain))
    size = SIZES.get(one.measure, "residents")
    return ReportSection(
        key=f"funnel-{one.measure}",
        heading=name,
        level=3,
        words=(outside_sentence(one, names), *selection_note(one)),
        figure=ReportChart(
            chart=f"funnel-{one.measure}",
            title=f"{name} by {size}",
            subtitle=f"Inner lines 95 %, outer lines 99.8 % around {funnel_value(one, one.target)}."
            f"{wider} Boroughs outside are named.",
            table=ReportTable(
                caption=f"{name}: where each borough lies",
                head=("Borough", size.capitalize(), "Figure", "Where"),
                rows=tuple(
                    (ReportCell(names(spot.domain)), *spot_cells(one, spot)) for spot in spots
                ),
            ),
        ),
        measures=measure_links(MEASURES.get(one.measure, "funnel_standing")),
    )


def selection_note(one: Funnel) -> Iterator[str]:
    """A note if some boroughs are left out of a rate, which makes the other small ones look
    high.
    """
    hidden = [spot.place == "withheld" for spot in one.spots]
    if one.measure != "index" and any(hidden) and not all(hidden):
        yield FEW


def spot_cells(one: Funnel, spot: FunnelPoint) -> tuple[ReportCell, ...]:
    where = PLACES[spot.place].replace(" %", HARD)
    if spot.value is None or spot.size is None:
        return text_cell(WITHHELD), text_cell(WITHHELD), text_cell(where)
    return (
        ReportCell(format_whole(spot.size)),
        ReportCell(funnel_value(one, spot.value)),
        text_cell(where),
    )


def funnel_value(one: Funnel, value: float) -> str:
    if one.measure == "index":
        return format_number(value)
    return format_number(value, "#,##0.00", places=2)


def outside_sentence(one: Funnel, names: Callable[[str], str]) -> str:
    """Which boroughs are outside the limits, in words."""
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
