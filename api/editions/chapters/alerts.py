"""Alerts: what needs attention and who is responsible; and what the working group agreed."""

from collections.abc import Iterator

import msgspec

from api.editions.cells import AreaNamer, area_namer
from api.editions.report import AlertCard, ReportCell, ReportSection, ReportTable, measure_links
from api.editions.rows import ExportRow, Periods
from api.formatting import format_sentence, format_short_day, format_whole
from survey.editions.actions import Action
from survey.editions.chapters.alerts import WEEKS_OPEN, Alert, expected_by_chance
from survey.editions.edition import Edition

MOST_ON_A_PAGE = 6


ORDER = {"red": 0, "amber": 1, "data": 2}
LEVELS = {"red": "Red", "amber": "Amber", "data": "Data"}


def worst_alerts_section(edition: Edition) -> Iterator[ReportSection]:
    """The most severe alerts, for a week's single page; the annex then lists all of them."""
    yield from alerts_section(edition, MOST_ON_A_PAGE)


def all_alerts_section(edition: Edition) -> Iterator[ReportSection]:
    """All alerts, for the annex of a week whose page does not list them all."""
    if len(edition.alerts) > MOST_ON_A_PAGE:
        for one in alerts_section(edition):
            # A key of its own, because the page has the shorter list under the first.
            yield msgspec.structs.replace(one, key="all-alerts", heading="All alerts")


def alerts_section(edition: Edition, most: int | None = None) -> Iterator[ReportSection]:
    """All alerts, or the `most` severe; the annex then lists all of them."""
    found = sorted(edition.alerts, key=lambda one: (one.standing == "closed", ORDER[one.level]))
    if not found:
        return
    more = (
        f" All {format_whole(len(found))} are in the annex." if most and len(found) > most else ""
    )
    yield ReportSection(
        key="alerts",
        heading="Alerts",
        words=(
            f"An alert ends after {WEEKS_OPEN} weeks unless its rule holds again. It is a "
            f"reason to look, not a finding.{more}",
        ),
        boxes=tuple(alert_card(one, area_namer(edition)) for one in found[:most]),
        measures=measure_links("alert"),
    )


def alert_card(one: Alert, names: AreaNamer) -> AlertCard:
    return AlertCard(
        level=one.level,
        level_said=LEVELS[one.level],
        standing=one.standing,
        place=names(one.domain),
        sentence=format_sentence(one.sentence),
        facts=(
            ("Since", alert_duration(one)),
            ("Owner", one.owner or "nobody yet"),
            ("Action", one.action or "none written down yet"),
            ("By chance", expected_by_chance(one.expected_a_year)),
        ),
    )


def alert_duration(one: Alert) -> str:
    if one.standing == "closed":
        return f"{format_short_day(one.since)}; closed"
    return f"{format_short_day(one.since)}; ends {format_short_day(one.until)}"


def actions_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.actions:
        last = "Actions from last month" if edition.kind == "monthly" else "Actions agreed before"
        yield ReportSection(
            key="actions",
            heading=last,
            tables=(
                ReportTable(
                    caption="What was agreed, and what became of it",
                    head=("Action", "Owner", "Due", "Standing"),
                    rows=tuple(
                        (ReportCell(one.what), *action_cells(one)) for one in edition.actions
                    ),
                    wordy=True,
                ),
            ),
        )


def action_cells(one: Action) -> tuple[ReportCell, ...]:
    standing = f"{one.status}: {one.outcome}" if one.outcome else one.status
    return ReportCell(one.owner), ReportCell(format_short_day(one.due)), ReportCell(standing)


def alert_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for one in edition.alerts:
        key = "alerts", f"{one.since}/{one.until}", one.domain, "", f"{one.level}: {one.rule}"
        said = f"{one.sentence} Owner: {one.owner or 'nobody yet'}. {one.action}".strip()
        yield *key, None, one.expected_a_year, None, None, said, one.standing


def action_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for one in edition.actions:
        key = "actions", f"{one.agreed_on}/{one.due}", edition.city, "", one.what
        yield *key, None, None, None, None, f"{one.owner}: {one.outcome}", one.status
