"""Which boroughs lie outside limits around the city's figure."""

from collections.abc import Iterator, Mapping

from api.editions import charts
from api.editions.areas import ZONES, few_by_chance, outside_title
from api.editions.cells import LEVEL, AreaNamer, area_namer, rate_limits
from api.editions.chapters.titles import titled_chart
from api.editions.charts import NamedCharts
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    bounded_row,
    complaints_dates,
    figure_row,
    index_dates,
    uses_dates,
)
from api.locales import WITHHELD, format_number, format_range, format_whole
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from survey.editions import Edition
from survey.editions.figures import Estimate, Rate
from survey.editions.force import Funnel, FunnelLimits, FunnelPoint
from survey.sentences import N_

Intervals = Mapping[str, Estimate | Rate]


NAMES = {
    "index": N_("Perception index"),
    "deployments": N_("Deployments per 10,000 residents"),
    "complaints": N_("Complaints per 10,000 residents"),
}
SIZES = {"index": N_("Effective answers")}
RESIDENTS = N_("Residents")
MEASURES = {
    "index": "perception_index",
    "deployments": "deployment_rate",
    "complaints": "complaint_rate",
}
# Rates are withheld where they are low; an index where few answered, whatever it is.
FEW = N_("Withheld: {n} of {all}, mostly for small numbers: small boroughs shown look high.")
FEW_ANSWERED = N_("Withheld: {n} of {all}, because too few people answered.")
NO_INDEX = N_("No borough's index can be published: too few people answered.")
NO_RATE = N_(
    "No borough's rate can be published: the numbers are too small, or would give away how small "
    "others were."
)
OUTSIDE = {
    "above": N_("Far above the expected range: {boroughs}."),
    "high": N_("Above the expected range: {boroughs}."),
    "low": N_("Below the expected range: {boroughs}."),
    "below": N_("Far below the expected range: {boroughs}."),
}


def funnel_sections(edition: Edition) -> Iterator[ReportSection]:
    if not edition.funnels:
        return
    yield ReportSection(
        key="funnels",
        heading=_("Which boroughs stand out"),
        words=(
            _(
                "We expect most boroughs to be near the figure for {city}. One that is not unusual "
                "is within the expected range 19 times in 20. Being outside is a reason to look, "
                "not a verdict."
            ).format(city=edition.city),
        ),
        for_statisticians=ForStatisticians(
            words=(
                _(
                    "The expected range are the 95% limits around the city's figure. Far above and "
                    "far below are outside the 99.8% limits."
                ),
            )
        ),
        measures=measure_links("funnel_standing"),
    )
    for funnel in edition.funnels:
        yield funnel_section(edition, funnel)


def funnel_dates(funnel: Funnel, edition: Edition) -> str:
    """The days that the figures of a funnel count."""
    if funnel.measure == "index":
        return index_dates(edition)
    return uses_dates(edition) if funnel.measure == "deployments" else complaints_dates(edition)


def funnel_section(edition: Edition, funnel: Funnel) -> ReportSection:
    named, names = _(NAMES[funnel.measure]), area_namer(edition)
    beside = own_intervals(edition, funnel)
    spots = sorted(funnel.spots, key=lambda spot: names(spot.domain))
    return ReportSection(
        key=f"funnel-{funnel.measure}",
        heading=named,
        level=3,
        period=funnel_dates(funnel, edition),
        words=(" ".join(outside_sentences(funnel, names)),),
        for_statisticians=ForStatisticians(
            words=(*spread_sentences(funnel), *rounding_sentence(funnel))
        ),
        figure=titled_chart(
            edition,
            f"funnel-{funnel.measure}",
            ordered_title(funnel),
            " ".join((f"{funnel_dates(funnel, edition)}.", *chart_notes(funnel))),
            ReportTable(
                caption=_("{name}: where each borough lies").format(name=named),
                head=(
                    _("Borough"),
                    size_name(funnel),
                    f"{_('Figure')} ({_(LEVEL)})",
                    _("Against the expected range"),
                ),
                rows=tuple(
                    (
                        ReportCell(names(spot.domain)),
                        *spot_cells(funnel, spot, beside.get(spot.domain)),
                    )
                    for spot in spots
                ),
            ),
        )
        if any(spot.place != "withheld" for spot in spots)
        else None,
        measures=measure_links(MEASURES[funnel.measure]),
    )


def own_intervals(edition: Edition, funnel: Funnel) -> Intervals:
    """The published figures of the funnel's measure, each with its interval, by area."""
    figures: dict[str, tuple[Estimate, ...] | tuple[Rate, ...]] = {
        "index": edition.index,
        "deployments": edition.deployments,
        "complaints": edition.complaints,
    }
    return {figure.domain: figure for figure in figures[funnel.measure]}


def ordered_title(funnel: Funnel) -> str:
    """What the chart shows, where the rule of a title has no message for it."""
    named = _(NAMES[funnel.measure])
    return _("{name}, 0 to 100").format(name=named) if funnel.measure == "index" else named


def size_name(funnel: Funnel) -> str:
    """What the size of an area is counted in."""
    return _(SIZES.get(funnel.measure, RESIDENTS))


def chart_notes(funnel: Funnel) -> Iterator[str]:
    """What the marks and lines of the chart are, how many boroughs chance alone would put outside
    the expected range, and why some are not drawn.
    """
    far = any(spot.place in ("above", "below") for spot in funnel.spots)
    yield _("Inner lines: expected around {target}; outer lines: far outside ({who}).").format(
        target=funnel_value(funnel, funnel.target), who=_("large triangles") if far else _("none")
    )
    yield _("Bar: 95% interval; where two overlap, either may be higher.")
    every = len(funnel.spots)
    shown = sum(spot.place != "withheld" for spot in funnel.spots)
    if shown:
        yield _("By chance, {few} of {shown} would be outside.").format(
            few=few_by_chance(shown), shown=format_whole(shown)
        )
    if 0 < shown < every:
        message = FEW_ANSWERED if funnel.measure == "index" else FEW
        yield _(message).format(n=every - shown, all=every)


