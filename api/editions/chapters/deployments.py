"""Deployments: key figures, by week, by severity, and on persons who may need special care."""

from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import (
    NO_RATE,
    area_namer,
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
from survey.editions.chapters.deployments import VulnerableUses
from survey.editions.edition import Edition

KINDS = {
    "under_18": "Under 18",
    "over_64": "Over 64",
    "mental": "A mental health condition",
    "physical": "A physical condition",
    "any_disability": "Any of the two conditions",
}


def period_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The deployments of the period, with the range expected from the weeks before."""
    found = edition.this_period
    if found is None:
        return
    expected = ""
    if found.low is not None and found.high is not None:
        expected = f"Expected: {format_range(format_whole(found.low), format_whole(found.high))}. "
    uses = ", ".join(
        f"{tactic_name(one).casefold()} {format_whole(n)}"
        for one, n in edition.tactics
        if n and one != "ced"  # any use, if a publisher reports no details
    )
    yield KeyFigure(
        label="Deployments",
        window=window_label(edition.start, edition),
        value=text_cell(format_count(found.events)),
        interval=f"{expected}{uses.capitalize()}{'.' if uses else ''}".strip(),
        base=""
        if found.cumulative is None
        else f"Since {format_day(found.since)}: {format_count(found.cumulative)}",
        measure=measure_links("expected_deployments")[0],
    )


def person_figure(edition: Edition) -> Iterator[KeyFigure]:
    """Persons under 18, and persons flagged as vulnerable; one person may be both."""
    kinds = {one.kind: one for one in edition.persons}
    young, flagged = kinds.get("under_18"), kinds.get("any_disability")
    if young is None:
        return
    yield KeyFigure(
        label="Persons under 18",
        window=window_label(edition.start, edition),
        value=text_cell(format_count(young.period)),
        interval=since_text(young),
        base=f"Flagged as vulnerable: {format_count(flagged.period)}" if flagged else "",
        measure=measure_links("persons_of_care")[0],
    )


def since_text(one: VulnerableUses) -> str:
    return f"Since {format_day(one.since)}: {format_count(one.window)}"


def rate_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The rate of the window, where nothing was reported for the period itself."""
    if edition.this_period is None:
        yield from rate_key_figure(edition, "Deployments", edition.deployments, "deployment_rate")


def rates_section(edition: Edition) -> Iterator[ReportSection]:
    names = area_namer(edition)
    complaints = {one.domain: one for one in edition.complaints}
    deployments = {one.domain: one for one in edition.deployments}
    domains = sorted(
        dict.fromkeys([*complaints, *deployments]),
        key=lambda domain: (domain != edition.city, names(domain)),
    )
    if not domains:
        return
    rows = [
        (
            ReportCell(names(domain)),
            rate_cell(complaints.get(domain)),
            rate_cell(deployments.get(domain)),
        )
        for domain in domains
    ]
    yield ReportSection(
        key="rates",
        heading="Complaints and deployments",
        words=(
            f"{format_dates(edition.rates_from or edition.start, edition.end)}. Counts to the "
            "nearest 5, "
            "and rates per 10,000 residents with their "
            f"95\N{NO-BREAK SPACE}% interval. Residents are not the people police met: a rate "
            "does not show why.",
        ),
        tables=(
            ReportTable(
                caption="Complaints and deployments by borough",
                head=("Borough", "Complaints · per 10,000", "Deployments · per 10,000"),
                rows=tuple(rows),
                note=NO_RATE,
            ),
        ),
        measures=measure_links("complaint_rate", "deployment_rate"),
        rows=drill_down_links(edition, "deployments", "complaints"),
    )


def uses_section(edition: Edition) -> Iterator[ReportSection]:
    """Deployments of each week, stacked by their most severe use."""
    weeks = edition.uses_by_week
    if not weeks:
        return
    named = list(dict.fromkeys(tactic for week in weeks for tactic, _ in week.tactics))
    yield ReportSection(
        key="uses",
        heading="Deployments by week",
        figure=ReportChart(
            chart="uses",
            title="Deployments by week and most severe use",
            subtitle=f"{format_dates(weeks[0].start, edition.end)}. Counts to the nearest 5; "
            "from 1 to 4 "
            "are withheld and not drawn.",
            table=ReportTable(
                caption="Deployments by week and most severe use",
                head=("Week from", *map(tactic_name, named)),
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
    return ReportCell("none") if number_of == 0 else text_cell(format_count(number_of))


def tactics_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.tactics:
        yield ReportSection(
            key="tactics",
            heading="What was done with the device",
            figure=ReportChart(
                chart="tactics",
                title="Deployments by their most severe use",
                subtitle=f"{format_dates(edition.start, edition.end)}. Each deployment counts "
                "once, "
                "under the most severe thing that was done. "
                "Counts to the nearest 5, so they need not add up.",
                table=ReportTable(
                    caption="Deployments by their most severe use",
                    head=("Most severe use", "Deployments"),
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
        since = format_short_day(min(one.since for one in edition.persons))
        yield ReportSection(
            key="persons",
            heading="Children, older and disabled persons",
            words=(
                "As the officer saw it; one person can be in several lines. Counts to the "
                "nearest 5.",
            ),
            tables=(
                ReportTable(
                    caption="Uses on persons who may need special care",
                    head=("Person", "This period", f"Since {since}", "Usual in as long"),
                    rows=tuple(
                        (
                            ReportCell(KINDS.get(one.kind, category_name(one.kind))),
                            *persons_cells(one),
                        )
                        for one in edition.persons
                    ),
                    note="Usual: the mean of as long a time, over the year before that.",
                ),
            ),
            measures=measure_links("persons_of_care"),
            rows=drill_down_links(edition, "deployments"),
        )


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
    if any(n for week in edition.uses_by_week for _, n in week.tactics):
        yield "uses", weekly_chart(edition)
    if edition.tactics:
        yield "tactics", severity_chart(edition.tactics)


def weekly_chart(edition: Edition) -> charts.StackedChart:
    weeks = [(week.start, dict(week.tactics)) for week in edition.uses_by_week]
    named = dict.fromkeys(tactic for _, counts in weeks for tactic in counts)
    totals = {one: sum(counts.get(one) or 0 for _, counts in weeks) for one in named}
    # A use that never occurred, or was always withheld, would only lengthen the legend.
    order = [one for one in named if totals[one]]
    most, _ = max(weeks, key=lambda week: sum(n or 0 for n in week[1].values()))
    about = ", ".join(f"{tactic_name(one)} about {totals[one]}" for one in order)
    return charts.StackedChart(
        title="Deployments by week and most severe use",
        description=f"Most in the week from {format_day(most)}. Over all weeks: {about or 'none'}.",
        kinds=tuple(map(tactic_name, order)),
        weeks=tuple(
            charts.WeekBars(start, tuple(counts.get(one) for one in order))
            for start, counts in weeks
        ),
        marks=edition.marks,
    )


def severity_chart(tactics: tuple[tuple[str, int | None], ...]) -> charts.BarChart:
    rows = [
        charts.Bar(tactic_name(tactic), count or 0, format_count(count))
        for tactic, count in tactics
    ]
    return charts.BarChart(
        title="Deployments by their most severe use",
        description=" ".join(f"{one.name}: {one.label}." for one in rows),
        rows=tuple(rows),
    )
