"""The view of an edition: the same sections in the same order on the page and in the PDF."""

import datetime
from collections.abc import Iterator

import msgspec

from analysis.disclosure.counts import (
    FEWEST_EVENTS,
    FEWEST_FOR_RATE,
    FEWEST_RESPONDENTS,
    FEWEST_TEXTS,
)
from api.editions import front
from api.editions.chapters import (
    actions,
    alerts,
    changes,
    deployments,
    disparities,
    funnels,
    panels,
    quality,
    recoded,
    restated,
    sample,
)
from api.editions.chapters import themes as written
from api.editions.chapters.deployments import (
    rate_limits,
    rate_text,
    rates_section,
    tactics_section,
)
from api.editions.chapters.index import (
    LEVEL,
    area_namer,
    association_section,
    boroughs_section,
    index_by_borough_section,
    index_series_section,
)
from api.editions.chapters.published import published_sections
from api.editions.chapters.themes import received_count, theme_sections
from api.editions.report import (
    KeyFigure,
    ReportCell,
    ReportSection,
    ReportTable,
    ReportView,
    measure_links,
    text_cell,
    without_blank_tables,
)
from api.formatting import (
    format_count,
    format_day,
    format_interval,
    format_number,
    format_sentence,
    format_whole,
)
from survey.editions.edition import Edition
from survey.editions.figures import Estimate, Rate

MOST_ALERTS = 6
TITLES = {"weekly": "Weekly report", "monthly": "Monthly report"}
WHY = (
    f"A figure is withheld where it rests on fewer than {FEWEST_EVENTS} persons or events, "
    f"{FEWEST_RESPONDENTS} respondents or {FEWEST_TEXTS} texts, and a rate where it rests on "
    f"fewer than {FEWEST_FOR_RATE} events, so that no one can be identified. Where figures are "
    "withheld beside a total, the next smallest goes with them. What is withheld and what is "
    "missing look alike."
)


def report_view(kept: Edition, sha256: str) -> ReportView:
    edition = with_window_starts(kept)
    made = edition.data_as_of
    return ReportView(
        title=f"{TITLES[edition.kind]}: {edition.city}",
        period=f"{format_day(edition.start)} to {format_day(edition.end)}",
        label=period_label(edition),
        kind=edition.kind,
        start=edition.start.isoformat(),
        number=edition.number,
        as_of=format_day(made),
        made_on=(made.year, made.month, made.day),
        sha256=sha256,
        synthetic=edition.synthetic,
        headline=tuple(map(format_sentence, edition.headline)),
        stats=tuple(key_figures(edition)),
        parts=tuple(map(without_blank_tables, report_sections(edition))),
        annex=tuple(map(without_blank_tables, annex_sections(edition))),
        notes=tuple(front.edition_notes(edition)),
        planted=edition.planted,
        strip=front.STRIP,
        basis=edition_basis(edition, sha256),
        attribution=edition.attribution,
    )


def with_window_starts(edition: Edition) -> Edition:
    """Fill in index_from and rates_from for editions stored before these fields existed.

    A weekly edition counts the index over 4 weeks and rates over 13.
    """
    weeks = (4, 13) if edition.kind == "weekly" else (None, None)
    index_from, rates_from = (
        edition.end - datetime.timedelta(days=7 * n - 1) if n else edition.start for n in weeks
    )
    return msgspec.structs.replace(
        edition,
        index_from=edition.index_from or index_from,
        rates_from=edition.rates_from or rates_from,
    )


def period_label(edition: Edition) -> str:
    """'Week 50 of 2007', or the month's name and year."""
    year, week, _ = edition.start.isocalendar()
    if edition.kind == "weekly":
        return f"Week {week} of {year}"
    return format_day(edition.start).split(" ", 1)[1]


def report_sections(edition: Edition) -> Iterator[ReportSection]:
    """The sections of a week's single page, or of a whole monthly edition."""
    yield from weekly_sections(edition) if edition.kind == "weekly" else monthly_sections(edition)


def weekly_sections(edition: Edition) -> Iterator[ReportSection]:
    names = area_namer(edition)
    yield from index_series_section(edition)
    yield from deployments.uses_section(edition)
    yield from boroughs_section(edition)
    yield from changes.what_changed_section(edition, names)
    yield from written.top_themes_section(edition)
    yield from alerts.alerts_section(edition, names, MOST_ALERTS)


def annex_sections(edition: Edition) -> Iterator[ReportSection]:
    """The sections for which a week's single page has no room."""
    if edition.kind == "monthly":
        return
    names = area_namer(edition)
    yield from alerts.all_alerts_section(edition, names, MOST_ALERTS)
    yield from index_by_borough_section(edition)
    yield from funnels.funnel_sections(edition, names)
    yield from published_sections(edition)
    yield from rates_section(edition, names)
    yield from tactics_section(edition)
    yield from disparities.persons_section(edition)
    yield from restated.restated_section(edition, names)
    yield from association_section(edition)
    yield from theme_sections(edition, names)
    yield from recoded.codebook_section(edition)
    yield from changes.decomposition_section(edition, names)
    yield from quality.disclosure_section(edition)
    yield from quality.quality_section(edition)
    yield from actions.actions_section(edition)
    yield caveats_section(edition)


