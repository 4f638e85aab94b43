"""The parts of a sheet about what people think: the index, and perception beside deployments."""

import re
from collections.abc import Iterator

from api.figures import (
    WITHHELD,
    count,
    dates,
    interval,
    number,
    short_day,
    spoken,
)
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Figure, Part, Square, Table, Verdict, said, told
from survey.editions import Edition
from survey.reports import (
    Association,
    Estimate,
    Point,
    Tile,
)

LEVEL = "95\N{NO-BREAK SPACE}% interval"
SMALL = "* Fewer than 100 respondents: read with care."
STANDINGS = {
    "below": "below expected",
    "within": "within expected",
    "above": "above expected",
    "withheld": WITHHELD,
}
# A name may break where a phone's tile is narrower than it: before its ending.
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


def at_a_glance(edition: Edition) -> Iterator[Part]:
    if edition.index and edition.tiles:
        yield Part(
            key="boroughs",
            heading="Boroughs at a glance",
            stream="sampled",
            words=(
                f"{window(edition)} The Perception Index of each borough, and whether it lies "
                f"outside what chance alone would allow around the index for {edition.city} at "
                "its number of answers. Each borough has the same room, roughly where it lies.",
            ),
            tiles=tuple(square(tile) for tile in edition.tiles),
            measures=told("perception_index", "funnel_standing"),
            rows=behind(edition, "answers"),
        )


def window(edition: Edition) -> str:
    return f"{dates(edition.index_from or edition.start, edition.end)}."


def square(tile: Tile) -> Square:
    shown = tile.value is not None and tile.standing != "withheld"
    return Square(
        name=tile.name,
        short=LONG_WORD.sub(SOFT, tile.short),
        value=number(tile.value or 0) if shown else "",
        standing=tile.standing if shown else "withheld",
        said=STANDINGS[tile.standing] if shown else WITHHELD,
        column=tile.column,
        row=tile.row,
    )


def over_time(edition: Edition) -> Iterator[Part]:
    points = edition.index_series
    if not points:
        return
    table = Table(
        caption="Perception Index over time",
        head=("Week from", f"Index ({LEVEL})", "Answers"),
        rows=tuple(point_cells(point) for point in points),
        note=SMALL if any(p.estimate.status == "flagged" for p in points) else "",
    )
    yield Part(
        key="index",
        heading="Perception Index over time",
        stream="sampled",
        figure=Figure(
            chart="index-series",
            title=f"{edition.city}, {dates(points[0].start, edition.end)}",
            subtitle=f"0 to 100, where higher is more confident; band: {LEVEL}. The scale does "
            "not begin at 0. Gaps are withheld; hollow points rest on fewer than 100 respondents.",
            table=table,
        ),
        measures=told("perception_index"),
        rows=behind(edition, "answers"),
    )


def point_cells(point: Point) -> tuple[Cell, ...]:
    return (Cell(short_day(point.start)), *estimate_cells(point.estimate))


def estimate_cells(one: Estimate) -> tuple[Cell, Cell]:
    star = " *" if one.status == "flagged" else ""
    return valued(one), said(count(one.n) + star)


def valued(one: Estimate) -> Cell:
    """The value with its interval; where there is no interval, the value alone."""
    if one.value is None:
        return said(WITHHELD)
    limits = "" if one.low is None else f" ({interval(one.low, one.high)})"
    return Cell(number(one.value) + limits)


def by_borough(edition: Edition) -> Iterator[Part]:
    if not edition.index:
        return
    names = names_of(edition)
    rows = sorted(edition.index, key=lambda one: (one.domain != edition.city, names(one.domain)))
    yield Part(
        key="index-by-borough",
        heading="Perception Index by borough",
        stream="sampled",
        figure=Figure(
            chart="index-by-area",
            title="Each borough with its interval, ordered by name",
            subtitle=f"{window(edition)} Dot: index; bar: {LEVEL}; dashed line: "
            f"{edition.city}. Where two bars overlap, the order of two boroughs is not known.",
            open=True,
            table=Table(
                caption="Perception Index by borough",
                head=("Borough", f"Index ({LEVEL})", "Answers"),
                rows=tuple((Cell(names(one.domain)), *estimate_cells(one)) for one in rows),
                note=SMALL if any(one.status == "flagged" for one in rows) else "",
            ),
        ),
        measures=told("perception_index"),
        rows=behind(edition, "answers"),
    )


class Names:
    """An area's name by its code; what has no tile is called what it is called."""

    def __init__(self, edition: Edition) -> None:
        self.known = {tile.area: tile.name for tile in edition.tiles}

    def __call__(self, domain: str) -> str:
        return self.known.get(domain, domain)


def names_of(edition: Edition) -> Names:
    return Names(edition)


def together(edition: Edition) -> Iterator[Part]:
    found = edition.association
    if found is not None:
        yield Part(
            key="together",
            heading="Perception and deployments together",
            stream="sampled",
            words=(
                "Whether boroughs with more deployments had a different index in the period "
                "after, once what is peculiar to each borough and each period is set aside.",
            ),
            verdict=verdict(found),
            points=found.caveats,
            measures=told("association"),
        )


def verdict(found: Association | None, unit: str = "points") -> Verdict | None:
    if found is None:
        return None
    return Verdict(
        kind=found.verdict,
        label=LABELS[found.verdict],
        sentence=spoken(found.sentence),
        facts=tuple(facts(found, unit)),
    )


def facts(found: Association, unit: str) -> Iterator[str]:
    if found.smallest_detectable is not None:
        yield (
            "Smallest effect that could have been detected: "
            f"{number(found.smallest_detectable)} {unit} per deployment per 10,000."
        )
    if found.beta is not None:
        yield f"Estimate {number(found.beta)}, {LEVEL} {interval(found.low, found.high)}."
    yield f"{count(found.areas)} boroughs, {count(found.periods)} periods."
