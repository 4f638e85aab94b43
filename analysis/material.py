"""What an edition is made from: arrays, as they were on one day."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.accuracy import Labelled
from analysis.statistics.variance import Flags, Floats, Labels, Whole
from survey.codebooks import Codebook
from survey.deployments import USES, Change, Count, Perception
from survey.places import Area
from survey.quotes import Chosen

WEEK = 7


@dataclass(frozen=True, eq=False, kw_only=True)
class Sampled:
    """Answers of people drawn by chance, one entry a respondent.

    `day` days since the first day of the material, `area` number of the borough, `answers`
    respondents x index items (NaN where missing), `cells` category in each margin (-1 unknown).
    """

    modes: Labels
    day: Whole
    area: Whole
    answers: Floats
    weight: Floats
    stratum: Labels
    psu: Labels
    cells: dict[str, Whole]

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, eq=False, kw_only=True)
class Events:
    """Things that came in, one entry each: open answers, or complaints."""

    day: Whole
    area: Whole


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
    """Everything for one edition; `first` is day 0, a Monday, and `start` to `end` its period."""

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
    reverse: tuple[bool, ...]
    fewest: int
    sampled: Sampled
    open: Events
    complaints: Events
    counts: Sequence[Count]
    counts_basis: str
    texts: Texts
    themes: Sequence[tuple[str, str]]
    codebook: int
    perceptions: Sequence[Perception] = ()
    attribution: Sequence[str] = field(default=())
    labelled: Labelled | None = None
    campaigns: Sequence[str] = ()
    quotes: Sequence[Chosen] = ()
    before: Before | None = None
    restated: Sequence[Change] = ()

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


def is_use(count: Count) -> bool:
    """Whether a count is of uses of a device, each use counted once under its most severe form."""
    return count.group == "all" and count.tactic in (*USES, "ced")
