"""What an edition finds: at most five findings, each with how sure it is and what follows.

A finding that was picked from many is as sure as the p that allows for all of them, and for the
other kinds of findings that the edition looked for.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import scipy

from analysis.editions.differences import (
    GOOD,
    GOOD_EVIDENCE,
    WindowDifference,
    change_findings,
    confidence_word,
)
from analysis.editions.workings import SHARES, FindingKind, edition_p
from analysis.statistics.changes import any_difference_p, holm, range_p
from survey.editions import Edition
from survey.editions.actions import EditionFinding
from survey.editions.figures import Estimate
from survey.editions.force import EditionDisparity, Funnel, group_label
from survey.editions.perception import GroupEstimate
from survey.sentences import N_, Sentence

MOST_FINDINGS = 5
OUTER_Z = 3.0902  # how far the 99.8% limits of a funnel reach, in standard errors
Z = 1.96
VERDICTS = {
    "associated": (
        GOOD_EVIDENCE,
        N_("Ask what else changed in those weeks: an association does not prove a cause."),
    ),
    "none_larger": (
        GOOD_EVIDENCE,
        N_("A smaller association may exist, and other months may differ."),
    ),
    "inconclusive": (
        N_("not enough evidence"),
        N_("This does not mean that there is no association."),
    ),
}
GROUP_GAPS = {
    "age": N_(
        "By age, the perception index was lowest for {low} ({lowest}) and highest for {high} "
        "({highest})."
    ),
    "ethnicity": N_(
        "By ethnicity, the perception index was lowest for {low} ({lowest}) and highest for {high} "
        "({highest})."
    ),
}
# Of dimensions with two groups, by the group with the lower index.
PAIR_GAPS = {
    ("sex", "female"): N_(
        "The perception index was lower for women ({lowest}) than for men ({highest})."
    ),
    ("sex", "male"): N_(
        "The perception index was lower for men ({lowest}) than for women ({highest})."
    ),
    ("disability", "yes"): N_(
        "The perception index was lower for disabled people ({lowest}) than for people who are not "
        "disabled ({highest})."
    ),
    ("disability", "no"): N_(
        "The perception index was lower for people who are not disabled ({lowest}) than for "
        "disabled people ({highest})."
    ),
}


class GroupGap(NamedTuple):
    """The groups of one dimension with the lowest and highest index, and p of no difference.

    p allows for every pair of groups of the dimension.
    """

    low: GroupEstimate
    high: GroupEstimate
    p: float


def edition_findings(
    edition: Edition, changes: Sequence[WindowDifference]
) -> tuple[EditionFinding, ...]:
    """A weekly edition reports changes, a monthly one also what holds without a change."""
    findings = list(change_findings(edition, changes))
    if edition.kind == "weekly":
        # The index of the city stays first, and single boroughs are the first to fall off the list.
        findings[1:1] = deployment_findings(edition)
        return tuple(findings[:MOST_FINDINGS])
    findings[1:1] = [
        *association_findings(edition),
        *disparity_findings(edition),
        *outlier_findings(edition),
        *group_gap_findings(edition),
    ]
    return tuple(findings[:MOST_FINDINGS])


def all_kinds_p(edition: Edition, of: FindingKind, p: float) -> float:
    """p of a finding that allows for the other kinds of findings of its edition."""
    return edition_p(p, SHARES[edition.kind][of])


def deployment_findings(edition: Edition) -> Iterator[EditionFinding]:
    """Deployments of the period, if far outside the range predicted from the weeks before."""
    now = edition.this_period
    if now is None or now.events is None or now.lowest is None or now.highest is None:
        return
    if now.is_far_outside:
        yield EditionFinding(
            sentence=deployment_range_sentence(now.events, now.lowest, now.highest),
            confidence=Sentence(GOOD_EVIDENCE),
            so_what=Sentence(
                "Ask whether use or recording changed. By chance alone about one period in a "
                "hundred lies outside this range."
            ),
        )


def deployment_range_sentence(events: int, least: float, most: float) -> Sentence:
    low, high = f"{least:.0f}", f"{most:.0f}"
    if not events:
        return Sentence(
            "No deployment was recorded in the period, fewer than the {low} to {high} expected "
            "from the weeks before.",
            low=low,
            high=high,
        )
    if events < least:
        return Sentence(
            "About {events} deployments were recorded in the period, fewer than the {low} to "
            "{high} expected from the weeks before.",
            events=events,
            low=low,
            high=high,
        )
    return Sentence(
        "About {events} deployments were recorded in the period, more than the {low} to {high} "
        "expected from the weeks before.",
        events=events,
        low=low,
        high=high,
    )


def association_findings(edition: Edition) -> Iterator[EditionFinding]:
    association = edition.association
    if association is not None and association.verdict in VERDICTS:
        confidence, so_what = map(Sentence, VERDICTS[association.verdict])
        yield EditionFinding(sentence=association.sentence, confidence=confidence, so_what=so_what)


def disparity_findings(edition: Edition) -> Iterator[EditionFinding]:
    """At most one finding: the ratio of recorded use whose interval lies furthest above 1. A ratio
    by ethnicity is preferred to any other.
    """
    rows = [
        disparity
        for disparity in edition.disparities
        if (disparity.shown.low or 0) > 0 and disparity.shown.high
    ]
    adjusted = holm(np.array([ratio_p(row) for row in rows]))
    above = [
        ratio
        for ratio, p in zip(rows, adjusted.tolist(), strict=True)
        if all_kinds_p(edition, "ratios", p) < GOOD and (ratio.exact.low or 0) > 1
    ]
    if above:
        most = max(
            above,
            key=lambda ratio: (ratio.dimension.startswith("ethnicity"), ratio.exact.low or 0.0),
        )
        yield EditionFinding(
            sentence=most.sentence,
            # Never more than good: of several officers' reports on one person each counts alone.
            confidence=Sentence(GOOD_EVIDENCE),
            so_what=Sentence(
                "Ask the police to explain it. Compared with other people, it may differ. It is "
                "the clearest of {looked} ratios; “How sure” allows for that choice.",
                looked=len(rows),
            ),
        )


def ratio_p(disparity: EditionDisparity) -> float:
    """p that a ratio is 1, from its value and its interval on the log scale."""
    value, low, high = (
        disparity.shown.value or 0.0,
        disparity.shown.low or 0.0,
        disparity.shown.high or 0.0,
    )
    if value <= 0:
        return 1.0
    se = (np.log(high) - np.log(low)) / (2 * Z)
    return float(2 * scipy.stats.norm.sf(abs(np.log(value)) / se)) if se > 0 else 1.0


def outlier_findings(edition: Edition) -> Iterator[EditionFinding]:
    """Boroughs whose index lies outside the 99.8% limits of the funnel, if chance would seldom put
    even one of so many there.
    """
    funnel = next((funnel for funnel in edition.funnels if funnel.measure == "index"), None)
    if funnel is None:
        return
    places = [spot.place for spot in funnel.spots]
    below, above = places.count("below"), places.count("above")
    p = all_kinds_p(edition, "outliers", surest_outlier_p(funnel))
    if below + above and p < GOOD:
        known = sum(place != "withheld" for place in places)
        yield EditionFinding(
            sentence=Sentence(
                "Of {known} boroughs, {below} had an index far below the range that we expect, and "
                "{above} far above. The range allows for chance and for the usual differences "
                "between boroughs.",
                known=known,
                below=below,
                above=above,
            ),
            confidence=confidence_word(p),
            so_what=Sentence(
                "“How sure” allows for the number of boroughs. Look at what is different about "
                "these boroughs; this is not a league table."
            ),
        )


def surest_outlier_p(funnel: Funnel) -> float:
    """The smallest p of any borough in the funnel, adjusted by Holm over all boroughs; 1 if the
    funnel has no limits, or no borough has a figure.
    """
    known = [spot for spot in funnel.spots if spot.value is not None and spot.size is not None]
    if not known or not funnel.limits:
        return 1.0
    size, value = (np.array([getattr(spot, name) for spot in known]) for name in ("size", "value"))
    at, highest = (
        np.array([getattr(limit, name) for limit in funnel.limits]) for name in ("size", "highest")
    )
    reach = np.interp(size, at, highest) - funnel.target
    z = OUTER_Z * np.abs(value - funnel.target) / np.where(reach > 0, reach, np.inf)
    return float(holm(2 * scipy.stats.norm.sf(z)).min())


def group_gap_findings(edition: Edition) -> Iterator[EditionFinding]:
    """The surest gap of the index between groups, if it holds over all pairs and dimensions."""
    by_kind: dict[str, list[GroupEstimate]] = {}
    for group in edition.groups:
        if group.measure == "index" and index_error(group) > 0:
            by_kind.setdefault(group.dimension, []).append(group)
    gaps = [widest_gap(of) for of in by_kind.values() if len(of) > 1]
    adjusted = holm(np.array([gap.p for gap in gaps]))
    p, gap = min(zip(adjusted.tolist(), gaps, strict=True), default=(1.0, None), key=itemgetter(0))
    p = all_kinds_p(edition, "groups", p)
    if gap is not None and p < GOOD:
        yield EditionFinding(
            sentence=group_gap_sentence(gap.low, gap.high),
            confidence=confidence_word(p),
            so_what=Sentence(
                "“How sure” allows for all groups that were compared; each interval is of one "
                "group alone. Find out why confidence is lower in this group; the figures do not "
                "say why."
            ),
        )


def widest_gap(groups: Sequence[GroupEstimate]) -> GroupGap:
    """The gap between the lowest and the highest group; p the larger of global and range test."""
    value = np.array([group.estimate.value or 0.0 for group in groups])
    se = np.array([index_error(group) for group in groups])
    # Groups share wards; over 900 samples that changed the error of a difference by 1%.
    p = max(any_difference_p(value, se), range_p(value, se))
    return GroupGap(groups[int(value.argmin())], groups[int(value.argmax())], p)


def index_error(estimate: GroupEstimate) -> float:
    """The standard error from the published interval, degrees of freedom included; 0 if there is
    none.
    """
    figure = estimate.estimate
    if figure.value is None or figure.low is None or figure.high is None:
        return 0.0
    return (figure.high - figure.low) / (2 * Z)


def group_gap_sentence(low: GroupEstimate, high: GroupEstimate) -> Sentence:
    lowest, highest = value_with_interval(low.estimate), value_with_interval(high.estimate)
    pair = PAIR_GAPS.get((low.dimension, low.category))
    if pair:
        return Sentence(pair, lowest=lowest, highest=highest)
    return Sentence(
        GROUP_GAPS[low.dimension],
        low=group_label(low.dimension, low.category),
        lowest=lowest,
        high=group_label(high.dimension, high.category),
        highest=highest,
    )


def value_with_interval(estimate: Estimate) -> Sentence:
    return Sentence(
        "{value}, 95% interval {low} to {high}",
        value=f"{estimate.value:.1f}",
        low=f"{estimate.low:.1f}",
        high=f"{estimate.high:.1f}",
    )
