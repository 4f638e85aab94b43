"""Figures that others publish, a module for each publisher: what a format of such files is, and the
import that a file becomes.
"""

import datetime
import hashlib
from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from survey.deployments import DeploymentCount, Import, ImportOrigin, Perception
from survey.files import delimited
from survey.files.delimited import Faults
from survey.places import City
from survey.problems import Fault


class FileReader(Protocol):
    """Reads a file as known on a day."""

    def __call__(
        self, name: str, content: bytes, /, *, city: City, known_on: datetime.date
    ) -> Import: ...


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A format of published files.

    `origin` says whether its publisher has released this very table under an open licence; if so,
    editions show it as it is. `label` is what people call such a file, and `expected` says how it
    is recognised. One that is `streamed` is read row by row, so that its files may be large.
    """

    kind: Literal["deployments", "perception"] = "deployments"
    origin: ImportOrigin
    label: str
    expected: str
    recognises: Callable[[bytes], bool]
    read: FileReader
    streamed: bool = False


def has_columns(*columns: str) -> Callable[[bytes], bool]:
    """Recognises files whose header has all these columns."""
    wanted = set(map(delimited.comparable_heading, columns))
    return lambda content: wanted <= set(delimited.read_header(content))


def import_from_file(
    source: str,
    name: str,
    content: bytes,
    known_on: datetime.date,
    *,
    counts: tuple[DeploymentCount, ...] = (),
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


def check_no_overlap(name: str, counts: tuple[DeploymentCount, ...]) -> None:
    """Raise if a use may be counted twice: the same figure again, or overlapping periods."""
    faults = Faults(name)
    last: dict[tuple[str, str, str, str], DeploymentCount] = {}
    # In the order of their start, each needs to be compared with the one before only.
    for c in sorted(counts, key=lambda c: (c.start, c.end)):
        before = last.setdefault((c.area, c.measure, c.tactic, c.group), c)
        where = f"{c.area}, {c.start} to {c.end}, {c.measure}, {c.tactic}, {c.group}"
        if before is not c and (before.start, before.end) == (c.start, c.end):
            faults.add(Fault(where, "this figure appears twice"))
        elif before is not c and c.start <= before.end:
            faults.add(Fault(where, f"overlaps with {before.start} to {before.end}"))
        last[c.area, c.measure, c.tactic, c.group] = c
    faults.refuse()
