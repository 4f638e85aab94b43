"""All themes side by side: how many texts are on each in the newest report, what has become of it
since the report before, and its line over time.

What has become of a theme is what the newest report says itself in its list of changes: its
intervals allow for the number of themes that were compared.
"""

from collections.abc import Iterator, Sequence

import msgspec

from analysis.editions.chapters.changes import LEAST, ROUNDING_STEPS, THEME_FIGURES
from api.editions.areas import NOT_COMPARED
from api.editions.chapters.theme_charts import hidden_themes
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
    """A theme in a stream: its newest figure, what became of it or why that is not said, and its
    line.
    """

    theme: PageLink
    figure: ReportCell
    change: str
    panel: ExplorePanel


class ThemeStream(msgspec.Struct, frozen=True, kw_only=True):
    """The themes in what one kind of people wrote, the most frequent first; `withheld` are those
    without a figure in the newest report, after the reason.
    """

    stream: str
    heading: str
    rows: tuple[ThemeRow, ...]
    withheld: tuple[tuple[str, tuple[PageLink, ...]], ...]


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
                withheld=tuple(withheld_themes(newest, stream)),
            )
            for stream, heading in STREAMS.items()
            if (rows := theme_rows(editions, stream))
        ),
    )


def theme_rows(editions: Sequence[Edition], stream: str) -> tuple[ThemeRow, ...]:
    """The themes of a stream in the newest report; their lines have one scale."""
    newest = editions[-1]
    shares = city_shares(newest, stream)
    lines = [theme_series(editions, share) for share in themes_by_frequency(shares)]
    scale = series_scale(lines)
    return tuple(
        ThemeRow(
            theme=theme_link(share),
            figure=newest_figure(share),
            change=change_word(editions, share),
            panel=panel(line, scale, editions),
        )
        for share, line in zip(themes_by_frequency(shares), lines, strict=True)
    )


def city_shares(edition: Edition, stream: str) -> list[ThemeShare]:
    return [
        first_figures(share, once=counts_differ([share]))
        for share in edition.themes
        if (share.stream, share.domain) == (stream, edition.city)
    ]


def withheld_themes(newest: Edition, stream: str) -> Iterator[tuple[str, tuple[PageLink, ...]]]:
    """The themes of a stream that have no figure, after why they have none."""
    hidden = [share for share in city_shares(newest, stream) if newest_figure(share).withheld]
    for misread in (False, True):
        alike = [share for share in hidden if (share.missing == "reading") is misread]
        for words in hidden_themes(alike):
            yield words, tuple(map(theme_link, alike))


def theme_link(share: ThemeShare) -> PageLink:
    return PageLink(f"/reports/themes/{share.theme}", share.name, share.meaning)


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
    """Whether the theme rose or fell, by the interval that allows for how many were compared; or
    why nothing is said of it.
    """
    newest = editions[-1]
    figure = THEME_FIGURES[share.stream].format(theme=share.name)
    for change in newest.moved:
        named = (change.table, change.figure, change.domain) == ("themes", figure, share.domain)
        if named and change.low is not None and change.high is not None:
            if change.low > 0:
                return _("rose")
            return _("fell") if change.high < 0 else _("about the same")
    earlier = compared_share(editions, share)
    if earlier is None or share.share is None:
        return _(NOT_COMPARED)
    if earlier.share is None:
        return _("withheld before")
    if earlier.corrected != share.corrected:
        return _("counted another way before")
    # The list of changes leaves out what moved by no more than a step of rounding.
    alike = abs(earlier.share - share.share) <= ROUNDING_STEPS["share"] + LEAST
    return _("about the same") if alike else _(NOT_COMPARED)


def compared_share(editions: Sequence[Edition], share: ThemeShare) -> ThemeShare | None:
    """The theme in the report that the newest one is compared with."""
    named = (editions[-1].compared_start, share.theme, share.stream, share.domain)
    for edition in editions[:-1]:
        for earlier in edition.themes:
            if (edition.start, earlier.theme, earlier.stream, earlier.domain) == named:
                return earlier
    return None
