"""A borough, or the whole city, in edition after edition."""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from analysis.disclosure import ROUNDING
from api.editions import charts, history
from api.editions.areas import among_all_chart, among_all_section, area_tiles
from api.editions.cells import SMALL, estimate_cells, rate_cell, rate_key_figure
from api.editions.chapters.alerts import actions_section
from api.editions.chapters.history import figure_before, said_before, verdict_word
from api.editions.chapters.index import area_figure, small_area_cells
from api.editions.history.past import (
    past_charts,
    past_rows,
    published_notes,
    published_sections,
    twelve_months_section,
)
from api.editions.report import (
    KeyFigure,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
)
from api.editions.rows import ExportRow, index_dates, page_before, period_label, window_label
from api.editions.theme_tables import MACHINE_COUNT, STREAMS, THEME, theme_cells
from api.locales import edition_gettext as _
from api.locales import format_number
from survey.editions import Edition
from survey.editions.figures import Estimate, Rate
from survey.sentences import N_

PLACE_TABLES = (
    *("index", "small areas", "complaints", "deployments", "themes"),
    *("twelve months: deployments", "twelve months: complaints", "twelve months: index"),
)
RATES = {
    "deployments": (N_("Deployments"), N_("Deployments per 10,000 residents"), "deployment_rate"),
    "complaints": (N_("Complaints"), N_("Complaints per 10,000 residents"), "complaint_rate"),
}

# What became of a place's index since the time before, as the title of its line.
TITLES = {
    "rose": N_("Higher than {before}"),
    "fell": N_("Lower than {before}"),
    "none_larger": N_("About the same as {before}"),
    "unclear": N_("No clear change from {before}"),
}

# What it means that an index lies within the limits, or outside them.
CHANCE = {
    "within": N_("The difference is not larger than chance explains."),
    "above": N_("It is higher than chance explains."),
    "below": N_("It is lower than chance explains."),
}


def places_view(
    every: Sequence[Edition], kind: str, past: Edition | None = None
) -> history.HistoryView:
    """The whole city over time, and a link to each borough."""
    editions = [edition for edition in every if edition.kind == kind]
    newest = editions[-1]
    return msgspec.structs.replace(
        place_view(every, kind, newest.city, past),
        title=_("Boroughs of {city}").format(city=newest.city),
        words=(
            _(
                "Choose a borough to see its figures in every report. Below are the figures for "
                "{city} as a whole."
            ).format(city=newest.city),
        ),
        tiles=area_tiles(newest) if newest.index else (),
        period=index_dates(newest),
        links=tuple(
            history.PageLink(f"/reports/boroughs/{code}", name)
            for code, name in history.known_places(every).items()
        ),
        groupings=tuple(history.grouping_links(every)),
    )


def place_view(
    every: Sequence[Edition], kind: str, domain: str, past: Edition | None = None
) -> history.HistoryView:
    """One borough, or the whole city, in each report of a kind.

    `past` is the newest monthly report, with all the time that its figures are known.
    """
    editions = [edition for edition in every if edition.kind == kind]
    newest = editions[-1]
    groups = history.known_groups(every)
    name = (history.known_places(every) | groups).get(domain, domain)
    drawn = dict(place_charts(editions, domain, name))
    drawn |= dict(among_all_chart(newest, domain))
    drawn |= dict(past_charts(past, domain)) if past else {}
    view = history.empty_view(every, newest)
    return msgspec.structs.replace(
        view,
        place=domain,
        # Only monthly reports have groups of boroughs.
        kinds=() if domain in groups else view.kinds,
        groupings=tuple(
            history.member_links(every, domain)
            if domain in groups
            else history.grouping_links(every, domain)
        ),
        title=name,
        words=(standing_sentence(newest, domain),) if standing_sentence(newest, domain) else (),
        stats=tuple(place_stats(newest, domain)),
        sections=(
            *among_all_section(newest, domain),
            *place_sections(editions, domain, name, drawn),
            *twelve_months_section(every, domain),
            *done_section(every),
        ),
        published=tuple(published_sections(past, domain, drawn)) if past else (),
        notes=published_notes(past) if past else (),
        draws=tuple(drawn.items()),
    )


