"""Small pictures: areas on tiles, on a map or on a strip of all, and lines without an axis."""

import csv
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import msgspec

from api.editions import charts
from api.editions.cells import city_line, level_text, value_cell
from api.editions.charts import LinePoint
from api.editions.report import (
    HEIGHT,
    WIDTH,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    ReportTile,
    Spark,
    measure_links,
    text_cell,
)
from api.editions.rows import index_dates
from api.locales import WITHHELD, format_interval, format_number
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from survey.editions import Edition
from survey.editions.figures import Estimate
from survey.editions.force import FunnelZone
from survey.editions.perception import AreaTile
from survey.sentences import N_
from survey.sources import places
from survey.sources.places import CityOutlines

EDGE = 4
STANDINGS = {
    "below": N_("below the expected range"),
    "within": N_("within the expected range"),
    "above": N_("above the expected range"),
    "withheld": WITHHELD,
}
# The same words for a zone on tiles, in tables and in sentences.
ZONES: dict[FunnelZone, str] = {
    "above": N_("far above the expected range"),
    "high": STANDINGS["above"],
    "within": STANDINGS["within"],
    "low": STANDINGS["below"],
    "below": N_("far below the expected range"),
    "withheld": WITHHELD,
}
COMPARED = {"below", "low", "within", "high", "above"}
NOT_COMPARED = N_("not compared")
OUTSIDE_BY_CHANCE = 0.05  # the share outside the 95% limits
SHADES = 5  # of the ground of a tile, from the lowest to the highest figure
CHART = "among-all"
MAP_WIDE = 640


def report_tile(tile: AreaTile, own: Estimate | None = None) -> ReportTile:
    """A borough on the tile grid; with the interval of its estimate `own`, if that is known."""
    return ReportTile(
        name=tile.name,
        short=short_names().get(tile.area, tile.short),
        value="" if tile.value is None else format_number(tile.value),
        interval=""
        if tile.value is None or own is None or own.low is None
        else level_text(format_interval(own.low, own.high)),
        standing="withheld" if tile.value is None else tile.standing,
        said=_(tile_words(tile)),
        column=tile.column,
        row=tile.row,
        area=tile.area,
    )