def monthly_sections(edition: Edition) -> Iterator[ReportSection]:
    names = area_namer(edition)
    yield from changes.summary_section(edition)
    yield from alerts.alerts_section(edition, names)
    yield from sample.sample_section(edition)
    yield from index_series_section(edition)
    yield from boroughs_section(edition)
    yield from (
        sample.small_areas_section(edition, names)
        if edition.small_areas
        else index_by_borough_section(edition)
    )
    yield from sample.group_sections(edition)
    yield from sample.agreement_section(edition)
    yield from sample.reliability_section(edition)
    yield from published_sections(edition)
    yield from funnels.funnel_sections(edition, names)
    yield from rates_section(edition, names)
    yield from deployments.uses_section(edition)
    yield from tactics_section(edition)
    yield from disparities.disparity_sections(edition)
    yield from disparities.fired_sections(edition)
    yield from disparities.persons_section(edition)
    yield from panels.complaint_ratio_section(edition)
    yield from association_section(edition)
    yield from panels.lag_section(edition)
    yield from panels.pilot_start_sections(edition)
    yield from theme_sections(edition, names)
    yield from recoded.codebook_section(edition)
    yield from changes.decomposition_section(edition, names)
    yield from restated.restated_section(edition, names)
    yield from quality.disclosure_section(edition)
    yield from quality.quality_section(edition)
    yield from actions.actions_section(edition)
    yield caveats_section(edition)


def key_figures(edition: Edition) -> Iterator[KeyFigure]:
    window = window_label(edition.start, edition)
    yield from front.deployments_key_figure(edition, window)
    yield from front.persons_key_figure(edition, window)
    yield from front.taser_key_figure(edition, window)
    yield from index_key_figure(edition)
    if edition.this_period is None:
        yield from rate_key_figure(edition, "Deployments", edition.deployments, "deployment_rate")
    if edition.about_taser is None:
        yield from rate_key_figure(edition, "Complaints", edition.complaints, "complaint_rate")
    if any(row.domain == edition.city for row in edition.received):
        yield KeyFigure(
            label="Chose to write",
            window=window,
            value=text_cell(format_count(received_count(edition, "open"))),
            base="Not representative; no margin of error",
            stream="open",
            measure=measure_links("received")[0],
        )


def index_key_figure(edition: Edition) -> Iterator[KeyFigure]:
    for one in edition.index:
        if one.domain == edition.city:
            shown = one.value is not None
            base = f"{format_count(one.n)} respondents"
            if one.effective_n is not None:
                base += f", worth {format_whole(one.effective_n)} after weighting"
            yield KeyFigure(
                label="Perception Index",
                window=window_label(edition.index_from, edition),
                value=text_cell(format_number(one.value) if one.value is not None else "withheld"),
                interval=f"of 100; {LEVEL} {format_interval(one.low, one.high)}" if shown else "",
                base=base,
                stream="sampled",
                scale=interval_scale(one),
                measure=measure_links("perception_index")[0],
            )


def interval_scale(one: Estimate) -> tuple[float, float, float] | None:
    if one.value is None or one.low is None or one.high is None:
        return None
    return one.low, one.value, one.high


def window_label(start: datetime.date | None, edition: Edition) -> str:
    """The length of a figure's window in weeks; the period's label if it is not whole weeks."""
    weeks, rest = divmod((edition.end - (start or edition.start)).days + 1, 7)
    if rest:
        return period_label(edition)
    return f"{weeks}\N{NO-BREAK SPACE}weeks" if weeks > 1 else "this\N{NO-BREAK SPACE}week"


def rate_key_figure(
    edition: Edition, label: str, found: tuple[Rate, ...], measure: str
) -> Iterator[KeyFigure]:
    for one in found:
        if one.domain == edition.city:
            rated = one.per_10_000 is not None
            yield KeyFigure(
                label=label,
                window=window_label(edition.rates_from, edition),
                value=text_cell(format_count(one.events)),
                interval=f"{rate_text(one)} per 10,000 residents" if rated else "",
                base=f"{LEVEL} {rate_limits(one)}" if rated else "No rate for fewer than 10",
                measure=measure_links(measure)[0],
            )


def caveats_section(edition: Edition) -> ReportSection:
    hidden = edition.withheld
    some = "1 figure is" if hidden == 1 else f"{format_whole(hidden)} figures are"
    return ReportSection(
        key="caveats",
        heading="What to keep in mind",
        points=(
            *edition.caveats,
            f"{some} withheld. {WHY}" if hidden else f"No figure is withheld. {WHY}",
        ),
        folded=(received_table(edition),) if edition.received else (),
        measures=measure_links("received"),
    )


def received_table(edition: Edition) -> ReportTable:
    names = area_namer(edition)
    return ReportTable(
        caption="What was received, by stream; never added up",
        head=("Area", "Answers of residents asked", "People who chose to write", "Complaints"),
        rows=tuple(
            (
                ReportCell(names(row.domain)),
                text_cell(format_count(row.sampled)),
                text_cell(format_count(row.open)),
                text_cell(format_count(row.complaints)),
            )
            for row in edition.received
        ),
    )


def edition_basis(edition: Edition, sha256: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Method", edition.method_version),
        ("Population", edition.population_basis),
        ("Codebook of themes", f"version {edition.codebook}"),
        *((name, told_so) for name, told_so in provenance(edition) if told_so),
        ("Fingerprint (SHA-256)", sha256),
    )


def provenance(edition: Edition) -> Iterator[tuple[str, str]]:
    """The code, the inputs and the seeds that reproduce the edition."""
    yield "Code", edition.code_version
    yield "Input (SHA-256)", edition.inputs_sha256
    yield "Seeds", ", ".join(f"{name} {seed}" for name, seed in edition.seeds)
