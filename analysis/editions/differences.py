"""Changes between the window and the one before it: other people, often in the same wards.

And what an edition says about them. A change that was picked from many is not the change of one
that was looked at alone: its p, its size and its interval allow for all that were looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from analysis.disclosure import FEWEST_RESPONDENTS
from analysis.editions import perception
from analysis.editions.inputs import EditionInputs, SampledAnswers
from analysis.editions.perception import Respondents
from analysis.editions.workings import SHARES, edition_p
from analysis.statistics import power
from analysis.statistics.changes import (
    SMALLEST_OF_INTEREST,
    change_verdict,
    equivalence_p,
    false_coverage_level,
    holm,
    partially_pooled,
)
from analysis.statistics.sampling import estimates
from analysis.statistics.sampling.estimates import Means
from analysis.statistics.sampling.samples import Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Projection
from survey.editions import Edition, window_before
from survey.editions.actions import EditionFinding
from survey.problems import Invalid
from survey.sentences import N_, Sentence

OF_EACH = 2
STRONG, GOOD = 0.01, 0.05
MARGIN = f"{SMALLEST_OF_INTEREST:g}"
STRONG_EVIDENCE = N_("strong evidence")
GOOD_EVIDENCE = N_("good evidence")
NO_EVIDENCE = N_("no clear evidence")
WINDOWS = {
    ("weekly", True): N_("the four weeks to {end}, compared with the four weeks before"),
    ("weekly", False): N_(
        "the four weeks to {end}, compared with the four weeks before, for which there is no "
        "current report"
    ),
    ("monthly", True): N_("the month to {end}, compared with the month before"),
    ("monthly", False): N_(
        "the month to {end}, compared with the month before, for which there is no current report"
    ),
}
CITY_CHANGES = {
    "rose": N_(
        "The perception index for {area} rose from {was} to {now} in {window} (by {size} points, "
        "{level} interval {low} to {high})."
    ),
    "fell": N_(
        "The perception index for {area} fell from {was} to {now} in {window} (by {size} points, "
        "{level} interval {low} to {high})."
    ),
    "unclear": N_(
        "There is no clear evidence that the perception index for {area} changed in {window}. It "
        "was {was} and is {now}. The real change is very likely between {low} and {high} "
        "points ({level} interval). With this many answers, a change below {detectable} points "
        "seldom shows."
    ),
    "none_larger": N_(
        "No change larger than {margin} points: the perception index for {area} was {was} and is "
        "{now} in {window} ({change}, {level} interval {low} to {high}). There may be a smaller "
        "change."
    ),
}
BRIEF_CHANGES = {
    "rose": N_("The perception index for {area} rose from {was} to {now}."),
    "fell": N_("The perception index for {area} fell from {was} to {now}."),
    "none_larger": N_(
        "The perception index for {area} did not change by more than {margin} points."
    ),
}
BRIEF_ITEMS = {
    "rose": N_("Answers to “{item}” moved towards agreeing."),
    "fell": N_("Answers to “{item}” moved away from agreeing."),
}
AREA_CHANGES = {
    "rose": N_(
        "The perception index for {area} rose by about {size} points in {window} (95% interval "
        "{low} to {high}). It is the clearest of {looked}; size and interval allow for that."
    ),
    "fell": N_(
        "The perception index for {area} fell by about {size} points in {window} (95% interval "
        "{low} to {high}). It is the clearest of {looked}; size and interval allow for that."
    ),
}
ITEM_CHANGES = {
    "rose": N_(
        "Agreement minus disagreement with “{item}” rose by {size} points in {window} ({level} "
        "interval {low} to {high}). It is the clearest of {looked}; the interval allows for that."
    ),
    "fell": N_(
        "Agreement minus disagreement with “{item}” fell by {size} points in {window} ({level} "
        "interval {low} to {high}). It is the clearest of {looked}; the interval allows for that."
    ),
}


@dataclass(frozen=True, kw_only=True)
class WindowDifference:
    """The figure now less the figure before, in points, with its interval and p.

    `detectable` is the smallest change that would show in four trials of five; `of` is 'index', or
    the wording of an item (whose figure is agree less disagree). `se` is the error of the
    difference alone, `df` its degrees of freedom, `answers` the effective answers behind it:
    1/(1/n₁ + 1/n₂). If the change was picked from `looked` changes, p and the interval (of `level`)
    allow for that; p allows for the other kinds of findings of the edition too.
    """

    of: str
    domain: str
    value: float
    low: float
    high: float
    p: float
    detectable: float
    se: float
    df: int
    answers: float
    looked: int = 1
    level: float = 0.95

    @property
    def is_none(self) -> bool:
        """Whether it shows that the index changed by no more than the margin."""
        return self.of == "index" and change_verdict(self.low, self.high) == "none_larger"


@dataclass(frozen=True, eq=False, kw_only=True)
class JoinedWindows:
    """The people of two windows in one sample; `now` marks those of the later one."""

    sampled: SampledAnswers
    sample: Sample
    projection: Projection | None
    now: Flags


def window_differences(
    inputs: EditionInputs, asked: Respondents, window: Flags
) -> list[WindowDifference]:
    """The city's index first, then every item that changed, then every borough that did.

    Each of the three is held to its share of the edition's 5 % (`shares`), items and boroughs by
    Holm; the error allows for wards that both windows drew from. Nothing is based on fewer than
    thirty answers on a side. Each window is raked on its own; if one cannot be, both keep their
    design weights.
    """
    if asked.refused:
        return []
    try:
        both = joined_windows(inputs, asked, window)
    # Answers of the window before may not fit the margins; the edition is made without changes.
    except Invalid:
        return []
    share = SHARES[inputs.kind]
    city = [] if asked.apart else index_differences(both, [inputs.city], None)
    areas = [] if asked.apart else list(index_differences(both, inputs.codes, both.sampled.area))
    items: list[WindowDifference] = []
    # The questions of a weekly edition were not gathered.
    if "questions" in share:
        items = picked_items(list(item_differences(both, inputs.city)), share["questions"])
    return [
        *(difference_by_share(difference, share["city"]) for difference in city),
        *items,
        *picked_areas(areas, share["boroughs"]),
    ]


def joined_windows(inputs: EditionInputs, asked: Respondents, late: Flags) -> JoinedWindows:
    """Both windows in one sample, each raked to the residents on its own."""
    sampled = inputs.sampled
    before, projection, _ = perception.raked_sample(sampled.only(~late), inputs.targets)
    if asked.projection is None or projection is None:
        sample, joint = perception.design_weighted_sample(sampled), None
    else:
        weight = np.empty(len(late))
        for rows, side in ((late, asked.sample), (~late, before)):
            weight[rows] = side.design.weight
        sample = perception.to_sample(sampled, weight)
        joint = Projection(
            cells=separate_margins(late, [asked.projection.cells, projection.cells]),
            design_weight=sampled.weight,
            persons=sampled.persons.astype(np.float64),
        )
    return JoinedWindows(sampled=sampled, sample=sample, projection=joint, now=late)


def separate_margins(late: Flags, cells: Sequence[dict[str, Ints]]) -> dict[str, Ints]:
    """The margins of both windows as one; no category is shared, because each was raked alone."""
    joint: dict[str, Ints] = {}
    for name in dict.fromkeys(name for cell in cells for name in cell):
        joint[name] = np.zeros(len(late), dtype=np.int64)
        after = 0
        for rows, window_cells in zip((late, ~late), cells, strict=True):
            # An unknown category (-1) becomes one of its own in each window.
            own = window_cells.get(name, np.zeros(int(rows.sum()), dtype=np.int64)) + 1
            joint[name][rows] = after + own
            after += int(own.max(initial=0)) + 1
    return joint


def index_differences(
    both: JoinedWindows, names: Sequence[str], domain: Ints | None
) -> Iterator[WindowDifference]:
    sampled = both.sampled
    yield from domain_differences("index", names, both, sampled.score, sampled.scored, domain)


def item_differences(both: JoinedWindows, city: str) -> Iterator[WindowDifference]:
    sampled = both.sampled
    for at, item in enumerate(sampled.items):
        net = 100 * (sampled.agree[:, at] - sampled.disagree[:, at]).astype(np.float64)
        named = sampled.wording.get(item, item)
        yield from domain_differences(named, [city], both, net, sampled.answered[:, at])


def domain_differences(
    of: str,
    names: Sequence[str],
    both: JoinedWindows,
    total: Floats,
    count: Ints,
    domain: Ints | None = None,
) -> Iterator[WindowDifference]:
    """The difference in each domain where both sides have thirty answers and the error is known."""
    place = np.zeros(len(count), dtype=np.int64) if domain is None else domain
    sides = both.now, ~both.now
    asked = [np.bincount(place[side], count[side], minlength=len(names)) for side in sides]
    enough = np.minimum(*asked) >= FEWEST_RESPONDENTS
    if enough.any():
        change = estimates.difference(
            total,
            both.sample,
            first=sides[0],
            second=sides[1],
            domain=place,
            projection=both.projection,
            count=count.astype(np.float64),
        )
        # An error of 0 would make any difference certain.
        known = (change.df >= 1) & (change.se > 0)
        answers = effective_answers(both, place, count, len(names))
        for i in np.flatnonzero(enough[: len(known)] & known).tolist():
            yield to_difference(of, names[i], change, i, float(answers[i]))


def effective_answers(both: JoinedWindows, place: Ints, count: Ints, domains: int) -> Floats:
    """The effective answers behind a difference in each domain: 1/(1/n₁ + 1/n₂)."""
    weight = both.sample.design.weight
    parts = np.zeros(domains)
    for side in (both.now, ~both.now):
        whole, squares = (
            np.bincount(place[side], (weights * count)[side], minlength=domains)
            for weights in (weight, weight**2)
        )
        parts += squares / np.where(whole > 0, whole, np.nan) ** 2
    return np.asarray(1 / parts)


def to_difference(of: str, name: str, change: Means, i: int, answers: float) -> WindowDifference:
    low, high = change.interval()
    value, se = float(change.value[i]), float(change.se[i])
    return WindowDifference(
        of=of,
        domain=name,
        value=value,
        low=float(low[i]),
        high=float(high[i]),
        p=2 * float(scipy.stats.t.sf(abs(value) / se, change.df[i])),
        detectable=power.detectable_effect(se),
        se=se,
        df=int(change.df[i]),
        answers=answers,
    )


def difference_by_share(difference: WindowDifference, share: float) -> WindowDifference:
    """The change with p and an interval of level 1 - `share`. It is always reported, so at most
    that share of editions without a change wrongly show one.
    """
    level = 1 - share
    return replace(
        with_level(difference, level),
        p=edition_p(difference.p, share),
        detectable=power.detectable_effect(difference.se, level=level),
    )


def with_level(difference: WindowDifference, level: float) -> WindowDifference:
    reach = difference.se * float(estimates.t_quantile(np.array([difference.df]), level)[0])
    return replace(
        difference, low=difference.value - reach, high=difference.value + reach, level=level
    )


def picked_items(family: list[WindowDifference], share: float = GOOD) -> list[WindowDifference]:
    """The items that changed by Holm's p, the surest first, with false-coverage-rate intervals.

    At most `share` of the editions report an item that did not change, and on average at most
    `share` of the reported intervals miss the truth: an interval excludes 0 wherever p finds a
    change.
    """
    adjusted = holm(np.array([difference.p for difference in family]))
    clear = adjusted < share
    level = false_coverage_level(int(clear.sum()), len(family), rate=share)
    items = [
        replace(with_level(difference, level), p=edition_p(p, share), looked=len(family))
        for difference, p in zip(family, adjusted.tolist(), strict=True)
        if p < share
    ]
    return sorted(items, key=lambda difference: difference.p)


def picked_areas(family: list[WindowDifference], share: float = GOOD) -> list[WindowDifference]:
    """The boroughs that changed, the surest first: pooled errors, Holm's p, partly pooled sizes.

    A borough counts only where p is below `share` and its interval excludes 0 even after being
    drawn towards 0 by what the others did.
    """
    if not family:
        return []
    value, se, answers = (
        np.array([getattr(difference, name) for difference in family])
        for name in ("value", "se", "answers")
    )
    df = np.array([difference.df for difference in family], dtype=np.int64)
    # Errors from six wards: those that come out small by chance would be picked first.
    even = estimates.with_pooled_errors(
        Means(value=value, se=se, df=df, n=np.rint(answers).astype(np.int64), n_eff=answers)
    )
    variance, p = even.se**2, 2 * scipy.stats.t.sf(abs(value) / even.se, even.df)
    pooled, adjusted = partially_pooled(value, variance), holm(p)
    clear = (adjusted < share) & ((pooled.low > 0) | (pooled.high < 0))
    areas = [
        replace(
            family[i],
            value=float(pooled.value[i]),
            low=float(pooled.low[i]),
            high=float(pooled.high[i]),
            p=edition_p(float(adjusted[i]), share),
            looked=len(family),
        )
        for i in np.flatnonzero(clear).tolist()
    ]
    return sorted(areas, key=lambda difference: difference.p)


def change_findings(
    edition: Edition, changes: Sequence[WindowDifference]
) -> Iterator[EditionFinding]:
    """The city's index, changed or not; then the items and the boroughs that did change."""
    # A change of a place whose index is withheld would say where that index lies.
    published = {estimate.domain for estimate in edition.index if estimate.value is not None}
    index_changes = [
        change for change in changes if change.of == "index" and change.domain in published
    ]
    city = [index_change for index_change in index_changes if index_change.domain == edition.city]
    items = [change for change in changes if change.of != "index"]
    areas = [index_change for index_change in index_changes if index_change.domain != edition.city]
    for difference in (*city, *items[:OF_EACH], *areas[:OF_EACH]):
        yield EditionFinding(
            sentence=change_sentence(edition, difference),
            confidence=confidence_word(verdict_p(difference)),
            so_what=what_follows(difference),
            brief="" if difference in areas else brief_sentence(edition, difference),
            was=index_before(edition, difference) if difference in city else None,
            verdict=change_verdict(difference.low, difference.high) if difference in city else "",
        )


