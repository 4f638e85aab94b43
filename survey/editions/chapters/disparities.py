"""Disparities in the use of force: groups against a reference, by more than one benchmark."""

import datetime
from typing import Literal, NamedTuple

import msgspec

from survey.editions.figures import FigureStatus
from survey.sentences import N_, Sentence

EthnicityDefinition = Literal["officer-defined", "self-defined"]
DEFINITIONS: dict[str, str] = {
    "officer-defined": N_("officer-defined"),
    "self-defined": N_("self-defined"),
}


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
    """The words for a group with their values."""
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
    """A ratio of two rates with its 95% limits; None where it cannot be given."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class EditionDisparity(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of recorded use on one group against the reference, by one benchmark.

    `what` was used: 'device', or 'force' of any kind where the publisher gives no more detail;
    counted over the spans from `since` to `until`. `shown` by mid-P, `exact` for tests, `adjusted`
    as if all groups had the same ages; `unknown` the share of events whose group was not recorded,
    `tipping` the ratios if all of those belonged to the reference, or to this group.
    `per_10_000` of this group.
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
        """The same from edition to edition."""
        return ":".join((self.dimension, self.code, self.group, self.benchmark))


class FiredShare(msgspec.Struct, frozen=True, kw_only=True):
    """Of those on whom a device was at least drawn, how many it was fired at (Wilson limits).

    `p` is Fisher's exact p against the reference, which has none itself, by Holm over all groups of
    the edition; the period is counted as in the disparities.
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
