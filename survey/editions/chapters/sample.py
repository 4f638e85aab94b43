"""The quality of a sample, and its estimates for groups of residents."""

from typing import Literal

import msgspec

from survey.editions.figures import Estimate

GroupDimension = Literal["age", "sex", "ethnicity", "disability"]
DesignFlag = Literal["green", "amber", "red"]


class Weighting(msgspec.Struct, frozen=True, kw_only=True):
    """How the answers of the window were weighted, and the precision lost by it.

    `invited` and `answered` since the survey began, `response_rate` their share; `n` answers of
    the window, worth `effective_n`; `kish` the design effect of unequal weights, `flag` amber above
    2 and red above 4; `trimmed` the share whose weight was capped; `joined` cells too thin to be
    used alone. `raked` is False where only design weights were used: with `margins`, raking failed
    and no estimate is published; without, the answers were too few to rake.
    """

    invited: int | None
    answered: int | None
    response_rate: float | None
    n: int | None
    effective_n: float | None
    kish: float | None
    flag: DesignFlag
    trimmed: float | None
    raked: bool
    margins: tuple[str, ...]
    vintage: str
    joined: tuple[str, ...] = ()


class IndexReliability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the items of the index measure one thing: α with Feldt's limits, ω, item-rest r.

    `publishable` where the lower limit of α is 0.70 or more and every item-rest r 0.3 or more.
    """

    n: int | None
    alpha: float | None
    low: float | None
    high: float | None
    omega: float | None
    item_rest: tuple[tuple[str, float | None], ...]
    publishable: bool


class GroupEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate for one group of residents.

    `measure` is 'index' (0 to 100, t interval), or the name of an item: then the percentage
    who agree, with Korn-Graubard limits.
    """

    dimension: GroupDimension
    category: str
    measure: str
    estimate: Estimate


class ItemAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """How residents answered one item: percentage that agree, and agree less disagree.

    `text` is the wording of the item.
    """

    item: str
    agree: Estimate
    net: Estimate
    text: str = ""
