"""The parts of a sheet about perception and deployments week by week, and the pilot's start."""

from collections.abc import Iterator

from api.figures import WITHHELD, day, interval, number, ratio, spoken, whole
from api.sheet.nouns import Cell, Figure, Part, Table, said, told
from api.sheet.perception import LEVEL
from survey.editions import Edition
from survey.panels import Bin, Complained, Lag, Otherwise, Start

DESIGNS = {
    "interrupted": "One series before and after; no control",
    "event_study": "Boroughs of the pilot against the others",
    "staggered": "Boroughs that began at different times",
}
STRENGTHS = {"weak": "Weak: fewer than 24 weeks before", "fair": "Fair"}


def profile(edition: Edition) -> Iterator[Part]:
    found = edition.profile
    if found is None:
        return
    yield Part(
        key="lags",
        heading="Week by week, with a placebo",
        stream="sampled",
        words=(
            spoken(found.sentence),
            "Only the week before was chosen beforehand; the others describe. The placebo asks of "
            "deployments that had not happened yet, and should show nothing.",
        ),
        figure=Figure(
            chart="lags",
            title="Index points per deployment per 10,000, by weeks before",
            subtitle=f"Dot: estimate; bar: {LEVEL}; ring: placebo, the week after.",
            table=Table(
                caption="The association at each lag",
                head=("Weeks before", f"Index points ({LEVEL})", "p (Holm)"),
                rows=tuple(
                    (Cell(lag_name(one)), *lag(one)) for one in (found.placebo, *found.lags)
                ),
            ),
        ),
        tables=(
            Table(
                caption="The week before, under other choices",
                head=("Choice", f"Index points ({LEVEL})"),
                rows=tuple((Cell(sentence_of(one)), effect(one)) for one in found.otherwise),
            ),
        )
        if found.otherwise
        else (),
        measures=told("lag_profile", "association"),
    )


def sentence_of(one: Otherwise) -> str:
    return f"{one.choice[:1].upper()}{one.choice[1:]}"


def lag_name(one: Lag) -> str:
    if one.lag < 0:
        return "Placebo: the week after"
    return "The same week" if one.lag == 0 else whole(one.lag)


def lag(one: Lag) -> tuple[Cell, Cell]:
    return effect(one), said(WITHHELD) if one.p is None else Cell(p_value(one.p))


def p_value(p: float) -> str:
    return "below 0.01" if p < 0.01 else f"{p:.2f}"


def effect(one: Lag | Otherwise) -> Cell:
    if one.beta is None:
        return Cell("too few to tell")
    limits = "" if one.low is None else f" ({interval(one.low, one.high)})"
    return Cell(f"{number(one.beta)}{limits}")


def complained(edition: Edition) -> Iterator[Part]:
    found = edition.complained
    if found is not None:
        yield Part(
            key="complained",
            heading="Complaints after deployments",
            words=(spoken(found.sentence), *spread(found)),
            tables=(
                Table(
                    caption="Rate ratio of complaints, by two models",
                    head=("Model", f"Rate ratio ({LEVEL})"),
                    rows=(
                        (
                            Cell("Negative binomial"),
                            said(ratio(found.ratio, found.low, found.high)),
                        ),
                        (Cell("Poisson, errors by borough"), clustered(found)),
                    ),
                ),
            ),
            measures=told("complaint_ratio"),
        )


def clustered(found: Complained) -> Cell:
    if found.clustered_low is None or found.clustered_high is None:
        return said(WITHHELD)
    return Cell(f"limits {found.clustered_low:.2f} to {found.clustered_high:.2f}")


def spread(found: Complained) -> Iterator[str]:
    if found.dispersion is not None:
        yield f"Complaints vary more than chance: dispersion {found.dispersion:.2f}."


def starts(edition: Edition) -> Iterator[Part]:
    found = edition.starts
    if not found:
        return
    yield Part(
        key="starts",
        heading="What the start of the pilot left",
        stream="sampled",
        words=tuple(spoken(one.sentence) for one in found),
        tables=(
            Table(
                caption="The step at the start, by design",
                head=("Design", f"Step in index points ({LEVEL})", "Strength"),
                rows=tuple(
                    (
                        Cell(f"{DESIGNS[one.design]}, from {day(one.day)}"),
                        step(one),
                        Cell(STRENGTHS[one.strength]),
                    )
                    for one in found
                ),
                wordy=True,
            ),
        ),
        measures=told("start_effect"),
    )
    for one in found:
        if one.bins:
            yield event_study(one)


def step(one: Start) -> Cell:
    if one.step is None:
        return Cell("too few to tell")
    limits = "" if one.low is None else f" ({interval(one.low, one.high)})"
    return Cell(f"{number(one.step)}{limits}")


def event_study(one: Start) -> Part:
    return Part(
        key=f"bins-{one.design}".replace("_", "-"),
        heading="Two weeks at a time around the start",
        level=3,
        figure=Figure(
            chart=f"bins-{one.design}".replace("_", "-"),
            title="Index points against the last two weeks before the start",
            subtitle=f"Dot: effect; bar: {LEVEL}; dashed line: {day(one.day)}. Dots before the "
            "line should lie around 0.",
            table=Table(
                caption=f"Two weeks at a time: {DESIGNS[one.design].casefold()}",
                head=("Weeks from the start", f"Index points ({LEVEL})"),
                rows=tuple((Cell(number(of.weeks, "#,##0")), bin_cell(of)) for of in one.bins),
            ),
        ),
    )


def bin_cell(one: Bin) -> Cell:
    if one.effect is None:
        return said(WITHHELD)
    if one.low is None or one.high is None:
        return Cell("0, by definition")
    return Cell(f"{number(one.effect)} ({interval(one.low, one.high)})")
