"""The section on alerts: what needs attention, and who is responsible."""

from collections.abc import Callable, Iterator

import msgspec

from api.editions.report import AlertCard, ReportSection, measure_links
from api.formatting import format_sentence, format_short_day, format_whole
from survey.editions.chapters.alerts import WEEKS_OPEN, Alert, expected_by_chance
from survey.editions.edition import Edition

ORDER = {"red": 0, "amber": 1, "data": 2}
LEVELS = {"red": "Red", "amber": "Amber", "data": "Data"}


def alerts_section(
    edition: Edition, names: Callable[[str], str], most: int | None = None
) -> Iterator[ReportSection]:
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
        boxes=tuple(alert_card(one, names) for one in found[:most]),
        measures=measure_links("alert"),
    )


def all_alerts_section(
    edition: Edition, names: Callable[[str], str], most: int
) -> Iterator[ReportSection]:
    """All alerts, for the annex of a week whose page does not list them all."""
    if len(edition.alerts) > most:
        for one in alerts_section(edition, names):
            yield msgspec.structs.replace(one, key="all-alerts", heading="All alerts")


def alert_card(one: Alert, names: Callable[[str], str]) -> AlertCard:
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
