"""At most five findings: the estimate with its interval, how sure that is, and what follows.

Chosen by rule from what may be read, after disclosure control.
"""

from collections.abc import Iterator, Sequence

from analysis.edition.compared import Difference
from analysis.headlines import long
from survey.editions import Edition
from survey.reports import Estimate
from survey.samples import OfGroup
from survey.weeks import Finding

MOST = 5
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


def of(edition: Edition, changes: Sequence[Difference]) -> tuple[Finding, ...]:
    """Weekly what changed, monthly what stands as well."""
    found = list(changed(edition, changes))
    if edition.kind == "weekly":
        found[1:1] = expected(edition)
        return tuple(found[:MOST])
    found[1:1] = [*associated(edition), *disparity(edition), *outlying(edition), *gap(edition)]
    return tuple(found[:MOST])


def changed(edition: Edition, changes: Sequence[Difference]) -> Iterator[Finding]:
    """The city's index, changed or not; then the items and the boroughs that did change."""
    city = [one for one in changes if (one.of, one.domain) == ("index", edition.city)]
    items = [one for one in changes if one.of != "index"]
    told = {one.domain for one in edition.index if one.status != "withheld"} - {edition.city}
    areas = [one for one in changes if one.of == "index" and one.domain in told]
    for one in (*city, *items[:OF_EACH], *areas[:OF_EACH]):
        yield Finding(
            sentence=moved(edition, one),
            confidence=confidence(one.p),
            so_what=follows(one),
        )


def moved(edition: Edition, one: Difference) -> str:
    span = "the four weeks" if edition.kind == "weekly" else "the month"
    when = f"in {span} to {long(edition.end)}, against {span} before"
    what = subject(edition, one)
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


def subject(edition: Edition, one: Difference) -> str:
    if one.of == "index":
        name = {tile.area: tile.name for tile in edition.tiles}.get(one.domain, one.domain)
        return f"The perception index for {name}"
    return f"Agreement less disagreement with “{one.of}”"


def confidence(p: float) -> str:
    """The word for how sure a difference is: strong below 1 %, good below 5 %."""
    if p < STRONG:
        return "strong evidence"
    return "good evidence" if p < GOOD else "no clear evidence"


def follows(one: Difference) -> str:
    if one.low <= 0 <= one.high:
        return "Nothing follows from this alone; more weeks or more answers would tell more."
    if one.of == "index":
        return "See whether it stands in the next edition, and which questions it comes from."
    return "Read what people wrote about it, and see whether it stands in the next edition."


def expected(edition: Edition) -> Iterator[Finding]:
    """Deployments of the period, where they lie outside what the weeks before led one to expect."""
    now = edition.this_period
    if now is None or now.events is None or now.low is None or now.high is None:
        return
    if now.low <= now.events <= now.high:
        return
    side = "more" if now.events > now.high else "fewer"
    count = f"About {now.events:,} deployments were" if now.events else "No deployment was"
    yield Finding(
        sentence=f"{count} recorded in the period, {side} than the {now.low:.0f} to {now.high:.0f} "
        "that the weeks before would give.",
        confidence="good evidence",
        so_what="Ask whether more was done or more was written down; one week in twenty lies "
        "outside by chance.",
    )


def associated(edition: Edition) -> Iterator[Finding]:
    found = edition.association
    if found is not None:
        word, follows_ = VERDICTS[found.verdict]
        yield Finding(sentence=found.sentence, confidence=word, so_what=follows_)


def disparity(edition: Edition) -> Iterator[Finding]:
    """The ratio of recorded use that lies the farthest above 1, one by ethnicity before others."""
    above = [
        one
        for one in edition.disparities
        if one.status != "withheld" and one.exact.low is not None and one.exact.low > 1
    ]
    if above:
        most = max(
            above, key=lambda one: (one.dimension.startswith("ethnicity"), one.exact.low or 0.0)
        )
        yield Finding(
            sentence=most.sentence,
            confidence="good evidence",
            so_what="Ask the police to explain it; another benchmark may give another ratio.",
        )


def outlying(edition: Edition) -> Iterator[Finding]:
    """Boroughs whose index lies outside the 99.8 % limits of the funnel."""
    funnel = next((one for one in edition.funnels if one.measure == "index"), None)
    places = [spot.place for spot in funnel.spots] if funnel else []
    below, above = places.count("below"), places.count("above")
    if below + above:
        known = sum(place != "withheld" for place in places)
        yield Finding(
            sentence=f"{below} of {known} boroughs lie below and {above} above what chance and the "
            "ordinary spread of boroughs allow for the index (99.8 % limits).",
            confidence="strong evidence",
            so_what="Look at what is particular to them; it is no league table.",
        )


def gap(edition: Edition) -> Iterator[Finding]:
    """The widest gap of the index between two groups of one kind whose intervals lie apart."""
    by_kind: dict[str, list[OfGroup]] = {}
    for one in edition.groups:
        if one.measure == "index" and one.estimate.value is not None:
            by_kind.setdefault(one.dimension, []).append(one)
    pairs = [
        (min(of, key=value_of), max(of, key=value_of)) for of in by_kind.values() if len(of) > 1
    ]
    clear = [pair for pair in pairs if ends(pair[0])[1] < ends(pair[1])[0]]
    if clear:
        low, high = max(clear, key=lambda pair: value_of(pair[1]) - value_of(pair[0]))
        yield Finding(
            sentence=f"By {low.dimension}, the perception index was lowest for "
            f"{low.category} ({spelled(low.estimate)}) and highest for {high.category} "
            f"({spelled(high.estimate)}).",
            confidence="good evidence",
            so_what="Hear the group that thinks less of it; the gap does not say why.",
        )


def value_of(one: OfGroup) -> float:
    return one.estimate.value or 0.0


def ends(one: OfGroup) -> tuple[float, float]:
    """The interval; from end to end of the scale where there is none."""
    found = one.estimate
    return (
        0.0 if found.low is None else found.low,
        100.0 if found.high is None else found.high,
    )


def spelled(found: Estimate) -> str:
    return f"{found.value:.1f}, 95 % interval {found.low:.1f} to {found.high:.1f}"