def change_sentence(edition: Edition, difference: WindowDifference) -> Sentence:
    if difference.of != "index":
        return picked_sentence(
            edition, difference, ITEM_CHANGES, item=difference.of, level=level_text(difference)
        )
    if difference.domain == edition.city:
        return city_sentence(edition, difference)
    names = {tile.area: tile.name for tile in edition.tiles}
    area = names.get(difference.domain, difference.domain)
    return picked_sentence(edition, difference, AREA_CHANGES, area=area)


def level_text(difference: WindowDifference) -> str:
    """The level of a change's interval in per cent, with two decimals: 99.87% is not 100%."""
    return f"{100 * difference.level:.2f}".rstrip("0").removesuffix(".") + "%"


def city_sentence(edition: Edition, difference: WindowDifference) -> Sentence:
    about = {
        "window": change_window(edition),
        "level": level_text(difference),
        **city_levels(edition, difference),
    }
    verdict = change_verdict(difference.low, difference.high)
    if verdict in ("rose", "fell"):
        return Sentence(CITY_CHANGES[verdict], **about, **size_and_limits(difference))
    about |= {
        "change": f"{difference.value:+.1f}",
        "low": f"{difference.low:.1f}",
        "high": f"{difference.high:.1f}",
    }
    if verdict == "none_larger":
        return Sentence(CITY_CHANGES[verdict], **about, margin=MARGIN)
    return Sentence(CITY_CHANGES[verdict], **about, detectable=f"{difference.detectable:.1f}")


