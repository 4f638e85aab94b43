"""Which boroughs lie outside what chance allows."""

from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import AreaNamer, area_namer
from api.editions.charts import NamedCharts
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    bounded_row,
    figure_row,
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


def funnel_sections(edition: Edition) -> Iterator[ReportSection]:
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
        yield funnel_section(one, area_namer(edition))


def funnel_section(one: Funnel, names: AreaNamer) -> ReportSection:
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
    # Rates are withheld where they are low; an index where few answered, whatever it is.
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


def outside_sentence(one: Funnel, names: AreaNamer) -> str:
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


def funnel_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for one in edition.funnels:
        yield from rows_of_funnel(one, periods.rates)


def rows_of_funnel(one: Funnel, period: str) -> Iterator[ExportRow]:
    table = f"funnel: {one.measure}"
    for spot in one.spots:
        key = table, period, spot.domain, "", "figure"
        yield bounded_row(key, spot.size, (spot.value, None, None), spot.place)
    for at in one.limits:
        for level, low, high in (("95 %", at.low, at.high), ("99.8 %", at.lowest, at.highest)):
            key = table, period, "", "", f"{level} limits"
            yield bounded_row(key, round(at.size, 1), (one.target, low, high), "limits at size n")
    if one.phi is not None:
        yield figure_row(table, period, "", "phi", one.phi)
    if one.between is not None:
        yield figure_row(table, period, "", "variance between areas", one.between)


def funnel_charts(edition: Edition) -> NamedCharts:
    for one in edition.funnels:
        if any(spot.value is not None for spot in one.spots):
            yield f"funnel-{one.measure}", funnel_chart(one, area_namer(edition))


def funnel_chart(found: Funnel, names: AreaNamer) -> charts.FunnelChart:
    spots = tuple(
        charts.FunnelSpot(names(one.domain), one.size, one.value, one.place)
        for one in found.spots
        if one.value is not None and one.size is not None
    )
    outside = sorted(one.name for one in spots if one.place != "within")
    people = SIZES.get(found.measure, "residents")
    return charts.FunnelChart(
        title=f"Funnel of the {found.measure} by {people}",
        description=(
            f"{format_whole(len(spots))} boroughs are shown, {format_whole(len(outside))} "
            f"outside the limits{': ' if outside else ''}{', '.join(outside)}. "
            "The table holds every figure."
        ),
        people=people,
        target=found.target,
        spots=spots,
        limits=tuple(
            charts.FunnelLine(one.size, one.low, one.high, one.lowest, one.highest)
            for one in found.limits
        ),
    )
