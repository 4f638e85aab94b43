"""The figures of one place or theme in edition after edition.

All of them stand in published editions: nothing is computed from them here, so that no page can
show more than the editions do.
"""

import datetime
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from api.editions import charts, contents
from api.editions.report import KeyFigure, ReportCell, ReportChart, ReportSection, ReportTile
from api.editions.rows import HEAD, ExportRow, export_periods, period_label, with_window_starts
from api.locales import edition_gettext as _
from api.locales import format_dates, format_number, format_whole
from survey.editions import IDENTITY_FIELDS, Edition
from survey.editions.figures import GroupedFigures, SeriesMark
from survey.editions.texts import ThemeShare
from survey.places import AreaGroup
from survey.sentences import N_

# What these pages need of an edition: the whole of each would fill the memory.
KEPT_FIELDS = (
    *("index", "small_areas", "complaints", "deployments", "themes", "tiles", "reading", "groups"),
    *("attribution", "twelve_months", "marks", "moved", "compared_start", "actions"),
    *("findings", "history", "as_published", "grouped"),
)
HISTORY_HEAD = ("kind", "number", *HEAD)
KINDS = {"weekly": N_("Weekly reports"), "monthly": N_("Monthly reports")}
REPORT = N_("Report")
BAND = N_("Band: 95% interval.")


class PageLink(msgspec.Struct, frozen=True):
    """A link in a list, with a line about what it leads to."""

    address: str
    name: str
    about: str = ""


GroupingLinks = tuple[str, tuple[PageLink, ...]]  # under the name of a grouping


class HistoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A page of figures over time, ready to be shown. `draws` are its charts by name, `place` is
    the code of its borough, `period` the days of its tiles; `published` are small charts of
    other publishers' figures, and `notes` are about the events marked in them. `groupings` link to
    the groups of boroughs, under the name of each grouping.
    """

    place: str = ""
    title: str
    caption: str
    words: tuple[str, ...]
    kind: str
    kinds: tuple[tuple[str, str], ...]
    newest: PageLink
    stats: tuple[KeyFigure, ...] = ()
    tiles: tuple[ReportTile, ...] = ()
    groupings: tuple[GroupingLinks, ...] = ()
    period: str = ""
    sections: tuple[ReportSection, ...] = ()
    published: tuple[ReportSection, ...] = ()
    notes: tuple[str, ...] = ()
    draws: tuple[tuple[str, charts.Chart], ...] = ()
    links: tuple[PageLink, ...] = ()
    synthetic: bool = False
    attribution: tuple[str, ...] = ()


def kept_figures(edition: Edition) -> Edition:
    """The edition with only what pages over time need."""
    fields = {name: getattr(edition, name) for name in (*IDENTITY_FIELDS, *KEPT_FIELDS)}
    if edition.reading in ("dropped", "below"):
        fields["themes"] = ()
    return with_window_starts(with_groups_as_places(Edition(**fields | {"headline": ()})))


def with_groups_as_places(edition: Edition) -> Edition:
    """The edition with the figures of groups of boroughs behind those of the boroughs, so that a
    page over time shows a group as it shows a borough.
    """
    rows = {
        name: (
            *getattr(edition, name),
            *(row for of in edition.grouped for row in getattr(of, name)),
        )
        for name in ("index", "deployments", "complaints")
    }
    names = tuple(GroupedFigures(name=of.name, groups=of.groups) for of in edition.grouped)
    return msgspec.structs.replace(edition, **rows, grouped=names)


def known_places(editions: Sequence[Edition]) -> dict[str, str]:
    """The names of the city and of all boroughs that have had a tile, by code, the city first."""
    names = {tile.area: tile.name for edition in editions for tile in edition.tiles}
    city = {edition.city: edition.city for edition in editions[-1:]}
    return city | dict(sorted(names.items(), key=lambda pair: pair[1]))


def known_groupings(editions: Sequence[Edition]) -> dict[str, tuple[AreaGroup, ...]]:
    """The groups of each grouping, as the newest report that has it knows them."""
    return {of.name: of.groups for edition in editions for of in edition.grouped}


def known_groups(editions: Sequence[Edition]) -> dict[str, str]:
    """The names of all groups of boroughs, by code."""
    every = known_groupings(editions).values()
    return {group.code: group.name for groups in every for group in groups}


def grouping_links(every: Sequence[Edition], area: str = "") -> Iterator[GroupingLinks]:
    """Links to the groups of each grouping; to those alone that hold an area, if one is given."""
    for name, groups in known_groupings(every).items():
        links = tuple(
            PageLink(f"/reports/boroughs/{group.code}", group.name)
            for group in groups
            if not area or area in group.areas
        )
        if links:
            yield name, links


def member_links(every: Sequence[Edition], code: str) -> Iterator[GroupingLinks]:
    """Links to the boroughs of a group."""
    names = known_places(every)
    for groups in known_groupings(every).values():
        for group in groups:
            if group.code == code:
                links = (
                    PageLink(f"/reports/boroughs/{area}", names.get(area, area))
                    for area in group.areas
                )
                yield _("Boroughs"), tuple(links)


def known_themes(editions: Sequence[Edition]) -> dict[str, ThemeShare]:
    """The newest figure of every theme, of the whole city where there is one, by theme."""
    newest: dict[str, ThemeShare] = {}
    for edition in editions:
        for share in sorted(edition.themes, key=lambda theme: theme.domain == edition.city):
            newest[share.theme] = share
    return dict(sorted(newest.items(), key=lambda pair: pair[1].name))


def empty_view(every: Sequence[Edition], newest: Edition) -> HistoryView:
    """What every page over time has: its kind, and what its newest figures are from."""
    kinds = {edition.kind for edition in every}
    return HistoryView(
        title="",
        caption=_("All reports, newest: {label}").format(label=period_label(newest)),
        words=(),
        kind=newest.kind,
        kinds=tuple((kind, _(words)) for kind, words in KINDS.items() if kind in kinds),
        newest=PageLink(edition_address(newest), period_label(newest)),
        synthetic=newest.synthetic,
        attribution=newest.attribution,
    )


def edition_address(edition: Edition) -> str:
    return f"/reports/{edition.kind}/{edition.start}"


def with_figures(
    section: ReportSection, chart: ReportChart, drawn: Collection[str]
) -> ReportSection:
    """The section with its chart if that is drawn, else with the table alone."""
    if chart.chart in drawn:
        return msgspec.structs.replace(section, figure=chart)
    return msgspec.structs.replace(section, tables=(chart.table, *section.tables))


def days_covered(editions: Sequence[Edition]) -> str:
    """The first and last day of these reports."""
    return format_dates(editions[0].start, editions[-1].end)


def report_cell(edition: Edition) -> ReportCell:
    """The name of a report, with a link to it."""
    number = _("edition {number}").format(number=edition.number) if edition.number > 1 else ""
    return ReportCell(
        period_label(edition),
        under=number,
        address=f"{edition_address(edition)}?number={edition.number}",
    )


def window_words(edition: Edition, *, rates: bool = False) -> str:
    """How many days a figure covers, and that adjacent figures share some."""
    start = (edition.rates_from if rates else edition.index_from) or edition.start
    days = (edition.end - start).days + 1
    if start >= edition.start:
        return ""
    return _("Each point covers {weeks} weeks, most of them also in the next point.").format(
        weeks=format_whole(days / 7)
    )


def line_note(newest: Edition, *, rates: bool = False) -> str:
    """How to read a line: which days each figure covers, its scale and its gaps."""
    gaps = _("The scale does not begin at 0; a gap is withheld or has no report.")
    return f"{window_words(newest, rates=rates)} {gaps}".strip()


def line_chart(
    chart: str,
    title: str,
    points: Sequence[charts.LinePoint],
    counted: str,
    written: Callable[[float], str] = format_number,
    marks: tuple[SeriesMark, ...] = (),
) -> Iterator[tuple[str, charts.Chart]]:
    """A line of these points, if there are enough of them."""
    if sum(point.value is not None for point in points) < charts.FEWEST_POINTS:
        return
    yield (
        chart,
        charts.LineChart(
            title=title,
            description=charts.line_description(points, written),
            points=tuple(with_gaps(points)),
            end=charts.line_end(points, written),
            marks=charts.marks_between(marks, points[0].start, points[-1].start),
            respondents=counted,
            wide=True,
        ),
    )


def two_decimals(value: float) -> str:
    return f"{value:.2f}"


def with_gaps(points: Sequence[charts.LinePoint]) -> Iterator[charts.LinePoint]:
    """The points, with one without a value wherever reports are missing between two of them."""
    apart = [after.start - before.start for before, after in itertools.pairwise(points)]
    # Months have 28 to 31 days, so only what is half as long again is a gap.
    usual = 1.5 * min(apart, default=datetime.timedelta.max / 2)
    for at, point in enumerate(points):
        if at and apart[at - 1] > usual:
            missing = points[at - 1].start + min(apart)
            yield charts.LinePoint(missing, None, None, None, None, flagged=False)
        yield point


def history_source(view: HistoryView, address: str) -> tuple[str, ...]:
    """What a picture of these figures says about where it is from."""
    return (
        *([_("Synthetic data: every figure was made up.")] if view.synthetic else []),
        _("Source: Soundings, {reports}, newest: {newest}.").format(
            reports=dict(view.kinds)[view.kind].lower(), newest=view.newest.name
        ),
        address,
        *view.attribution,
    )


def share_point(edition: Edition, theme: ThemeShare, row: str = "") -> charts.LinePoint:
    """The share of texts in per cent."""
    value, low, high = (
        None if share is None else 100 * share for share in (theme.share, theme.low, theme.high)
    )
    return charts.LinePoint(edition.start, value, low, high, theme.texts, flagged=False, row=row)


def export_rows(editions: Sequence[Edition], theme: str = "") -> Iterator[ExportRow]:
    """The rows that these editions export, each after the kind and number of its edition; of one
    theme alone, if it is given.
    """
    for edition in editions:
        themes = tuple(share for share in edition.themes if not theme or share.theme == theme)
        chosen = msgspec.structs.replace(edition, themes=themes)
        for row in contents.export_rows(chosen, export_periods(chosen)):
            yield edition.kind, edition.number, *row