def verdict_p(difference: WindowDifference) -> float:
    """p of the verdict that there is a change, or one smaller than the margin."""
    if difference.is_none:
        return equivalence_p(difference.value, difference.se, difference.df)
    return difference.p


def brief_sentence(edition: Edition, difference: WindowDifference) -> Sentence:
    """A change of the whole city for the first lines, by the same comparison as the finding."""
    if difference.of != "index":
        return Sentence(BRIEF_ITEMS[direction(difference)], item=difference.of)
    verdict = change_verdict(difference.low, difference.high)
    if verdict == "unclear":
        return Sentence("Nothing clearly changed for {area}.", area=edition.city)
    if verdict == "none_larger":
        return Sentence(BRIEF_CHANGES[verdict], area=edition.city, margin=MARGIN)
    return Sentence(BRIEF_CHANGES[verdict], **city_levels(edition, difference))


def city_levels(edition: Edition, difference: WindowDifference) -> dict[str, str]:
    """The city's index before and now, as they are printed."""
    was = index_before(edition, difference)
    return {"area": edition.city, "was": f"{was:.1f}", "now": f"{was + difference.value:.1f}"}


def index_before(edition: Edition, difference: WindowDifference) -> float:
    """The city's index in the window before, as it is printed."""
    now = next(row.value or 0.0 for row in edition.index if row.domain == edition.city)
    return round(now - difference.value, 1)


