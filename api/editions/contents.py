"""What an edition says, in reading order: the one place where chapters are put in order.

A chapter's sections, key figures, export rows and charts lie in one file of
`api/editions/chapters`; a line here says where each of them comes.
"""

from collections.abc import Callable, Iterator, Mapping

from api.editions import front
from api.editions.chapters import (
    alerts,
    changes,
    deployments,
    disparities,
    funnels,
    index,
    panels,
    published,
    quality,
    received,
    sample,
    themes,
)
from api.editions.charts import NamedCharts
from api.editions.report import KeyFigure, ReportSection
from api.editions.rows import ExportRow, Periods
from survey.editions.edition import Edition

Sections = Callable[[Edition], Iterator[ReportSection]]

KEY_FIGURES: tuple[Callable[[Edition], Iterator[KeyFigure]], ...] = (
    deployments.period_figure,
    deployments.person_figure,
    received.taser_figure,
    index.key_figure,
    deployments.rate_figure,
    received.rate_figure,
    received.wrote_figure,
)
# These fit on one side of paper, in the order of the method; tests hold both.
WEEK: tuple[Sections, ...] = (
    index.index_series_section,
    deployments.uses_section,
    index.boroughs_section,
    changes.what_changed_section,
    themes.top_themes_section,
    alerts.worst_alerts_section,
)
# The sections for which a week's single page has no room.
WEEK_ANNEX: tuple[Sections, ...] = (
    alerts.all_alerts_section,
    index.index_by_borough_section,
    funnels.funnel_sections,
    published.published_sections,
    deployments.rates_section,
    deployments.tactics_section,
    deployments.persons_section,
    quality.restated_section,
    panels.association_section,
    themes.theme_sections,
    themes.codebook_section,
    changes.decomposition_section,
    front.disclosure_section,
    quality.quality_section,
    alerts.actions_section,
    front.caveats_section,
)
MONTH: tuple[Sections, ...] = (
    changes.summary_section,
    alerts.alerts_section,
    sample.sample_section,
    index.index_series_section,
    index.boroughs_section,
    index.by_borough_section,
    sample.group_sections,
    sample.agreement_section,
    sample.reliability_section,
    published.published_sections,
    funnels.funnel_sections,
    deployments.rates_section,
    deployments.uses_section,
    deployments.tactics_section,
    disparities.disparity_sections,
    disparities.fired_sections,
    deployments.persons_section,
    received.complaint_ratio_section,
    panels.association_section,
    panels.lag_section,
    panels.pilot_start_sections,
    themes.theme_sections,
    themes.codebook_section,
    changes.decomposition_section,
    quality.restated_section,
    front.disclosure_section,
    quality.quality_section,
    alerts.actions_section,
    front.caveats_section,
)
EXPORT: tuple[Callable[[Edition, Periods], Iterator[ExportRow]], ...] = (
    front.about_rows,
    quality.completeness_rows,
    changes.finding_rows,
    alerts.alert_rows,
    alerts.action_rows,
    quality.note_rows,
    front.disclosure_rows,
    index.index_rows,
    sample.answer_rows,
    index.small_area_rows,
    sample.sample_rows,
    received.rate_rows,
    deployments.use_rows,
    received.taser_rows,
    quality.restated_rows,
    funnels.funnel_rows,
    disparities.disparity_rows,
    deployments.person_rows,
    published.comparison_rows,
    panels.panel_rows,
    published.panel_rows,
    panels.lag_rows,
    received.ratio_rows,
    panels.start_rows,
    themes.text_rows,
    received.received_rows,
    index.tile_rows,
    changes.change_rows,
)
CHARTS: tuple[Callable[[Edition], NamedCharts], ...] = (
    index.index_charts,
    sample.group_charts,
    deployments.use_charts,
    funnels.funnel_charts,
    disparities.disparity_charts,
    panels.panel_charts,
    themes.theme_charts,
)
# The tables of the export that hold a section's figures, where its key is not their name. The
# first key that a section's begins with counts; {} is the rest of it.
SECTION_TABLES: Mapping[str, tuple[str, ...]] = {
    "summary": ("findings",),
    "changed": ("findings",),
    "boroughs": ("standing",),
    "index-by-borough": ("index",),
    "index": ("index series",),
    "small-areas": ("small areas",),
    "groups-": ("groups: {}",),
    "sample": ("weighting",),
    "funnel-": ("funnel: {}",),
    "published-": ("published perception", "published perception: deployments"),
    "published": ("published panel",),
    "rates": ("complaints", "deployments"),
    "uses": ("uses by week", "this period"),
    "disparities-": ("disparities: {} per *",),
    "fired-": ("fired given drawn: {}",),
    "complained": ("complaints after deployments",),
    "together": ("panel",),
    "starts": ("start: *",),
    "bins-event-study": ("start: event_study",),
    "themes-": ("themes", "campaigns"),
    "top-themes": ("themes",),
    "moved": ("what moved",),
    "caveats": ("received",),
}


def section_tables(key: str) -> tuple[str, ...]:
    """Patterns for the names of the tables that hold a section's figures."""
    for start, tables in SECTION_TABLES.items():
        if key.startswith(start):
            return tuple(one.replace("{}", key.removeprefix(start)) for one in tables)
    return (key,)


def key_figures(edition: Edition) -> Iterator[KeyFigure]:
    for figures in KEY_FIGURES:
        yield from figures(edition)


def page_sections(edition: Edition) -> Iterator[ReportSection]:
    """The sections of a week's single page, or of a whole monthly edition."""
    for sections in WEEK if edition.kind == "weekly" else MONTH:
        yield from sections(edition)


def annex_sections(edition: Edition) -> Iterator[ReportSection]:
    for sections in WEEK_ANNEX if edition.kind == "weekly" else ():
        yield from sections(edition)


def export_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for rows in EXPORT:
        yield from rows(edition, periods)


def all_charts(edition: Edition) -> NamedCharts:
    for charts in CHARTS:
        yield from charts(edition)
