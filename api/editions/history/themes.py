"""A theme of the codebook in edition after edition, a section for each stream."""

import itertools
from collections.abc import Collection, Iterator, Sequence

import msgspec

from api.editions import charts, history, theme_tables
from api.editions.cells import AreaNamer, area_namer
from api.editions.chapters.themes import HEADINGS
from api.editions.report import ReportCell, ReportChart, ReportSection, ReportTable, measure_links
from api.editions.rows import ExportRow, period_label
from api.locales import edition_gettext as _
from api.locales import format_number
from survey.editions import Edition
from survey.editions.figures import SeriesMark
from survey.editions.texts import ThemeShare, counts_differ


def theme_view(every: Sequence[Edition], kind: str, theme: str) -> history.HistoryView:
    """One theme in each report of a kind, a section for each stream."""
    editions = [edition for edition in every if edition.kind == kind]
    shown = history.known_themes(every)[theme]
    sections: list[ReportSection] = []
    drawn: dict[str, charts.Chart] = {}
    for stream in theme_tables.STREAMS:
        rows = [
            (edition, share)
            for edition in editions
            for share in edition.themes
            if (share.theme, share.stream, share.domain) == (theme, stream, edition.city)
        ]
        if rows:
            drawn |= dict(theme_chart(editions, rows, stream))
            sections.append(theme_section(editions[-1], rows, theme, stream, drawn))
    return msgspec.structs.replace(
        history.empty_view(every, editions[-1]),
        title=shown.name,
        words=tuple(filter(None, (shown.meaning, codebook_sentence(editions)))),
        sections=tuple(sections),
        draws=tuple(drawn.items()),
    )


def has_shares(rows: Sequence[tuple[Edition, ThemeShare]], stream: str) -> bool:
    """Whether shares mean something: those of a sample, or corrected ones."""
    return stream == "sampled" or any(share.corrected for _edition, share in rows)


def theme_section(
    newest: Edition,
    rows: Sequence[tuple[Edition, ThemeShare]],
    theme: str,
    stream: str,
    drawn: Collection[str],
) -> ReportSection:
    """The theme in a stream; `drawn` are the names of the charts."""
    once = stream != "sampled" and counts_differ(share for _edition, share in rows)
    first = [theme_tables.first_figures(share, once=once) for _edition, share in rows]
    chart = ReportChart(
        chart=f"theme-{stream}",
        title=_("Share of texts, in per cent, {days}").format(
            days=history.days_covered([edition for edition, _own in rows])
        ),
        subtitle=" ".join(
            (
                *([_(history.BAND)] if any(share.low is not None for share in first) else []),
                history.line_note(newest),
            )
        ),
        table=theme_table(rows, stream, described=has_shares(rows, stream)),
    )
    section = ReportSection(
        key=f"theme-{stream}",
        heading=_(HEADINGS[stream]),
        stream=stream,
        apart=stream == "open",
        tables=theme_places(newest, theme, stream, area_namer(newest)),
        measures=measure_links("theme_share", "net_sentiment"),
    )
    return history.with_figures(section, chart, drawn)


def theme_table(
    rows: Sequence[tuple[Edition, ThemeShare]], stream: str, *, described: bool
) -> ReportTable:
    """The theme in each report, also with each campaign counted once where that differs."""
    twice = stream != "sampled" and counts_differ(share for _edition, share in rows)
    return ReportTable(
        caption=_("In each report: {stream}").format(stream=_(theme_tables.STREAMS[stream])),
        head=(
            _(history.REPORT),
            _(theme_tables.ONCE) if twice else _(theme_tables.MACHINE_COUNT),
            *([_(theme_tables.SHARE)] if described else []),
            *([_(theme_tables.EVERY_TEXT)] if twice else []),
        ),
        rows=tuple(
            (
                history.report_cell(edition),
                *theme_tables.theme_cells(
                    theme_tables.first_figures(share, once=twice), described=described
                ),
                *((theme_tables.every_text_cell(share, described=False),) if twice else ()),
            )
            for edition, share in reversed(rows)
        ),
    )


def theme_places(
    newest: Edition, theme: str, stream: str, names: AreaNamer
) -> tuple[ReportTable, ...]:
    """The boroughs with enough texts on the theme in the newest report."""
    rows = [
        share
        for share in newest.themes
        if (share.theme, share.stream) == (theme, stream) and share.domain != newest.city
    ]
    if not rows:
        return ()
    return (
        ReportTable(
            caption=_("By borough, {label}: {stream}").format(
                label=period_label(newest), stream=_(theme_tables.STREAMS[stream])
            ),
            head=(_("Borough"), _(theme_tables.MACHINE_COUNT)),
            rows=tuple(
                (
                    ReportCell(names(share.domain), address=f"/reports/boroughs/{share.domain}"),
                    *theme_tables.theme_cells(share, described=False),
                )
                for share in sorted(rows, key=lambda row: names(row.domain))
            ),
        ),
    )


def theme_chart(
    editions: Sequence[Edition], rows: Sequence[tuple[Edition, ThemeShare]], stream: str
) -> Iterator[tuple[str, charts.Chart]]:
    if has_shares(rows, stream):
        once = stream != "sampled" and counts_differ(share for _edition, share in rows)
        first = [(edition, theme_tables.first_figures(share, once=once)) for edition, share in rows]
        points = [
            history.share_point(edition, first_share, period_label(edition))
            for edition, first_share in first
        ]
        title = f"{rows[-1][1].name}: {_(HEADINGS[stream])}"
        marks = tuple(
            SeriesMark(edition.start, _("new codebook")) for edition in codebook_changes(editions)
        )
        yield from history.line_chart(
            f"theme-{stream}", title, points, _("Texts"), format_number, marks
        )


def codebook_changes(editions: Sequence[Edition]) -> list[Edition]:
    """The reports that were the first with a new version of the codebook."""
    pairs = itertools.pairwise(editions)
    return [after for before, after in pairs if after.codebook != before.codebook]


def codebook_sentence(editions: Sequence[Edition]) -> str:
    changed = codebook_changes(editions)
    if not changed:
        return ""
    return _(
        "The codebook changed with {labels}. Figures before and after it can differ for that "
        "reason alone."
    ).format(labels=", ".join(map(period_label, changed)))


def theme_rows(editions: Sequence[Edition], theme: str) -> Iterator[ExportRow]:
    """The rows of a theme, with those of boroughs, as its editions export them."""
    return (row for row in history.export_rows(editions, theme) if row[2] == "themes")
