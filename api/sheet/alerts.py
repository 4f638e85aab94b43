"""The part of a sheet about alerts: what must not be overlooked, and who looks after it."""

from collections.abc import Callable, Iterator

import msgspec

from api.figures import short_day, spoken, whole
from api.sheet.nouns import Box, Part, told
from survey.alerts import WEEKS_STANDING, Alert, by_chance
from survey.editions import Edition

ORDER = {"red": 0, "amber": 1, "data": 2}
LEVELS = {"red": "Red", "amber": "Amber", "data": "Data"}


def part(edition: Edition, names: Callable[[str], str], most: int | None = None) -> Iterator[Part]:
    """All alerts, or the `most` that are gravest; the rest then stand in the annex."""
    found = sorted(edition.alerts, key=lambda one: (one.standing == "closed", ORDER[one.level]))
    if not found:
        return
    more = f" All {whole(len(found))} are in the annex." if most and len(found) > most else ""
    yield Part(
        key="alerts",
        heading="Alerts",
        words=(
            f"An alert ends after {WEEKS_STANDING} weeks unless its rule holds again. It is a "
            f"reason to look, not a finding.{more}",
        ),
        boxes=tuple(box(one, names) for one in found[:most]),
        measures=told("alert"),
    )


def rest(edition: Edition, names: Callable[[str], str], most: int) -> Iterator[Part]:
    """All alerts once more, where the one side has not all of them."""
    if len(edition.alerts) > most:
        for one in part(edition, names):
            yield msgspec.structs.replace(one, key="all-alerts", heading="All alerts")


def box(one: Alert, names: Callable[[str], str]) -> Box:
    return Box(
        level=one.level,
        level_said=LEVELS[one.level],
        standing=one.standing,
        place=names(one.domain),
        sentence=spoken(one.sentence),
        facts=(
            ("Since", since(one)),
            ("Owner", one.owner or "nobody yet"),
            ("Action", one.action or "none written down yet"),
            ("By chance", by_chance(one.expected_a_year)),
        ),
    )


def since(one: Alert) -> str:
    if one.standing == "closed":
        return f"{short_day(one.since)}; closed"
    return f"{short_day(one.since)}; ends {short_day(one.until)}"
