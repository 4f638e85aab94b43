"""One edition on its way through: what was told before it, and what it withholds and why."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from analysis.disclosure import claims
from analysis.disclosure.claims import Claim, Days, Series
from analysis.disclosure.counts import EVENTS, Rule
from analysis.statistics import spans, suppression
from analysis.statistics.spans import Told
from analysis.statistics.suppression import WIDTH, Between
from survey.editions import Edition
from survey.weeks import Quality

SPARE = 2.0  # a city's count is bounded by its parts and by its tactics as well
Counts = Mapping[str, int | None]


class Passage:
    """Decides count by count; remembers what it let pass, and how many it did not.

    A count passes when it is not small, when with all that was told of its series before nobody
    can work out a small count of a week, a month or a window (`spans.narrow`), and when it does
    not give back what is hidden beside it (`suppression.beside_total`).
    """

    def __init__(self, earlier: Iterable[Edition] = ()) -> None:
        self.before: defaultdict[Series, set[Told]] = defaultdict(set)
        self.wholes: set[Series] = set()
        self.mine: defaultdict[Series, set[Told]] = defaultdict(set)
        self.small: Counter[str] = Counter()
        self.beside: Counter[str] = Counter()
        for edition in earlier:
            for claim in claims.of(edition):
                self.before[claim.series].add(claim.told)
            for series, told in claims.at_least(edition):
                self.before[series].add(told)
                self.wholes.add(series)

    def total(
        self, name: str, series: Series, days: Days, count: int | None, *, rule: Rule = EVENTS
    ) -> int | None:
        """A city's count as it may be told; 0 may be."""
        shown = rule.total(count)
        self.small[name] += count is not None and shown is None
        if shown and not self.wide(Claim(series, days, shown, rule)):
            self.beside[name] += 1
            shown = None
        self.keep(Claim(series, days, shown, rule))
        return shown

    def table(
        self,
        name: str,
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
        self.small[name] += sum(shown[key] is None for key in counts if counts[key] is not None)
        for key, figure in shown.items():
            if figure and not self.wide(Claim((*series, key), days, figure, rule)):
                shown[key] = None
                self.beside[name] += 1
        if whole is not None:
            self.complement(name, whole, counts, shown)
        for key, figure in shown.items():
            self.keep(Claim((*series, key), days, figure, rule))
        return shown

    def complement(
        self, name: str, whole: Claim, counts: Counts, shown: dict[str, int | None]
    ) -> None:
        """Gives up the smallest count shown until neither a hidden one nor the whole is narrow."""
        keys, sizes = list(counts), [count or 0 for count in counts.values()]
        total, rule = self.known(whole), whole.rule
        while True:
            told = [rule.bounds(shown[key]) if shown[key] else None for key in keys]
            sums = whole.told._replace(low=sum(one.low for one in told if one), high=math.inf)
            more = suppression.beside_total(sizes, total, told)
            if more is None and not self.wide(whole, sums):
                more = min((i for i, one in enumerate(told) if one), key=sizes.__getitem__)
            if more is None:
                self.mine[whole.series].add(sums)
                return
            shown[keys[more]] = None
            self.beside[name] += 1

    def wide(self, claim: Claim, told: Told | None = None) -> bool:
        """Whether a count leaves every span wide, with what was told before where both can hold."""
        mine = [*self.mine[claim.series], told or claim.told]
        spare = SPARE if claim.series in self.wholes else 0.0
        if told and not told.low:
            return True
        for all_told in ([*self.before[claim.series], *mine], mine):
            found = spans.narrow(all_told, fewest=claim.rule.fewest, width=WIDTH + spare)
            if found is not None:
                return not found
        return False

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

    def withheld(self, name: str, cells: Sequence[object]) -> None:
        """Notes cells of a table that rest on too few."""
        self.small[name] += len(cells)

    def log(self) -> tuple[Quality, ...]:
        """What was withheld of each table, without telling which."""
        names = sorted({*self.small, *self.beside})
        lines = tuple(
            Quality(name, sentence(self.small[name], self.beside[name]))
            for name in names
            if self.small[name] or self.beside[name]
        )
        return lines or (Quality("every table", sentence(0, 0)),)


def sentence(small: int, beside: int) -> str:
    if not small and not beside:
        return "Nothing was withheld."
    return (
        f"Withheld: {small} because they rest on too few, and {beside} more so that these cannot "
        "be worked out."
    )
