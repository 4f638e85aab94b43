"""One edition on its way through: what was told before it, and what it may tell now."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analysis.disclosure import claims
from analysis.disclosure.claims import Claim, Days, Series
from analysis.disclosure.counts import EVENTS, Rule
from analysis.statistics import spans, suppression
from analysis.statistics.spans import Told
from analysis.statistics.suppression import THRESHOLD, WIDTH, Between
from survey.editions import Edition

# A city's count is bounded by its parts, by its tactics and by other weeks as well.
SPARE = 2.0
Counts = Mapping[str, int | None]


class Passage:
    """Decides count by count; remembers what it let pass.

    A count passes when it is not small, when with all that was told of its series before nobody
    can work out a small count of a week, a month or a window (`spans.narrows`), and when it does
    not give back what is hidden beside it (`suppression.beside_total`).
    """

    def __init__(self, city: str, earlier: Iterable[Edition] = ()) -> None:
        self.city = city
        self.before: defaultdict[Series, set[Told]] = defaultdict(set)
        self.wholes: set[Series] = set()
        self.mine: defaultdict[Series, set[Told]] = defaultdict(set)
        self.parts: defaultdict[Series, set[Series]] = defaultdict(set)
        for edition in earlier:
            for claim in claims.of(edition):
                self.before[claim.series].add(claim.told)
                self.belongs(claim.series)
            for series, told in claims.at_least(edition):
                self.before[series].add(told)
                self.wholes.add(series)

    def total(
        self, series: Series, days: Days, count: int | None, *, rule: Rule = EVENTS
    ) -> int | None:
        """A city's count as it may be told; 0 may be."""
        shown = rule.total(count)
        if shown and not self.wide(Claim(series, days, shown, rule)):
            shown = None
        self.keep(Claim(series, days, shown, rule))
        return shown

    def table(
        self,
        whole: Claim | None,
        counts: Counts,
        about: tuple[Series, Days],
        *,
        rule: Rule = EVENTS,
    ) -> dict[str, int | None]:
        """The cells of a list that add up to `whole`; `about` their series, each less its cell,
        and days."""
        series, days = about
        shown = {key: rule.tell(count) for key, count in counts.items()}
        for key, figure in shown.items():
            if figure and not self.wide(Claim((*series, key), days, figure, rule)):
                shown[key] = None
        if whole is not None:
            self.complement(whole, about, counts, shown)
        for key, figure in shown.items():
            self.keep(Claim((*series, key), days, figure, rule))
        return shown

    def complement(
        self,
        whole: Claim,
        about: tuple[Series, Days],
        counts: Counts,
        shown: dict[str, int | None],
    ) -> None:
        """Gives up the smallest count shown until neither a hidden one nor the whole is narrow."""
        (series, days), rule = about, whole.rule
        keys, sizes = list(counts), [count or 0 for count in counts.values()]
        total = self.known(whole)
        while True:
            known = [self.known(Claim((*series, key), days, shown[key], rule)) for key in keys]
            told = [one if shown[key] else None for key, one in zip(keys, known, strict=True)]
            sums = whole.told._replace(low=sum(one.low for one in told if one), high=math.inf)
            more = suppression.beside_total(sizes, total, told, WIDTH + SPARE)
            if more is None:
                more = narrowed(total, known, told, sizes)
            if more is None and not self.wide(whole, sums):
                more = min((i for i, one in enumerate(told) if one), key=sizes.__getitem__)
            if more is None:
                self.mine[whole.series].add(sums)
                return
            shown[keys[more]] = None

    def wide(self, claim: Claim, told: Told | None = None) -> bool:
        """Whether a count leaves every span wide: of its series, of the one that this is part of,
        and of those that are part of this."""
        said = told or claim.told
        if not said.low:
            return True
        wholes = claims.wholes_of(claim.series, self.city)
        return (
            self.stays_wide(claim.series, said, claim.rule)
            and all(self.stays_wide(whole, said._replace(high=math.inf)) for whole in wholes)
            and all(
                self.stays_wide(part, said._replace(low=0.0)) for part in self.parts[claim.series]
            )
        )

    def stays_wide(self, series: Series, more: Told, rule: Rule = EVENTS) -> bool:
        """Whether with one figure more every span of a series stays wide, with what was told before
        where both can hold, and with what this edition tells where these can.

        Figures that contradict each other are not of the same events: a city's uses and those of
        its boroughs alone, or what a publisher has restated.
        """
        mine = [*self.mine[series], *self.implied(series, self.mine)]
        before = [*self.before[series], *self.implied(series, self.before)]
        spare = SPARE if series in self.wholes else 0.0
        for all_told in ([*before, *mine], mine, []):
            found = spans.narrows(all_told, more, fewest=rule.fewest, width=WIDTH + spare)
            if found is not None:
                return not found
        return False

    def implied(self, series: Series, told: Mapping[Series, Iterable[Told]]) -> Iterator[Told]:
        """What figures of other series say of one: no more than its whole, no fewer than a part."""
        for whole in claims.wholes_of(series, self.city):
            for one in told.get(whole, ()):
                if math.isfinite(one.high):
                    yield one._replace(low=0.0)
        for part in self.parts[series]:
            for one in told.get(part, ()):
                if one.low:
                    yield one._replace(high=math.inf)

    def belongs(self, series: Series) -> None:
        for whole in claims.wholes_of(series, self.city):
            self.parts[whole].add(series)

    def known(self, claim: Claim) -> Between:
        """What is known of a count by all that was told of its series, and by how it is told."""
        told = claim.told
        for mine in ([*self.before[claim.series], *self.mine[claim.series]], []):
            found = spans.reach([*mine, told], [(told.first, told.end)])
            if found is not None:
                return found[0]
        return Between(told.low, told.high)

    def keep(self, claim: Claim) -> None:
        self.mine[claim.series].add(claim.told)
        self.belongs(claim.series)


def narrowed(
    total: Between, known: Sequence[Between], shown: Sequence[Between | None], sizes: Sequence[int]
) -> int | None:
    """The smallest count shown where a hidden one, by the total less all others, is narrow."""
    low, high = sum(one.low for one in known), sum(one.high for one in known)
    for one, told in zip(known, shown, strict=True):
        most = min(one.high, total.high - (low - one.low))
        least = max(one.low, total.low - (high - one.high))
        alone = one.high - one.low  # what its own history tells, no other cell can take back
        if told is None and least < THRESHOLD and most - least < min(WIDTH + SPARE, alone):
            return min(
                (i for i, told in enumerate(shown) if told), key=sizes.__getitem__, default=None
            )
    return None
