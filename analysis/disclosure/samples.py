"""Figures on sampled residents: numbers of answers, means, proportions, groups and small areas."""

from collections.abc import Iterable, Sequence

import msgspec

from analysis.disclosure.counts import (
    FEWEST_RESPONDENTS,
    FEWEST_UNFLAGGED,
    rounded_base,
    rounded_figure,
)
from analysis.statistics import proportions
from survey.editions.chapters.sample import (
    GroupEstimate,
    IndexReliability,
    ItemAgreement,
    SmallAreaEstimate,
    Weighting,
)
from survey.editions.figures import BoroughTile, Estimate, FigureStatus

STEP = 0.1
LEAST_BLUR = 5.0
ASSUMED_DF = 8
UNUSABLE_FLAG = "red"


def gated_estimate(found: Estimate) -> Estimate:
    n = found.n or 0
    if n < FEWEST_RESPONDENTS or found.value is None or found.status == "withheld":
        return hidden_estimate(found)
    status: FigureStatus = "flagged" if n < FEWEST_UNFLAGGED else found.status
    return msgspec.structs.replace(
        found,
        n=rounded_base(n),
        effective_n=rounded_figure(found.effective_n, 0),
        value=rounded_figure(found.value, 1),
        standard_error=rounded_figure(found.standard_error, 2),
        low=rounded_figure(found.low, 1),
        high=rounded_figure(found.high, 1),
        status=status,
    )


def hidden_estimate(found: Estimate) -> Estimate:
    return msgspec.structs.replace(
        found,
        n=rounded_base(found.n),
        effective_n=None,
        value=None,
        standard_error=None,
        low=None,
        high=None,
        status="withheld",
    )


def gated_share(found: Estimate) -> Estimate:
    """A per cent, gated by the NCHS rule if its limits are known, and by its number of answers."""
    if found.value is None or found.low is None or found.high is None:
        return gated_estimate(found)
    bases = float(found.n or 0), float(found.effective_n or 0)
    width = (found.high - found.low) / 100
    status = proportions.nchs_status(found.value / 100, width, bases=bases, df=ASSUMED_DF)
    return hidden_estimate(found) if status == "withheld" else gated_estimate(found)


def gated_estimates(found: Sequence[Estimate], *, weighed: bool = True) -> tuple[Estimate, ...]:
    """Means of the city and then of its parts; all hidden if the answers could not be weighted."""
    if not weighed:
        return tuple(hidden_estimate(one) for one in found)
    if not found:
        return ()
    return gated_estimate(found[0]), *protect_lone_part(
        found[0], found[1:], [*map(gated_estimate, found[1:])]
    )


def protect_lone_part(
    whole: Estimate | None,
    found: Sequence[Estimate],
    gated: list[Estimate],
) -> list[Estimate]:
    """The gated parts, with the next smallest hidden if a single hidden mean could be worked out.

    Raked weights add up to known residents, so the whole's mean less the others' gives back that of
    a single hidden part, to within `STEP` / its share of all; that has to be `LEAST_BLUR` points or
    more.
    """
    hidden = [i for i, one in enumerate(gated) if one.status == "withheld"]
    shown = [i for i in range(len(gated)) if i not in hidden]
    if whole is None or whole.status == "withheld" or len(hidden) != 1 or not shown:
        return gated
    asked, all_asked = found[hidden[0]].n or 0, whole.n or sum(one.n or 0 for one in found)
    if asked and STEP * all_asked / asked < LEAST_BLUR:
        beside = min(shown, key=lambda i: found[i].n or 0)
        gated[beside] = hidden_estimate(found[beside])
    return gated


