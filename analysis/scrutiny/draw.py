"""The draw of a scrutiny panel, and what the drawn records say of all.

Anybody can repeat the draw without this program. The key of a record is the SHA-256 of the seed, a
space and its reference, in UTF-8. Within each stratum the records stand in the order of their keys,
and the first so many are drawn. Each has the same chance, drawn / size, and nobody can tell which
before the seed is known.
"""

import datetime
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np
import scipy

from analysis.statistics.rates import clopper_pearson
from analysis.statistics.sampling.estimates import Means, means
from analysis.statistics.sampling.proportions import effective_sample_size
from analysis.statistics.sampling.samples import Design, Sample
from analysis.statistics.sampling.variance import Flags, Ints
from survey.editions.scrutiny import PanelEstimate, StratumMarks
from survey.scrutiny import rules

TAIL = 0.025
METHOD = "Korn-Graubard, drawn without replacement"


def record_key(seed: str, reference: str) -> str:
    """SHA-256 of "seed reference", as hexadecimal digits: the place of a record in the draw."""
    return hashlib.sha256(f"{seed} {reference}".encode()).hexdigest()


class PlacedRecords(NamedTuple):
    """The records of a file by the part of the rule that they fit, and their days."""

    members: dict[int, list[str]]
    left_out: Counter[int]
    rows: int
    days: list[datetime.date]


def place_records(
    rule: rules.DrawRule, records: Iterable[tuple[str, Mapping[str, str]]]
) -> PlacedRecords:
    """Each record in the first part of the rule that it fits: left out, always included, strata."""
    members: dict[int, list[str]] = defaultdict(list)
    left_out: Counter[int] = Counter()
    days: list[datetime.date] = []
    rows = 0
    for reference, cells in records:
        rows += 1
        if (without := first_fit(rule.leave_out, cells)) is not None:
            left_out[without] += 1
        elif (place := first_fit((*rule.always, *rule.strata), cells)) is not None:
            members[place].append(reference)
            if rule.day and (
                day := rules.parse_record_day(cells.get(rules.comparable_word(rule.day), ""))
            ):
                days.append(day)
    return PlacedRecords(members, left_out, rows, days)


def draw_records(
    rule: rules.DrawRule, seed: str, records: Iterable[tuple[str, Mapping[str, str]]]
) -> rules.RecordDraw:
    """The records that a rule draws with a seed; each is its reference and its cells by heading."""
    placed = place_records(rule, records)
    strata: list[rules.FrameStratum] = []
    drawn: list[rules.DrawnReference] = []
    for number, part in enumerate((*rule.always, *rule.strata)):
        ordered = sorted(placed.members[number], key=lambda reference: record_key(seed, reference))
        always = number < len(rule.always)
        taken = ordered if always or part.take is None else ordered[: part.take]
        drawn += [rules.DrawnReference(reference, part.name) for reference in taken]
        strata.append(
            rules.FrameStratum(name=part.name, size=len(ordered), drawn=len(taken), always=always)
        )
    left_out = tuple(
        rules.ExcludedRecords(exclusion.name, placed.left_out[number])
        for number, exclusion in enumerate(rule.leave_out)
    )
    summary = rules.DrawSummary(
        rows=placed.rows,
        first=min(placed.days, default=None),
        last=max(placed.days, default=None),
        strata=tuple(strata),
        left_out=left_out,
        unplaced=placed.rows - placed.left_out.total() - sum(stratum.size for stratum in strata),
    )
    return rules.RecordDraw(records=tuple(drawn), summary=summary)


def first_fit(parts: tuple[rules.DrawPart, ...], cells: Mapping[str, str]) -> int | None:
    """The number of the first part that a record fits, from 0."""
    return next((number for number, part in enumerate(parts) if part.fits(cells)), None)


def drawn_digest(draw: rules.RecordDraw) -> str:
    """SHA-256 of the drawn references, one a line, sorted: what is published of a draw."""
    lines = sorted(record.reference for record in draw.records)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@dataclass(frozen=True, eq=False, kw_only=True)
class StratumCounts:
    """The records N of each stratum, how many were drawn n, and how many of those are marked x."""

    size: Ints
    drawn: Ints
    marked: Ints

    @property
    def whole(self) -> Flags:
        """The strata of which every record was drawn: nothing about them is left to chance."""
        return np.asarray(self.drawn == self.size)


def panel_estimate(strata: Sequence[StratumMarks]) -> PanelEstimate | None:
    """The share of all records of the strata that would be marked amber or red.

    `least` counts "cannot tell" as not marked, `most` as marked; the interval goes from the lower
    limit of `least` to the upper limit of `most`. Strata of which nothing was drawn are left out.
    None where nothing was drawn. Source: Cochran (1977) §5; Korn & Graubard (1998); Horowitz &
    Manski (1998) for the bounds.
    """
    used = [stratum for stratum in strata if stratum.drawn and stratum.size]
    if not used:
        return None
    least, most = (
        marked_share(stratum_counts(used, unsure_is_marked=choice)) for choice in (False, True)
    )
    return PanelEstimate(
        records=sum(stratum.size or 0 for stratum in used),
        drawn=sum(stratum.drawn or 0 for stratum in used),
        least=least.value,
        most=most.value,
        low=least.low,
        high=most.high,
        standard_error=least.standard_error,
        method=METHOD,
    )


def stratum_counts(strata: Sequence[StratumMarks], *, unsure_is_marked: bool) -> StratumCounts:
    marked = [
        (stratum.amber or 0)
        + (stratum.red or 0)
        + ((stratum.unsure or 0) if unsure_is_marked else 0)
        for stratum in strata
    ]
    return StratumCounts(
        size=np.array([stratum.size for stratum in strata], dtype=np.int64),
        drawn=np.array([stratum.drawn for stratum in strata], dtype=np.int64),
        marked=np.array(marked, dtype=np.int64),
    )


