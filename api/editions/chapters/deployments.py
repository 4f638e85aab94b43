"""Deployments: key figures, by week, by severity, and on persons who may need special care."""

import datetime
from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import (
    area_namer,
    last_time,
    no_rate_note,
    rate_cell,
    rate_key_figure,
)
from api.editions.charts import NamedCharts
from api.editions.report import (
    KeyFigure,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    figure_row,
    rate_row,
    shown_status,
)
from api.editions.windows import window_label
from api.formatting import (
    WITHHELD,
    category_name,
    format_count,
    format_dates,
    format_day,
    format_range,
    format_short_day,
    format_whole,
    tactic_name,
)
from api.translating import edition_gettext as _
from api.translating import edition_ngettext as _n
from survey.editions.chapters.deployments import PeriodDeployments, VulnerableUses
from survey.editions.edition import Edition
from survey.sentences import N_

KINDS = {
    "under_18": N_("Under 18"),
    "over_64": N_("Over 64"),
    "mental": N_("A mental health condition"),
    "physical": N_("A physical condition"),
    "any_disability": N_("Either condition"),
}
RANGE_REMARKS = {"below": N_("fewer than expected"), "above": N_("more than expected")}
USES_BY_WEEK = N_("Deployments by week and most severe use")
USES = N_("Deployments by their most severe use")


def period_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The deployments of the period, with the range expected from the weeks before."""
    found = edition.this_period
    if found is None:
        return
    yield KeyFigure(
        label=_("Deployments"),
        window=window_label(edition.start, edition),
        change=last_time(edition, "deployments"),
        value=text_cell(format_count(found.events)),
        interval=" ".join(expected_note(found)),
        base=""
        if found.cumulative is None
        else _("Since {day}: {count}").format(
            day=format_day(found.since), count=_(format_count(found.cumulative))
        ),
        measure=measure_links("expected_deployments")[0],
        remark=_(RANGE_REMARKS[found.side]) if found.side in RANGE_REMARKS else "",
    )


def expected_note(found: PeriodDeployments) -> Iterator[str]:
    """The range expected from the weeks before, if there is one."""
    if found.low is not None and found.high is not None:
        expected = format_range(format_whole(found.low), format_whole(found.high))
        yield _("Expected: {range}.").format(range=expected)


def person_figure(edition: Edition) -> Iterator[KeyFigure]:
    """People under 18, and people with a health condition; one person may be both."""
    kinds = {one.kind: one for one in edition.persons}
    young, flagged = kinds.get("under_18"), kinds.get("any_disability")
    if young is None:
        return
    yield KeyFigure(
        label=_("People under 18"),
        window=window_label(edition.start, edition),
        value=text_cell(format_count(young.period)),
        interval=since_text(young),
        base=_("People with a mental or physical condition: {count}").format(
            count=_(format_count(flagged.period))
        )
        if flagged
        else "",
        measure=measure_links("persons_of_care")[0],
    )


def since_text(one: VulnerableUses) -> str:
    return _("Since {day}: {count}").format(
        day=format_day(one.since), count=_(format_count(one.window))
    )


def rate_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The rate of the window, where nothing was reported for the period itself."""
    if edition.this_period is None:
        label = _("Deployments")
        yield from rate_key_figure(edition, label, edition.deployments, "deployment_rate")


def rates_section(edition: Edition) -> Iterator[ReportSection]:
    names = area_namer(edition)
    domains = sorted(
        {one.domain for one in (*edition.complaints, *edition.deployments)},
        key=lambda domain: (domain != edition.city, names(domain)),
    )
    if not domains:
        return
    yield ReportSection(
        key="rates",
        heading=_("Complaints and deployments"),
        words=(
            _(
                "{dates}. Counts are to the nearest 5; rates are per 10,000 residents, with their "
                "95% interval. Residents are not the people police met: a rate does not show why."
            ).format(dates=format_dates(edition.rates_from or edition.start, edition.end)),
        ),
        tables=(
            ReportTable(
                caption=_("Complaints and deployments by borough"),
                head=(
                    _("Borough"),
                    _("Complaints · per 10,000"),
                    _("Deployments · per 10,000"),
                ),
                rows=tuple(rates_row(edition, domain) for domain in domains),
                note=no_rate_note(),
            ),
        ),
        measures=measure_links("complaint_rate", "deployment_rate"),
        rows=drill_down_links(edition, "deployments", "complaints"),
    )


def rates_row(edition: Edition, domain: str) -> tuple[ReportCell, ...]:
    """The rates of one area: complaints next to deployments."""
    found = [
        next((one for one in rates if one.domain == domain), None)
        for rates in (edition.complaints, edition.deployments)
    ]
    return ReportCell(area_namer(edition)(domain)), *map(rate_cell, found)


def uses_section(edition: Edition) -> Iterator[ReportSection]:
    """Deployments of each week, stacked by their most severe use."""
    weeks = edition.uses_by_week
    if not weeks:
        return
    named = list(dict.fromkeys(tactic for week in weeks for tactic in dict(week.tactics)))
    yield ReportSection(
        key="uses",
        heading=_("Deployments by week"),
        figure=ReportChart(
            chart="uses",
            title=_(USES_BY_WEEK),
            subtitle=_(
                "{dates}. Counts are to the nearest 5; counts from 1 to 4 are withheld and not "
                "drawn."
            ).format(dates=format_dates(weeks[0].start, edition.end)),
            table=ReportTable(
                caption=_(USES_BY_WEEK),
                head=(_("Week starting"), *map(tactic_name, named)),
                rows=tuple(
                    (
                        ReportCell(format_short_day(week.start)),
                        *(brief_count_cell(dict(week.tactics).get(one)) for one in named),
                    )
                    for week in weeks
                ),
            ),
        ),
        measures=measure_links("uses"),
        rows=drill_down_links(edition, "deployments"),
    )