def gated_groups(
    found: Sequence[GroupEstimate], city: Estimate | None, *, weighed: bool
) -> tuple[GroupEstimate, ...]:
    """For each measure the groups of one dimension form one list of parts of the city."""
    told: dict[tuple[str, str], list[GroupEstimate]] = {}
    for one in found:
        told.setdefault((one.dimension, one.measure), []).append(one)
    shown: dict[tuple[str, str, str], Estimate] = {}
    for (dimension, measure), rows in told.items():
        plain = [row.estimate for row in rows]
        by_rule = [*map(gated_estimate if measure == "index" else gated_share, plain)]
        whole = city if measure == "index" else summed_estimate(plain)
        gated = protect_lone_part(whole, plain, by_rule)
        if not weighed:
            gated = [*map(hidden_estimate, plain)]
        shown |= {
            (dimension, measure, row.category): one for row, one in zip(rows, gated, strict=True)
        }
    return tuple(
        msgspec.structs.replace(row, estimate=shown[row.dimension, row.measure, row.category])
        for row in found
    )


def summed_estimate(rows: Sequence[Estimate]) -> Estimate:
    """All who were asked an item; the city's per cent is published with the items."""
    return msgspec.structs.replace(rows[0], n=sum(row.n or 0 for row in rows), status="shown")


def gated_agreement(found: Sequence[ItemAgreement], *, weighed: bool) -> tuple[ItemAgreement, ...]:
    """Agree less disagree would reveal a withheld per cent, so both are withheld together."""
    rows = []
    for one in found:
        agree = gated_share(one.agree) if weighed else hidden_estimate(one.agree)
        net = hidden_estimate(one.net) if agree.status == "withheld" else gated_estimate(one.net)
        rows.append(msgspec.structs.replace(one, agree=agree, net=net))
    return tuple(rows)


def gated_small_areas(
    found: Sequence[SmallAreaEstimate], index: Iterable[Estimate]
) -> tuple[SmallAreaEstimate, ...]:
    """Model estimate and γ would reveal the direct estimate, so all are withheld together."""
    gated = {one.domain: one for one in index}
    rows = []
    for one in found:
        direct = gated_estimate(one.direct)
        table = gated.get(one.domain, direct)
        if "withheld" in (direct.status, table.status):
            rows.append(
                msgspec.structs.replace(
                    one,
                    direct=hidden_estimate(one.direct),
                    value=None,
                    low=None,
                    high=None,
                    own=None,
                )
            )
        else:
            rows.append(
                msgspec.structs.replace(
                    one,
                    direct=direct,
                    value=rounded_figure(one.value, 1),
                    low=rounded_figure(one.low, 1),
                    high=rounded_figure(one.high, 1),
                    own=rounded_figure(one.own),
                )
            )
    return tuple(rows)


def gated_weighting(found: Weighting | None) -> Weighting | None:
    """The response rate is computed from the published numbers of answers."""
    if found is None:
        return None
    invited, answered = rounded_base(found.invited), rounded_base(found.answered)
    return msgspec.structs.replace(
        found,
        invited=invited,
        answered=answered,
        response_rate=rounded_figure(answered / invited, 3) if invited and answered else None,
        n=rounded_base(found.n),
        effective_n=rounded_figure(found.effective_n, 0) if rounded_base(found.n) else None,
        kish=rounded_figure(found.kish),
        trimmed=rounded_figure(found.trimmed) if rounded_base(found.n) else None,
    )


def has_usable_weights(found: Weighting | None) -> bool:
    """Whether weights are equal enough to publish the index: they cost at most 3 answers in 4."""
    return found is None or found.flag != UNUSABLE_FLAG


def gated_reliability(found: IndexReliability | None) -> IndexReliability | None:
    if found is None:
        return None
    few = (found.n or 0) < FEWEST_RESPONDENTS
    alpha, low, high, omega = (
        None if few else rounded_figure(one)
        for one in (found.alpha, found.low, found.high, found.omega)
    )
    return msgspec.structs.replace(
        found,
        n=rounded_base(found.n),
        alpha=alpha,
        low=low,
        high=high,
        omega=omega,
        item_rest=tuple((item, None if few else rounded_figure(r)) for item, r in found.item_rest),
    )


def gated_tile(found: BoroughTile, index: Sequence[Estimate]) -> BoroughTile:
    value = next((one.value for one in index if one.domain == found.area), None)
    standing = "withheld" if value is None else found.standing
    return msgspec.structs.replace(found, value=value, standing=standing)
