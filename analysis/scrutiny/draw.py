"""The draw of a scrutiny panel, so simple that anybody can repeat it without this program.

The key of a record is the SHA-256 of the seed, a space and its reference, in UTF-8. Within each
stratum the records stand in the order of their keys, and the first so many are drawn. Each has the
same chance, drawn / size, and nobody can tell which before the seed is known.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from survey.scrutiny.rules import (
    DrawnReference,
    DrawPart,
    DrawRule,
    DrawSummary,
    ExcludedRecords,
    FrameStratum,
    RecordDraw,
)


def record_key(seed: str, reference: str) -> str:
    """SHA-256 of "seed reference", as hexadecimal digits: the place of a record in the draw."""
    return hashlib.sha256(f"{seed} {reference}".encode()).hexdigest()


def draw_records(
    rule: DrawRule, seed: str, records: Iterable[tuple[str, Mapping[str, str]]]
) -> RecordDraw:
    """The records that a rule draws with a seed; each is its reference and its cells by heading.

    A record belongs to the first part of the rule that it fits: left out, always included, strata.
    """
    left_out: Counter[int] = Counter()
    unplaced = rows = 0
    members: dict[int, list[str]] = defaultdict(list)
    parts = (*rule.always, *rule.strata)
    for reference, cells in records:
        rows += 1
        if (without := first_fit(rule.leave_out, cells)) is not None:
            left_out[without] += 1
        elif (place := first_fit(parts, cells)) is not None:
            members[place].append(reference)
        else:
            unplaced += 1
    strata: list[FrameStratum] = []
    drawn: list[DrawnReference] = []
    for number, part in enumerate(parts):
        ordered = sorted(members[number], key=lambda one: record_key(seed, one))
        always = number < len(rule.always)
        taken = ordered if always or part.take is None else ordered[: part.take]
        drawn += [DrawnReference(one, part.name) for one in taken]
        strata.append(
            FrameStratum(name=part.name, size=len(ordered), drawn=len(taken), always=always)
        )
    return RecordDraw(
        records=tuple(drawn),
        summary=DrawSummary(
            rows=rows,
            strata=tuple(strata),
            left_out=tuple(
                ExcludedRecords(one.name, left_out[number])
                for number, one in enumerate(rule.leave_out)
            ),
            unplaced=unplaced,
        ),
    )


def first_fit(parts: tuple[DrawPart, ...], cells: Mapping[str, str]) -> int | None:
    """The number of the first part that a record fits, from 0."""
    return next((number for number, part in enumerate(parts) if part.fits(cells)), None)


def drawn_digest(draw: RecordDraw) -> str:
    """SHA-256 of the drawn references, one a line, sorted: what is published of a draw."""
    lines = sorted(one.reference for one in draw.records)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