def brief_count_cell(number_of: int | None) -> ReportCell:
    """A count in a large table, where the usual words for zero would be too long."""
    return ReportCell(_("none")) if number_of == 0 else text_cell(format_count(number_of))


def tactics_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.tactics:
        yield ReportSection(
            key="tactics",
            heading=_("What was done with the device"),
            figure=ReportChart(
                chart="tactics",
                title=_(USES),
                subtitle=_(
                    "{dates}. Each deployment counts once, under its most severe use. Counts are "
                    "to the nearest 5, so they may not add up."
                ).format(dates=format_dates(edition.start, edition.end)),
                table=ReportTable(
                    caption=_(USES),
                    head=(_("Most severe use"), _("Deployments")),
                    rows=tuple(
                        (ReportCell(tactic_name(tactic)), text_cell(format_count(number_of)))
                        for tactic, number_of in edition.tactics
                    ),
                ),
            ),
            measures=measure_links("uses"),
            rows=drill_down_links(edition, "deployments"),
        )


def persons_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.persons:
        since = min(one.since for one in edition.persons)
        yield ReportSection(
            key="persons",
            heading=_("Children, older and disabled people"),
            words=(
                _(
                    "As the officer saw it. One person can be in several rows. Counts are to the "
                    "nearest 5."
                ),
            ),
            tables=(persons_table(edition, since),),
            measures=measure_links("persons_of_care"),
            rows=drill_down_links(edition, "deployments"),
        )


def persons_table(edition: Edition, since: datetime.date) -> ReportTable:
    return ReportTable(
        caption=_("Uses on people who may need special care"),
        head=(
            _("Person"),
            _("This period"),
            _("Since {day}").format(day=format_short_day(since)),
            usual_heading((edition.end - since).days + 1),
        ),
        rows=tuple(
            (ReportCell(person_name(one.kind)), *persons_cells(one)) for one in edition.persons
        ),
        note=_("The average is for as many days, over the year before them."),
    )


def person_name(kind: str) -> str:
    return _(KINDS[kind]) if kind in KINDS else category_name(kind)


def usual_heading(days: int) -> str:
    """The heading of the average over as many days in the year before."""
    weeks, rest = divmod(days, 7)
    if rest:
        return _("Average for as many days last year")
    return _n("Average {n} week last year", "Average {n} weeks last year", weeks).format(n=weeks)


def persons_cells(one: VulnerableUses) -> tuple[ReportCell, ...]:
    usual = text_cell(WITHHELD) if one.typical is None else ReportCell(format_whole(one.typical))
    return text_cell(format_count(one.period)), text_cell(format_count(one.window)), usual


def use_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for rate in edition.deployments:
        yield rate_row("deployments", periods.rates, rate)
    for tactic, count in edition.tactics:
        yield figure_row("tactics", periods.whole, edition.city, tactic, count)
    for week in edition.uses_by_week:
        for tactic, count in week.tactics:
            yield figure_row("uses by week", str(week.start), edition.city, tactic, count)
    found = edition.this_period
    if found is not None:
        since = f"{found.since}/{edition.end}"
        key = "this period", periods.whole, edition.city, "", "deployments"
        events = found.events
        yield *key, events, events, found.low, found.high, "range expected", shown_status(events)
        yield figure_row("this period", since, edition.city, "deployments since", found.cumulative)


def person_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for one in edition.persons:
        since = f"{one.since}/{edition.end}"
        yield figure_row("persons", periods.whole, edition.city, one.kind, one.period)
        yield figure_row("persons", since, edition.city, one.kind, one.window)
        yield figure_row("persons", since, edition.city, f"{one.kind}, usual", one.typical)


def use_charts(edition: Edition) -> NamedCharts:
    # Where every week is none or withheld the chart would be an empty frame.
    if any(n for week in edition.uses_by_week for n in dict(week.tactics).values()):
        yield "uses", weekly_chart(edition)
    if edition.tactics:
        yield "tactics", severity_chart(edition.tactics)


def weekly_chart(edition: Edition) -> charts.StackedChart:
    weeks = [(week.start, dict(week.tactics)) for week in edition.uses_by_week]
    named = dict.fromkeys(tactic for week in weeks for tactic in week[1])
    totals = {one: sum(week[1].get(one) or 0 for week in weeks) for one in named}
    # A use that never occurred, or was always withheld, would only lengthen the legend.
    order = [one for one in named if totals[one]]
    most = max(weeks, key=lambda week: sum(n or 0 for n in week[1].values()))[0]
    about = ", ".join(
        _("{use}: about {n}").format(use=tactic_name(one), n=format_whole(totals[one]))
        for one in order
    )
    return charts.StackedChart(
        title=_(USES_BY_WEEK),
        description=_("Most in the week from {day}. Over all weeks: {uses}.").format(
            day=format_day(most), uses=about or _("none")
        ),
        kinds=tuple(map(tactic_name, order)),
        weeks=tuple(
            charts.WeekBars(start, tuple(counts.get(one) for one in order))
            for start, counts in weeks
        ),
        marks=edition.marks,
    )


def severity_chart(tactics: tuple[tuple[str, int | None], ...]) -> charts.BarChart:
    rows = [
        charts.Bar(tactic_name(tactic), count or 0, _(format_count(count)))
        for tactic, count in tactics
    ]
    return charts.BarChart(
        title=_(USES),
        description=" ".join(f"{one.name}: {one.label}." for one in rows),
        rows=tuple(rows),
    )
