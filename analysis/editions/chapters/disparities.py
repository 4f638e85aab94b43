"""On whom force was used: groups against a reference, by each benchmark, never merged."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np
from msgspec.structs import replace

from analysis.disclosure import (
    FEWEST_FOR_RATE,
    Days,
    PublishedCount,
    rounded_count,
    rounded_figure,
    uses_window,
)
from analysis.disclosure.gates import rated_count, rounded_fields, treatments
from analysis.disclosure.session import DisclosureSession
from analysis.editions import benchmarks
from analysis.editions.chapter import Chapter, ChapterFields, GateStep, unless_public
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from analysis.statistics import changes, disproportionality
from analysis.statistics.rates import PER, RateRatio, rate_ratio, shown_share_limits
from analysis.statistics.sampling.estimates import finite_or_none
from survey import deployments
from survey.deployments import BENCHMARKS, RANKED, RESIDENTS, BenchmarkCounts, Tactic
from survey.editions import Edition
from survey.editions.force import (
    GROUPINGS,
    EditionDisparity,
    EditionRateRatio,
    FiredShare,
    group_label,
    group_title,
)
from survey.sentences import N_, Sentence

UNKNOWN = "unknown"
# An angled drive stun follows a firing, while the probes are still attached.
FIRED: tuple[Tactic, ...] = ("angled_drive_stunned", "fired")
NOT_ADJUSTED = N_(
    "The ratios are not adjusted for age: that needs residents by age and ethnicity together and "
    "uses by age of the same days, and not both are held here."
)
ADJUSTED = N_(
    "At equal ages: the ratio by ethnicity as if all groups had the same ages, from residents by "
    "age and ethnicity ({source}). It assumes that the ratio is alike at all ages, which published "
    "counts cannot show."
)
# Events are of the days of their table, which a sentence of its own names.
IMPORTED_EVENTS = N_("Ratios {name}: figures of {source}.")
IMPORTED_PEOPLE = N_("Ratios {name}: figures of {source}, counted on {day}.")
PERCEIVED = N_(
    "Ethnicity as officers saw it and ethnicity as people said it are two counts, never added "
    "together. Residents stated their own in the census: the two need not agree."
)
REPORTS = N_(
    "Counts by group are of officers' reports: several officers who used force on one person count "
    "several times. The intervals take each report as a separate event, so they are too narrow."
)
CHANCE = N_(
    "Each interval is for one comparison. A finding in the summary allows for all comparisons."
)
FORCE = N_(
    "The publisher reports how often force of any kind was used, not how often a device was, for: "
    "{dimensions}."
)
COUNTED = N_(
    "Counted on {days} days from {first} to {last}: one month would have too few uses in each "
    "group. All benchmarks of a table are of the days that it names."
)
IN_PROPORTION = N_(
    "Searches are published by month and uses by week: where the days of a benchmark and of uses "
    "differ, it is counted in proportion to the days of the uses. This changes no ratio. It "
    "concerns: {dimensions}."
)
NO_RATIO = EditionRateRatio()
WITHHELD_SENTENCE = N_("Too few uses were recorded to publish a ratio without identifying anyone.")
Counts = dict[str, int | None]


def compute(workings: Workings) -> ChapterFields:
    return disparity_fields(workings.inputs)


def disparity_fields(inputs: EditionInputs) -> ChapterFields:
    """The disparities of a monthly edition, over the year to its end: one month's counts by group
    would be too few.
    """
    if inputs.kind != "monthly":
        return {}
    years = [
        counts for grouping in GROUPINGS if (counts := benchmarks.year_of_counts(inputs, grouping))
    ]
    return {
        "disparities": tuple(row for year in years for row in disparity_rows(year)),
        "fired": tuple(row for year in years if year.what == "device" for row in fired_rows(year)),
        "disparity_caveats": tuple(disparity_caveats(years, inputs.benchmarks)),
    }


def disparity_rows(counts: benchmarks.YearOfCounts) -> Iterator[EditionDisparity]:
    """The ratio of each group to the reference, by each benchmark that has people of both."""
    grouping, events = counts.grouping, counts.events
    reference = group_label(grouping.dimension, grouping.reference)
    for benchmark, people in benchmarks.usable_benchmarks(counts).items():
        named = {group: group_title(grouping.dimension, group) for group in people}
        named[grouping.reference] = reference
        ratios, _ = disproportionality.disparity_ratios(
            {named[group]: events[group] for group in people},
            {benchmark: {named[group]: n for group, n in people.items()}},
            reference=reference,
            code=grouping.code,
            unknown=events[UNKNOWN],
            what=counts.what,
        )
        adjusted = (
            benchmarks.ratios_at_equal_ages(counts, list(people)) if benchmark == RESIDENTS else {}
        )
        others = [group for group in people if group != grouping.reference]
        for group, row in zip(others, ratios, strict=True):
            yield to_disparity(counts, group, row, people[group], adjusted.get(group))


def to_disparity(
    counts: benchmarks.YearOfCounts,
    group: str,
    ratio: disproportionality.DisparityRatio,
    people: float,
    adjusted: EditionRateRatio | None = None,
) -> EditionDisparity:
    events, (since, until) = counts.events, deployments.first_and_last_day(counts.counts)
    return EditionDisparity(
        dimension=counts.grouping.dimension,
        code=counts.grouping.code,
        group=group,
        reference=counts.grouping.reference,
        benchmark=ratio.benchmark,
        events=events[group],
        reference_events=events[counts.grouping.reference],
        people=people,
        per_10_000=PER * events[group] / people,
        shown=to_ratio(ratio.shown),
        exact=to_ratio(ratio.exact),
        adjusted=adjusted,
        unknown=events[UNKNOWN] / events.total(),
        tipping=ratio.tipping,
        sentence=ratio.sentence,
        what=counts.what,
        since=since,
        until=until,
    )


def to_ratio(ratio: RateRatio) -> EditionRateRatio:
    return EditionRateRatio(ratio.value, ratio.low, ratio.high)


def fired_rows(counts: benchmarks.YearOfCounts) -> Iterator[FiredShare]:
    """For each group, on how many people a device was at least drawn, and at how many it was
    fired.
    """
    # A bare 'ced' does not say whether the device was fired.
    split = [count for count in counts.counts if count.tactic in RANKED]
    drawn, hit = (
        deployments.counts_by_category(split),
        deployments.counts_by_category([c for c in split if c.tactic in FIRED]),
    )
    reference = counts.grouping.reference
    groups = [reference, *sorted(set(drawn) - {reference, UNKNOWN})]
    if not drawn.total() or len(groups) == 1:
        return
    shares = disproportionality.fired_given_drawn(
        np.array([hit[group] for group in groups]), np.array([drawn[group] for group in groups])
    )
    since, until = deployments.first_and_last_day(split)
    for i, group in enumerate(groups):
        yield FiredShare(
            dimension=counts.grouping.dimension,
            group=group,
            since=since,
            until=until,
            drawn=drawn[group],
            fired=hit[group],
            share=finite_or_none(shares.share[i]),
            low=finite_or_none(shares.low[i]),
            high=finite_or_none(shares.high[i]),
            p=finite_or_none(shares.p[i]) if i else None,  # the reference is first
        )


def disparity_caveats(
    years: Sequence[benchmarks.YearOfCounts], held: Sequence[BenchmarkCounts] = ()
) -> Iterator[str]:
    """Caveats that a reader of the ratios must know; `held` are the imported benchmarks."""
    if not years:
        return
    counts = [count for year in years for count in year.counts]
    for since, until, days in sorted(
        {
            (*deployments.first_and_last_day(year.counts), len(deployments.days_of(year.counts)))
            for year in years
        }
    ):
        yield Sentence(COUNTED, days=days, first=since, last=until)
    if scaled := [year for year in years if year.in_proportion]:
        yield Sentence(IN_PROPORTION, dimensions=grouping_names(scaled))
    if counts[0].measure == "officer_reports":
        yield Sentence(REPORTS)
    if any(year.grouping.kind == "ethnicity" for year in years):
        yield Sentence(PERCEIVED)
    if force := [year for year in years if year.what == "force"]:
        yield Sentence(FORCE, dimensions=grouping_names(force))
    if alone := [year for year in years if len(benchmarks.usable_benchmarks(year)) == 1]:
        yield Sentence(
            "{caveat} This concerns: {dimensions}.",
            caveat=Sentence(disproportionality.ONE_BENCHMARK),
            dimensions=grouping_names(alone),
        )
    yield from benchmark_caveats(years, held)
    yield Sentence(CHANCE)


def benchmark_caveats(
    counts: Sequence[benchmarks.YearOfCounts], held: Sequence[BenchmarkCounts]
) -> Iterator[Sentence]:
    """Caveats: where imported benchmarks are from, and whether ratios are adjusted for age."""
    sources = {benchmark_counts.name: benchmark_counts.source for benchmark_counts in held}
    used = {name for year in counts for name in benchmarks.usable_benchmarks(year)} - {RESIDENTS}
    for benchmark in held:
        if benchmark.name in used:
            known = BENCHMARKS[benchmark.name]
            name, source = Sentence(known.per), benchmark.source
            _, day = deployments.first_and_last_day(benchmark.counts)
            if known.by_day:
                yield Sentence(IMPORTED_EVENTS, name=name, source=source)
            else:
                yield Sentence(IMPORTED_PEOPLE, name=name, source=source, day=day)
    if any(year.by_age for year in counts):
        yield Sentence(ADJUSTED, source=sources[RESIDENTS])
    else:
        yield Sentence(NOT_ADJUSTED)


def grouping_names(counts: Sequence[benchmarks.YearOfCounts]) -> Sentence:
    """The names of the groupings, separated by commas."""
    first, *rest = (Sentence(year.grouping.name) for year in counts)
    for name in rest:
        first = Sentence("{names}, {name}", names=first, name=name)
    return first


def gated_disparities(step: GateStep) -> tuple[EditionDisparity, ...]:
    """The gated ratios. The counts of one dimension by one benchmark form one list, so that none
    can be worked out from the others.
    """
    if step.computed.as_published:
        return tuple(map(exact_disparity, step.computed.disparities))
    tables: dict[tuple[str, str, str], list[EditionDisparity]] = {}
    for row in step.computed.disparities:
        tables.setdefault((row.dimension, row.code, row.benchmark), []).append(row)
    gated: dict[tuple[str, ...], EditionDisparity] = {}
    for key, rows in tables.items():
        for row in gated_table(step.session, rows, group_window(rows[0], step.computed)):
            gated[*key, row.group] = row
    return tuple(
        gated[row.dimension, row.code, row.benchmark, row.group]
        for row in step.computed.disparities
    )


def gated_table(
    session: DisclosureSession, rows: Sequence[EditionDisparity], days: Days
) -> Iterable[EditionDisparity]:
    first = rows[0]
    counts: Counts = {first.reference: first.reference_events}
    counts |= {row.group: row.events for row in rows}
    whole = sum(count or 0 for count in counts.values())
    share = first.unknown or 0.0
    # Rows carry the share only, but the count must pass as a cell or it follows from the total.
    unknown = round(whole * share / (1 - share)) if share < 1 else 0
    series = "group", first.dimension, first.code
    shown = session.table(
        # Gated as if this total were published, since a reader may know it from elsewhere.
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
    # The people of the reference are not in the row: N₀ = RR·N₁·b/a from the exact figures.
    others = row.people * row.shown.value * row.reference_events / row.events
    first, second = (a, row.people), (b, others)
    exact, shown = rate_ratio(first, second), rate_ratio(first, second, mid_p=True)
    # With a hidden unknown, the tipping ratios would give it back.
    tipping = (
        (None, None)
        if unknown is None
        else disproportionality.tipping_ratios(first, second, unknown)
    )
    ratio = disproportionality.DisparityRatio(
        group=group_title(row.dimension, row.group),
        reference=group_label(row.dimension, row.reference),
        benchmark=row.benchmark,
        code=row.code,
        exact=exact,
        shown=shown,
        unknown=row.unknown or 0.0,
        tipping=tipping,
        what=row.what,
    )
    return replace(
        row,
        events=a,
        reference_events=b,
        per_10_000=rounded_figure(PER * a / row.people),
        shown=rounded_ratio(shown),
        exact=rounded_ratio(exact),
        adjusted=adjusted_ratio_of_counts(row, exact.value),
        unknown=None if unknown is None else rounded_figure(row.unknown),
        tipping=(rounded_figure(tipping[0]), rounded_figure(tipping[1])),
        sentence=ratio.sentence,
    )


def exact_disparity(row: EditionDisparity) -> EditionDisparity:
    """The ratio of counts that their publisher has released, to two decimals."""
    return replace(
        rounded_fields(row, "per_10_000 unknown"),
        shown=rounded_ratio(row.shown),
        exact=rounded_ratio(row.exact),
        adjusted=row.adjusted and rounded_fields(row.adjusted, "value low high", 1),
        tipping=(rounded_figure(row.tipping[0]), rounded_figure(row.tipping[1])),
    )


def hidden_disparity(row: EditionDisparity, a: int | None, b: int | None) -> EditionDisparity:
    return replace(
        row,
        events=a,
        reference_events=b,
        per_10_000=None,
        shown=NO_RATIO,
        exact=NO_RATIO,
        adjusted=None,
        unknown=None,
        tipping=(None, None),
        sentence=Sentence(WITHHELD_SENTENCE),
        status="withheld",
    )


def rounded_ratio(ratio: RateRatio | EditionRateRatio) -> EditionRateRatio:
    return EditionRateRatio(
        rounded_figure(ratio.value), rounded_figure(ratio.low), rounded_figure(ratio.high)
    )


def adjusted_ratio_of_counts(row: EditionDisparity, crude: float | None) -> EditionRateRatio | None:
    """The ratio at equal ages, times the factor by which rounding changes the `crude` ratio.

    The exact ratio would reveal its counts.
    """
    if row.adjusted is None or not row.exact.value or crude is None:
        return None
    by = crude / row.exact.value
    moved = (
        None if figure is None else figure * by for figure in msgspec.structs.astuple(row.adjusted)
    )
    return rounded_fields(EditionRateRatio(*moved), "value low high", 1)


def gated_fired(step: GateStep) -> tuple[FiredShare, ...]:
    """The gated shares, with p by Holm over all comparisons of the edition."""
    rows = step.computed.fired if step.computed.as_published else shares_of_gated_counts(step)
    p = changes.holm(np.array([np.nan if row.p is None else row.p for row in rows]))
    return tuple(
        replace(
            rounded_fields(row, "share low high", 3),
            p=rounded_figure(finite_or_none(p_value), 3),
        )
        for row, p_value in zip(rows, p.tolist(), strict=True)
    )


def shares_of_gated_counts(step: GateStep) -> tuple[FiredShare, ...]:
    """For each dimension one list of people a device was drawn on, and one of those fired at."""
    gated = []
    for dimension in dict.fromkeys(row.dimension for row in step.computed.fired):
        rows = [row for row in step.computed.fired if row.dimension == dimension]
        days = group_window(rows[0], step.computed)
        shown = {}
        for name in ("drawn", "fired"):
            counts = {row.group: getattr(row, name) for row in rows}
            total = rounded_count(sum(count or 0 for count in counts.values()))
            whole = PublishedCount((name, dimension, "all"), days, total)
            shown[name] = step.session.table(whole, counts, ((name, dimension), days))
        # The reference is the first row.
        first, *others = (
            gated_fired_share(row, shown["drawn"][row.group], shown["fired"][row.group])
            for row in rows
        )
        gated += [first, *(replace(row, p=fisher_p(row, first)) for row in others)]
    return tuple(gated)


def gated_fired_share(row: FiredShare, drawn: int | None, hit: int | None) -> FiredShare:
    """The share from published counts, if enough people were fired at and enough were not."""
    if drawn is None or hit is None or min(hit, drawn - hit) < FEWEST_FOR_RATE:
        return replace(
            row, drawn=drawn, fired=hit, share=None, low=None, high=None, p=None, status="withheld"
        )
    # That fewer have no share makes those that have one larger by chance.
    low, high = shown_share_limits(rated_count(hit), drawn)
    return replace(row, drawn=drawn, fired=hit, share=hit / drawn, low=low, high=high)


def fisher_p(row: FiredShare, reference: FiredShare) -> float | None:
    """p of a group against the reference from published counts, if the shares of both are shown."""
    if row.share is None or reference.share is None:
        return None
    fired, drawn = (
        np.array([getattr(share, name) for share in (reference, row)], dtype=np.int64)
        for name in ("fired", "drawn")
    )
    return float(disproportionality.fired_given_drawn(fired, drawn).p[1])


def group_window(row: EditionDisparity | FiredShare, edition: Edition) -> Days:
    """The days of counts by group: a year, or as much of it as was published."""
    first, last = uses_window(edition)
    return row.since or first, row.until or last


def group_counts(edition: Edition) -> Iterator[PublishedCount]:
    for row in edition.disparities:
        key, days = (row.dimension, row.code), group_window(row, edition)
        yield PublishedCount(("group", *key, row.group), days, row.events)
        yield PublishedCount(("group", *key, row.reference), days, row.reference_events)


def fired_counts(edition: Edition) -> Iterator[PublishedCount]:
    for fired in edition.fired:
        days = group_window(fired, edition)
        yield PublishedCount(("drawn", fired.dimension, fired.group), days, fired.drawn)
        yield PublishedCount(("fired", fired.dimension, fired.group), days, fired.fired)


CHAPTER = Chapter(
    name="disparities",
    compute=compute,
    gates={
        "disparities": gated_disparities,
        "fired": gated_fired,
        "disparity_caveats": "plain",
    },
    structs={
        EditionRateRatio: treatments(gated="value low high"),
        EditionDisparity: treatments(
            plain="dimension code group reference benchmark people what since until status"
            " sentence",
            gated="events reference_events per_10_000 shown exact adjusted unknown tipping",
        ),
        FiredShare: treatments(
            plain="dimension group since until status", gated="drawn fired share low high p"
        ),
    },
    counts=unless_public({"disparities": group_counts, "fired": fired_counts}),
)