@dataclass(frozen=True, kw_only=True)
class ShareEstimate:
    """A share of all records (0 to 1), its standard error and its 95 % limits."""

    value: float
    standard_error: float
    low: float
    high: float


def marked_share(counts: StratumCounts) -> ShareEstimate:
    """p = Σ N_h x_h/n_h / Σ N_h, with the error of a draw without replacement in each stratum.

    V = Σ W_h² (1 - n_h/N_h) s_h²/n_h, W_h = N_h/N; a stratum of one drawn record out of several is
    centred at the grand mean (R: `survey.lonely.psu = "adjust"`). The limits are Clopper-Pearson's
    of the strata that were not taken whole, x = p·n*, n* as Korn and Graubard have it, but never
    more than `design_size`; the whole strata are added as they are. They hold to what was seen.
    Agrees with R `survey::svymean` and `svyciprop(method = "beta")`. Source: Cochran (1977) §5.3;
    Korn & Graubard (1998).
    """
    estimate = design_means(counts)
    total, part = float(counts.size.sum()), ~counts.whole
    value, error = float(estimate.value[0]), float(estimate.se[0])
    seen = float(counts.marked.sum()) / total
    unseen = 1 - float((counts.drawn - counts.marked).sum()) / total
    if not part.any():
        return ShareEstimate(value=value, standard_error=0.0, low=value, high=value)
    share, n_star = part_of_means(counts, value=value, error=error)
    low, high = clopper_pearson(share * n_star, n_star, TAIL)
    rest, known = counts.size[part].sum() / total, counts.marked[~part].sum() / total
    return ShareEstimate(
        value=value,
        standard_error=error,
        low=max(float(known + low * rest), seen),
        high=min(float(known + high * rest), unseen),
    )


def part_of_means(counts: StratumCounts, *, value: float, error: float) -> tuple[float, float]:
    """The share of the strata that were not taken whole, and its effective size n*."""
    part, total = ~counts.whole, counts.size.sum()
    rest, n = counts.size[part].sum(), counts.drawn[part].sum()
    share = float(np.clip((value * total - counts.marked[~part].sum()) / rest, 0.0, 1.0))
    most, df = design_size(counts), n - part.sum()
    if df < 1:
        return share, most
    # As in `means`, but of the part alone: what was taken whole has no error.
    mine = Means(
        value=np.array([share]),
        se=np.array([error * total / rest]),
        df=np.array([df]),
        n=np.array([n]),
        n_eff=np.array([most]),
    )
    return share, min(most, float(effective_sample_size(mine, truncate=False)[0]))


def design_size(counts: StratumCounts) -> float:
    """1 / Σ W_h² (1 - n_h/N_h)/n_h over the strata that were not taken whole, W_h their weights.

    The effective number of records that the draw has if the share is the same in every stratum: of
    one stratum n / (1 - n/N). Without it a stratum whose two records happen to agree would seem to
    be known: of 200 records with two drawn, 80 % of the intervals held the truth instead of 95 %.
    """
    part = ~counts.whole
    size, drawn = counts.size[part].astype(np.float64), counts.drawn[part].astype(np.float64)
    weight = size / size.sum()
    return float(1 / (weight**2 * (1 - drawn / size) / drawn).sum())


def design_means(counts: StratumCounts) -> Means:
    """The mean of the drawn records, one row a record, by the estimator of weighted samples."""
    stratum = np.repeat(np.arange(len(counts.size)), counts.drawn)
    marked = np.concatenate(
        [np.arange(n) < x for n, x in zip(counts.drawn, counts.marked, strict=True)]
    )
    size = counts.size[stratum].astype(np.float64)
    design = Design(weight=size / counts.drawn[stratum], stratum=stratum, fpc=size)
    return means(
        marked.astype(np.float64), Sample(modes=np.full(len(stratum), "sampled"), design=design)
    )


def exact_stratum_limits(size: int, drawn: int, marked: int) -> tuple[float, float]:
    """Limits of the share of a stratum: the numbers M of its N records that x of n do not rule out.

    x is hypergeometric: the least M with P(X ≥ x | M) > 2.5 %, the largest with P(X ≤ x | M) > 2.5
    %, over N. Where all were drawn both are x/N.
    Source: Konijn (1973) §II; Wright (1991); R `phyper`.
    """
    possible = np.arange(marked, size - (drawn - marked) + 1)
    as_many = scipy.stats.hypergeom.sf(marked - 1, size, possible, drawn) > TAIL
    as_few = scipy.stats.hypergeom.cdf(marked, size, possible, drawn) > TAIL
    return float(possible[as_many][0]) / size, float(possible[as_few][-1]) / size


def with_limits(marks: StratumMarks) -> StratumMarks:
    """The stratum with the share of all its records that would be marked, and its exact limits.

    As for `panel_estimate`, "cannot tell" may be either.
    """
    if not marks.drawn or not marks.size:
        return marks
    marked = (marks.amber or 0) + (marks.red or 0)
    unsure = marks.unsure or 0
    low, _ = exact_stratum_limits(marks.size, marks.drawn, marked)
    _, high = exact_stratum_limits(marks.size, marks.drawn, marked + unsure)
    return msgspec.structs.replace(
        marks,
        marked=marked,
        least=marked / marks.drawn,
        most=(marked + unsure) / marks.drawn,
        low=low,
        high=high,
    )
