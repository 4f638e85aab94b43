"""What a reader of the dashboard chose, as the address has it, and what there is to choose."""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from api.editions.history import (
    HISTORY_HEAD,
    export_rows,
    known_groupings,
    known_places,
    known_themes,
)
from api.editions.rows import ExportCell, ExportRow, period_label
from api.editions.theme_tables import STREAMS
from api.locales import dimension_name
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.sentences import N_

FIGURES: Mapping[str, str] = {
    "index": N_("Perception index"),
    "deployments": N_("Deployments per 10,000 residents"),
    "complaints": N_("Complaints per 10,000 residents"),
    "groups": N_("Perception index by group"),
    "themes": N_("Share of texts on a theme"),
}
OPENING: tuple[str, ...] = ("index", "deployments")
DIMENSIONS = ("age", "sex", "ethnicity", "disability")


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader chose, as in the address of the page; no places are all places, and `unread`
    are words where a day should be.
    """

    figures: tuple[str, ...] = OPENING
    kind: str = "weekly"
    places: tuple[str, ...] = ()
    dimension: str = "age"
    theme: str = ""
    stream: str = "sampled"
    first: datetime.date | None = None
    last: datetime.date | None = None
    unread: tuple[str, ...] = ()


class Option(NamedTuple):
    value: str
    label: str
    chosen: bool


def known_filters(every: Sequence[Edition], wished: Filters) -> Filters:
    """The filters with what exists in place of what does not, each choice once."""
    kinds = {edition.kind for edition in every}
    themes = known_themes(every)
    kind = wished.kind if wished.kind in kinds else max(kinds)
    places = place_labels(every, kind)
    known = msgspec.structs.replace(
        wished,
        figures=tuple(figure for figure in FIGURES if figure in wished.figures) or OPENING,
        kind=kind,
        places=tuple(place for place in places if place in wished.places),
        theme=wished.theme if wished.theme in themes else next(iter(themes), ""),
        stream=wished.stream if wished.stream in STREAMS else "sampled",
        dimension=wished.dimension if wished.dimension in DIMENSIONS else DIMENSIONS[0],
    )
    shown = chosen_editions(every, known)
    return msgspec.structs.replace(
        known,
        first=known.first and shown[0].start,
        last=known.last and shown[-1].start,
    )


def unknown_choices(every: Sequence[Edition], wished: Filters) -> tuple[str, ...]:
    """What the address asks for and no report has."""
    known = known_filters(every, wished)
    of_kind = [edition for edition in every if edition.kind == known.kind]
    days = [day for day in (wished.first, wished.last) if day]
    named = {*wished.figures, *wished.places, wished.theme, wished.stream, wished.dimension}
    there = {*known.figures, *known.places, known.theme, known.stream, known.dimension, ""}
    outside = (day for day in days if not of_kind[0].start <= day <= of_kind[-1].end)
    kinds = [wished.kind] if wished.kind not in ("", known.kind) else []
    return (*sorted(named - there), *kinds, *map(str, outside), *wished.unread)


def chosen_editions(every: Sequence[Edition], filters: Filters) -> list[Edition]:
    """The reports of the chosen kind and days; all of that kind if none falls in those days."""
    of_kind = [edition for edition in every if edition.kind == filters.kind]
    # Two days in the wrong order are still the same days.
    first, last = sorted((filters.first or datetime.date.min, filters.last or datetime.date.max))
    return [edition for edition in of_kind if first <= edition.start <= last] or of_kind


def filter_options(every: Sequence[Edition], filters: Filters) -> dict[str, tuple[Option, ...]]:
    """What there is to choose, by the name of the list."""
    of_kind = [edition for edition in every if edition.kind == filters.kind]
    days = {edition.start.isoformat(): period_label(edition) for edition in of_kind}
    first, last = filters.first or of_kind[0].start, filters.last or of_kind[-1].start
    kinds = {"weekly": _("Weeks"), "monthly": _("Months")}
    themes = {theme: share.name for theme, share in known_themes(every).items()}
    dimensions = {dimension: dimension_name(dimension) for dimension in DIMENSIONS}
    made = {edition.kind for edition in every}
    return {
        "figures": options({name: _(words) for name, words in FIGURES.items()}, *filters.figures),
        "kinds": options({kind: kinds[kind] for kind in kinds if kind in made}, filters.kind),
        "places": options(place_labels(every, filters.kind), *filters.places),
        "dimensions": options(dimensions, filters.dimension),
        "themes": options(themes, filters.theme),
        "streams": options({stream: _(words) for stream, words in STREAMS.items()}, filters.stream),
        "firsts": options(days, first.isoformat()),
        "lasts": options(days, last.isoformat()),
    }


def place_labels(every: Sequence[Edition], kind: str) -> dict[str, str]:
    """The city, its boroughs, and the groups of boroughs that reports of a kind have."""
    of_kind = [edition for edition in every if edition.kind == kind]
    return known_places(every) | {
        group.code: f"{group.name} ({name})"
        for name, groups in known_groupings(of_kind).items()
        for group in groups
    }


def options(labels: Mapping[str, str], *chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value, label, value in chosen) for value, label in labels.items())


def filters_query(filters: Filters) -> str:
    """The filters as the query of an address; the same choice always has the same address."""
    pairs = [
        *(("figure", figure) for figure in filters.figures),
        ("kind", filters.kind),
        *(("place", place) for place in filters.places),
        *own_filters(filters),
        *((name, str(day)) for name in ("first", "last") if (day := getattr(filters, name))),
    ]
    return urlencode(pairs)


def own_filters(filters: Filters) -> Iterator[tuple[str, str]]:
    """The filters that only some figures have."""
    if "groups" in filters.figures:
        yield "dimension", filters.dimension
    if "themes" in filters.figures:
        yield from (("theme", filters.theme), ("stream", filters.stream))


def explore_rows(every: Sequence[Edition], wished: Filters) -> Iterator[ExportRow]:
    """The rows of the chosen figures as editions export them, each with its kind and number."""
    filters = known_filters(every, wished)
    editions = chosen_editions(every, filters)
    shown = frozenset(filters.places or known_places(every))
    for figure in filters.figures:
        for row in export_rows(editions, filters.theme if figure == "themes" else ""):
            if is_chosen(dict(zip(HISTORY_HEAD, row, strict=True)), filters, figure, shown):
                yield row


def is_chosen(
    row: Mapping[str, ExportCell], filters: Filters, figure: str, places: Collection[str]
) -> bool:
    """Whether a row of the export is of this figure and of one of the places shown."""
    if figure == "groups":
        return (row["table"], row["measure"]) == (f"groups: {filters.dimension}", "index")
    return (
        row["table"] == figure
        and (figure != "themes" or row["stream"] == filters.stream)
        and str(row["domain"]) in places
    )
