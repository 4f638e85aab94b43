"""The use of force in an edition: deployments, disparities, funnels, twelve months; its association
with perception, and what changed where it began.
"""

import datetime
from typing import Literal, NamedTuple

import msgspec

from survey.editions.figures import CountedDays, Estimate, FigureStatus, Rate
from survey.sentences import N_, Sentence

EthnicityDefinition = Literal["officer-defined", "self-defined"]
DEFINITIONS: dict[str, str] = {
    "officer-defined": N_("officer-defined"),
    "self-defined": N_("self-defined"),
}
FunnelZone = Literal["below", "low", "within", "high", "above", "withheld"]
YearMeasure = Literal["deployments", "complaints"]
NoChangeReason = Literal["", "short", "before"]


class PeriodDeployments(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments of the period; `low` to `high` is the 95 % range expected from the time before.

    `lowest` to `highest` is the 99 % range: deployments outside it are a finding. `before` is the
    number in the 13 weeks (or three months) before, None if it gives no range. `cumulative` counts
    from `since`, the day the pilot began or the first day with data, to `until`, the last reported
    day; `elsewhere` is how many deployments of the period were in no borough, None if that is not
    public.
    """

    events: int | None
    low: float | None
    high: float | None
    since: datetime.date
    cumulative: int | None
    before: int | None = None
    until: datetime.date | None = None
    elsewhere: int | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def is_far_outside(self) -> bool:
        """Whether the deployments lie outside the 99 % range; False in editions that do not have
        this range.
        """
        if self.events is None or self.lowest is None or self.highest is None:
            return False
        return not self.lowest <= self.events <= self.highest

    @property
    def side(self) -> Literal["below", "within", "above", "unknown"]:
        """Where the deployments lie against the expected range."""
        if self.events is None or self.low is None or self.high is None:
            return "unknown"
        if self.low <= self.events <= self.high:
            return "within"
        return "below" if self.events < self.low else "above"


class WeeklyUses(msgspec.Struct, frozen=True):
    """One week's deployments by their most severe use."""

    start: datetime.date
    tactics: tuple[tuple[str, int | None], ...]


class VulnerableUses(msgspec.Struct, frozen=True, kw_only=True):
    """Uses on people who may need special care, in the period and before.

    `kind` is 'under_18', 'over_64', 'mental', 'physical' or 'any_disability'. `window` is the
    number from `since` to `until`, `typical` the mean over an equally long time in the year before;
    `counted` are the days of the period that have such counts.
    """

    kind: str
    period: int | None
    since: datetime.date
    window: int | None
    typical: float | None
    until: datetime.date | None = None
    counted: CountedDays | None = None


class GroupWords(NamedTuple):
    """The people of a group, within a sentence and at the beginning of one."""

    inside: str
    first: str


GROUPS = {
    ("ethnicity", "white"): GroupWords(N_("White people"), N_("White people")),
    ("ethnicity", "asian"): GroupWords(N_("Asian people"), N_("Asian people")),
    ("ethnicity", "black"): GroupWords(N_("Black people"), N_("Black people")),
    ("ethnicity", "mixed"): GroupWords(
        N_("people of mixed ethnicity"), N_("People of mixed ethnicity")
    ),
    ("ethnicity", "other"): GroupWords(
        N_("people of other ethnicity"), N_("People of other ethnicity")
    ),
    ("sex", "female"): GroupWords(N_("women and girls"), N_("Women and girls")),
    ("sex", "male"): GroupWords(N_("men and boys"), N_("Men and boys")),
}
AGES = GroupWords(N_("people aged {first} to {last}"), N_("People aged {first} to {last}"))
OLDEST = GroupWords(N_("people aged {first} and over"), N_("People aged {first} and over"))
OTHERS = GroupWords(N_("people recorded as {group}"), N_("People recorded as {group}"))


def group_label(dimension: str, group: str) -> Sentence:
    """The people of a group, for use within a sentence: White people, people aged 35 to 49."""
    words, values = group_words(dimension, group)
    return Sentence(words.inside, **values)


def group_title(dimension: str, group: str) -> Sentence:
    """The people of a group, for the beginning of a sentence."""
    words, values = group_words(dimension, group)
    return Sentence(words.first, **values)


def group_words(dimension: str, group: str) -> tuple[GroupWords, dict[str, str]]:
    """The words for a group, and the values to fill in."""
    if dimension == "age":
        first, _, last = group.partition("-")
        return (
            (AGES, {"first": first, "last": last})
            if last
            else (OLDEST, {"first": first.rstrip("+")})
        )
    words = GROUPS.get((dimension.partition("_")[0], group))
    return (words, {}) if words else (OTHERS, {"group": group.replace("_", " ")})


class DisparityGrouping(NamedTuple):
    """A dimension of the published counts, who stated it, and what it is compared with.

    `name` is never the dimension's key: a translated edition must not change its keys.
    """

    dimension: str
    code: EthnicityDefinition
    kind: str
    reference: str
    name: str


GROUPINGS = (
    DisparityGrouping(
        "ethnicity_officer",
        "officer-defined",
        "ethnicity",
        "white",
        N_("ethnicity as officers saw it"),
    ),
    DisparityGrouping(
        "ethnicity_self", "self-defined", "ethnicity", "white", N_("ethnicity as people said it")
    ),
    DisparityGrouping("age", "officer-defined", "age", "35-49", N_("age as officers saw it")),
    DisparityGrouping("sex", "officer-defined", "sex", "female", N_("sex as officers saw it")),
)


class EditionRateRatio(msgspec.Struct, frozen=True):
    """A ratio of two rates with its 95% limits; None if no ratio can be given."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class EditionDisparity(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of recorded use on one group against the reference group, by one benchmark.

    `what` is what was used: 'device', or 'force' of any kind if the publisher gives no more detail;
    it is counted over the spans from `since` to `until`. Ratios: `shown` by mid-P, `exact` for
    tests, `adjusted` as if all groups had the same ages; `tipping` if all subjects of unrecorded
    group belonged to the reference group, or to this group. `unknown` is the share of events whose
    group was not recorded, `per_10_000` the rate of this group.
    """

    dimension: str
    code: EthnicityDefinition
    group: str
    reference: str
    benchmark: str
    events: int | None
    reference_events: int | None
    people: float
    per_10_000: float | None
    shown: EditionRateRatio
    exact: EditionRateRatio
    adjusted: EditionRateRatio | None
    unknown: float | None
    tipping: tuple[float | None, float | None]
    sentence: str
    what: Literal["device", "force"] = "device"
    since: datetime.date | None = None
    until: datetime.date | None = None
    status: FigureStatus = "shown"

    @property
    def key(self) -> str:
        """A key that stays the same from edition to edition."""
        return ":".join((self.dimension, self.code, self.group, self.benchmark))


class FiredShare(msgspec.Struct, frozen=True, kw_only=True):
    """The share of people fired at among those on whom a device was at least drawn, with Wilson
    limits.

    `p` is Fisher's exact p against the reference group, adjusted by Holm over all groups of the
    edition; the reference group has none. The period is that of the disparities.
    """

    dimension: str
    group: str
    drawn: int | None
    fired: int | None
    share: float | None
    low: float | None
    high: float | None
    p: float | None
    since: datetime.date | None = None
    until: datetime.date | None = None
    status: FigureStatus = "shown"


class FunnelLimits(msgspec.Struct, frozen=True):
    """The 95% and 99.8% limits at one size (residents, or effective answers)."""

    size: float
    low: float
    high: float
    lowest: float
    highest: float


class FunnelPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One area: its size, its figure, and its position in the funnel.

    'low' and 'high' are outside the 95% limits, 'below' and 'above' outside the 99.8% limits.
    """

    domain: str
    size: float | None
    value: float | None
    place: FunnelZone


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """The areas of a measure against limits around the city's figure.

    `measure` is 'index', 'deployments' or 'complaints'. `limits` are given at each area's size and
    at some sizes between. `phi` is how much more the areas vary than by chance, None if it is not
    established that they do; `between` is the variance τ² that the limits then allow for, of the
    index or of the square root of the rate. `unit` is the variance of one effective answer, with
    `degrees` of freedom, None for rates; `rounded_to` is the base to which the counts of the rates
    are rounded, None if they are exact.
    """

    measure: str
    target: float
    spots: tuple[FunnelPoint, ...]
    limits: tuple[FunnelLimits, ...]
    phi: float | None = None
    between: float | None = None
    unit: float | None = None
    degrees: int | None = None
    rounded_to: int | None = None


class LagEffect(msgspec.Struct, frozen=True, kw_only=True):
    """β at one lag alone: index points per deployment per 10,000 residents, `lag` weeks before.

    `p` is adjusted by Holm over the lags. Lag -1 is the placebo: deployments that had not happened
    yet.
    """

    lag: int
    beta: float | None
    low: float | None
    high: float | None
    p: float | None


class AlternativeEffect(msgspec.Struct, frozen=True, kw_only=True):
    """β at lag 1 under another modelling choice, named by `choice`."""

    choice: str
    beta: float | None
    low: float | None
    high: float | None


class EditionLagProfile(msgspec.Struct, frozen=True, kw_only=True):
    """β at lags 0 to 4, at the placebo lag, and under other modelling choices (trends, logged,
    fired only).
    """

    lags: tuple[LagEffect, ...]
    placebo: LagEffect
    otherwise: tuple[AlternativeEffect, ...]
    sentence: str


class StartBin(msgspec.Struct, frozen=True, kw_only=True):
    """The effect in two weeks before or after the start, compared with the last two weeks before
    it.
    """

    weeks: int
    effect: float | None
    low: float | None
    high: float | None


class StartEffect(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of a pilot's start on the series.

    `design` is 'interrupted' (one series, no control), 'event_study' or 'staggered'; `strength` is
    'weak' if there are fewer than 24 weeks before the start.
    """

    day: datetime.date
    design: Literal["interrupted", "event_study", "staggered"]
    step: float | None
    low: float | None
    high: float | None
    strength: Literal["weak", "fair"]
    sentence: str
    bins: tuple[StartBin, ...] = ()


class YearRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place: its rate in the twelve months and in the twelve before, and the change in per cent.

    `before` is None if the year before was not counted. `change` is that of the rate per day, with
    95 % limits `low` to `high`; None if either count is too small.
    """

    domain: str
    now: Rate
    before: Rate | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None


class YearCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments or complaints of the twelve months, by place, the city first.

    `counted` are the days that were counted, `counted_before` those of the year before. `phi` is
    how many times as much as by chance alone the counts vary. `no_change` says why there are no
    rows or no changes: the twelve months themselves are too 'short', or the year 'before' is.
    """

    measure: YearMeasure
    counted: CountedDays
    counted_before: CountedDays
    rows: tuple[YearRow, ...] = ()
    phi: float = 1.0
    no_change: NoChangeReason = ""


class YearIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The perception index of a place over twelve months, and its change in points."""

    domain: str
    now: Estimate
    before: Estimate | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None


class TwelveMonths(msgspec.Struct, frozen=True, kw_only=True):
    """The twelve months from `start` to `end`; the year before begins on `before`."""

    start: datetime.date
    end: datetime.date
    before: datetime.date
    counts: tuple[YearCounts, ...] = ()
    index: tuple[YearIndex, ...] = ()