def standing_sentence(newest: Edition, domain: str) -> str:
    """The borough's index in the newest report next to that of the city, and whether they differ by
    more than chance explains; '' if its figure is withheld.
    """
    level = next(
        (estimate.value for estimate in newest.index if estimate.domain == newest.city), None
    )
    tile = next((tile for tile in newest.tiles if tile.area == domain), None)
    if tile is None or tile.value is None or level is None:
        return ""
    return (
        _(
            "In {report} its perception index is {value} of 100, and that of {city} {level}. "
            "{chance}"
        )
        .format(
            report=period_label(newest),
            value=format_number(tile.value),
            city=newest.city,
            level=format_number(level),
            chance=_(CHANCE[tile.standing]) if tile.standing in CHANCE else "",
        )
        .strip()
    )


def place_stats(newest: Edition, domain: str) -> Iterator[KeyFigure]:
    """The key figures of a place in the newest report."""
    for figure in area_figure(newest, domain):
        yield with_before(figure, newest, "index", domain)
    for name, (label, _title, measure) in RATES.items():
        for rate in rates_of(newest, name, domain):
            window = window_label(newest.rates_from, newest)
            why = "" if rate.events is None else None
            key_figure = rate_key_figure(rate, _(label), measure, window=window, why=why)
            yield with_before(key_figure, newest, name, domain)


def with_before(figure: KeyFigure, newest: Edition, measure: str, domain: str) -> KeyFigure:
    """The figure with what it was before, and a word where a rule says what became of it."""
    before = figure_before(newest, measure, domain)
    return msgspec.structs.replace(
        figure,
        change=said_before(newest, measure, domain),
        word=verdict_word(before.verdict) if before else None,
    )


def estimates_of(edition: Edition, domain: str) -> list[Estimate]:
    return [estimate for estimate in edition.index if estimate.domain == domain]


def rates_of(edition: Edition, name: str, domain: str) -> list[Rate]:
    rates: tuple[Rate, ...] = getattr(edition, name)
    return [rate for rate in rates if rate.domain == domain]


def place_sections(
    editions: Sequence[Edition], domain: str, name: str, drawn: Collection[str]
) -> Iterator[ReportSection]:
    """The sections of a place; `drawn` are the names of its charts."""
    rows = [
        (edition, estimate) for edition in editions for estimate in estimates_of(edition, domain)
    ]
    if rows:
        yield index_section(rows, domain, name, drawn)
    for kind, (heading, title, measure) in RATES.items():
        rated = [
            (edition, rate) for edition in editions for rate in rates_of(edition, kind, domain)
        ]
        if rated:
            chart = ReportChart(
                chart=kind,
                title=f"{name}: {_(title)}, {history.days_covered(editions)}",
                subtitle=" ".join(
                    (
                        _(history.BAND),
                        history.line_note(editions[-1], rates=True),
                        *rounding_note(kind, rated),
                    )
                ),
                table=ReportTable(
                    caption=_("{figures} in each report").format(figures=_(heading)),
                    head=(_(history.REPORT), _("Number · rate per 10,000 (95% interval)")),
                    rows=tuple(
                        (history.report_cell(e), rate_cell(rate)) for e, rate in reversed(rated)
                    ),
                ),
            )
            section = ReportSection(key=kind, heading=_(heading), measures=measure_links(measure))
            yield history.with_figures(section, chart, drawn)
    yield from place_theme_section(editions, domain)


def rounding_note(kind: str, rated: Sequence[tuple[Edition, Rate]]) -> Iterator[str]:
    """By how much a rate moves where its count moves by one step of rounding: nothing may have
    changed then.
    """
    edition, newest = rated[-1]
    if (kind == "deployments" and edition.as_published) or not newest.population:
        return
    yield _(
        "Counts are to the nearest {step}: a rise or fall of {size} is one step of rounding and "
        "may be no change, so the line stays level there."
    ).format(step=ROUNDING, size=history.two_decimals(10_000 * ROUNDING / newest.population))


def index_section(
    rows: Sequence[tuple[Edition, Estimate]], domain: str, name: str, drawn: Collection[str]
) -> ReportSection:
    modelled = any(edition.small_areas for edition, _one in rows)
    flagged = any(estimate.status == "flagged" for _edition, estimate in rows)
    head = _(history.REPORT), _("Index (95% interval)"), _("Answers")
    table = ReportTable(
        caption=_("Perception index in each report"),
        head=(*head, _("Small-area model (95% interval)")) if modelled else head,
        rows=tuple(
            (
                history.report_cell(edition),
                *estimate_cells(estimate),
                *([model_cell(edition, domain)] if modelled else []),
            )
            for edition, estimate in reversed(rows)
        ),
        note=" ".join((*([_(SMALL)] if flagged else []), history.line_note(rows[-1][0]))),
    )
    newest = rows[-1][0]
    chart = ReportChart(
        chart="index",
        title=index_title(newest, domain),
        subtitle=_("Perception index, 0 to 100, {days}. {band} {hollow}")
        .format(
            days=history.days_covered([edition for edition, _own in rows]),
            band=_(history.BAND),
            hollow=_("Hollow: fewer than 100 people answered.") if flagged else "",
        )
        .strip(),
        table=table,
    )
    section = ReportSection(
        key="index",
        heading=f"{name}: {_('Perception index')}",
        stream="sampled",
        measures=measure_links("perception_index", *(["small_area"] if modelled else [])),
    )
    return history.with_figures(section, chart, drawn)