@cache
def short_names() -> dict[str, str]:
    """What tiles of London's boroughs show, by code: older editions hold names too long for it."""
    with (places.LONDON / "areas.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["short"] for row in csv.DictReader(file)}


def shade_tiles(
    tiles: Iterable[ReportTile], figures: Iterable[float | None]
) -> tuple[ReportTile, ...]:
    """The tiles, each with the shade of its figure: 1 the lowest fifth of the scale, 5 the highest.

    The scale goes from the lowest figure to the highest; a tile without a figure has no shade.
    """
    pairs = list(zip(tiles, figures, strict=True))
    known = [value for _tile, value in pairs if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    fifth = (high - low) / SHADES or 1.0
    return tuple(
        tile
        if value is None
        else msgspec.structs.replace(tile, shade=min(int((value - low) / fifth) + 1, SHADES))
        for tile, value in pairs
    )


def tile_words(tile: AreaTile) -> str:
    """Where a borough's figure lies; "not compared" if there is a figure, but no limits for it."""
    if tile.value is None:
        return WITHHELD
    if tile.standing == "withheld":
        return NOT_COMPARED
    return STANDINGS[tile.standing] if tile.zone is None else ZONES[tile.zone]


def area_tiles(edition: Edition) -> tuple[ReportTile, ...]:
    """The tile of each borough, with the interval of its index."""
    own = {estimate.domain: estimate for estimate in edition.index}
    return shade_tiles(
        (report_tile(tile, own.get(tile.area)) for tile in edition.tiles),
        (tile.value for tile in edition.tiles),
    )


def among_all_chart(edition: Edition, domain: str) -> Iterator[tuple[str, charts.StripChart]]:
    """The strip of the boroughs' indexes as this edition publishes them, with one of them marked.

    Nothing is drawn for the whole city, or where fewer than two boroughs have a figure.
    """
    names = {tile.area: tile.name for tile in edition.tiles}
    own = boroughs_by_name(edition)
    if domain not in names or not own:
        return
    city = next((estimate for estimate in edition.index if estimate.domain == edition.city), None)
    spots = [
        charts.StripSpot(name, estimate.value, estimate.low, estimate.high)
        for name, estimate in own.items()
    ]
    for strip in strip_of_areas(
        title=_("{name} among all boroughs").format(name=names[domain]),
        spots=spots,
        marked=names[domain],
        line=city_line(city),
        written=format_number,
    ):
        yield CHART, strip


def strip_of_areas(
    title: str,
    spots: Sequence[charts.StripSpot],
    marked: str,
    line: tuple[float, str] | None,
    written: Callable[[float], str],
) -> Iterator[charts.StripChart]:
    """The strip of areas with one marked, if there are at least two figures to show."""
    known = sorted(spot.value for spot in spots if spot.value is not None)
    if len(known) < charts.FEWEST_POINTS:
        return
    own = next((spot.value for spot in spots if spot.name == marked), None)
    figure = charts.withheld_word() if own is None else written(own)
    label = f"{marked}: {figure}"
    hidden = len(spots) - len(known)
    yield charts.StripChart(
        title=title,
        description=" ".join(
            (
                f"{label}.",
                *([f"{line[1]}."] if line else []),
                _(
                    "Of {n} boroughs with a figure, the lowest is {low} and the highest {high}."
                ).format(n=len(known), low=written(known[0]), high=written(known[-1])),
                *(
                    [
                        _n("{n} borough is withheld.", "{n} boroughs are withheld.", hidden).format(
                            n=hidden
                        )
                    ]
                    if hidden
                    else []
                ),
                _("The table has every figure."),
            )
        ),
        spots=tuple(spots),
        marked=marked,
        label=label,
        line=line,
    )


def boroughs_by_name(edition: Edition) -> dict[str, Estimate]:
    """The index of each borough that has a tile, in order of name."""
    names = {tile.area: tile.name for tile in edition.tiles}
    own = {
        names[estimate.domain]: estimate for estimate in edition.index if estimate.domain in names
    }
    return dict(sorted(own.items()))


def among_all_section(edition: Edition, domain: str) -> Iterator[ReportSection]:
    """The strip with its table, where the strip is drawn."""
    for name, strip in among_all_chart(edition, domain):
        (standing,) = (_(tile_words(tile)) for tile in edition.tiles if tile.area == domain)
        yield ReportSection(
            key=name,
            heading=strip.title,
            stream="sampled",
            period=index_dates(edition),
            figure=ReportChart(
                chart=name,
                title=f"{standing[:1].upper()}{standing[1:]}",
                subtitle=_(
                    "Perception index, 0 to 100, {dates}. Each stroke is a borough. The bar behind "
                    "the dot is the margin of error: boroughs within it may be no different."
                ).format(dates=index_dates(edition)),
                table=ReportTable(
                    caption=_("Perception index of each borough"),
                    head=(_("Borough"), _("Index (95% interval)")),
                    rows=tuple(
                        (ReportCell(borough), value_cell(estimate))
                        for borough, estimate in boroughs_by_name(edition).items()
                    ),
                ),
            ),
            measures=measure_links("perception_index"),
        )


def map_section(
    section: ReportSection, outlines: CityOutlines
) -> tuple[ReportSection, charts.MapChart]:
    """A section of tiles with its map as a figure, which has a row in its table for each area."""
    shapes, size = map_shapes(section.tiles, outlines)
    named = {
        standing: ", ".join(tile.name for tile in section.tiles if tile.standing == standing)
        for standing in ("above", "below")
    }
    hidden = [tile.name for tile in section.tiles if not tile.value]
    said = [
        _("The darker, the higher the figure."),
        *([f"{_(STANDINGS['above'])}: {named['above']}."] if named["above"] else []),
        *([f"{_(STANDINGS['below'])}: {named['below']}."] if named["below"] else []),
        *([f"{_(WITHHELD)}: {', '.join(hidden)}."] if hidden else []),
        _("The table has every figure."),
    ]
    table = ReportTable(
        caption=section.heading,
        head=(_("Borough"), _("Figure"), _("Interval"), _("Position")),
        rows=tuple(
            (
                ReportCell(tile.name),
                text_cell(tile.value or WITHHELD),
                ReportCell(tile.interval),
                ReportCell(tile.said),
            )
            for tile in section.tiles
        ),
    )
    chart = charts.MapChart(
        title=section.heading, description=" ".join(said), shapes=shapes, size=size
    )
    message = outside_title([tile.standing for tile in section.tiles])
    figure = ReportChart(
        chart=section.key,
        title=message or section.heading,
        subtitle=section.words[0],
        table=table,
    )
    return msgspec.structs.replace(section, figure=figure), chart


def few_by_chance(shown: int) -> str:
    """How many of the areas shown a 95% interval or limit would leave out by chance alone."""
    outside = round(OUTSIDE_BY_CHANCE * shown)
    return _("about {n}").format(n=outside) if outside else _("fewer than one")


def outside_title(standings: Sequence[str]) -> str:
    """How many of the boroughs that are compared are outside the expected range; "" if none is."""
    compared = [standing for standing in standings if standing in COMPARED]
    outside = sum(standing != "within" for standing in compared)
    if not compared:
        return ""
    if not outside:
        message = _("None of the {all} boroughs shown is outside the expected range")
        return message.format(all=len(compared))
    return _n(
        "{n} of {all} boroughs is outside the expected range",
        "{n} of {all} boroughs are outside the expected range",
        outside,
    ).format(n=outside, all=len(compared))


def map_shapes(
    tiles: Iterable[ReportTile], outlines: CityOutlines
) -> tuple[tuple[charts.MapShape, ...], tuple[int, int]]:
    """The outline of each tile's area, and the size of the map: whole pixels keep paths short."""
    boxes = [outline.box for outline in outlines.outlines]
    west, north = min(box[0] for box in boxes), max(box[3] for box in boxes)
    east, south = max(box[2] for box in boxes), min(box[1] for box in boxes)
    # A degree of longitude is shorter than one of latitude, by the cosine of the latitude.
    narrow = math.cos(math.radians((north + south) / 2))
    scale = MAP_WIDE / ((east - west) * narrow)
    rings = {
        outline.area: [
            [
                (round((x - west) * narrow * scale) + 2, round((north - y) * scale) + 2)
                for x, y in ring
            ]
            for ring in outline.rings
        ]
        for outline in outlines.outlines
    }
    shapes = tuple(
        charts.MapShape(
            name=tile.name,
            short=tile.short,
            path="".join(map(ring_path, rings[tile.area])),
            middle=middle_of(max(rings[tile.area], key=len)),
            shade=tile.shade,
            standing=tile.standing,
        )
        for tile in tiles
        if tile.area in rings
    )
    return shapes, (MAP_WIDE + 4, round((north - south) * scale) + 4)


def ring_path(ring: Sequence[tuple[int, int]]) -> str:
    corners = [point for point, _again in itertools.groupby(ring)]
    return "M" + " ".join(f"{x} {y}" for x, y in corners) + "Z"


def middle_of(ring: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """The middle of the box of a ring."""
    across, down = zip(*ring, strict=True)
    return (min(across) + max(across)) / 2, (min(down) + max(down)) / 2


class Placing:
    """Where a day and a value lie in a picture."""

    def __init__(
        self,
        points: Sequence[LinePoint],
        scale: tuple[float, float],
        size: tuple[int, int] = (WIDTH, HEIGHT),
    ) -> None:
        self.start = points[0].start.toordinal()
        self.days = max(points[-1].start.toordinal() - self.start, 1)
        self.low, self.high = scale
        self.width, self.height = size

    def x(self, point: LinePoint) -> str:
        share = (point.start.toordinal() - self.start) / self.days
        return f"{EDGE + (self.width - 2 * EDGE) * share:.1f}"

    def y(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{self.height - EDGE - (self.height - 2 * EDGE) * share:.1f}"

    def dot(self, point: LinePoint) -> tuple[str, str]:
        height = point.value if point.level is None else point.level
        return self.x(point), self.y(height or 0)

    def line(self, run: Sequence[LinePoint]) -> str:
        return " ".join(f"{x},{y}" for x, y in map(self.dot, run))

    def band(self, run: Sequence[LinePoint]) -> str:
        """The 95% band as an outline: forward along the upper limits, back along the lower ones."""
        limited = [point for point in run if point.low is not None and point.high is not None]
        there = [f"{self.x(point)},{self.y(point.high or 0)}" for point in limited]
        back = [f"{self.x(point)},{self.y(point.low or 0)}" for point in reversed(limited)]
        return " ".join([*there, *back])


def known_runs(points: Iterable[LinePoint]) -> Iterator[list[LinePoint]]:
    """The runs of points without a withheld figure between them."""
    run: list[LinePoint] = []
    for point in points:
        if point.value is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def points_scale(points: Iterable[LinePoint]) -> tuple[float, float] | None:
    """The lowest and highest value or limit; None if nothing is known."""
    values = [
        value
        for point in points
        for value in (point.value, point.low, point.high)
        if value is not None
    ]
    if not values:
        return None
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 1, high + 1)


def spark(points: Sequence[LinePoint], said: str, size: tuple[int, int]) -> Spark | None:
    """The series as a spark line, with a dot at its newest point; None if it has no line."""
    scale, runs = points_scale(points), list(known_runs(points))
    if scale is None or not any(len(run) > 1 for run in runs):
        return None
    place = Placing(points, scale, size)
    return Spark(
        bands=tuple(place.band(run) for run in runs if len(run) > 1),
        lines=tuple(place.line(run) for run in runs if len(run) > 1),
        dots=(place.dot(runs[-1][-1]),),
        said=said,
        width=size[0],
        height=size[1],
    )
