"""The import that a file becomes: what it said, and as known on which day."""

import datetime
import hashlib

from survey.deployments import Count, Import, Perception
from survey.problems import Fault
from survey.sources.delimited import Faults


def of_file(
    source: str,
    name: str,
    content: bytes,
    known_on: datetime.date,
    *,
    counts: tuple[Count, ...] = (),
    perceptions: tuple[Perception, ...] = (),
    notes: tuple[str, ...] = (),
) -> Import:
    return Import(
        source=source,
        file=name,
        sha256=hashlib.sha256(content).hexdigest(),
        known_on=known_on,
        counts=counts,
        perceptions=perceptions,
        notes=notes,
    )


def check_once(name: str, counts: tuple[Count, ...]) -> None:
    """Refuse a file in which one figure stands twice: which of the two is meant?"""
    faults = Faults(name)
    seen = set()
    for c in counts:
        key = (c.area, c.start, c.end, c.measure, c.tactic, c.group)
        if key in seen:
            where = f"{c.area}, {c.start} to {c.end}, {c.measure}, {c.tactic}, {c.group}"
            faults.add(Fault(where, "this figure stands there twice"))
        seen.add(key)
    faults.refuse()
