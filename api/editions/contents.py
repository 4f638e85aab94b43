"""What an edition says, in reading order: the one place where chapters are put in order.

A chapter's sections, key figures, export rows and charts lie in one file of
`api/editions/chapters`; a line here says where each of them comes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from api.editions import front
from api.editions.cells import LABELS, area_namer, rate_text
from api.editions.chapters import (
    alerts,
    changes,
    demands,
    deployments,
    disparities,
    encounters,
    funnels,
    groupings,
    handling,
    history,
    index,
    outcome,
    panels,
    published,
    quality,
    received,
    recommendations,
    response,
    sample,
    scrutiny,
    theme_charts,
    themes,
    tone,
    trends,
    twelve_months,
)
from api.editions.charts import NamedCharts
from api.editions.report import KeyFigure, ReportChapter, ReportSection, without_blank_tables
from api.editions.rows import ExportRow, Periods, named_row, uses_dates
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from api.locales import format_count, format_interval, format_number, format_sentence, format_whole
from survey.editions import Edition
from survey.sentences import N_

Sections = Callable[[Edition], Iterator[ReportSection]]
# What a chapter says, in one line next to its title: from its own sentences and figures.
Answer = Callable[[Edition, Sequence[ReportSection]], str]

KEY_FIGURES: tuple[Callable[[Edition], Iterator[KeyFigure]], ...] = (
    index.key_figure,
    published.key_figures,
    deployments.period_figure,
    deployments.rate_figure,
    received.taser_figure,
    received.rate_figure,
    received.wrote_figure,
    deployments.person_figure,
)
# What the working group reads first. A week's fits on one side of paper; tests hold that.
FRONT: tuple[Sections, ...] = (
    outcome.conditions_section,
    outcome.worries_section,
    outcome.life_section,
    changes.what_changed_section,
    changes.summary_section,
    alerts.worst_alerts_section,
    index.index_series_section,
    index.areas_section,
    published.leading_section,
    themes.top_themes_section,
)
EXPORT: tuple[Callable[[Edition, Periods], Iterator[ExportRow]], ...] = (
    front.about_rows,
    front.lead_rows,
    quality.completeness_rows,
    changes.finding_rows,
    alerts.alert_rows,
    alerts.action_rows,
    recommendations.ledger_rows,
    outcome.outcome_rows,
    quality.note_rows,
    quality.accuracy_rows,
    front.disclosure_rows,
    index.index_rows,
    sample.answer_rows,
    index.small_area_rows,
    groupings.group_rows,
    sample.sample_rows,
    response.response_rows,
    received.rate_rows,
    deployments.use_rows,
    twelve_months.year_rows,
    received.taser_rows,
    quality.restated_rows,
    funnels.funnel_rows,
    disparities.disparity_rows,
    deployments.person_rows,
    published.comparison_rows,
    published.past_rows,
    trends.trend_rows,
    history.history_rows,
    panels.panel_rows,
    published.panel_rows,
    panels.lag_rows,
    received.ratio_rows,
    panels.start_rows,
    themes.text_rows,
    tone.tone_rows,
    demands.demand_rows,
    scrutiny.meeting_rows,
    encounters.survey_rows,
    handling.handling_rows,
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
    theme_charts.theme_charts,
    published.past_charts,
    trends.trend_charts,
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
    "response": ("response", "response by borough"),
    "represented": ("representation: *",),
    "funnel-": ("funnel: {}",),
    "lead-": ("published perception",),
    "published-": ("published perception", "published perception: deployments"),
    "published": ("published panel",),
    "rates": ("complaints", "deployments"),
    "twelve-months": ("twelve months: *",),
    "history": ("history: *",),
    "grouped-": ("index by group", "deployments by group", "complaints by group"),
    "months": ("deployments by month",),
    "past-": ("published perception, all quarters",),
    "uses": ("uses by week", "this period"),
    "disparities-": ("disparities: {} per *",),
    "fired": ("fired given drawn: *",),
    "complained": ("complaints after deployments",),
    "together": ("panel",),
    "starts": ("start: *",),
    "bins-event-study": ("start: event_study",),
    "themes-": ("themes", "tone", "campaigns"),
    "top-themes": ("themes", "tone"),
    "moved": ("what moved",),
    "caveats": ("received",),
    "met-": ("people the police met: *",),
    "panel-": ("scrutiny panel: *",),
    "trial-": ("trial*",),
}


def alerts_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    open_now = sum(alert.standing != "closed" for alert in edition.alerts)
    alerts = _n("{n} open alert", "{n} open alerts", open_now).format(n=format_whole(open_now))
    if not edition.actions:
        return alerts
    actions = _n("{n} action agreed before", "{n} actions agreed before", len(edition.actions))
    return ", ".join((alerts, actions.format(n=format_whole(len(edition.actions)))))


def change_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    return " ".join(format_sentence(row.brief) for row in edition.findings if row.brief)


def index_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    for estimate in edition.index:
        if estimate.domain == edition.city and estimate.value is not None:
            return _("{city}: {value} of 100, very likely {interval}").format(
                city=edition.city,
                value=format_number(estimate.value),
                interval=format_interval(estimate.low, estimate.high),
            )
    return ""


def uses_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    for rate in edition.deployments:
        if rate.domain == edition.city and rate.events is not None:
            counted = _("{n} uses, {dates}").format(
                n=format_count(rate.events), dates=uses_dates(edition)
            )
            if rate.per_10_000 is None:
                return counted
            return _("{counted}: {rate} per 10,000 residents").format(
                counted=counted, rate=rate_text(rate)
            )
    return ""


def association_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    association = edition.association or edition.published_association
    return _(LABELS[association.verdict]) if association else ""


def reliable_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    """What data came in, and how many figures are withheld."""
    withheld = front.withheld_sentence(edition.withheld)
    if edition.completeness is None:
        return withheld
    return f"{front.completeness_sentence(edition.completeness, edition)} {withheld}"


def words_of(start: str) -> Answer:
    """The first sentence of the first section whose key begins with `start`."""

    def answer(_edition: Edition, sections: Sequence[ReportSection]) -> str:
        for section in sections:
            if section.key.startswith(start) and section.words:
                return section.words[0]
        return ""

    return answer


class Chapter(NamedTuple):
    """A question of a reader, as a title, the sections that answer it, and its answer in a line."""

    key: str
    title: str
    sections: tuple[Sections, ...]
    answer: Answer


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "alerts-actions",
        N_("Alerts and actions"),
        (alerts.all_alerts_section, alerts.actions_section),
        alerts_answer,
    ),
    Chapter(
        "ledger",
        N_("What was recommended, and what came of it"),
        (recommendations.ledger_section,),
        recommendations.ledger_answer,
    ),
    Chapter(
        "why-changed",
        N_("What changed, and why"),
        (changes.decomposition_section, quality.restated_section),
        change_answer,
    ),
    Chapter(
        "residents",
        N_("What residents think of the police"),
        (
            index.by_area_section,
            sample.group_sections,
            sample.agreement_section,
            published.published_sections,
        ),
        index_answer,
    ),
    Chapter(
        "met",
        N_("What people the police met say"),
        (encounters.survey_sections,),
        encounters.met_answer,
    ),
    Chapter(
        "written",
        N_("What people wrote"),
        (
            themes.theme_sections,
            demands.demand_section,
            tone.tone_section,
            themes.codebook_section,
        ),
        themes.most_frequent_answer,
    ),
    Chapter(
        "deployed",
        N_("Deployments and complaints"),
        (
            deployments.uses_section,
            deployments.rates_section,
            deployments.tactics_section,
            deployments.persons_section,
            disparities.disparity_sections,
            disparities.fired_section,
            handling.handling_section,
        ),
        uses_answer,
    ),
    Chapter(
        "over-time",
        N_("The last twelve months, and the years before"),
        (
            history.history_section,
            twelve_months.year_section,
            trends.trend_section,
            trends.months_section,
            published.past_sections,
        ),
        words_of("trends"),
    ),
    Chapter(
        "panel",
        N_("What the scrutiny panel found"),
        (scrutiny.panel_sections,),
        words_of("panel-"),
    ),
    Chapter(
        "compared",
        N_("How boroughs compare"),
        (funnels.funnel_sections, groupings.grouped_sections),
        words_of("funnel-"),
    ),
    Chapter(
        "linked",
        N_("Do deployments and public confidence go together?"),
        (
            panels.association_section,
            panels.lag_section,
            panels.pilot_start_sections,
            received.complaint_ratio_section,
        ),
        association_answer,
    ),
    Chapter(
        "reliable",
        N_("How far to rely on these figures"),
        (
            front.caveats_section,
            sample.sample_section,
            response.response_sections,
            sample.reliability_section,
            quality.quality_section,
            front.disclosure_section,
        ),
        reliable_answer,
    ),
)


def section_tables(key: str) -> tuple[str, ...]:
    """Patterns for the names of the tables that hold a section's figures."""
    for start, tables in SECTION_TABLES.items():
        if key.startswith(start):
            return tuple(table.replace("{}", key.removeprefix(start)) for table in tables)
    return (key,)


def key_figures(edition: Edition) -> Iterator[KeyFigure]:
    for figures in KEY_FIGURES:
        yield from outcome.without_changes(edition, figures(edition))


def front_sections(edition: Edition) -> Iterator[ReportSection]:
    for sections in FRONT:
        if edition.kind != "outcome" or sections in outcome.SECTIONS:
            yield from sections(edition)


def report_chapters(edition: Edition) -> Iterator[ReportChapter]:
    """The chapters that have something to say, each with its sections."""
    for key, title, parts, answer in CHAPTERS:
        if edition.kind == "outcome" and key not in outcome.CHAPTERS:
            continue
        chapter_sections = tuple(
            without_blank_tables(section) for sections in parts for section in sections(edition)
        )
        if chapter_sections:
            yield ReportChapter(
                key=key,
                heading=_(title),
                sections=chapter_sections,
                answer=answer(edition, chapter_sections),
            )


def export_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    names = area_namer(edition)
    for rows in EXPORT:
        for row in rows(edition, periods):
            yield named_row(row, names)


def all_charts(edition: Edition) -> NamedCharts:
    for charts in CHARTS:
        yield from charts(edition)
