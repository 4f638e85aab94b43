"""The inputs of an edition: arrays, as they were on one day."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from analysis.statistics.sampling.index import ItemSums
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from analysis.themes.accuracy import DoubleCodedTexts
from analysis.themes.stances import DemandTexts
from survey import deployments
from survey.editions import INDEX_DAYS, Correction, Edition
from survey.editions.actions import Action, AlertAssignment, EditionKey, RaisedAlert
from survey.editions.caseload import HandlingQuarter
from survey.editions.figures import Estimate, SeriesMark
from survey.editions.perception import IndexWeek
from survey.editions.recommendations import LedgerRow
from survey.editions.scrutiny import SafeMeetingReport
from survey.editions.texts import WaitingProposal
from survey.places import Area, Grouping
from survey.surveys.encounters import EncounterAnswers
from survey.surveys.samples import StratumResponse
from survey.themes.codebooks import Codebook
from survey.themes.demands import CampaignCoding
from survey.themes.quotes import ChosenQuote
from survey.words import LONDON, Words

WEEK = 7
Days = tuple[datetime.date, datetime.date]


@dataclass(frozen=True, eq=False, kw_only=True)
class SampledAnswers:
    """Answers of people drawn by chance, summed over people alike: one entry per such cell.

    `modes` the stream, `day` the first day of the cell's block of days, `area` number of the
    borough, `persons` in the cell, `weight` of each of them; `kinds` their category in each margin
    and of disability (-1 not given). `scored` persons with an index, `score` the sum of it and
    `squares` of its squares (0 to 100); `answered`, `agree` and `disagree` entries x `items`;
    `index` names the items of the index, `wording` is how each item is worded, `breaks` say where
    the series of an item is interrupted.
    """

    modes: Labels
    day: Ints
    area: Ints
    persons: Ints
    weight: Floats
    stratum: Labels
    psu: Labels
    kinds: dict[str, Ints]
    scored: Ints
    score: Floats
    squares: Floats
    items: tuple[str, ...]
    answered: Ints
    agree: Ints
    disagree: Ints
    index: tuple[str, ...] = ()
    wording: dict[str, str] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.persons.sum())

    def only(self, rows: Flags | Ints) -> "SampledAnswers":
        """The entries of some rows, or of all rows in another order."""
        arrays = [
            field.name
            for field in fields(self)
            if isinstance(getattr(self, field.name), np.ndarray)
        ]
        per_row = {name: getattr(self, name)[rows] for name in arrays}
        return replace(
            self, **per_row, kinds={name: kind[rows] for name, kind in self.kinds.items()}
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class CompleteIndexAnswers:
    """People who answered all k items of the index, summed by borough and span.

    A span is the days of one week within one month; `day` is its first day.

    `sums` is entries x (1 + k + k(k+1)/2): the number of people, the sum of each item, and the sum
    of products of each pair of items.
    """

    day: Ints
    sums: Ints

    def together(self, inside: Flags) -> ItemSums:
        """The item sums over the selected spans."""
        sums = self.sums[inside].sum(axis=0).astype(np.float64)
        # The length is 1 + k + k(k+1)/2, solved for k.
        k = int((-3 + (1 + 8 * len(sums)) ** 0.5) / 2)
        products = np.zeros((k, k))
        products[np.triu_indices(k)] = sums[1 + k :]
        return ItemSums(
            n=int(sums[0]),
            sums=sums[1 : 1 + k],
            products=products + np.triu(products, 1).T,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class EventCounts:
    """Answers or complaints received, counted by span or day and borough."""

    day: Ints
    area: Ints
    persons: Ints

    def __len__(self) -> int:
        return int(self.persons.sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class EditionTexts:
    """Coded texts, one entry each.

    `stream` is sampled, open or complaints; `weight`, `stratum` and `psu` are of the response;
    `polarity` is -1, 0, 1 or NaN where the text could not be scored; `spoken` (texts x themes) is
    which themes a text was coded with; `campaign` is the number of the campaign, -1 for none;
    `by_person` whether a person coded its whole campaign; `reworded` whether the text says in other
    words what its campaign says.
    """

    stream: Labels
    weight: Floats
    stratum: Labels
    psu: Labels
    day: Ints
    area: Ints
    polarity: Floats
    spoken: Flags
    campaign: Ints | None = None
    by_person: Flags | None = None
    reworded: Flags | None = None

    def voice_weights(self, rows: Flags) -> Floats:
        """The weight of each text of these rows when every campaign counts once.

        n texts of a campaign count 1/n each, so that the campaign counts once in every sum. All
        other texts count 1, including those of people drawn by chance.
        """
        if self.campaign is None or not rows.any():
            return np.ones(int(rows.sum()))
        mine = self.campaign[rows]
        sizes = np.bincount(mine[mine >= 0], minlength=int(mine.max()) + 1 or 1)
        return np.where(mine >= 0, 1.0 / np.maximum(sizes[mine], 1), 1.0)

    def copies(self, rows: Flags) -> Ints:
        """A number for each text of these rows, the same for texts of one campaign."""
        own = np.arange(int(rows.sum()), dtype=np.int64)
        if self.campaign is None:
            return own
        mine = self.campaign[rows]
        return np.unique(np.where(mine >= 0, -1 - mine, own), return_inverse=True)[1]


@dataclass(frozen=True, eq=False, kw_only=True)
class EarlierCoding:
    """An edition's texts under `book`, the codebook version that the previous edition used.

    `later` are the versions after it; `known` says which texts were read under it; `spoken` is
    texts x `themes`.
    """

    book: Codebook
    later: Sequence[Codebook]
    themes: Sequence[tuple[str, str]]
    spoken: Flags
    known: Flags


@dataclass(frozen=True, eq=False, kw_only=True)
class ToneInForce:
    """How tone is read: the number of the decision, and how many labels a head learned from.

    `before` is the tone of the same texts as the previous edition read them, NaN where it did not;
    None where it read them in the same way.
    """

    version: int
    labels: int
    before: Floats | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class PastYears:
    """What the two years to the end of a month are made of; see `year_windows`.

    `complaints` by day, whole from `complaints_since` on (None: no complaint was ever received);
    `sampled` answers added up over each of the two years, None where too few of the `weeks` (their
    Mondays) have any.
    """

    complaints_since: datetime.date | None
    complaints: EventCounts
    weeks: Sequence[datetime.date] = ()
    sampled: SampledAnswers | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class LongPast:
    """What is known of all earlier times, for a monthly edition.

    `perceptions` of every published quarter; `uses` of every reported span of the whole force
    (first day, last day, number), `months` by borough where they are months that the publisher has
    released; `complaints` of the city by whole month (its first day, number); `index` of the city
    by month, as monthly editions have published it.
    """

    perceptions: Sequence[deployments.Perception] = ()
    uses: Sequence[tuple[datetime.date, datetime.date, int]] = ()
    months: Sequence[deployments.DeploymentCount] = ()
    complaints: Sequence[tuple[datetime.date, int]] = ()
    index: Sequence[tuple[datetime.date, Estimate]] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedEdition:
    """The edition that figures are compared with, if it is not the last one: four weeks earlier, or
    of the month before. The other fields are as in `EditionInputs`, but since that edition.
    """

    last: Edition
    then: "EditionInputs | None"
    restated: Sequence[deployments.RestatedCount]
    before: EarlierCoding | None


@dataclass(frozen=True, eq=False, kw_only=True)
class EditionInputs:
    """All inputs of one edition; `first` is day 0, a Monday, and `start` to `end` its period.

    `sampled` covers both `index_windows`, for a weekly edition without the items; `drawn` counts
    who was drawn and answered in the period and the eight weeks before it. `groups` are counts of
    the same source and measure by kind of person, `searches` stops and searches by kind,
    `benchmarks` what else uses are compared with, `kinds` residents of each kind by dimension;
    `response` what became of those invited, by stratum; `meanings` what each theme is about;
    `since_pilot` uses since the pilot began or were first published; `left_out` other publishers of
    the period; `last` the previous edition, `then` its inputs where code or population changed,
    `compared` what figures are compared with if that is another, `correction` which published
    edition this one corrects and why, `earlier` the counts of all editions made before for days
    from `first` on, `current` those that readers are referred to; `salt` is random, so that nobody
    can guess the inputs from their published hash; `published` if `counts`, `groups` and
    `since_pilot` are as their publisher released them; `past` the two years to the end of a month,
    `long_past` all earlier times; `events` the days that the working group marks on series; `tone`
    says how tone is read; `demands` what is asked, with the texts about it; `met` what people the
    police met answered to surveys of their own; `handling` what people said whose case was closed,
    by final quarter, the newest first; `ledger` the recommendations, `ledger_from` the reports
    before they were made; `words` is what the city calls things,
    `groupings` which areas are looked at together.
    """

    kind: str
    city: str
    areas: Sequence[Area]
    first: datetime.date
    start: datetime.date
    end: datetime.date
    number: int
    data_as_of: datetime.date
    synthetic: bool
    residents: Floats
    targets: dict[str, Floats]
    population_basis: str
    sampled: SampledAnswers
    drawn: EventCounts
    completed: CompleteIndexAnswers
    index_weeks: Sequence[IndexWeek]
    open: EventCounts
    complaints: EventCounts
    about_taser: EventCounts
    counts: Sequence[deployments.DeploymentCount]
    counts_basis: str
    texts: EditionTexts
    themes: Sequence[tuple[str, str]]
    codebook: int
    meanings: dict[str, str] = field(default_factory=dict)
    perceptions: Sequence[deployments.Perception] = ()
    attribution: Sequence[str] = field(default=())
    labelled: DoubleCodedTexts | None = None
    campaigns: Sequence[str] = ()
    campaign_codings: Sequence[CampaignCoding] = ()
    proposals: Sequence[WaitingProposal] = ()
    quotes: Sequence[ChosenQuote] = ()
    before: EarlierCoding | None = None
    restated: Sequence[deployments.RestatedCount] = ()
    counts_source: str = ""
    left_out: Sequence[str] = ()
    since_pilot: tuple[datetime.date, int] | None = None
    groups: Sequence[deployments.DeploymentCount] = ()
    searches: Sequence[deployments.DeploymentCount] = ()
    benchmarks: Sequence[deployments.BenchmarkCounts] = ()
    kinds: dict[str, dict[str, float]] = field(default_factory=dict)
    invited: int | None = None
    invited_answered: int | None = None
    response: Sequence[StratumResponse] = ()
    last: Edition | None = None
    then: "EditionInputs | None" = None
    earlier: Sequence[Edition] = ()
    current: Sequence[EditionKey] = ()
    raised: Sequence[RaisedAlert] = ()
    assigned: Sequence[AlertAssignment] = ()
    actions: Sequence[Action] = ()
    code_version: str = ""
    planted: str = ""
    salt: str = ""
    published: bool = False
    past: PastYears | None = None
    long_past: LongPast | None = None
    events: Sequence[SeriesMark] = ()
    tone: ToneInForce | None = None
    demands: Sequence[DemandTexts] = ()
    scrutiny: Sequence[SafeMeetingReport] = ()
    met: Sequence[EncounterAnswers] = ()
    compared: ComparedEdition | None = None
    correction: Correction | None = None
    ledger: Sequence[LedgerRow] = ()
    ledger_from: Sequence[Edition] = ()
    words: Words = LONDON
    handling: Sequence[HandlingQuarter] = ()
    groupings: Sequence[Grouping] = ()

    @property
    def weeks(self) -> int:
        """Whole weeks from the first day to the end of the period."""
        return ((self.end - self.first).days + 1) // WEEK

    @property
    def codes(self) -> list[str]:
        return [area.code for area in self.areas]

    @property
    def is_by_area(self) -> bool:
        """Whether deployments are counted by borough, and not for a whole force alone."""
        codes = set(self.codes)
        return any(count.area in codes for count in self.counts)

    def day_of(self, day: datetime.date) -> int:
        return (day - self.first).days

    def window(self, day: Ints, days: int | None = None) -> Flags:
        """Which entries fall into the period, or into the last `days` days to its end."""
        last = self.day_of(self.end)
        since = self.day_of(self.start) if days is None else last - days + 1
        return np.asarray((day >= since) & (day <= last))

    def between(self, day: Ints, first: datetime.date, last: datetime.date) -> Flags:
        """Which entries fall into the days from `first` to `last`."""
        return np.asarray((day >= self.day_of(first)) & (day <= self.day_of(last)))


def index_windows(
    kind: str, start: datetime.date, end: datetime.date
) -> tuple[datetime.date, datetime.date]:
    """First days of the previous and the current index window: four weeks each, or months."""
    if kind == "weekly":
        own = end - datetime.timedelta(days=INDEX_DAYS - 1)
        return own - datetime.timedelta(days=INDEX_DAYS), own
    return (start - datetime.timedelta(days=1)).replace(day=1), start


def text_window(end: datetime.date) -> Days:
    """The four weeks to this day, over which every edition counts its texts.

    Windows of equal length never lie within each other. A month around these four weeks would
    reveal the texts of its few other days, so that one edition would have to hide the themes of the
    other (decision 0035).
    """
    return end - datetime.timedelta(days=INDEX_DAYS - 1), end


def year_windows(start: datetime.date, end: datetime.date) -> tuple[Days, Days]:
    """First and last days of the twelve months to the end of a month, and of those before them."""
    now, before = deployments.months_before(start, 11), deployments.months_before(start, 23)
    return (now, end), (before, now - datetime.timedelta(days=1))


def is_use(count: deployments.DeploymentCount) -> bool:
    """Whether a count is of device uses, each use counted once under its most severe form."""
    return count.group == "all" and count.tactic in (*deployments.USES, "ced")