def picked_sentence(
    edition: Edition, difference: WindowDifference, messages: dict[str, str], **about: str
) -> Sentence:
    """A sentence on a picked change, with the number of changes that it was picked from."""
    return Sentence(
        messages[direction(difference)],
        **about,
        window=change_window(edition),
        looked=difference.looked,
        **size_and_limits(difference),
    )


def direction(difference: WindowDifference) -> str:
    return "fell" if difference.value < 0 else "rose"


def size_and_limits(difference: WindowDifference) -> dict[str, str]:
    """The size and its limits in points; a fall is written as a positive number."""
    # Its limits change places.
    low, high = sorted((abs(difference.low), abs(difference.high)))
    return {"size": f"{abs(difference.value):.1f}", "low": f"{low:.1f}", "high": f"{high:.1f}"}


def change_window(edition: Edition) -> Sentence:
    """The days that are compared, in words, and whether there is a report about the earlier days.

    Both windows are computed from answers, so they are compared even without a report.
    """
    known = edition.compared_start == window_before(edition.kind, edition.start)
    return Sentence(WINDOWS[edition.kind, known], end=edition.end)


def confidence_word(p: float) -> Sentence:
    """The word for how sure a difference is: strong below 1%, good below 5%."""
    if p < STRONG:
        return Sentence(STRONG_EVIDENCE)
    return Sentence(GOOD_EVIDENCE if p < GOOD else NO_EVIDENCE)


def what_follows(difference: WindowDifference) -> Sentence:
    if difference.is_none:
        return Sentence("No action needed on this figure.")
    if difference.low <= 0 <= difference.high:
        return Sentence(
            "No action needed on this figure alone; more weeks or more answers would show more."
        )
    if difference.of == "index":
        return Sentence(
            "Check whether the next edition shows it too, and which questions it comes from."
        )
    return Sentence(
        "Read what people wrote about it, and check whether the next edition shows it too."
    )
