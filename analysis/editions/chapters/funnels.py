"""Boroughs against limits around the city's figure: which lie outside what chance allows.

Limits and zones are of published figures: they are made again at the gate, from what has passed it.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import ROUNDING, gates, rounded_figure, significant_digits
from analysis.disclosure.gates import GatedCell, treatments
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import EditionInputs
from analysis.editions.perception import Respondents
from analysis.editions.workings import Workings
from analysis.statistics import funnel
from analysis.statistics.rates import PER
from analysis.statistics.sampling.estimates import finite_or_none
from analysis.statistics.sampling.variance import Floats
from survey.editions import Edition
from survey.editions.figures import Estimate, Rate
from survey.editions.force import Funnel, FunnelLimits, FunnelPoint, FunnelZone
from survey.editions.perception import AreaTile, TilePosition

POINTS = 24
DIRECTIONS: dict[FunnelZone, TilePosition] = {
    "below": "below",
    "low": "below",
    "within": "within",
    "high": "above",
    "above": "above",
    "withheld": "withheld",
}


def compute(workings: Workings) -> ChapterFields:
    inputs = workings.inputs
    rates = {"deployments": workings.deployments, "complaints": workings.complaints}
    if workings.rates_counted.no_rate:
        del rates["deployments"]
    plots = *index_funnels(inputs, workings.asked), *rate_funnels(rates)
    return {"funnels": plots, "tiles": area_tiles(inputs, workings.asked)}


def area_tiles(inputs: EditionInputs, asked: Respondents) -> tuple[AreaTile, ...]:
    """Each borough on the grid; its zone is added at the gate, from the funnel of the index."""
    return tuple(
        AreaTile(
            area=area.code,
            name=area.name,
            short=area.short,
            column=area.column,
            row=area.row,
            value=finite_or_none(asked.by_area.value[i]),
            standing="withheld",
        )
        for i, area in enumerate(inputs.areas)
        if area.column is not None and area.row is not None
    )


def rate_funnels(tables: Mapping[str, Sequence[Rate]]) -> tuple[Funnel, ...]:
    """A funnel for each measure with two boroughs or more and an event; tables start with the city.

    The target is the rate of the boroughs together, with Poisson limits (95 %, 99.8 %), which allow
    for a variance between boroughs where these vary more than by chance (Spiegelhalter 2005).
    """
    return tuple(
        measure_funnel
        for measure, table in tables.items()
        for measure_funnel in rate_funnel(measure, table[1:])
    )


def rate_funnel(measure: str, areas: Sequence[Rate]) -> Iterator[Funnel]:
    events = np.array([area.events or 0 for area in areas], dtype=np.int64)
    residents = np.array([area.population for area in areas], dtype=np.float64)
    lived = residents > 0
    if lived.sum() < 2 or not events[lived].sum():
        return
    error = 0.5 * np.sqrt(PER / np.where(lived, residents, np.nan))
    spread = funnel.dispersion(funnel.root_score(events, residents), error)
    plain = Funnel(
        measure=measure,
        target=PER * float(events[lived].sum() / residents[lived].sum()),
        spots=tuple(
            FunnelPoint(
                domain=rate.domain,
                size=rate.population,
                value=rate.per_10_000 if lives else None,
                place="withheld",
            )
            for rate, lives in zip(areas, lived, strict=True)
        ),
        limits=(),
    )
    yield with_limits(with_spread(plain, spread))


def with_spread(plot: Funnel, spread: funnel.Dispersion) -> Funnel:
    """The funnel with how much boroughs vary more than by chance, if they do."""
    return replace(
        plot,
        phi=round(spread.phi, 1) if spread.phi > 1 else None,
        between=significant_digits(spread.tau2) or None,
    )


def index_funnels(inputs: EditionInputs, asked: Respondents) -> tuple[Funnel, ...]:
    """The funnel of the index: value by effective answers, around the city's own.

    The variance of one effective answer is the same for all boroughs, so that the limits are lines
    and a borough lies outside where the chart shows it; τ² is added where boroughs vary more than
    by chance. Empty where the city has no index, or no borough an error.
    Source: Spiegelhalter (2005).
    """
    city, areas = asked.city, asked.by_area
    sound = np.isfinite(areas.value) & (areas.df >= 1) & (areas.se > 0)
    if not (np.isfinite(city.value[0]) and sound.any()):
        return ()
    target, first = float(city.value[0]), int(np.flatnonzero(sound)[0])
    se = np.where(sound, areas.se, 1.0)
    spread = funnel.dispersion(np.where(sound, (areas.value - target) / se, np.nan), se)
    plain = Funnel(
        measure="index",
        target=target,
        spots=tuple(
            FunnelPoint(
                domain=code,
                size=finite_or_none(areas.n_eff[i]),
                value=finite_or_none(areas.value[i]),
                place="withheld",
            )
            for i, code in enumerate(inputs.codes)
        ),
        limits=(),
        unit=significant_digits(float(areas.se[first] ** 2 * areas.n_eff[first])),
        degrees=int(areas.df[first]),
    )
    return (with_limits(with_spread(plain, spread)),)


def with_limits(plot: Funnel) -> Funnel:
    """The funnel with the limits at each of its sizes, and the zone of each area, both from the
    figures and sizes that it shows.
    """
    sizes = {
        spot.domain: float(round(spot.size))
        for spot in plot.spots
        if spot.value is not None and spot.size is not None and spot.size >= 1
    }
    if not sizes or not plot.target or (plot.measure == "index" and not plot.unit):
        spots = (replace(spot, place="withheld") for spot in plot.spots)
        return replace(plot, spots=tuple(spots), limits=())
    # Closer together where sizes are small, since the curve bends most there.
    between = np.geomspace(min(sizes.values()), max(sizes.values()), POINTS).round().tolist()
    limits = {size: limits_at(plot, size) for size in sorted({*between, *sizes.values()})}
    return replace(
        plot,
        spots=tuple(
            spot
            if spot.value is None or spot.domain not in sizes
            else replace(
                spot,
                size=sizes[spot.domain],
                place=funnel.limits_status(spot.value, limits[sizes[spot.domain]]),
            )
            for spot in plot.spots
        ),
        limits=tuple(limits.values()),
    )


def limits_at(plot: Funnel, size: float) -> FunnelLimits:
    between = plot.between or 0.0
    if plot.unit is not None and plot.degrees is not None:
        return funnel.mean_limits(
            size, plot.target, unit=plot.unit, degrees=plot.degrees, between=between
        )
    reach = plot.rounded_to // 2 if plot.rounded_to else 0
    return funnel.rate_limits(size, plot.target, between=between, reach=reach)


def gated_funnels(step: GateStep) -> tuple[Funnel, ...]:
    return tuple(gated_funnel(plot, step.gated) for plot in step.computed.funnels)


def gated_funnel(plot: Funnel, gated: Edition) -> Funnel:
    """The funnel drawn from published figures. If the city's own figure is withheld, no figure,
    size or limit is left in it.
    """
    table = gates.gated_tables(gated)[plot.measure]
    # The city's published figure; a rate with all the decimals that its published count gives.
    city = table.get(gated.city)
    target = gates.shown_value(city)
    if isinstance(city, Rate) and city.per_10_000 is not None and city.events:
        target = PER * city.events / city.population
    # Limits are drawn around the city's figure and would give it away.
    hidden = target is None
    exact = plot.measure == "deployments" and bool(gated.as_published)
    if target is not None and not exact:
        plot = with_spread(plot, shown_spread(plot, table, target, gated.city))
    return with_limits(
        replace(
            plot,
            target=0.0 if target is None else target,
            spots=tuple(
                gated_spot(spot, None if hidden else table.get(spot.domain)) for spot in plot.spots
            ),
            phi=None if hidden else plot.phi,
            between=None if hidden else plot.between,
            unit=None if hidden else plot.unit,
            degrees=None if hidden else plot.degrees,
            rounded_to=None if hidden or exact else rounding_of([*table.values()]),
        )
    )


def shown_spread(
    plot: Funnel, table: Mapping[str, GatedCell], target: float, city: str
) -> funnel.Dispersion:
    """How much boroughs vary more than by chance, from published figures alone: exact figures would
    reveal a hidden count to whoever knows all the others.
    """
    cells = [table.get(spot.domain) for spot in plot.spots]
    if plot.measure == "index":
        known = [
            (cell.value, cell.standard_error)
            for cell in cells
            if isinstance(cell, Estimate) and cell.value is not None and cell.standard_error
        ]
        value, se = np.array(known, dtype=np.float64).reshape(-1, 2).T
        return funnel.dispersion((value - target) / se, se)
    rates = [cell for cell in cells if isinstance(cell, Rate)]
    events, residents = shown_events(rates, table.get(city))
    lived = residents > 0
    expected = np.where(lived, residents * target / PER, np.nan)
    z = 2 * (np.sqrt(events + 0.25) - np.sqrt(expected))
    return funnel.dispersion(z, 0.5 * np.sqrt(PER / np.where(lived, residents, np.nan)))


def shown_events(areas: Sequence[Rate], city: GatedCell | None) -> tuple[Floats, Floats]:
    """The published events and the residents of each borough. Boroughs whose events are withheld
    share the city's remaining events by their residents.
    """
    residents = np.array([area.population for area in areas], dtype=np.float64)
    events = np.array([np.nan if area.events is None else area.events for area in areas])
    blank = np.isnan(events)
    total = city.events if isinstance(city, Rate) and city.events else 0
    left = max(total - float(np.nansum(events)), 0.0)
    events[blank] = left * residents[blank] / max(float(residents[blank].sum()), 1.0)
    return events, residents


def rounding_of(table: Sequence[GatedCell]) -> int | None:
    """What the published counts of a table are rounded to, as any reader can see; None for the
    index, and for counts that are not rounded.
    """
    counts = [cell.events for cell in table if isinstance(cell, Rate) and cell.events]
    return ROUNDING if counts and not any(count % ROUNDING for count in counts) else None


def gated_spot(point: FunnelPoint, cell: GatedCell | None) -> FunnelPoint:
    value = gates.shown_value(cell)
    # Residents are public; a number of answers is not.
    size = point.size if value is not None or isinstance(cell, Rate) else None
    size = rounded_figure(size, 0)
    return replace(point, size=size, value=value, place="withheld")


def gated_tiles(step: GateStep) -> tuple[AreaTile, ...]:
    """The tiles with their published index, in the zone that the funnel of the index gives."""
    values = {estimate.domain: estimate.value for estimate in reversed(step.gated.index)}
    spots = [spot for plot in step.gated.funnels if plot.measure == "index" for spot in plot.spots]
    zones = {spot.domain: spot.place for spot in spots}
    return tuple(
        replace(
            tile,
            value=values.get(tile.area),
            standing=DIRECTIONS[zones.get(tile.area, "withheld")],
            zone=zones.get(tile.area, "withheld"),
        )
        for tile in step.computed.tiles
    )


CHAPTER = Chapter(
    name="funnels",
    compute=compute,
    gates={"funnels": gated_funnels, "tiles": gated_tiles},
    structs={
        Funnel: treatments(
            plain="measure", gated="target spots limits phi between unit degrees rounded_to"
        ),
        FunnelPoint: treatments(plain="domain", gated="size value place"),
        FunnelLimits: treatments(gated="size low high lowest highest"),
        AreaTile: treatments(plain="area name short column row", gated="value standing zone"),
    },
)
