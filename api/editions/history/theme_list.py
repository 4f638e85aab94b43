"""All themes side by side: how many texts are on each in the newest report, what has become of it
since the report before, and its line over time.

What has become of a theme is what the newest report says itself in its list of changes: its
intervals allow for the number of themes that were compared.
"""

from collections.abc import Sequence

import msgspec

from analysis.editions.chapters.changes import LEAST, ROUNDING_STEPS, THEME_FIGURES
from api.editions.history import HistoryView, PageLink, empty_view
from api.editions.history.choices import Filters
from api.editions.history.explorer import (
    ExplorePanel,
    ExploreSeries,
    panel,
    place_points,
    series_scale,
)
from api.editions.report import ReportCell
from api.editions.rows import before_in_words
from api.editions.theme_tables import first_figures, share_cell, theme_cells
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.texts import ThemeShare, counts_differ, themes_by_frequency
from survey.sentences import N_

STREAMS = {
    "sampled": N_("What residents we asked wrote about"),
    "open": N_("What people who wrote in wrote about"),
}


class ThemeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A theme in a stream: its newest figure, what became of it, and its line.

    `change` is empty where the newest report does not compare it.
    """

    theme: PageLink
    figure: ReportCell
    change: str
    panel: ExplorePanel


class ThemeStream(msgspec.Struct, frozen=True, kw_only=True):
    """The themes in what one kind of people wrote, the most frequent first; `withheld` are those
    without a figure in the newest report.
    """

    stream: str
    heading: str
    rows: tuple[ThemeRow, ...]
    withheld: tuple[PageLink, ...]


class ThemeListView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of all themes; `before` names the report that the newest one is compared with."""

    head: HistoryView
    before: str
    streams: tuple[ThemeStream, ...]


def theme_list_view(every: Sequence[Edition], kind: str) -> ThemeListView:
    editions = [edition for edition in every if edition.kind == kind]
    newest = editions[-1]
    return ThemeListView(
        head=msgspec.structs.replace(empty_view(every, newest), title=_("Themes")),
        before=before_in_words(newest.kind, newest.start, newest.compared_start),
        streams=tuple(
            ThemeStream(
                stream=stream,
                heading=_(heading),
                rows=tuple(row for row in rows if not row.figure.withheld),
                withheld=tuple(row.theme for row in rows if row.figure.withheld),
            )
            for stream, heading in STREAMS.items()
            if (rows := theme_rows(editions, stream))
        ),
    )


def theme_rows(editions: Sequence[Edition], stream: str) -> tuple[ThemeRow, ...]:
    """The themes of a stream in the newest report; their lines have one scale."""
    newest = editions[-1]
    shares = [
        first_figures(share, once=counts_differ([share]))
        for share in newest.themes
        if (share.stream, share.domain) == (stream, newest.city)
    ]
    lines = [theme_series(editions, share) for share in themes_by_frequency(shares)]
    scale = series_scale(lines)
    return tuple(
        ThemeRow(
            theme=PageLink(line.address, line.name, share.meaning),
            figure=newest_figure(share),
            change=change_word(editions, share),
            panel=panel(line, scale, editions),
        )
        for share, line in zip(themes_by_frequency(shares), lines, strict=True)
    )


def newest_figure(share: ThemeShare) -> ReportCell:
    """The share, or where it describes only the texts that came, their number."""
    if share.stream == "sampled" or share.corrected:
        return share_cell(share)
    return theme_cells(share, described=False)[0]


def theme_series(editions: Sequence[Edition], share: ThemeShare) -> ExploreSeries:
    """The theme in each report of these."""
    wished = Filters(theme=share.theme, stream=share.stream)
    points = [
        point
        for edition in editions
        for point in place_points(edition, share.domain, wished, "themes")
    ]
    return ExploreSeries(
        share.name,
        f"/reports/themes/{share.theme}",
        tuple(point for point, _cell in points),
        {point.start: cell for point, cell in points},
    )


def change_word(editions: Sequence[Edition], share: ThemeShare) -> str:
    """Whether the theme rose or fell, by the interval that allows for how many were compared."""
    newest = editions[-1]
    figure = THEME_FIGURES[share.stream].format(theme=share.name)
    for change in newest.moved:
        if (change.table, change.figure, change.domain) == ("themes", figure, share.domain):
            if change.low is None or change.high is None or share.texts is None:
                return ""
            if change.low > 0:
                return _("rose")
            return _("fell") if change.high < 0 else _("about the same")
    return _("about the same") if is_unchanged(editions, share) else ""


def is_unchanged(editions: Sequence[Edition], share: ThemeShare) -> bool:
    """Whether the compared report prints the same share, or one a step of rounding away: the list
    of changes leaves such a theme out.
    """
    step = ROUNDING_STEPS["share"] + LEAST
    return share.share is not None and any(
        (earlier.theme, earlier.stream, earlier.domain, earlier.corrected)
        == (share.theme, share.stream, share.domain, share.corrected)
        and abs((earlier.share or 0) - share.share) <= step
        for edition in editions[:-1]
        if edition.start == editions[-1].compared_start
        for earlier in edition.themes
    )
