"""The sections on complaints and on deployments."""

from collections.abc import Callable, Iterator

from analysis.disclosure.counts import FEWEST_FOR_RATE
from api.editions.behind import drill_down_links
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.formatting import (
    TO,
    WITHHELD,
    format_count,
    format_dates,
    format_number,
    format_short_day,
    tactic_name,
)
from survey.editions.edition import Edition
from survey.editions.figures import Rate

RATE = "#,##0.00"
NO_RATE = (
    f"A count alone stands where there were fewer than {FEWEST_FOR_RATE}, counted before "
    "rounding: too few for a rate."
)
HARD = "\N{NO-BREAK SPACE}"


def rate_cell(one: Rate | None) -> ReportCell:
    """How many, and the rate with its interval where there is one."""
    if one is None or one.events is None:
        return text_cell(WITHHELD)
    if one.per_10_000 is None:
        return ReportCell(format_count(one.events))
    return ReportCell(
        f"{format_count(one.events)} · {rate_text(one)} ({rate_limits(one)})".replace(
            "· ", f"·{HARD}"
        )
    )


def rate_text(one: Rate) -> str:
    return two_decimals(one.per_10_000 or 0)


def rate_limits(one: Rate) -> str:
    return f"{two_decimals(one.low or 0)}{TO}{two_decimals(one.high or 0)}"


def two_decimals(value: float) -> str:
    return format_number(value, RATE, places=2)


def rates_section(edition: Edition, names: Callable[[str], str]) -> Iterator[ReportSection]:
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
