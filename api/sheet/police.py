"""The parts of a sheet about what was complained of and what officers did."""

from collections.abc import Callable, Iterator

from analysis.disclosure import FEWEST_FOR_RATE
from api.figures import TO, WITHHELD, count, dates, number, short_day, tactic_name
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Figure, Part, Table, said, told
from survey.editions import Edition
from survey.reports import Rate

RATE = "#,##0.00"
NO_RATE = (
    f"A count alone stands where there were fewer than {FEWEST_FOR_RATE}, counted before "
    "rounding: too few for a rate."
)
HARD = "\N{NO-BREAK SPACE}"


def rate_cell(one: Rate | None) -> Cell:
    """How many, and the rate with its interval where there is one."""
    if one is None or one.events is None:
        return said(WITHHELD)
    if one.per_10_000 is None:
        return Cell(count(one.events))
    return Cell(f"{count(one.events)} · {rate(one)} ({limits(one)})".replace("· ", f"·{HARD}"))


def rate(one: Rate) -> str:
    return decimal(one.per_10_000 or 0)


def limits(one: Rate) -> str:
    return f"{decimal(one.low or 0)}{TO}{decimal(one.high or 0)}"


def decimal(value: float) -> str:
    return number(value, RATE, places=2)


def rates(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
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
            Cell(names(domain)),
            rate_cell(complaints.get(domain)),
            rate_cell(deployments.get(domain)),
        )
        for domain in domains
    ]
    yield Part(
        key="rates",
        heading="Complaints and deployments",
        words=(
            f"{dates(edition.rates_from or edition.start, edition.end)}. Counts to the nearest 5, "
            "and rates per 10,000 residents with their "
            f"95\N{NO-BREAK SPACE}% interval. Residents are not the people police met: a rate "
            "does not show why.",
        ),
        tables=(
            Table(
                caption="Complaints and deployments by borough",
                head=("Borough", "Complaints · per 10,000", "Deployments · per 10,000"),
                rows=tuple(rows),
                note=NO_RATE,
            ),
        ),
        measures=told("complaint_rate", "deployment_rate"),
        rows=behind(edition, "deployments", "complaints"),
    )


def by_week(edition: Edition) -> Iterator[Part]:
    """Deployments of each week, stacked by their most severe use."""
    weeks = edition.uses_by_week
    if not weeks:
        return
    named = list(dict.fromkeys(tactic for week in weeks for tactic, _ in week.tactics))
    yield Part(
        key="uses",
        heading="Deployments by week",
        figure=Figure(
            chart="uses",
            title="Deployments by week and most severe use",
            subtitle=f"{dates(weeks[0].start, edition.end)}. Counts to the nearest 5; from 1 to 4 "
            "are withheld and not drawn.",
            table=Table(
                caption="Deployments by week and most severe use",
                head=("Week from", *map(tactic_name, named)),
                rows=tuple(
                    (
                        Cell(short_day(week.start)),
                        *(brief(dict(week.tactics).get(one)) for one in named),
                    )
                    for week in weeks
                ),
            ),
        ),
        measures=told("uses"),
        rows=behind(edition, "deployments"),
    )


def brief(number_of: int | None) -> Cell:
    """A count among many, where the words for nothing would fill the table."""
    return Cell("none") if number_of == 0 else said(count(number_of))


def tactics(edition: Edition) -> Iterator[Part]:
    if edition.tactics:
        yield Part(
            key="tactics",
            heading="What was done with the device",
            figure=Figure(
                chart="tactics",
                title="Deployments by their most severe use",
                subtitle=f"{dates(edition.start, edition.end)}. Each deployment counts once, "
                "under the most severe thing that was done. "
                "Counts to the nearest 5, so they need not add up.",
                table=Table(
                    caption="Deployments by their most severe use",
                    head=("Most severe use", "Deployments"),
                    rows=tuple(
                        (Cell(tactic_name(tactic)), said(count(number_of)))
                        for tactic, number_of in edition.tactics
                    ),
                ),
            ),
            measures=told("uses"),
            rows=behind(edition, "deployments"),
        )
