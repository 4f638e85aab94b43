"""A place over all the time that its figures are known, and its twelve months in each report."""

from collections.abc import Collection, Iterator, Sequence

from api.editions import charts
from api.editions.cells import rate_cell
from api.editions.chapters import published, trends, twelve_months
from api.editions.history import KEPT_FIELDS, export_rows, report_cell, with_figures
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow
from api.locales import WITHHELD, format_month, format_number, format_whole, item_name
from api.locales import edition_gettext as _
from survey.editions import IDENTITY_FIELDS, Edition
from survey.editions.force import YearCounts, YearIndex, YearMeasure
from survey.editions.perception import PublishedSeries
from survey.sentences import N_

PAST_FIELDS = ("published_past", "monthly_deployments")
PAST_TABLES = ("published perception, all quarters", "deployments by month")
CHANGE = N_("Change")
MEASURES: tuple[YearMeasure, ...] = ("deployments", "complaints")


def past_figures(edition: Edition) -> Edition:
    """The edition with only its figures over all earlier time."""
    names = (*IDENTITY_FIELDS, *KEPT_FIELDS, *PAST_FIELDS)
    fields = {name: getattr(edition, name) for name in names if name != "themes"}
    return Edition(**fields | {"headline": ()})


def twelve_months_section(every: Sequence[Edition], domain: str) -> Iterator[ReportSection]:
    """The twelve months of a place in each monthly report, the newest first."""
    editions = [edition for edition in reversed(every) if edition.twelve_months is not None]
    rows = [(report_cell(report), *year_cells(report, domain)) for report in editions]
    head = (
        _("Report"),
        *(_(words) for words in (twelve_months.COUNTS["deployments"], CHANGE)),
        *(_(words) for words in (twelve_months.COUNTS["complaints"], CHANGE)),
        _("Perception index"),
        _("Change in points"),
    )
    # What was never counted for a year has no column.
    columns = [i for i in range(len(head)) if not all(row[i].withheld for row in rows)]
    if rows and len(columns) > 1:
        table = ReportTable(
            caption=_("Twelve months to the end of each month"),
            head=tuple(head[i] for i in columns),
            rows=tuple(tuple(row[i] for i in columns) for row in rows),
            note=_(
                "In brackets: 95% interval. Neighbouring months share eleven of their twelve "
                "months."
            ),
        )
        yield ReportSection(
            key="twelve-months",
            heading=_("Twelve months, and the change on the year before"),
            tables=(table,),
            measures=measure_links("twelve_months"),
        )


def year_cells(edition: Edition, domain: str) -> tuple[ReportCell, ...]:
    months = edition.twelve_months
    counts: tuple[YearCounts, ...] = months.counts if months else ()
    index: tuple[YearIndex, ...] = months.index if months else ()
    cells: list[ReportCell] = []
    for measure in MEASURES:
        rows = (row for count in counts if count.measure == measure for row in count.rows)
        row = next((row for row in rows if row.domain == domain), None)
        cells += [
            rate_cell(row.now if row else None),
            twelve_months.per_cent_cell(row) if row else text_cell(WITHHELD),
        ]
    mine = next((index_row for index_row in index if index_row.domain == domain), None)
    if mine is None:
        return (*cells, text_cell(WITHHELD), text_cell(WITHHELD))
    return (*cells, twelve_months.index_cell(mine), twelve_months.points_cell(mine))


def series_of_place(past: Edition, domain: str) -> list[PublishedSeries]:
    """The published series of a borough; of the city those of the whole force."""
    if domain == past.city:
        return published.force_series(past)
    quarters = past.published_past
    return [series for series in quarters.series if series.area == domain] if quarters else []


def months_section(past: Edition, domain: str, drawn: Collection[str]) -> Iterator[ReportSection]:
    """Deployments of every month of a place."""
    months = past.monthly_deployments
    counts = [*trends.month_points(months, domain)] if months else []
    if months and counts:
        table = trends.months_table(months, domain)
        chart = ReportChart(
            chart="months",
            title="",
            subtitle=_(
                "{line} Exactly as published: {source}. Band: the 95% interval of chance. The "
                "scale does not begin at 0."
            ).format(
                line=charts.line_in_words(counts, format_whole, format_month),
                source=past.as_published,
            ),
            table=table._replace(rows=table.rows[::-1]).page,
        )
        section = ReportSection(key="months", heading=_(trends.MONTHS), level=3)
        yield with_figures(section, chart, drawn)


def published_sections(
    past: Edition, domain: str, drawn: Collection[str]
) -> Iterator[ReportSection]:
    """Deployments of every month of a place, and its published perception, an item a section."""
    yield from months_section(past, domain, drawn)
    for series in series_of_place(past, domain):
        yield from quarters_section(past, series, drawn)


def published_notes(past: Edition) -> tuple[str, ...]:
    """What the published figures are, and the notes of the events in them."""
    quarters, months = past.published_past, past.monthly_deployments
    starts = [*(quarters.ends[:1] if quarters else ()), *(months.starts[:1] if months else ())]
    if not starts:
        return ()
    return (
        *([published.past_subtitle(quarters.months)] if quarters else []),
        *charts.event_notes(past.marks, min(starts), past.end),
    )


def quarters_section(
    past: Edition, series: PublishedSeries, drawn: Collection[str]
) -> Iterator[ReportSection]:
    quarters = past.published_past
    points = published.quarter_points(quarters, series) if quarters else []
    if quarters is None or not points:
        return
    chart = ReportChart(
        chart=published.past_key(series.item),
        title="",
        subtitle=charts.line_in_words(points, format_number),
        table=published.past_table(quarters, series),
    )
    section = ReportSection(
        key=published.past_key(series.item),
        heading=item_name(series.item),
        level=3,
    )
    yield with_figures(section, chart, drawn)


def past_charts(past: Edition, domain: str) -> charts.NamedCharts:
    yield from trends.month_charts(past, domain)
    if past.published_past is not None:
        for series in series_of_place(past, domain):
            yield from published.past_chart(past.published_past, series, past.marks)


def past_rows(past: Edition, domain: str) -> Iterator[ExportRow]:
    """The rows about a place over all earlier time, each with the kind and number of the
    edition.
    """
    wanted = {series.area for series in series_of_place(past, domain)} | {domain}
    for row in export_rows([past]):
        if row[2] in PAST_TABLES and row[4] in wanted:
            yield row
