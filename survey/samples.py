"""How good a sample is, and what it says of groups of residents and of small areas."""

from typing import Literal

import msgspec

from survey.reports import Estimate

Dimension = Literal["age", "sex", "ethnicity", "disability"]
Flag = Literal["green", "amber", "red"]


class Weighting(msgspec.Struct, frozen=True, kw_only=True):
    """How the answers of the window were weighed, and what that cost.

    `invited` and `answered` since the survey began, `response_rate` their share; `n` answers of
    the window, worth `effective_n`; `kish` the design effect of unequal weights, `flag` amber above
    2 and red above 4; `trimmed` the share whose weight was capped; `joined` cells too thin to
    stand alone. `raked` is False where design weights had to do: with `margins`, the answers could
    not be weighed to them and nothing is told; without, they were too few to weigh.
    """

    invited: int | None
    answered: int | None
    response_rate: float | None
    n: int | None
    effective_n: float | None
    kish: float | None
    flag: Flag
    trimmed: float | None
    raked: bool
    margins: tuple[str, ...]
    vintage: str
    joined: tuple[str, ...] = ()


class Reliable(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the items of the index measure one thing: α with Feldt's limits, ω, item with rest.

    `publishable` where the lower limit of α is 0.70 or more and every item-rest r 0.3 or more.
    """

    n: int | None
    alpha: float | None
    low: float | None
    high: float | None
    omega: float | None
    item_rest: tuple[tuple[str, float | None], ...]
    publishable: bool


class OfGroup(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate for the residents of one kind.

    `measure` is 'index' (0 to 100, t interval), or the name of an item: then the per cent
    who agree, with Korn-Graubard limits.
    """

    dimension: Dimension
    category: str
    measure: str
    estimate: Estimate


class SmallArea(msgspec.Struct, frozen=True, kw_only=True):
    """A borough's own estimate beside that of a model that borrows strength from all boroughs.

    `own` is how far its own answers count in the model (γ, 0 to 1). None where withheld.
    """

    domain: str
    direct: Estimate
    value: float | None
    low: float | None
    high: float | None
    own: float | None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How residents answered one item: per cent that agree, and agree less disagree.

    `text` is how the item is put.
    """

    item: str
    agree: Estimate
    net: Estimate
    text: str = ""