def spread_sentences(funnel: Funnel) -> Iterator[str]:
    """Sentences that boroughs differ more than by chance, if they do, and why there is no
    funnel.
    """
    if funnel.phi:
        yield _(
            "Boroughs differ more than chance (φ = {phi}), and the limits allow for how much they "
            "usually differ."
        ).format(phi=f"{funnel.phi:.1f}")
    elif funnel.between:
        yield _("The limits allow for true differences between boroughs.")


def rounding_sentence(funnel: Funnel) -> Iterator[str]:
    if funnel.rounded_to and funnel.limits:
        yield _(
            "Rates are of counts rounded to the nearest {step}; the limits allow for that."
        ).format(step=funnel.rounded_to)


def spot_cells(
    funnel: Funnel, spot: FunnelPoint, beside: Estimate | Rate | None
) -> tuple[ReportCell, ...]:
    where = text_cell(_(ZONES[spot.place]))
    if spot.value is None or spot.size is None:
        return text_cell(WITHHELD), text_cell(WITHHELD), where
    figure = funnel_value(funnel, spot.value)
    if beside and beside.low is not None and beside.high is not None:
        low, high = funnel_value(funnel, beside.low), funnel_value(funnel, beside.high)
        limits = rate_limits(beside) if isinstance(beside, Rate) else format_range(low, high)
        figure = f"{figure} ({limits})"
    return ReportCell(format_whole(spot.size)), ReportCell(figure), where


def funnel_value(funnel: Funnel, value: float) -> str:
    if funnel.measure == "index":
        return format_number(value)
    return format_number(value, "#,##0.00", places=2)


def outside_sentences(funnel: Funnel, names: AreaNamer) -> Iterator[str]:
    """Which boroughs are outside the limits, in words."""
    if all(spot.place == "withheld" for spot in funnel.spots):
        yield _(NO_INDEX if funnel.measure == "index" else NO_RATE)
        return
    outliers = {
        place: sorted(names(spot.domain) for spot in funnel.spots if spot.place == place)
        for place in OUTSIDE
    }
    if not any(outliers.values()):
        yield f"{outside_title([spot.place for spot in funnel.spots])}."
    for place, areas in outliers.items():
        if areas:
            yield _(OUTSIDE[place]).format(boroughs=", ".join(areas))


def funnel_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for funnel in edition.funnels:
        of = {"index": periods.index, "deployments": periods.uses, "complaints": periods.complaints}
        yield from rows_of_funnel(funnel, of[funnel.measure])


def rows_of_funnel(funnel: Funnel, period: str) -> Iterator[ExportRow]:
    table = f"funnel: {funnel.measure}"
    for spot in funnel.spots:
        key = table, period, spot.domain, "", "figure"
        yield bounded_row(key, spot.size, (spot.value, None, None), ZONES[spot.place])
    for at in funnel.limits:
        for level, low, high in (("95%", at.low, at.high), ("99.8%", at.lowest, at.highest)):
            key = table, period, "", "", f"{level} limits"
            yield bounded_row(
                key, round(at.size, 1), (funnel.target, low, high), "limits at size n"
            )
    for measure, value in (
        ("phi", funnel.phi),
        ("variance between areas", funnel.between),
        ("variance of one effective answer", funnel.unit),
        ("degrees of freedom", funnel.degrees),
        ("counts rounded to the nearest", funnel.rounded_to),
    ):
        if value is not None:
            yield figure_row(table, period, "", measure, float(value))


def funnel_charts(edition: Edition) -> NamedCharts:
    for funnel in edition.funnels:
        if any(spot.value is not None for spot in funnel.spots):
            yield f"funnel-{funnel.measure}", ordered_chart(edition, funnel)


def ordered_chart(edition: Edition, funnel: Funnel) -> charts.OrderedChart:
    """The boroughs with a figure, highest first, each with its own interval and its limits."""
    names, beside = area_namer(edition), own_intervals(edition, funnel)
    rows = [
        charts.OrderedRow(
            name=names(spot.domain),
            value=spot.value,
            low=beside[spot.domain].low if spot.domain in beside else None,
            high=beside[spot.domain].high if spot.domain in beside else None,
            place=spot.place,
            limits=limits_at(funnel, spot.size),
        )
        for spot in funnel.spots
        if spot.value is not None and spot.size is not None
    ]
    return charts.OrderedChart(
        title=ordered_title(funnel),
        description=chart_in_words(funnel, names),
        rows=tuple(sorted(rows, key=lambda row: (-row.value, row.name))),
        line=(funnel.target, f"{edition.city} {funnel_value(funnel, funnel.target)}"),
    )


def limits_at(funnel: Funnel, size: float) -> FunnelLimits | None:
    """The limits at an area's size, or at the nearest size for which an edition has them."""
    return min(funnel.limits, key=lambda at: abs(at.size - size), default=None)


def chart_in_words(funnel: Funnel, names: AreaNamer) -> str:
    shown = sum(spot.value is not None for spot in funnel.spots)
    return " ".join(
        (
            _n("{n} borough is shown.", "{n} boroughs are shown.", shown).format(
                n=format_whole(shown)
            ),
            *outside_sentences(funnel, names),
            _("The table has every figure."),
        )
    )
