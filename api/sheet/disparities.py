"""The parts of a sheet about on whom force was used, and what a ratio cannot show."""

from collections.abc import Iterator

from analysis.statistics.disproportionality import CANNOT_SHOW
from api.figures import (
    TO,
    WITHHELD,
    benchmark_name,
    category_name,
    count,
    dates,
    dimension_name,
    number,
    percent,
    ratio,
    share_of,
    short_day,
    whole,
)
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Figure, Part, Table, said, told
from api.sheet.perception import LEVEL
from survey.disparities import Disparity, Fired, Persons
from survey.editions import Edition

CANNOT = (
    "A ratio cannot show why. Residents are not the people whom police met, and whom police meet "
    "is not left to chance."
)
WHAT = {"device": "Recorded use", "force": "Recorded force of any kind"}
KINDS = {
    "under_18": "Under 18",
    "over_64": "Over 64",
    "mental": "A mental health condition",
    "physical": "A physical condition",
    "any_disability": "Any of the two conditions",
}


def disparities(edition: Edition) -> Iterator[Part]:
    found = edition.disparities
    if not found:
        return
    yield Part(
        key="disparities",
        heading="On whom force was used",
        words=(CANNOT, *unknowns(found)),
        points=edition.disparity_caveats,
        measures=told("disparity_ratio"),
    )
    for dimension in dict.fromkeys(one.dimension for one in found):
        yield of_dimension(dimension, [one for one in found if one.dimension == dimension])


def unknowns(found: tuple[Disparity, ...]) -> Iterator[str]:
    for dimension in dict.fromkeys(one.dimension for one in found):
        shares = [one.unknown for one in found if one.dimension == dimension and one.unknown]
        if shares:
            yield (
                f"Not recorded: {dimension_name(dimension)}, in {percent(max(shares))} of uses. "
                "The last column holds the ratio if all of those were of the reference group, and "
                "if all were of this one."
            )


def of_dimension(dimension: str, rows: list[Disparity]) -> Part:
    name, first = dimension_name(dimension), rows[0]
    chart, what = f"disparities-{dimension}", WHAT[first.what]
    title = f"{what} by {name}, against {category_name(first.reference)}"
    since = "" if first.since is None or first.until is None else dates(first.since, first.until)
    return Part(
        key=chart,
        heading=f"{what} by {name}",
        level=3,
        figure=Figure(
            chart=chart,
            title=title,
            subtitle=f"{since}{'. ' if since else ''}Dot: ratio; bar: {LEVEL}; the line at 1 is an "
            "equal rate, and each step of the scale doubles.",
            table=ratios(title, rows),
        ),
        tables=(counts(f"{what} by {name}: counts", rows),),
    )


def ratios(title: str, rows: list[Disparity]) -> Table:
    """A column for equal ages only where a publisher tells age together with the group."""
    aged = any(one.adjusted for one in rows)
    ages = ("At equal ages",) if aged else ()
    return Table(
        caption=title,
        head=("Group, benchmark", "Ratio", "Exact limits", *ages, "If unknowns were"),
        rows=tuple(
            (
                Cell(f"{category_name(one.group)}, {benchmark_name(one.benchmark)}"),
                said(ratio(one.shown.value, one.shown.low, one.shown.high)),
                limits(one.exact.low, one.exact.high),
                *((adjusted(one),) if aged else ()),
                limits(*one.tipping),
            )
            for one in rows
        ),
        note=cannot(rows),
    )


def cannot(rows: list[Disparity]) -> str:
    """What none of the benchmarks shows."""
    benchmarks = dict.fromkeys(one.benchmark for one in rows)
    words = "; ".join(CANNOT_SHOW[one] for one in benchmarks if one in CANNOT_SHOW)
    return f"{words[:1].upper()}{words[1:]}; this does not show why." if words else ""


def adjusted(one: Disparity) -> Cell:
    found = one.adjusted
    if found is None:
        return said(WITHHELD)
    return said(ratio(found.value, found.low, found.high))


def limits(low: float | None, high: float | None) -> Cell:
    if low is None or high is None:
        return said(WITHHELD)
    return Cell(f"{low:.2f}{TO}{high:.2f}")


def counts(caption: str, rows: list[Disparity]) -> Table:
    return Table(
        caption=caption,
        head=("Group, benchmark", "Uses", "Benchmark", "Per 10,000"),
        rows=tuple(
            (
                Cell(f"{category_name(one.group)}, {benchmark_name(one.benchmark)}"),
                said(count(one.events)),
                Cell(number(one.people, "#,##0", places=0)),
                said(WITHHELD)
                if one.per_10_000 is None
                else Cell(number(one.per_10_000, "#,##0.00", places=2)),
            )
            for one in rows
        ),
    )


def fired(edition: Edition) -> Iterator[Part]:
    for dimension in dict.fromkeys(one.dimension for one in edition.fired):
        name = dimension_name(dimension)
        rows = [one for one in edition.fired if one.dimension == dimension]
        yield Part(
            key=f"fired-{dimension}",
            heading=f"Fired, of those on whom it was drawn, by {name}",
            level=3,
            words=("This needs no count of residents. On whom it is drawn is itself a decision.",),
            tables=(
                Table(
                    caption=f"Fired, of those on whom it was drawn, by {name}",
                    head=("Group", "Drawn or more", "Fired", f"Share ({LEVEL})", "p"),
                    rows=tuple((Cell(category_name(one.group)), *of_drawn(one)) for one in rows),
                    note="p: Fisher's exact test against the reference, which has none.",
                ),
            ),
            measures=told("fired_given_drawn"),
        )


def of_drawn(one: Fired) -> tuple[Cell, ...]:
    return (
        said(count(one.drawn)),
        said(count(one.fired)),
        said(share_of(one.share, one.low, one.high)),
        Cell("") if one.p is None else Cell(f"{one.p:.2f}"),
    )


def persons(edition: Edition) -> Iterator[Part]:
    if edition.persons:
        since = short_day(min(one.since for one in edition.persons))
        yield Part(
            key="persons",
            heading="Children, older and disabled persons",
            words=(
                "As the officer saw it; one person can be in several lines. Counts to the "
                "nearest 5.",
            ),
            tables=(
                Table(
                    caption="Uses on persons who may need special care",
                    head=("Person", "This period", f"Since {since}", "Usual in as long"),
                    rows=tuple(
                        (Cell(KINDS.get(one.kind, category_name(one.kind))), *of_care(one))
                        for one in edition.persons
                    ),
                    note="Usual: the mean of as long a time, over the year before that.",
                ),
            ),
            measures=told("persons_of_care"),
            rows=behind(edition, "deployments"),
        )


def of_care(one: Persons) -> tuple[Cell, ...]:
    usual = said(WITHHELD) if one.typical is None else Cell(whole(one.typical))
    return said(count(one.period)), said(count(one.window)), usual