def index_title(newest: Edition, domain: str) -> str:
    """What became of the index since the time before, as the report itself says."""
    before = figure_before(newest, "index", domain)
    if before is None or before.verdict not in TITLES:
        return _("Perception index over time")
    return _(TITLES[before.verdict]).format(before=page_before(newest))


def model_cell(edition: Edition, domain: str) -> ReportCell:
    """The small-area model's figure of a place."""
    cells = [small_area_cells(area)[0] for area in edition.small_areas if area.domain == domain]
    return cells[0] if cells else ReportCell(_("not made"))


def place_theme_section(editions: Sequence[Edition], domain: str) -> Iterator[ReportSection]:
    """The themes of a borough's texts; those of the whole city have pages of their own."""
    rows = [
        (edition, theme)
        for edition in editions
        if edition.city != domain
        for theme in edition.themes
        if theme.domain == domain
    ]
    streams = [stream for stream in STREAMS if any(theme.stream == stream for _e, theme in rows)]
    if streams:
        yield ReportSection(
            key="themes",
            heading=_("What people wrote about"),
            words=(_("Only themes are listed whose number of texts from the borough is shown."),),
            tables=tuple(
                ReportTable(
                    caption=_("Themes in each report: {stream}").format(stream=_(STREAMS[stream])),
                    head=(_(history.REPORT), _(THEME), _(MACHINE_COUNT)),
                    rows=tuple(
                        (
                            history.report_cell(edition),
                            ReportCell(theme.name),
                            *theme_cells(theme, described=False),
                        )
                        for edition, theme in reversed(
                            [row for row in rows if row[1].stream == stream]
                        )
                    ),
                )
                for stream in streams
            ),
            measures=measure_links("theme_share", "net_sentiment"),
        )
    elif domain in history.known_places(editions) and domain != editions[-1].city:
        yield ReportSection(
            key="themes",
            heading=_("What people wrote about"),
            words=(
                _(
                    "Not published for one borough: see what people in all of {city} wrote about."
                ).format(city=editions[-1].city),
            ),
        )


def done_section(every: Sequence[Edition]) -> Iterator[ReportSection]:
    """The actions of the newest report that has any: they are agreed for the whole city."""
    newest = next((edition for edition in reversed(every) if edition.actions), None)
    for section in actions_section(newest) if newest else ():
        yield msgspec.structs.replace(
            section,
            heading=_("What was done, for all of {city}").format(
                city=newest.city if newest else ""
            ),
        )


def place_charts(
    editions: Sequence[Edition], domain: str, name: str
) -> Iterator[tuple[str, charts.Chart]]:
    # Without bars of respondents, whose numbers are in the table: the page is one screen.
    index = [
        charts.estimate_point(edition.start, estimate, period_label(edition))._replace(n=None)
        for edition in editions
        for estimate in estimates_of(edition, domain)
    ]
    marks = editions[-1].marks
    title = f"{name}: {_('Perception index')}"
    yield from history.line_chart("index", title, index, "", marks=marks)
    for kind, (heading, subject, _measure) in RATES.items():
        points = [
            charts.rate_point(edition.start, rate, period_label(edition))
            for edition in editions
            for rate in rates_of(edition, kind, domain)
        ]
        named = f"{name}: {_(subject)}"
        # A count that moves by one step of rounding is drawn level: it may be no change.
        exact = kind == "deployments" and editions[-1].as_published
        steady = points if exact else list(charts.steady_points(points, ROUNDING))
        yield from history.line_chart(kind, named, steady, _(heading), history.two_decimals, marks)


def place_rows(
    editions: Sequence[Edition], domain: str, past: Edition | None = None
) -> Iterator[ExportRow]:
    """The rows of a place as its editions export them, each with the kind and number of its
    edition.
    """
    if past is not None:
        yield from past_rows(past, domain)
    for row in history.export_rows(editions):
        if row[2] in PLACE_TABLES and row[4] == domain:
            yield row
