"""What changed since the previous edition, why, and what was found."""

from typing import Literal

import msgspec

ChangeUnit = Literal["points", "events", "per_10_000", "share", "texts"]


class ChangeDecomposition(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of two editions; was + answers + restated + recoded + method = now.

    `low` and `high` are the 95 % interval of the change, None where there is none. A theme or a
    borough was compared with `looked` of its kind, so that the largest of them can be listed:
    `allowed` is then the change drawn towards none as far as all of them suggest, and the interval
    is of that.
    `answers` what newly arrived (answers, texts, complaints and deployments of new days, and days
    that left the window); `restated` deployments for which a publisher changed the figure;
    `recoded` the same texts under a newer codebook; `method` the same input through newer code or
    other population figures. The parts are None where one of the intermediate figures is withheld.
    """

    table: str
    figure: str
    domain: str
    unit: ChangeUnit
    was: float
    now: float
    answers: float | None
    restated: float | None
    recoded: float | None
    method: float | None
    low: float | None = None
    high: float | None = None
    allowed: float | None = None
    looked: int = 1


class EditionFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: the estimate with its interval, its confidence, and what follows from it.

    `brief` is what the first lines of the edition say of it; only changes of the whole city have
    one. `was` is the city's index in the window before, where the finding is about that.
    """

    sentence: str
    confidence: str
    so_what: str
    brief: str = ""
    was: float | None = None
