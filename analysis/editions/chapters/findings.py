"""At most five findings: the estimate with its interval, how sure that is, and what follows.

Chosen by rule from published figures, after disclosure control.
"""

from collections.abc import Iterator, Sequence

from analysis.editions.differences import WindowDifference
from analysis.editions.front import long_date
from survey.editions.chapters.deployments import EditionFinding
from survey.editions.chapters.sample import GroupEstimate
from survey.editions.edition import Edition
from survey.editions.figures import Estimate

MOST_FINDINGS = 5
OF_EACH = 2
STRONG, GOOD = 0.01, 0.05
VERDICTS = {
    "associated": (
        "good evidence",
        "Ask what else changed in those weeks: it is no proof of cause.",
    ),
    "none_larger": (
        "good evidence",
        "A smaller association may exist, and other months may differ.",
    ),
    "inconclusive": ("too little to tell", "Do not read this as no association."),
}


def edition_findings(
    edition: Edition, changes: Sequence[WindowDifference]
) -> tuple[EditionFinding, ...]:
    """A weekly edition reports changes, a monthly one also what holds without a change."""
    found = list(change_findings(edition, changes))
    if edition.kind == "weekly":
        found[1:1] = deployment_findings(edition)
        return tuple(found[:MOST_FINDINGS])
    found[1:1] = [
        *association_findings(edition),
        *disparity_findings(edition),
        *outlier_findings(edition),
        *group_gap_findings(edition),
    ]
    return tuple(found[:MOST_FINDINGS])


def change_findings(
    edition: Edition, changes: Sequence[WindowDifference]
) -> Iterator[EditionFinding]:
    """The city's index, changed or not; then the items and the boroughs that did change."""
    city = [one for one in changes if (one.of, one.domain) == ("index", edition.city)]
    items = [one for one in changes if one.of != "index"]
    told = {one.domain for one in edition.index if one.status != "withheld"} - {edition.city}
    areas = [one for one in changes if one.of == "index" and one.domain in told]
    for one in (*city, *items[:OF_EACH], *areas[:OF_EACH]):
        yield EditionFinding(
            sentence=change_sentence(edition, one),
            confidence=confidence_word(one.p),
            so_what=what_follows(one),
        )


def change_sentence(edition: Edition, one: WindowDifference) -> str:
    span = "the four weeks" if edition.kind == "weekly" else "the month"
    when = f"in {span} to {long_date(edition.end)}, against {span} before"
    what = change_subject(edition, one)
    if one.low <= 0 <= one.high:
        return (
            f"{what}: no clear evidence of a change {when} (95 % interval {one.low:.1f} to "
            f"{one.high:.1f}); a change smaller than {one.detectable:.1f} points would usually go "
            "unseen at this sample size."
        )
    word = "fell" if one.value < 0 else "rose"
    ends = sorted((abs(one.low), abs(one.high)))
    return (
        f"{what} {word} by {abs(one.value):.1f} points {when} "
        f"(95 % interval {ends[0]:.1f} to {ends[1]:.1f})."
    )


def change_subject(edition: Edition, one: WindowDifference) -> str:
    if one.of == "index":
        name = {tile.area: tile.name for tile in edition.tiles}.get(one.domain, one.domain)
        return f"The perception index for {name}"
    return f"Agreement less disagreement with “{one.of}”"


def confidence_word(p: float) -> str:
    """The word for how sure a difference is: strong below 1 %, good below 5 %."""
    if p < STRONG:
        return "strong evidence"
    return "good evidence" if p < GOOD else "no clear evidence"


def what_follows(one: WindowDifference) -> str:
    if one.low <= 0 <= one.high:
        return "Nothing follows from this alone; more weeks or more answers would tell more."
    if one.of == "index":
        return "See whether it stands in the next edition, and which questions it comes from."
    return "Read what people wrote about it, and see whether it stands in the next edition."


def deployment_findings(edition: Edition) -> Iterator[EditionFinding]:
    """Deployments of the period, if outside the range predicted from the weeks before."""
    now = edition.this_period
    if now is None or now.events is None or now.low is None or now.high is None:
        return
    if now.low <= now.events <= now.high:
        return
    side = "more" if now.events > now.high else "fewer"
    count = f"About {now.events:,} deployments were" if now.events else "No deployment was"
    yield EditionFinding(
        sentence=f"{count} recorded in the period, {side} than the {now.low:.0f} to {now.high:.0f} "
        "that the weeks before would give.",
        confidence="good evidence",
        so_what="Ask whether more was done or more was written down; one week in twenty lies "
        "outside by chance.",
    )


def association_findings(edition: Edition) -> Iterator[EditionFinding]:
    found = edition.association
    if found is not None:
        word, follows_ = VERDICTS[found.verdict]
        yield EditionFinding(sentence=found.sentence, confidence=word, so_what=follows_)


def disparity_findings(edition: Edition) -> Iterator[EditionFinding]:
    """The ratio of recorded use that is furthest above 1; ratios by ethnicity come first."""
    above = [
        one
        for one in edition.disparities
        if one.status != "withheld" and one.exact.low is not None and one.exact.low > 1
    ]
    if above:
        most = max(
            above, key=lambda one: (one.dimension.startswith("ethnicity"), one.exact.low or 0.0)
        )
        yield EditionFinding(
            sentence=most.sentence,
            confidence="good evidence",
            so_what="Ask the police to explain it; another benchmark may give another ratio.",
        )


def outlier_findings(edition: Edition) -> Iterator[EditionFinding]:
    """Boroughs whose index lies outside the 99.8 % limits of the funnel."""
    funnel = next((one for one in edition.funnels if one.measure == "index"), None)
    places = [spot.place for spot in funnel.spots] if funnel else []
    below, above = places.count("below"), places.count("above")
    if below + above:
        known = sum(place != "withheld" for place in places)
        yield EditionFinding(
            sentence=f"{below} of {known} boroughs lie below and {above} above what chance and the "
            "ordinary spread of boroughs allow for the index (99.8 % limits).",
            confidence="strong evidence",
            so_what="Look at what is particular to them; it is no league table.",
        )


def group_gap_findings(edition: Edition) -> Iterator[EditionFinding]:
    """The widest gap of the index between two groups of one dimension with separate intervals."""
    by_kind: dict[str, list[GroupEstimate]] = {}
    for one in edition.groups:
        if one.measure == "index" and one.estimate.value is not None:
            by_kind.setdefault(one.dimension, []).append(one)
    pairs = [
        (min(of, key=index_value), max(of, key=index_value))
        for of in by_kind.values()
        if len(of) > 1
    ]
    clear = [pair for pair in pairs if interval_ends(pair[0])[1] < interval_ends(pair[1])[0]]
    if clear:
        low, high = max(clear, key=lambda pair: index_value(pair[1]) - index_value(pair[0]))
        yield EditionFinding(
            sentence=f"By {low.dimension}, the perception index was lowest for "
            f"{low.category} ({value_with_interval(low.estimate)}) and highest for {high.category} "
            f"({value_with_interval(high.estimate)}).",
            confidence="good evidence",
            so_what="Hear the group that thinks less of it; the gap does not say why.",
        )


def index_value(one: GroupEstimate) -> float:
    return one.estimate.value or 0.0


def interval_ends(one: GroupEstimate) -> tuple[float, float]:
    """The interval; the whole scale if there is none."""
    found = one.estimate
    return (
        0.0 if found.low is None else found.low,
        100.0 if found.high is None else found.high,
    )


def value_with_interval(found: Estimate) -> str:
    return f"{found.value:.1f}, 95 % interval {found.low:.1f} to {found.high:.1f}"
