"""Groups against a reference: every ratio is one of counts as they are told."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from analysis.disclosure import claims
from analysis.disclosure.claims import Claim
from analysis.disclosure.counts import FEWEST_FOR_RATE, persons, rounded
from analysis.disclosure.passage import Passage
from analysis.statistics import disproportionality as plain
from analysis.statistics.rates import PER, RateRatio, rate_ratio
from survey.disparities import USED, Disparity, Fired, Ratio, called
from survey.editions import Edition

NONE = Ratio()
WITHHELD = "Too few uses were recorded to give a ratio that points at nobody."
Counts = dict[str, int | None]


def disparities(passage: Passage, edition: Edition) -> tuple[Disparity, ...]:
    """Of each dimension, code and benchmark the groups with the reference are one list."""
    tables: dict[tuple[str, str, str], list[Disparity]] = {}
    for row in edition.disparities:
        tables.setdefault((row.dimension, row.code, row.benchmark), []).append(row)
    told: dict[tuple[str, ...], Disparity] = {}
    for key, rows in tables.items():
        for row in of_table(passage, rows, claims.group_window(rows[0], edition)):
            told[*key, row.group] = row
    return tuple(
        told[row.dimension, row.code, row.benchmark, row.group] for row in edition.disparities
    )


def of_table(passage: Passage, rows: Sequence[Disparity], days: claims.Days) -> Iterable[Disparity]:
    first = rows[0]
    counts: Counts = {first.reference: first.reference_events}
    counts |= {row.group: row.events for row in rows}
    whole = sum(count or 0 for count in counts.values())
    share = first.unknown or 0.0
    unknown = round(whole * share / (1 - share)) if share < 1 else 0
    series = "group", first.dimension, first.code
    shown = passage.table(
        Claim((*series, "all"), days, persons(whole + unknown)),
        counts | {"": unknown},
        (series, days),
    )
    for row in rows:
        yield disparity(row, shown[row.group], shown[row.reference], shown[""] if unknown else 0)


def disparity(row: Disparity, a: int | None, b: int | None, unknown: int | None) -> Disparity:
    """The ratio of two told counts, both large enough; else the counts alone, or neither."""
    if a is None or b is None or min(a, b) < FEWEST_FOR_RATE:
        return hide(row, a, b)
    if not (row.shown.value and row.events and row.reference_events):
        return hide(row, a, b)
    others = row.people * row.shown.value * row.reference_events / row.events
    first, second = (a, row.people), (b, others)
    exact, shown = rate_ratio(first, second), rate_ratio(first, second, mid_p=True)
    tipping = (None, None) if unknown is None else plain.tipping(first, second, unknown)
    found = plain.Disparity(
        group=called(row.dimension, row.group),
        reference=called(row.dimension, row.reference),
        benchmark=row.benchmark,
        code=row.code,
        exact=exact,
        shown=shown,
        unknown=row.unknown or 0.0,
        tipping=tipping,
        what=USED[row.what],
    )
    return msgspec.structs.replace(
        row,
        events=a,
        reference_events=b,
        per_10_000=rounded(PER * a / row.people),
        shown=ratio(shown),
        exact=ratio(exact),
        adjusted=adjusted(row.adjusted),
        unknown=None if unknown is None else rounded(row.unknown),
        tipping=(rounded(tipping[0]), rounded(tipping[1])),
        sentence=found.sentence,
    )


def hide(row: Disparity, a: int | None, b: int | None) -> Disparity:
    return msgspec.structs.replace(
        row,
        events=a,
        reference_events=b,
        per_10_000=None,
        shown=NONE,
        exact=NONE,
        adjusted=None,
        unknown=None,
        tipping=(None, None),
        sentence=WITHHELD,
        status="withheld",
    )


def ratio(found: RateRatio) -> Ratio:
    return Ratio(rounded(found.value), rounded(found.low), rounded(found.high))


def adjusted(found: Ratio | None) -> Ratio | None:
    return found and Ratio(rounded(found.value, 1), rounded(found.low, 1), rounded(found.high, 1))


def fired(passage: Passage, edition: Edition) -> tuple[Fired, ...]:
    """Of each dimension a list of those a device was drawn on, and one of those it was fired at."""
    told = []
    for dimension in dict.fromkeys(row.dimension for row in edition.fired):
        rows = [row for row in edition.fired if row.dimension == dimension]
        about = claims.group_window(rows[0], edition)
        shown = {}
        for name in ("drawn", "fired"):
            counts = {row.group: getattr(row, name) for row in rows}
            total = persons(sum(count or 0 for count in counts.values()))
            whole = Claim((name, dimension, "all"), about, total)
            shown[name] = passage.table(whole, counts, ((name, dimension), about))
        pairs = [(shown["drawn"][row.group], shown["fired"][row.group]) for row in rows]
        told += [
            of_group(row, drawn, hit, pairs[0])
            for row, (drawn, hit) in zip(rows, pairs, strict=True)
        ]
    return tuple(told)


def of_group(
    row: Fired,
    drawn: int | None,
    hit: int | None,
    reference: tuple[int | None, int | None],
) -> Fired:
    """The share of told counts, where neither those hit nor the others were few."""
    if drawn is None or hit is None or min(hit, drawn - hit) < FEWEST_FOR_RATE:
        return msgspec.structs.replace(
            row, drawn=drawn, fired=hit, share=None, low=None, high=None, p=None, status="withheld"
        )
    (all_first, first), known = reference, row.p is not None
    compared = known and all_first is not None and first is not None and all_first >= first
    found = plain.fired_given_drawn(
        np.array([first if compared else hit, hit]),
        np.array([all_first if compared else drawn, drawn]),
    )
    return msgspec.structs.replace(
        row,
        drawn=drawn,
        fired=hit,
        share=rounded(float(found.share[1]), 3),
        low=rounded(float(found.low[1]), 3),
        high=rounded(float(found.high[1]), 3),
        p=rounded(float(found.p[1]), 3) if compared else None,
    )
