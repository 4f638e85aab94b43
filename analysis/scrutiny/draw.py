"""The draw of a scrutiny panel, so simple that anybody can repeat it without this program.

The key of a record is the SHA-256 of the seed, a space and its reference, in UTF-8. Within each
stratum the records stand in the order of their keys, and the first so many are drawn. Each has the
same chance, drawn / size, and nobody can tell which before the seed is known.
"""

import datetime
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from survey.scrutiny.rules import (
    DrawnReference,
    DrawPart,
    DrawRule,
    DrawSummary,
    ExcludedRecords,
    FrameStratum,
    RecordDraw,
    comparable_word,
    parse_record_day,
)


def record_key(seed: str, reference: str) -> str:
    """SHA-256 of "seed reference", as hexadecimal digits: the place of a record in the draw."""
    return hashlib.sha256(f"{seed} {reference}".encode()).hexdigest()


class PlacedRecords(NamedTuple):
    """The records of a file by the part of the rule that they fit, and their days."""

    members: dict[int, list[str]]
    left_out: Counter[int]
    rows: int
    days: list[datetime.date]


def place_records(
    rule: DrawRule, records: Iterable[tuple[str, Mapping[str, str]]]
) -> PlacedRecords:
    """Each record in the first part of the rule that it fits: left out, always included, strata."""
    members: dict[int, list[str]] = defaultdict(list)
    left_out: Counter[int] = Counter()
    days: list[datetime.date] = []
    rows = 0
    for reference, cells in records:
        rows += 1
        if (without := first_fit(rule.leave_out, cells)) is not None:
            left_out[without] += 1
        elif (place := first_fit((*rule.always, *rule.strata), cells)) is not None:
            members[place].append(reference)
            if rule.day and (day := parse_record_day(cells.get(comparable_word(rule.day), ""))):
                days.append(day)
    return PlacedRecords(members, left_out, rows, days)


def draw_records(
    rule: DrawRule, seed: str, records: Iterable[tuple[str, Mapping[str, str]]]
) -> RecordDraw:
    """The records that a rule draws with a seed; each is its reference and its cells by heading."""
    placed = place_records(rule, records)
    strata: list[FrameStratum] = []
    drawn: list[DrawnReference] = []
    for number, part in enumerate((*rule.always, *rule.strata)):
        ordered = sorted(placed.members[number], key=lambda one: record_key(seed, one))
        always = number < len(rule.always)
        taken = ordered if always or part.take is None else ordered[: part.take]
        drawn += [DrawnReference(one, part.name) for one in taken]
        strata.append(
            FrameStratum(name=part.name, size=len(ordered), drawn=len(taken), always=always)
        )
    left_out = tuple(
        ExcludedRecords(one.name, placed.left_out[number])
        for number, one in enumerate(rule.leave_out)
    )
    summary = DrawSummary(
        rows=placed.rows,
        first=min(placed.days, default=None),
        last=max(placed.days, default=None),
        strata=tuple(strata),
        left_out=left_out,
        unplaced=placed.rows - placed.left_out.total() - sum(one.size for one in strata),
    )
    return RecordDraw(records=tuple(drawn), summary=summary)


def first_fit(parts: tuple[DrawPart, ...], cells: Mapping[str, str]) -> int | None:
    """The number of the first part that a record fits, from 0."""
    return next((number for number, part in enumerate(parts) if part.fits(cells)), None)


def drawn_digest(draw: RecordDraw) -> str:
    """SHA-256 of the drawn references, one a line, sorted: what is published of a draw."""
    lines = sorted(one.reference for one in draw.records)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
