"""Figures on complaints as cases, as they may leave: one attacker reads all tables at once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from analysis.disclosure.counts import EVENTS, FEWEST_EVENTS, rounded
from analysis.disclosure.events import rate
from analysis.disclosure.passage import Passage
from analysis.statistics import linked
from analysis.statistics.variance import Flags, Whole
from survey.caseload import (
    CHANNELS,
    MEASURES,
    OF_TASER,
    OUTCOMES,
    STEPS,
    Caseload,
    Decided,
    Measured,
    Told,
    Wait,
)
from survey.editions import Edition
from survey.reports import Rate

SHARES = {"tenth": 0.1, "median": 0.5, "ninetieth": 0.9, "waited": 0.5}
PARTS = ("reached", "waiting", "without")
ORDER = (("cases", "persons"), ("persons", "complaints"), ("cases", "allegations"))
Key = tuple[str, ...]
Shown = dict[Key, int | None]


@dataclass
class Figures:
    """Cells by name, the figures that are sums of them, and sums that are known to be 0 or more.

    `dear` figures are given up last: the city's four measures.
    """

    cells: dict[Key, int] = field(default_factory=dict)
    sums: dict[Key, list[Key]] = field(default_factory=dict)
    links: list[dict[Key, int]] = field(default_factory=list)
    dear: set[Key] = field(default_factory=set)

    def add(self, key: Key, count: int | None) -> None:
        """A cell that is a figure too."""
        self.cells[key] = count or 0
        self.sums[key] = [key]

    def matrix(self, rows: Sequence[dict[Key, int]]) -> Whole:
        number = {key: i for i, key in enumerate(self.cells)}
        found = np.zeros((len(rows), len(number)), dtype=np.int64)
        for i, row in enumerate(rows):
            for key, factor in row.items():
                found[i, number[key]] = factor
        return found


def caseload(found: Caseload, narrow: Collection[Key] = ()) -> Told:
    """The caseload as anybody may read it: decisions 0005 and 0013 over all its tables together.

    `narrow` are figures that are withheld whatever they are.

    Counts of 1 to 4 and 0 are withheld, others rounded to base 5; then what would give a withheld
    one back (`linked.hidden`, at least five wide). Rates are of the counts as told. A percentile
    is told where five cases or more lie on each side of it and the count behind it is told.
    Without any complaint there is nothing to hide. Source: statistics.md 2.14.
    """
    if not found.measures[0].complaints.events:
        return passed(found, small=0, beside=0)
    figures = figures_of(found)
    small, gone = flags_of_hidden(figures, narrow)
    shown = {
        key: None if hide else EVENTS.tell(sum(figures.cells[cell] for cell in cells))
        for (key, cells), hide in zip(figures.sums.items(), gone, strict=True)
    }
    told = msgspec.structs.replace(
        found,
        measures=tuple(measured(one, shown, found.scatter) for one in found.measures),
        channels=tuple(shown["channel", name] for name in CHANNELS),
        waits=tuple(wait(one, shown) for one in found.waits),
        kinds=tuple(decided(one, shown) for one in found.kinds),
        outcomes=tuple(shown["outcome", name] for name in OUTCOMES),
        erased=EVENTS.tell(found.erased),
    )
    return passed(told, small=int(small.sum()), beside=int((gone & ~small).sum()))


def months(counts: Sequence[int]) -> tuple[int | None, ...]:
    """Complaints to the city month by month, as its reviewers may see them: decision 0005.

    Months do not overlap, so that no two of them give a third one; 1 to 4 and 0 are withheld.
    """
    return tuple(EVENTS.tell(count) for count in counts)


def passed(told: Caseload, *, small: int, beside: int) -> Told:
    fields: dict[str, Any] = {name: getattr(told, name) for name in told.__struct_fields__}
    return Told(**fields, small=small, beside=beside)


def as_file(found: Caseload, earlier: Sequence[Edition]) -> Told:
    """The caseload as a file that may be published beside editions, of which `earlier` overlap.

    It is of the city alone: counts of a quarter by borough, set against the months and weeks that
    editions give by borough, left single weeks known to two values (decision 0017).
    """
    (city, *areas), days = found.measures, (found.start, found.end)
    passage = Passage(city.domain, earlier)
    total = passage.total(("complaints", city.domain), days, city.complaints.events)
    of_taser = next((row.total for row in found.kinds if row.kind == OF_TASER), None)
    about = passage.total(("about", city.domain), days, of_taser)
    narrow: set[Key] = {(name, one.domain) for name in MEASURES for one in areas}
    narrow |= {(name, city.domain) for name in MEASURES if total is None}
    narrow |= {("kind", OF_TASER)} if about is None else set()
    told = caseload(found, narrow)
    return msgspec.structs.replace(told, measures=told.measures[:1])


def flags_of_hidden(figures: Figures, narrow: Collection[Key] = ()) -> tuple[Flags, Flags]:
    """Which figures rest on too few, or are `narrow`, and all that are hidden."""
    sums = figures.matrix([dict.fromkeys(cells, 1) for cells in figures.sums.values()])
    links = figures.matrix(figures.links)
    cells = np.array(list(figures.cells.values()), dtype=np.int64)
    told = [
        None if key in narrow else EVENTS.tell(int(count))
        for key, count in zip(figures.sums, sums @ cells, strict=True)
    ]
    small = np.array([one is None for one in told])
    bounds = np.array([EVENTS.bounds(one) for one in told])
    known = linked.Linked(
        sums=sums,
        low=bounds[:, 0],
        high=bounds[:, 1],
        links=links[links @ cells >= 0],
        dear=np.array([key in figures.dear for key in figures.sums]),
    )
    return small, linked.hidden(known, cells, small)


def figures_of(found: Caseload) -> Figures:
    """Every count of the page, and what is known to link them."""
    made, (city, *areas) = Figures(), found.measures
    for name in MEASURES:
        for one in areas:
            made.add((name, one.domain), rate_of(one, name).events)
        made.sums[name, city.domain] = of_areas(found, name)
        made.dear.add((name, city.domain))
    for row in found.kinds:
        for outcome, count in zip(OUTCOMES, row.outcomes, strict=True):
            made.add((row.kind, outcome), count)
        made.sums["kind", row.kind] = [(row.kind, outcome) for outcome in OUTCOMES]
    for outcome in OUTCOMES:
        made.sums["outcome", outcome] = [(row.kind, outcome) for row in found.kinds]
    for channel, count in zip(CHANNELS, found.channels, strict=True):
        made.add(("channel", channel), count)
    for step in found.waits:
        for part in PARTS:
            made.add((step.step, part), getattr(step, part))
    made.links = [*links(found)]
    return made


def rate_of(one: Measured, name: str) -> Rate:
    found: Rate = getattr(one, name)
    return found


def of_areas(found: Caseload, measure: str) -> list[Key]:
    return [(measure, one.domain) for one in found.measures[1:]]


def links(found: Caseload) -> Iterator[dict[Key, int]]:
    """What everybody knows: no more cases than persons, than complaints; each case has a kind, and
    each kind once; lists of one thing have one sum."""
    for one in found.measures[1:]:
        for less, more in ORDER:
            yield {(less, one.domain): -1, (more, one.domain): 1}
        yield {("allegations", one.domain): -1, ("cases", one.domain): len(found.kinds)}
    by_kind: list[list[Key]] = [
        [(row.kind, outcome) for outcome in OUTCOMES] for row in found.kinds
    ]
    cases = of_areas(found, "cases")
    for keys in by_kind:
        yield beyond(cases, keys)
    yield from same(of_areas(found, "allegations"), [key for keys in by_kind for key in keys])
    yield from same(of_areas(found, "complaints"), [("channel", one) for one in CHANNELS])
    for step in STEPS:
        yield from same(cases, [(step, part) for part in PARTS])


def same(one: Sequence[Key], other: Sequence[Key]) -> Iterator[dict[Key, int]]:
    yield beyond(one, other)
    yield beyond(other, one)


def beyond(more: Iterable[Key], less: Iterable[Key]) -> dict[Key, int]:
    """A sum that is no smaller than another."""
    return dict.fromkeys(more, 1) | dict.fromkeys(less, -1)


def measured(one: Measured, shown: Shown, scatter: dict[str, float]) -> Measured:
    told = {
        name: rate(rate_of(one, name), shown[name, one.domain], phi=scatter[name])
        for name in MEASURES
    }
    return Measured(domain=one.domain, **told)


def decided(one: Decided, shown: Shown) -> Decided:
    outcomes = tuple(shown[one.kind, outcome] for outcome in OUTCOMES)
    return Decided(kind=one.kind, outcomes=outcomes, total=shown["kind", one.kind])


def wait(one: Wait, shown: Shown) -> Wait:
    """Percentiles with enough on each side, to a tenth of a day; those of the waiting by theirs."""
    counts = {part: getattr(one, part) or 0 for part in PARTS}
    base = dict.fromkeys(SHARES, sum(counts.values())) | {"waited": counts["waiting"]}
    clear = {
        name
        for name, share in SHARES.items()
        if min(share, 1 - share) * base[name] >= FEWEST_EVENTS
        and shown[one.step, "waiting" if name == "waited" else "reached"] is not None
    }
    told: dict[str, Any] = {
        name: rounded(getattr(one, name), 1) if name in clear else None for name in SHARES
    }
    counted: dict[str, Any] = {part: shown[one.step, part] for part in PARTS}
    late = tuple(name for name in one.beyond if name in clear)
    return Wait(step=one.step, **counted, **told, beyond=late)
