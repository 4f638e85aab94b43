"""Groups against a reference: every ratio is computed from published counts."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from analysis.disclosure import claims
from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.counts import FEWEST_FOR_RATE, rounded_count, rounded_figure
from analysis.disclosure.session import DisclosureSession
from analysis.statistics import disproportionality as plain
from analysis.statistics.rates import PER, RateRatio, rate_ratio
from survey.editions.chapters.disparities import (
    FORCE_WORDS,
    EditionDisparity,
    EditionRateRatio,
    FiredShare,
    group_label,
)
from survey.editions.edition import Edition

NO_RATIO = EditionRateRatio()
WITHHELD_SENTENCE = "Too few uses were recorded to give a ratio that points at nobody."
Counts = dict[str, int | None]


def gated_disparities(passage: DisclosureSession, edition: Edition) -> tuple[EditionDisparity, ...]:
    """For each dimension, code and benchmark the groups and the reference form one list."""
    tables: dict[tuple[str, str, str], list[EditionDisparity]] = {}
    for row in edition.disparities:
        tables.setdefault((row.dimension, row.code, row.benchmark), []).append(row)
    told: dict[tuple[str, ...], EditionDisparity] = {}
    for key, rows in tables.items():
        for row in gated_table(passage, rows, claims.group_window(rows[0], edition)):
            told[*key, row.group] = row
    return tuple(
        told[row.dimension, row.code, row.benchmark, row.group] for row in edition.disparities
    )


def gated_table(
    passage: DisclosureSession, rows: Sequence[EditionDisparity], days: claims.Days
) -> Iterable[EditionDisparity]:
    first = rows[0]
    counts: Counts = {first.reference: first.reference_events}
    counts |= {row.group: row.events for row in rows}
    whole = sum(count or 0 for count in counts.values())
    share = first.unknown or 0.0
    unknown = round(whole * share / (1 - share)) if share < 1 else 0
    series = "group", first.dimension, first.code
    shown = passage.table(
        PublishedCount((*series, "all"), days, rounded_count(whole + unknown)),
        counts | {"": unknown},
        (series, days),
    )
    for row in rows:
        yield gated_disparity(
            row, shown[row.group], shown[row.reference], shown[""] if unknown else 0
        )


def gated_disparity(
    row: EditionDisparity, a: int | None, b: int | None, unknown: int | None
) -> EditionDisparity:
    """The ratio of two published counts if both are large enough; else only the counts."""
    if a is None or b is None or min(a, b) < FEWEST_FOR_RATE:
        return hidden_disparity(row, a, b)
    if not (row.shown.value and row.events and row.reference_events):
        return hidden_disparity(row, a, b)
    others = row.people * row.shown.value * row.reference_events / row.events
    first, second = (a, row.people), (b, others)
    exact, shown = rate_ratio(first, second), rate_ratio(first, second, mid_p=True)
    tipping = (None, None) if unknown is None else plain.tipping_ratios(first, second, unknown)
    found = plain.DisparityRatio(
        group=group_label(row.dimension, row.group),
        reference=group_label(row.dimension, row.reference),
        benchmark=row.benchmark,
        code=row.code,
        exact=exact,
        shown=shown,
        unknown=row.unknown or 0.0,
        tipping=tipping,
        what=FORCE_WORDS[row.what],
    )
    return msgspec.structs.replace(
        row,
        events=a,
        reference_events=b,
        per_10_000=rounded_figure(PER * a / row.people),
        shown=rounded_ratio(shown),
        exact=rounded_ratio(exact),
        adjusted=rounded_adjusted_ratio(row.adjusted),
        unknown=None if unknown is None else rounded_figure(row.unknown),
        tipping=(rounded_figure(tipping[0]), rounded_figure(tipping[1])),
        sentence=found.sentence,
    )


def hidden_disparity(row: EditionDisparity, a: int | None, b: int | None) -> EditionDisparity:
    return msgspec.structs.replace(
        row,
        events=a,
        reference_events=b,
        per_10_000=None,
        shown=NO_RATIO,
        exact=NO_RATIO,
        adjusted=None,
        unknown=None,
        tipping=(None, None),
        sentence=WITHHELD_SENTENCE,
        status="withheld",
    )


def rounded_ratio(found: RateRatio) -> EditionRateRatio:
    return EditionRateRatio(
        rounded_figure(found.value), rounded_figure(found.low), rounded_figure(found.high)
    )


def rounded_adjusted_ratio(found: EditionRateRatio | None) -> EditionRateRatio | None:
    return found and EditionRateRatio(
        rounded_figure(found.value, 1), rounded_figure(found.low, 1), rounded_figure(found.high, 1)
    )


def gated_fired(passage: DisclosureSession, edition: Edition) -> tuple[FiredShare, ...]:
    """For each dimension one list of people a device was drawn on, and one of those fired at."""
    told = []
    for dimension in dict.fromkeys(row.dimension for row in edition.fired):
        rows = [row for row in edition.fired if row.dimension == dimension]
        about = claims.group_window(rows[0], edition)
        shown = {}
        for name in ("drawn", "fired"):
            counts = {row.group: getattr(row, name) for row in rows}
            total = rounded_count(sum(count or 0 for count in counts.values()))
            whole = PublishedCount((name, dimension, "all"), about, total)
            shown[name] = passage.table(whole, counts, ((name, dimension), about))
        pairs = [(shown["drawn"][row.group], shown["fired"][row.group]) for row in rows]
        told += [
            gated_fired_group(row, drawn, hit, pairs[0])
            for row, (drawn, hit) in zip(rows, pairs, strict=True)
        ]
    return tuple(told)


def gated_fired_group(
    row: FiredShare,
    drawn: int | None,
    hit: int | None,
    reference: tuple[int | None, int | None],
) -> FiredShare:
    """The share from published counts, if neither those fired at nor the others are few."""
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
        share=rounded_figure(float(found.share[1]), 3),
        low=rounded_figure(float(found.low[1]), 3),
        high=rounded_figure(float(found.high[1]), 3),
        p=rounded_figure(float(found.p[1]), 3) if compared else None,
    )
