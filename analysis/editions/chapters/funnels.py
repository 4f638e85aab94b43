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
    found = *index_funnels(inputs, workings.asked), *rate_funnels(rates)
    return {"funnels": found, "tiles": area_tiles(inputs, workings.asked)}


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


def rate_funnels(found: Mapping[str, Sequence[Rate]]) -> tuple[Funnel, ...]:
    """A funnel for each measure with two boroughs or more and an event; tables start with the city.

    The target is the rate of the boroughs together, with Poisson limits (95 %, 99.8 %), which allow
    for a variance between boroughs where these vary more than by chance (Spiegelhalter 2005).
    """
    return tuple(one for measure, table in found.items() for one in rate_funnel(measure, table[1:]))


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
                domain=one.domain,
                size=one.population,
                value=one.per_10_000 if lives else None,
                place="withheld",
            )
            for one, lives in zip(areas, lived, strict=True)
        ),
        limits=(),
    )
    yield with_limits(with_spread(plain, spread))


def with_spread(found: Funnel, spread: funnel.Dispersion) -> Funnel:
    """The funnel with how much boroughs vary more than by chance, if they do."""
    return replace(
        found,
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


def with_limits(found: Funnel) -> Funnel:
    """The funnel with the limits at each of its sizes, and the zone of each area, both from the
    figures and sizes that it shows.
    """
    sizes = {
        spot.domain: float(round(spot.size))
        for spot in found.spots
        if spot.value is not None and spot.size is not None and spot.size >= 1
    }
    if not sizes or not found.target or (found.measure == "index" and not found.unit):
        spots = (replace(spot, place="withheld") for spot in found.spots)
        return replace(found, spots=tuple(spots), limits=())
    # Closer together where sizes are small, since the curve bends most there.
    between = np.geomspace(min(sizes.values()), max(sizes.values()), POINTS).round().tolist()
    limits = {size: limits_at(found, size) for size in sorted({*between, *sizes.values()})}
    return replace(
        found,
        spots=tuple(
            spot
            if spot.value is None or spot.domain not in sizes
            else replace(
                spot,
                size=sizes[spot.domain],
                place=funnel.limits_status(spot.value, limits[sizes[spot.domain]]),
            )
            for spot in found.spots
        ),
        limits=tuple(limits.values()),
    )


def limits_at(found: Funnel, size: float) -> FunnelLimits:
    between = found.between or 0.0
    if found.unit is not None and found.degrees is not None:
        return funnel.mean_limits(
            size, found.target, unit=found.unit, degrees=found.degrees, between=between
        )
    reach = found.rounded_to // 2 if found.rounded_to else 0
    return funnel.rate_limits(size, found.target, between=between, reach=reach)


def gated_funnels(step: GateStep) -> tuple[Funnel, ...]:
    return tuple(gated_funnel(one, step.gated) for one in step.found.funnels)


def gated_funnel(found: Funnel, gated: Edition) -> Funnel:
    """The funnel of the published figures at their sizes; nothing but sizes if the city's own
    figure is withheld.
    """
    table = gates.gated_tables(gated)[found.measure]
    # The city's published figure; a rate with all the decimals that its published count gives.
    city = table.get(gated.city)
    target = gates.shown_value(city)
    if isinstance(city, Rate) and city.per_10_000 is not None and city.events:
        target = PER * city.events / city.population
    # Limits are drawn around the city's figure and would give it away.
    hidden = target is None
    exact = found.measure == "deployments" and bool(gated.as_published)
    if target is not None and not exact:
        found = with_spread(found, shown_spread(found, table, target, gated.city))
    return with_limits(
        replace(
            found,
            target=0.0 if target is None else target,
            spots=tuple(
                gated_spot(spot, None if hidden else table.get(spot.domain)) for spot in found.spots
            ),
            phi=None if hidden else found.phi,
            between=None if hidden else found.between,
            unit=None if hidden else found.unit,
            degrees=None if hidden else found.degrees,
            rounded_to=None if hidden or exact else rounding_of([*table.values()]),
        )
    )


def shown_spread(
    found: Funnel, table: Mapping[str, GatedCell], target: float, city: str
) -> funnel.Dispersion:
    """How much boroughs vary more than by chance, from published figures alone: exact figures would
    reveal a hidden count to whoever knows all the others.
    """
    cells = [table.get(spot.domain) for spot in found.spots]
    if found.measure == "index":
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
    """The published events of each borough, and its residents. Boroughs whose events are withheld
    share those of the city that are left, by their residents.
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
    counts = [one.events for one in table if isinstance(one, Rate) and one.events]
    return ROUNDING if counts and not any(count % ROUNDING for count in counts) else None


def gated_spot(point: FunnelPoint, cell: GatedCell | None) -> FunnelPoint:
    value = gates.shown_value(cell)
    # Residents are public; a number of answers is not.
    size = point.size if value is not None or isinstance(cell, Rate) else None
    size = rounded_figure(size, 0)
    return replace(point, size=size, value=value, place="withheld")


def gated_tiles(step: GateStep) -> tuple[AreaTile, ...]:
    """The tiles with their published index, in the zone that the funnel of the index gives."""
    values = {one.domain: one.value for one in reversed(step.gated.index)}
    spots = [spot for one in step.gated.funnels if one.measure == "index" for spot in one.spots]
    zones = {spot.domain: spot.place for spot in spots}
    return tuple(
        replace(
            tile,
            value=values.get(tile.area),
            standing=DIRECTIONS[zones.get(tile.area, "withheld")],
            zone=zones.get(tile.area, "withheld"),
        )
        for tile in step.found.tiles
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
