"""Which boroughs lie outside what chance allows."""

from collections.abc import Iterator
from typing import NamedTuple

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
from api.editions.windows import complaints_dates, uses_dates
from api.formatting import WITHHELD, format_dates, format_number, format_whole
from api.translating import edition_gettext as _
from api.translating import edition_ngettext as _n
from survey.editions.chapters.funnels import Funnel, FunnelPoint
from survey.editions.edition import Edition
from survey.sentences import N_


class FunnelWords(NamedTuple):
    """How a funnel is called: its heading, and the title and caption of its chart and table."""

    heading: str
    title: str
    caption: str


FUNNELS = {
    "index": FunnelWords(
        N_("Perception index"),
        N_("Perception index, by effective answers"),
        N_("Perception index: where each borough lies"),
    ),
    "deployments": FunnelWords(
        N_("Deployments per 10,000 residents"),
        N_("Deployments per 10,000 residents, by number of residents"),
        N_("Deployments per 10,000 residents: where each borough lies"),
    ),
    "complaints": FunnelWords(
        N_("Complaints per 10,000 residents"),
        N_("Complaints per 10,000 residents, by number of residents"),
        N_("Complaints per 10,000 residents: where each borough lies"),
    ),
}
SIZES = {"index": N_("Effective answers")}
RESIDENTS = N_("Residents")
MEASURES = {
    "index": "perception_index",
    "deployments": "deployment_rate",
    "complaints": "complaint_rate",
}
PLACES = {
    "above": N_("above 99.8%"),
    "high": N_("above 95%"),
    "within": N_("within"),
    "low": N_("below 95%"),
    "below": N_("below 99.8%"),
    "withheld": WITHHELD,
}
FEW = N_(
    "Boroughs with too few events to publish are left out. That alone makes the small boroughs "
    "shown here look high."
)
NO_FIGURES = {
    "index": N_("Too few answers in every borough to publish the index."),
    "deployments": N_("Too few deployments in every borough to publish rates."),
    "complaints": N_("Too few complaints in every borough to publish rates."),
}
OUTSIDE = {
    "above": N_("Above 99.8%: {boroughs}."),
    "high": N_("Above 95%: {boroughs}."),
    "low": N_("Below 95%: {boroughs}."),
    "below": N_("Below 99.8%: {boroughs}."),
}


def funnel_sections(edition: Edition) -> Iterator[ReportSection]:
    if not edition.funnels:
        return
    yield ReportSection(
        key="funnels",
        heading=_("Outside what chance allows"),
        words=(
            _(
                "Small boroughs vary more by chance alone, so the limits are wide on the left and "
                "narrow on the right. Outside the limits is a reason to look, not a verdict: of 33 "
                "boroughs, one or two lie outside 95% by chance alone."
            ),
        ),
        measures=measure_links("funnel_standing"),
    )
    for one in edition.funnels:
        yield funnel_section(one, area_namer(edition), funnel_dates(one, edition))


def funnel_dates(one: Funnel, edition: Edition) -> str:
    """The days that the figures of a funnel count."""
    if one.measure == "index":
        return format_dates(edition.index_from or edition.start, edition.end)
    return uses_dates(edition) if one.measure == "deployments" else complaints_dates(edition)


def funnel_section(one: Funnel, names: AreaNamer, dates: str) -> ReportSection:
    named = FUNNELS[one.measure]
    spots = sorted(one.spots, key=lambda spot: names(spot.domain))
    return ReportSection(
        key=f"funnel-{one.measure}",
        heading=_(named.heading),
        level=3,
        words=(" ".join(outside_sentences(one, names)), *selection_note(one)),
        figure=ReportChart(
            chart=f"funnel-{one.measure}",
            title=_(named.title),
            subtitle=f"{dates}. {limits_note(one)}",
            table=ReportTable(
                caption=_(named.caption),
                head=(_("Borough"), size_name(one), _("Figure"), _("Position")),
                rows=tuple(
                    (ReportCell(names(spot.domain)), *spot_cells(one, spot)) for spot in spots
                ),
            ),
        ),
        measures=measure_links(MEASURES[one.measure]),
    )


def size_name(one: Funnel) -> str:
    """What the size of an area is counted in."""
    return _(SIZES.get(one.measure, RESIDENTS))


def limits_note(one: Funnel) -> str:
    """What the lines of the chart are, and whether they allow for more than chance."""
    target = funnel_value(one, one.target)
    if one.between:
        return _(
            "Inner lines 95%, outer lines 99.8% around {target}. The limits allow for true "
            "differences between boroughs. Boroughs outside are named."
        ).format(target=target)
    if one.phi:
        return _(
            "Inner lines 95%, outer lines 99.8% around {target}. Boroughs differ more than "
            "chance; limits are widened (φ = {phi}). Boroughs outside are named."
        ).format(target=target, phi=f"{one.phi:.1f}")
    return _(
        "Inner lines 95%, outer lines 99.8% around {target}. Boroughs outside are named."
    ).format(target=target)


def selection_note(one: Funnel) -> Iterator[str]:
    """A note if some boroughs are left out of a rate, which makes the other small ones look
    high.
    """
    hidden = [spot.place == "withheld" for spot in one.spots]
    # Rates are withheld where they are low; an index where few answered, whatever it is.
    if one.measure != "index" and any(hidden) and not all(hidden):
        yield _(FEW)


def spot_cells(one: Funnel, spot: FunnelPoint) -> tuple[ReportCell, ...]:
    where = PLACES[spot.place]
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


def outside_sentences(one: Funnel, names: AreaNamer) -> Iterator[str]:
    """Which boroughs are outside the limits, in words."""
    if all(spot.place == "withheld" for spot in one.spots):
        yield _(NO_FIGURES[one.measure])
        return
    found = {
        place: sorted(names(spot.domain) for spot in one.spots if spot.place == place)
        for place in OUTSIDE
    }
    if not any(found.values()):
        yield _("No borough lies outside the limits.")
    for place, boroughs in found.items():
        if boroughs:
            yield _(OUTSIDE[place]).format(boroughs=", ".join(boroughs))


def funnel_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for one in edition.funnels:
        of = {"index": periods.index, "deployments": periods.uses, "complaints": periods.complaints}
        yield from rows_of_funnel(one, of[one.measure])


def rows_of_funnel(one: Funnel, period: str) -> Iterator[ExportRow]:
    table = f"funnel: {one.measure}"
    for spot in one.spots:
        key = table, period, spot.domain, "", "figure"
        yield bounded_row(key, spot.size, (spot.value, None, None), spot.place)
    for at in one.limits:
        for level, low, high in (("95%", at.low, at.high), ("99.8%", at.lowest, at.highest)):
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
    return charts.FunnelChart(
        title=_(FUNNELS[found.measure].title),
        description=" ".join(
            (
                spots_sentence(spots),
                *outside_sentences(found, names),
                _("The table has every figure."),
            )
        ),
        people=size_name(found),
        target=found.target,
        spots=spots,
        limits=tuple(
            charts.FunnelLine(one.size, one.low, one.high, one.lowest, one.highest)
            for one in found.limits
        ),
    )


def spots_sentence(spots: tuple[charts.FunnelSpot, ...]) -> str:
    """How many boroughs the chart shows."""
    return _n("{n} borough is shown.", "{n} boroughs are shown.", len(spots)).format(
        n=format_whole(len(spots))
    )
