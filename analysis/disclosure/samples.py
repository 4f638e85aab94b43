"""What residents drawn by chance said: bases, means, proportions, groups and small areas."""

from collections.abc import Iterable, Sequence

import msgspec

from analysis.disclosure.counts import (
    FEWEST_RESPONDENTS,
    FEWEST_UNFLAGGED,
    base,
    rounded,
)
from analysis.statistics import proportions
from survey.reports import Estimate, Status, Tile
from survey.samples import Agreement, OfGroup, Reliable, SmallArea, Weighting

STEP = 0.1
BLUR = 5.0
DF = 8
UNWEIGHED = "red"


def estimate(found: Estimate) -> Estimate:
    n = found.n or 0
    if n < FEWEST_RESPONDENTS or found.value is None or found.status == "withheld":
        return hide(found)
    status: Status = "flagged" if n < FEWEST_UNFLAGGED else found.status
    return msgspec.structs.replace(
        found,
        n=base(n),
        effective_n=rounded(found.effective_n, 0),
        value=rounded(found.value, 1),
        standard_error=rounded(found.standard_error, 2),
        low=rounded(found.low, 1),
        high=rounded(found.high, 1),
        status=status,
    )


def hide(found: Estimate) -> Estimate:
    return msgspec.structs.replace(
        found,
        n=base(found.n),
        effective_n=None,
        value=None,
        standard_error=None,
        low=None,
        high=None,
        status="withheld",
    )


def share(found: Estimate) -> Estimate:
    """A per cent by the NCHS rule, where its limits are known, and by its base."""
    if found.value is None or found.low is None or found.high is None:
        return estimate(found)
    bases = float(found.n or 0), float(found.effective_n or 0)
    width = (found.high - found.low) / 100
    status = proportions.standing(found.value / 100, width, bases=bases, df=DF)
    return hide(found) if status == "withheld" else estimate(found)


def estimates(found: Sequence[Estimate], *, weighed: bool = True) -> tuple[Estimate, ...]:
    """Means of the city and then of its parts; of none where the answers could not be weighed."""
    if not weighed:
        return tuple(hide(one) for one in found)
    if not found:
        return ()
    return estimate(found[0]), *parts(found[0], found[1:], [*map(estimate, found[1:])])


def parts(
    whole: Estimate | None,
    found: Sequence[Estimate],
    gated: list[Estimate],
) -> list[Estimate]:
    """With the next smallest hidden too where a lone hidden mean could be worked out.

    Raked weights add up to known residents, so the whole's mean less the others' gives back that
    of a lone part, to within `STEP` / its share of all; that has to be `BLUR` points or more.
    """
    hidden = [i for i, one in enumerate(gated) if one.status == "withheld"]
    shown = [i for i in range(len(gated)) if i not in hidden]
    if whole is None or whole.status == "withheld" or len(hidden) != 1 or not shown:
        return gated
    asked, all_asked = found[hidden[0]].n or 0, whole.n or sum(one.n or 0 for one in found)
    if asked and STEP * all_asked / asked < BLUR:
        beside = min(shown, key=lambda i: found[i].n or 0)
        gated[beside] = hide(found[beside])
    return gated


def groups(
    found: Sequence[OfGroup], city: Estimate | None, *, weighed: bool
) -> tuple[OfGroup, ...]:
    """Each dimension of a measure is a list of parts of the city."""
    told: dict[tuple[str, str], list[OfGroup]] = {}
    for one in found:
        told.setdefault((one.dimension, one.measure), []).append(one)
    shown: dict[tuple[str, str, str], Estimate] = {}
    for (dimension, measure), rows in told.items():
        plain = [row.estimate for row in rows]
        by_rule = [*map(estimate if measure == "index" else share, plain)]
        whole = city if measure == "index" else summed(plain)
        gated = parts(whole, plain, by_rule)
        if not weighed:
            gated = [*map(hide, plain)]
        shown |= {
            (dimension, measure, row.category): one for row, one in zip(rows, gated, strict=True)
        }
    return tuple(
        msgspec.structs.replace(row, estimate=shown[row.dimension, row.measure, row.category])
        for row in found
    )


def summed(rows: Sequence[Estimate]) -> Estimate:
    """All of whom an item was asked; its per cent stands among the items' own."""
    return msgspec.structs.replace(rows[0], n=sum(row.n or 0 for row in rows), status="shown")


def agreement(found: Sequence[Agreement], *, weighed: bool) -> tuple[Agreement, ...]:
    """Agree less disagree would give back a per cent that is withheld, so it goes with it."""
    rows = []
    for one in found:
        agree = share(one.agree) if weighed else hide(one.agree)
        net = hide(one.net) if agree.status == "withheld" else estimate(one.net)
        rows.append(msgspec.structs.replace(one, agree=agree, net=net))
    return tuple(rows)


def small_areas(found: Sequence[SmallArea], index: Iterable[Estimate]) -> tuple[SmallArea, ...]:
    """A model's estimate with its γ gives the direct one back, so the two go together."""
    gated = {one.domain: one for one in index}
    rows = []
    for one in found:
        direct = estimate(one.direct)
        table = gated.get(one.domain, direct)
        if "withheld" in (direct.status, table.status):
            rows.append(
                msgspec.structs.replace(
                    one, direct=hide(one.direct), value=None, low=None, high=None, own=None
                )
            )
        else:
            rows.append(
                msgspec.structs.replace(
                    one,
                    direct=direct,
                    value=rounded(one.value, 1),
                    low=rounded(one.low, 1),
                    high=rounded(one.high, 1),
                    own=rounded(one.own),
                )
            )
    return tuple(rows)


def weighting(found: Weighting | None) -> Weighting | None:
    """The response rate is that of the bases as they are told."""
    if found is None:
        return None
    invited, answered = base(found.invited), base(found.answered)
    return msgspec.structs.replace(
        found,
        invited=invited,
        answered=answered,
        response_rate=rounded(answered / invited, 3) if invited and answered else None,
        n=base(found.n),
        effective_n=rounded(found.effective_n, 0) if base(found.n) else None,
        kish=rounded(found.kish),
        trimmed=rounded(found.trimmed) if base(found.n) else None,
    )


def weighed(found: Weighting | None) -> bool:
    """Whether the index may be told: not where unequal weights cost more than three answers in
    four."""
    return found is None or found.flag != UNWEIGHED


def reliability(found: Reliable | None) -> Reliable | None:
    if found is None:
        return None
    few = (found.n or 0) < FEWEST_RESPONDENTS
    alpha, low, high, omega = (
        None if few else rounded(one) for one in (found.alpha, found.low, found.high, found.omega)
    )
    return msgspec.structs.replace(
        found,
        n=base(found.n),
        alpha=alpha,
        low=low,
        high=high,
        omega=omega,
        item_rest=tuple((item, None if few else rounded(r)) for item, r in found.item_rest),
    )


def tile(found: Tile, index: Sequence[Estimate]) -> Tile:
    value = next((one.value for one in index if one.domain == found.area), None)
    standing = "withheld" if value is None else found.standing
    return msgspec.structs.replace(found, value=value, standing=standing)
