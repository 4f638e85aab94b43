"""A disclosure session: what was published before, and which counts an edition may publish."""

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analysis.disclosure import (
    EVENTS,
    Days,
    PublishedCount,
    RoundingRule,
    Series,
    enclosing_series,
    lower_bounds_from_parts,
)
from analysis.statistics import suppression
from analysis.statistics.suppression import THRESHOLD, WIDTH, FeasibleInterval, PublishedSpan

# A city's count is also bounded by its boroughs, its tactics and other weeks.
SPARE = 2.0
Counts = Mapping[str, int | None]


class DisclosureSession:
    """Decides for each count whether it may be published, and remembers every count that passed.

    A count passes if it is not small, if nobody can work out a small count of a week, a month or a
    window from it and all published counts of its series (`suppression.makes_span_narrow`), and if
    it does not reveal a hidden count of its list (`suppression.count_to_hide`).
    """

    def __init__(self, city: str) -> None:
        self.city = city
        self.before: defaultdict[Series, set[PublishedSpan]] = defaultdict(set)
        # The shown ones that may be repeated, for what is counted from a first day on.
        self.repeatable: defaultdict[Series, list[PublishedCount]] = defaultdict(list)
        self.wholes: set[Series] = set()
        # Apart from `before`, because figures that a publisher has revised contradict earlier ones.
        self.mine: defaultdict[Series, set[PublishedSpan]] = defaultdict(set)
        self.parts: defaultdict[Series, set[Series]] = defaultdict(set)
        # What else contains a series: the groups that a borough is in, and the city around those.
        self.larger: defaultdict[Series, set[Series]] = defaultdict(set)
        # Counts that a publisher has changed: earlier figures of these days are about other events.
        self.revised: set[tuple[Series, Days]] = set()

    def remember(self, published: Sequence[PublishedCount]) -> None:
        """Add the counts of an edition that was made before."""
        for claim in published:
            self.before[claim.series].add(claim.span)
            self.belongs(claim.series)
        for series, span in lower_bounds_from_parts(published):
            self.before[series].add(span)
            self.wholes.add(series)

    def allow_repeats(self, published: Iterable[PublishedCount]) -> None:
        """Allow these counts of remembered editions to be repeated."""
        for claim in published:
            if claim.shown is not None:
                self.repeatable[claim.series].append(claim)

    def total(
        self, series: Series, days: Days, count: int | None, *, rule: RoundingRule = EVENTS
    ) -> int | None:
        """A city's count as it may be published, which may be 0."""
        shown = rule.total(count)
        # 0 is not tested: the city may always say that none was recorded (decision 0013).
        if shown and not self.wide(PublishedCount(series, days, shown, rule)):
            shown = None
        self.add_published(PublishedCount(series, days, shown, rule))
        return shown

    def last_shown(self, series: Series, days: Days) -> tuple[int, datetime.date] | None:
        """The last published count of a series from this first day on, and the last day it covers.

        A count from a fixed first day changes little between editions, and the new one is then
        withheld: repeating the published one reveals nothing.
        """
        first, end = days
        counts = [
            (count.days[1], count.shown)
            for count in self.repeatable[series]
            if count.days[0] == first and count.days[1] < end and count.shown is not None
        ]
        until, shown = max(counts, default=(end, None))
        return None if shown is None else (shown, until)

    def table(
        self,
        whole: PublishedCount | None,
        counts: Counts,
        about: tuple[Series, Days],
        *,
        rule: RoundingRule = EVENTS,
    ) -> dict[str, int | None]:
        """The published cells of a list that add up to `whole`.

        `about` gives the series without the cell's own key, and the days.
        """
        series, days = about
        shown = {key: rule.cell(count) for key, count in counts.items()}
        for key, figure in shown.items():
            if figure and not self.wide(PublishedCount((*series, key), days, figure, rule)):
                shown[key] = None
        if whole is not None:
            self.complement(whole, about, counts, shown)
        for key, figure in shown.items():
            self.add_published(PublishedCount((*series, key), days, figure, rule))
        return shown

    def group_counts(
        self,
        whole: PublishedCount,
        groups: Mapping[Series, Sequence[PublishedCount]],
        counts: Mapping[Series, int],
        rest: Sequence[PublishedCount],
    ) -> dict[Series, int | None]:
        """The published counts of groups of boroughs.

        `whole` is the count of the city. `groups` gives the boroughs of each group, and `rest`
        those of no group, as they are published already: a group gives way to them. Its count is
        shown if no borough of it that is hidden gets narrow by it, nor another group that is
        hidden.
        """
        shown = {group: whole.rule.cell(count) for group, count in counts.items()}
        for group, figure in shown.items():
            self.add_group(group, [borough.series for borough in groups[group]], whole.series)
            claim = PublishedCount(group, whole.days, figure, whole.rule, whole.series)
            if figure and not (self.wide(claim) and self.list_stays_wide(claim, groups[group])):
                shown[group] = None
        # What the city leaves for the hidden groups, where it has areas in no group as well.
        while any(shown.values()) and not self.list_stays_wide(
            whole,
            [PublishedCount(of, whole.days, shown[of], whole.rule) for of in shown] + [*rest],
        ):
            shown[min(filter(shown.get, shown), key=counts.__getitem__)] = None
        for group, figure in shown.items():
            self.add_published(PublishedCount(group, whole.days, figure, whole.rule, whole.series))
        return shown

    def list_stays_wide(
        self,
        whole: PublishedCount,
        parts: Sequence[PublishedCount],
    ) -> bool:
        """Whether nothing hidden in a list that adds up to `whole` gets narrow by that count."""
        known = [self.feasible_interval(part) for part in parts]
        visible = [
            interval if part.shown else None for interval, part in zip(known, parts, strict=True)
        ]
        cells, sizes = [part.series for part in parts], [part.shown or 0 for part in parts]
        return self.next_to_hide(whole, cells, known, visible, sizes) is None

    def cell(
        self, series: Series, days: Days, count: int | None, *, rule: RoundingRule = EVENTS
    ) -> int | None:
        """A count of a list that has no total, such as the texts of a campaign; even 0 is withheld,
        like 1 to 4.
        """
        *about, key = series
        return self.table(None, {key: count}, (tuple(about), days), rule=rule)[key]

    def complement(
        self,
        whole: PublishedCount,
        about: tuple[Series, Days],
        counts: Counts,
        shown: dict[str, int | None],
    ) -> None:
        """Hide more counts of a list, the smallest first, until no hidden count and no total is
        narrow.

        A count is narrow if a reader can tell it to within fewer than `WIDTH` values.
        """
        (series, days), rule = about, whole.rule
        keys, sizes = list(counts), [count or 0 for count in counts.values()]
        # One more in each round, because a cell that has just been hidden may itself be narrow.
        while True:
            known = [
                self.feasible_interval(PublishedCount((*series, key), days, shown[key], rule))
                for key in keys
            ]
            visible = [
                interval if shown[key] else None for key, interval in zip(keys, known, strict=True)
            ]
            more = self.next_to_hide(whole, [(*series, key) for key in keys], known, visible, sizes)
            if more is None:
                self.mine[whole.series].add(least_of_total(whole, visible))
                return
            shown[keys[more]] = None

    def next_to_hide(
        self,
        whole: PublishedCount,
        cells: Sequence[Series],
        known: Sequence[FeasibleInterval],
        visible: Sequence[FeasibleInterval | None],
        sizes: Sequence[int],
    ) -> int | None:
        """Which shown cell of a list to hide next; None if everything hidden in it is wide."""
        # As known from all editions, which may be closer than the rounding of this one figure.
        total, history = self.feasible_interval(whole), [interval.low for interval in known]
        more = suppression.count_to_hide(sizes, total, visible, WIDTH + SPARE, history=history)
        if more is None:
            more = count_that_narrows(total, known, visible, sizes)
        if more is None and not (
            self.wide(whole, least_of_total(whole, visible))
            and self.hidden_stay_wide(whole, total, cells, known, visible)
        ):
            more = smallest_shown(visible, sizes)
        return more

    def hidden_stay_wide(
        self,
        whole: PublishedCount,
        total: FeasibleInterval,
        cells: Sequence[Series],
        known: Sequence[FeasibleInterval],
        visible: Sequence[FeasibleInterval | None],
    ) -> bool:
        """Whether the spans of each hidden cell that was published as a large count stay wide,
        given the total and the other cells: the part that was added since may be small.
        """
        for i, (series, interval) in enumerate(zip(cells, known, strict=True)):
            if visible[i] is None and interval.low >= THRESHOLD:
                others = [*known[:i], *known[i + 1 :]]
                least = max(interval.low, total.low - sum(other.high for other in others))
                most = min(interval.high, total.high - sum(other.low for other in others))
                claim = PublishedCount(series, whole.days, None, whole.rule)
                if not self.wide(claim, claim.span._replace(low=least, high=most)):
                    return False
        return True

    def wide(self, claim: PublishedCount, span: PublishedSpan | None = None) -> bool:
        """True if this count makes no span of its own, parent or child series narrow."""
        said = span or claim.span
        # That a count is 0 or more is known without any edition.
        if not said.low:
            return True
        wholes, before = self.enclosing(claim.series), self.before
        if (claim.series, claim.days) in self.revised:
            # What counted the days of a revised count is about other events, also where both agree.
            first, end = claim.span.first, claim.span.end
            before = self.before | {
                whole: {
                    earlier_span
                    for earlier_span in self.before[whole]
                    if earlier_span.end <= first or end <= earlier_span.first
                }
                for whole in wholes
            }
        return (
            self.stays_wide(claim.series, said, before, claim.rule)
            # A part bounds what contains it from below only, and is bounded by it from above only.
            and all(
                self.stays_wide(whole, said._replace(high=math.inf), before) for whole in wholes
            )
            and all(
                self.stays_wide(part, said._replace(low=0.0), before)
                for part in self.parts[claim.series]
            )
        )

    def stays_wide(
        self,
        series: Series,
        more: PublishedSpan,
        before: Mapping[Series, Iterable[PublishedSpan]],
        rule: RoundingRule = EVENTS,
    ) -> bool:
        """Whether one more figure leaves no span of a series narrow: its events known too closely.

        It is tested against everything published before and in this edition; if that contradicts
        itself, against this edition only. Then figures are about different events: a city's uses
        and those of its boroughs alone, or what a publisher has revised.
        """
        mine = [*self.mine[series], *self.implied_bounds(series, self.mine)]
        known = [*before.get(series, ()), *self.implied_bounds(series, before)]
        spare = SPARE if series in self.wholes else 0.0
        for every in ([*known, *mine], mine, []):
            narrowing = suppression.makes_span_narrow(
                every, more, fewest=rule.fewest, width=WIDTH + spare
            )
            if narrowing is not None:
                return not narrowing
        # Nothing agrees even with this figure alone: it stays hidden.
        return False

    def implied_bounds(
        self, series: Series, known: Mapping[Series, Iterable[PublishedSpan]]
    ) -> Iterator[PublishedSpan]:
        """Bounds that other series imply: at most the count of a series that contains this one, at
        least that of a part.
        """
        for whole in self.enclosing(series):
            for span in known.get(whole, ()):
                if math.isfinite(span.high):
                    yield span._replace(low=0.0)
        for part in self.parts[series]:
            for span in known.get(part, ()):
                if span.low:
                    yield span._replace(high=math.inf)

    def enclosing(self, series: Series) -> tuple[Series, ...]:
        """The larger series whose counts include every event of this one."""
        return (*enclosing_series(series, self.city), *sorted(self.larger.get(series, ())))

    def add_group(self, group: Series, boroughs: Sequence[Series], city: Series) -> None:
        """Say that a group's count adds up those of these boroughs, and is a part of the city's."""
        for part, whole in [*((borough, group) for borough in boroughs), (group, city)]:
            self.larger[part].add(whole)
            self.parts[whole].add(part)

    def belongs(self, series: Series) -> None:
        for whole in self.enclosing(series):
            self.parts[whole].add(series)

    def feasible_interval(self, claim: PublishedCount) -> FeasibleInterval:
        """What is known about a count from its own rounding and all figures of its series."""
        span = claim.span
        for mine in ([*self.before[claim.series], *self.mine[claim.series]], []):
            intervals = suppression.span_bounds([*mine, span], [(span.first, span.end)])
            if intervals is not None:
                return intervals[0]
        return FeasibleInterval(span.low, span.high)

    def add_published(self, claim: PublishedCount) -> None:
        self.mine[claim.series].add(claim.span)
        self.belongs(claim.series)


