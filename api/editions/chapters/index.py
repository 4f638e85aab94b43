"""The sections on the perception index, and on perception and deployments together."""

import re
from collections.abc import Iterator

from api.editions.behind import drill_down_links
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    ReportTile,
    ReportVerdict,
    measure_links,
    text_cell,
)
from api.formatting import (
    WITHHELD,
    format_count,
    format_dates,
    format_interval,
    format_number,
    format_sentence,
    format_short_day,
)
from survey.editions.chapters.index import BoroughTile, SeriesPoint
from survey.editions.edition import Edition
from survey.editions.figures import Association, Estimate

LEVEL = "95\N{NO-BREAK SPACE}% interval"
SMALL = "* Fewer than 100 respondents: read with care."
STANDINGS = {
    "below": "below expected",
    "within": "within expected",
    "above": "above expected",
    "withheld": WITHHELD,
}
# A name may be hyphenated before its ending, where it is wider than a tile on a phone.
SOFT = "\\1\N{SOFT HYPHEN}"
LONG_WORD = re.compile(
    r"\b(\w{3,7}?)(?=(?:minster|ington|sington|worth|wark|bridge|wich|ham|mond|ingey|ering|don"
    r"|sea|low|ston|beth|field|lets|ing)\b)"
)
LABELS = {
    "associated": "Associated, which is no proof of cause",
    "none_larger": "No association of a size that matters",
    "inconclusive": "Inconclusive",
}


def boroughs_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.index and edition.tiles:
        yield ReportSection(
            key="boroughs",
            heading="Boroughs at a glance",
            stream="sampled",
            words=(
                f"{index_window(edition)} The Perception Index of each borough, and whether "
                "it lies "
                f"outside what chance alone would allow around the index for {edition.city} at "
                "its number of answers. Each borough has the same room, roughly where it lies.",
            ),
            tiles=tuple(report_tile(tile) for tile in edition.tiles),
            measures=measure_links("perception_index", "funnel_standing"),
            rows=drill_down_links(edition, "answers"),
        )


def index_window(edition: Edition) -> str:
    return f"{format_dates(edition.index_from or edition.start, edition.end)}."


def report_tile(tile: BoroughTile) -> ReportTile:
    shown = tile.value is not None and tile.standing != "withheld"
    return ReportTile(
        name=tile.name,
        short=LONG_WORD.sub(SOFT, tile.short),
        value=format_number(tile.value or 0) if shown else "",
        standing=tile.standing if shown else "withheld",
        said=STANDINGS[tile.standing] if shown else WITHHELD,
        column=tile.column,
        row=tile.row,
    )


def index_series_section(edition: Edition) -> Iterator[ReportSection]:
    points = edition.index_series
    if not points:
        return
    table = ReportTable(
        caption="Perception Index over time",
        head=("Week from", f"Index ({LEVEL})", "Answers"),
        rows=tuple(point_cells(point) for point in points),
        note=SMALL if any(p.estimate.status == "flagged" for p in points) else "",
    )
    yield ReportSection(
        key="index",
        heading="Perception Index over time",
        stream="sampled",
        figure=ReportChart(
            chart="index-series",
            title=f"{edition.city}, {format_dates(points[0].start, edition.end)}",
            subtitle=f"0 to 100, where higher is more confident; band: {LEVEL}. The scale does "
            "not begin at 0. Gaps are withheld; hollow points rest on fewer than 100 respondents.",
            table=table,
        ),
        measures=measure_links("perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def point_cells(point: SeriesPoint) -> tuple[ReportCell, ...]:
    return (ReportCell(format_short_day(point.start)), *estimate_cells(point.estimate))


def estimate_cells(one: Estimate) -> tuple[ReportCell, ReportCell]:
    star = " *" if one.status == "flagged" else ""
    return value_cell(one), text_cell(format_count(one.n) + star)


def value_cell(one: Estimate) -> ReportCell:
    """The value with its interval; where there is no interval, the value alone."""
    if one.value is None:
        return text_cell(WITHHELD)
    limits = "" if one.low is None else f" ({format_interval(one.low, one.high)})"
    return ReportCell(format_number(one.value) + limits)


def index_by_borough_section(edition: Edition) -> Iterator[ReportSection]:
    if not edition.index:
        return
    names = area_namer(edition)
    rows = sorted(edition.index, key=lambda one: (one.domain != edition.city, names(one.domain)))
    yield ReportSection(
        key="index-by-borough",
        heading="Perception Index by borough",
        stream="sampled",
        figure=ReportChart(
            chart="index-by-area",
            title="Each borough with its interval, ordered by name",
            subtitle=f"{index_window(edition)} Dot: index; bar: {LEVEL}; dashed line: "
            f"{edition.city}. Where two bars overlap, the order of two boroughs is not known.",
            open=True,
            table=ReportTable(
                caption="Perception Index by borough",
                head=("Borough", f"Index ({LEVEL})", "Answers"),
                rows=tuple((ReportCell(names(one.domain)), *estimate_cells(one)) for one in rows),
                note=SMALL if any(one.status == "flagged" for one in rows) else "",
            ),
        ),
        measures=measure_links("perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


class AreaNamer:
    """Names of areas by code; an area without a tile is called by its code."""

    def __init__(self, edition: Edition) -> None:
        self.known = {tile.area: tile.name for tile in edition.tiles}

    def __call__(self, domain: str) -> str:
        return self.known.get(domain, domain)


def area_namer(edition: Edition) -> AreaNamer:
    return AreaNamer(edition)


def association_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.association
    if found is not None:
        yield ReportSection(
            key="together",
            heading="Perception and deployments together",
            stream="sampled",
            words=(
                "Whether boroughs with more deployments had a different index in the period "
                "after, once what is peculiar to each borough and each period is set aside.",
            ),
            verdict=report_verdict(found),
            points=found.caveats,
            measures=measure_links("association"),
        )


def report_verdict(found: Association | None, unit: str = "points") -> ReportVerdict | None:
    if found is None:
        return None
    return ReportVerdict(
        kind=found.verdict,
        label=LABELS[found.verdict],
        sentence=format_sentence(found.sentence),
        facts=tuple(verdict_facts(found, unit)),
    )


def verdict_facts(found: Association, unit: str) -> Iterator[str]:
    if found.smallest_detectable is not None:
        yield (
            "Smallest effect that could have been detected: "
            f"{format_number(found.smallest_detectable)} {unit} per deployment per 10,000."
        )
    if found.beta is not None:
        yield (
            f"Estimate {format_number(found.beta)}, {LEVEL} "
            f"{format_interval(found.low, found.high)}."
        )
    yield f"{format_count(found.areas)} boroughs, {format_count(found.periods)} periods."
