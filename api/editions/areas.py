"""Areas on a picture: each on its tile, and one of them marked on a strip of all."""

import csv
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from api.editions import charts
from api.editions.cells import city_line, level_text, value_cell
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    ReportTile,
    measure_links,
)
from api.editions.rows import index_dates
from api.locales import WITHHELD, format_interval, format_number
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.figures import Estimate
from survey.editions.force import FunnelZone
from survey.editions.perception import AreaTile
from survey.sentences import N_
from survey.sources import places

STANDINGS = {
    "below": N_("below the limits"),
    "within": N_("within the limits"),
    "above": N_("above the limits"),
    "withheld": WITHHELD,
}
# The same words for a zone on tiles, in tables and in sentences.
ZONES: dict[FunnelZone, str] = {
    "above": N_("far above the limits"),
    "high": STANDINGS["above"],
    "within": STANDINGS["within"],
    "low": STANDINGS["below"],
    "below": N_("far below the limits"),
    "withheld": WITHHELD,
}
NOT_COMPARED = N_("not compared")
SHADES = 5  # of the ground of a tile, from the lowest to the highest figure
CHART = "among-all"


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
    for strip in charts.strip_of_areas(
        title=_("{name} among all boroughs").format(name=names[domain]),
        spots=spots,
        marked=names[domain],
        line=city_line(city),
        written=format_number,
    ):
        yield CHART, strip


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
        own = boroughs_by_name(edition)[strip.marked]
        yield ReportSection(
            key=name,
            heading=strip.title,
            stream="sampled",
            period=index_dates(edition),
            words=(own_words(strip.marked, own),),
            figure=ReportChart(
                chart=name,
                title=strip.title,
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


def own_words(name: str, own: Estimate) -> str:
    if own.value is None:
        return f"{name}: {_(WITHHELD)}."
    return _("{name}: {value}, {interval}.").format(
        name=name,
        value=format_number(own.value),
        interval=level_text(format_interval(own.low, own.high)),
    )
