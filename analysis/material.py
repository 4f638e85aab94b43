"""What an edition is made from: arrays, as they were on one day."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from analysis.accuracy import Labelled
from analysis.statistics.index import Together
from analysis.statistics.variance import Flags, Floats, Labels, Whole
from survey.actions import Action
from survey.alerts import Assigned, Raised
from survey.codebooks import Codebook
from survey.deployments import USES, Change, Count, Perception
from survey.editions import Edition
from survey.places import Area
from survey.quotes import Chosen
from survey.weeks import IndexWeek

WEEK = 7
INDEX_DAYS = 28


@dataclass(frozen=True, eq=False, kw_only=True)
class Sampled:
    """Answers of people drawn by chance, summed over people alike: one entry a cell of them.

    `modes` the stream, `day` the first of the block of days that the cell is of, `area` number of
    the borough, `persons` in the cell, `weight` of each of them; `kinds` category in each margin
    and of disability (-1 not told). `scored` persons with an index, `score` the sum of it and
    `squares` of its squares (0 to 100); `answered`, `agree` and `disagree` entries x `items`;
    `index` names the items of the index, `wording` is how each item is put, `breaks` tell where the
    series of an item does not simply go on.
    """

    modes: Labels
    day: Whole
    area: Whole
    persons: Whole
    weight: Floats
    stratum: Labels
    psu: Labels
    kinds: dict[str, Whole]
    scored: Whole
    score: Floats
    squares: Floats
    items: tuple[str, ...]
    answered: Whole
    agree: Whole
    disagree: Whole
    index: tuple[str, ...] = ()
    wording: dict[str, str] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.persons.sum())

    def only(self, rows: Flags | Whole) -> "Sampled":
        """The entries of some rows, or the rows in another order."""
        per_row: dict[str, Any] = {
            field.name: value[rows]
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        }
        return replace(self, **per_row, kinds={name: one[rows] for name, one in self.kinds.items()})


@dataclass(frozen=True, eq=False, kw_only=True)
class Completed:
    """Those who answered all k items of the index, by span (the days of one week within one month)
    and borough; `day` the first of it.

    `sums` entries x (1 + k + k(k+1)/2): how many, the sum of each item, and of products by pair.
    """

    day: Whole
    sums: Whole

    def together(self, inside: Flags) -> Together:
        """Over some of the spans."""
        sums = self.sums[inside].sum(axis=0).astype(np.float64)
        k = int((-3 + (1 + 8 * len(sums)) ** 0.5) / 2)
        products = np.zeros((k, k))
        products[np.triu_indices(k)] = sums[1 + k :]
        return Together(
            n=int(sums[0]),
            sums=sums[1 : 1 + k],
            products=products + np.triu(products, 1).T,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Events:
    """Things that came in, counted by span or day and borough: answers, or complaints."""

    day: Whole
    area: Whole
    persons: Whole

    def __len__(self) -> int:
        return int(self.persons.sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class Texts:
    """Coded texts: `stream` sampled, open or complaints; `polarity` -1, 0, 1 or NaN where it
    could not be scored; `spoken` texts x themes; the design is that of the response;
    `campaign` number of the campaign, -1 for none."""

    stream: Labels
    weight: Floats
    stratum: Labels
    psu: Labels
    day: Whole
    area: Whole
    polarity: Floats
    spoken: Flags
    campaign: Whole | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Before:
    """The same texts in the version of the codebook, `book`, that the edition before was told in.

    `later` versions came after it; `known` texts were read under it; `spoken` texts x `themes`.
    """

    book: Codebook
    later: Sequence[Codebook]
    themes: Sequence[tuple[str, str]]
    spoken: Flags
    known: Flags


@dataclass(frozen=True, eq=False, kw_only=True)
class Material:
    """Everything for one edition; `first` is day 0, a Monday, and `start` to `end` its period.

    `sampled` holds the `blocks` of the index, for a weekly edition without the items; `drawn`
    counts who was drawn and answered in the period and the eight weeks before it. `groups` are
    counts of the same source and measure by kind of person, `searches` stops and searches by kind,
    `kinds` residents of each kind by dimension; `meanings` what each theme is about; `since_pilot`
    uses since the pilot began or were first told; `left_out` other publishers of the period; `last`
    the edition before, `then` what it was made from where code or population changed, `earlier` the
    counts of all that were told before of days from `first` on; `salt` is drawn by chance, so that
    nobody can try guesses of the input against its published hash.
    """

    kind: str
    city: str
    boroughs: Sequence[Area]
    first: datetime.date
    start: datetime.date
    end: datetime.date
    number: int
    data_as_of: datetime.date
    synthetic: bool
    residents: Floats
    targets: dict[str, Floats]
    population_basis: str
    sampled: Sampled
    drawn: Events
    completed: Completed
    index_weeks: Sequence[IndexWeek]
    open: Events
    complaints: Events
    about_taser: Events
    counts: Sequence[Count]
    counts_basis: str
    texts: Texts
    themes: Sequence[tuple[str, str]]
    codebook: int
    meanings: dict[str, str] = field(default_factory=dict)
    perceptions: Sequence[Perception] = ()
    attribution: Sequence[str] = field(default=())
    labelled: Labelled | None = None
    campaigns: Sequence[str] = ()
    quotes: Sequence[Chosen] = ()
    before: Before | None = None
    restated: Sequence[Change] = ()
    counts_source: str = ""
    left_out: Sequence[str] = ()
    since_pilot: tuple[datetime.date, int] | None = None
    groups: Sequence[Count] = ()
    searches: Sequence[Count] = ()
    kinds: dict[str, dict[str, float]] = field(default_factory=dict)
    invited: int | None = None
    invited_answered: int | None = None
    last: Edition | None = None
    then: "Material | None" = None
    earlier: Sequence[Edition] = ()
    raised: Sequence[Raised] = ()
    assigned: Sequence[Assigned] = ()
    actions: Sequence[Action] = ()
    code_version: str = ""
    planted: str = ""
    salt: str = ""

    @property
    def weeks(self) -> int:
        """Whole weeks from the first day to the end of the period."""
        return ((self.end - self.first).days + 1) // WEEK

    @property
    def codes(self) -> list[str]:
        return [area.code for area in self.boroughs]

    def day_of(self, day: datetime.date) -> int:
        return (day - self.first).days

    def window(self, day: Whole, days: int | None = None) -> Flags:
        """Which entries fall into the period, or into the last `days` days to its end."""
        last = self.day_of(self.end)
        since = self.day_of(self.start) if days is None else last - days + 1
        return np.asarray((day >= since) & (day <= last))


def blocks(
    kind: str, start: datetime.date, end: datetime.date
) -> tuple[datetime.date, datetime.date]:
    """The first days of the two windows of the index, the one before and the edition's own: four
    weeks each, or calendar months."""
    if kind == "weekly":
        own = end - datetime.timedelta(days=INDEX_DAYS - 1)
        return own - datetime.timedelta(days=INDEX_DAYS), own
    return (start - datetime.timedelta(days=1)).replace(day=1), start


def is_use(count: Count) -> bool:
    """Whether a count is of uses of a device, each use counted once under its most severe form."""
    return count.group == "all" and count.tactic in (*USES, "ced")