class PublicCounts:
    """Passes counts of a table that its publisher has released, unrounded, and remembers none.

    Everyone has these counts already, so that nothing in an edition could hide one, and they do not
    help to work out a count outside the publisher's table.
    """

    def total(
        self, series: Series, days: Days, count: int | None, *, rule: RoundingRule = EVENTS
    ) -> int | None:
        del series, days, rule
        return count

    cell = total

    def table(
        self,
        whole: PublishedCount | None,
        counts: Counts,
        about: tuple[Series, Days],
        *,
        rule: RoundingRule = EVENTS,
    ) -> dict[str, int | None]:
        del whole, about, rule
        return dict(counts)


CountGate = DisclosureSession | PublicCounts


def least_of_total(
    whole: PublishedCount, visible: Sequence[FeasibleInterval | None]
) -> PublishedSpan:
    """The least that a total, even a withheld one, can be, given the shown cells of its list."""
    return whole.span._replace(
        low=sum(interval.low for interval in visible if interval), high=math.inf
    )


def smallest_shown(visible: Sequence[FeasibleInterval | None], sizes: Sequence[int]) -> int | None:
    return min(
        (i for i, interval in enumerate(visible) if interval), key=sizes.__getitem__, default=None
    )


def count_that_narrows(
    total: FeasibleInterval,
    known: Sequence[FeasibleInterval],
    shown: Sequence[FeasibleInterval | None],
    sizes: Sequence[int],
) -> int | None:
    """Which shown count is the smallest, if the total and all others leave a hidden one narrow."""
    low, high = sum(cell.low for cell in known), sum(cell.high for cell in known)
    for interval, visible in zip(known, shown, strict=True):
        most = min(interval.high, total.high - (low - interval.low))
        least = max(interval.low, total.low - (high - interval.high))
        alone = (
            interval.high - interval.low
        )  # what its own history reveals, hiding other cells cannot undo
        if visible is None and least < THRESHOLD and most - least < min(WIDTH + SPARE, alone):
            return smallest_shown(shown, sizes)
    return None
