"""Perception and deployments week by week, and since the start of the pilot."""

from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import (
    LEVEL,
    report_verdict,
)
from api.editions.charts import NamedCharts
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    association_rows,
    bounded_row,
)
from api.formatting import (
    WITHHELD,
    format_day,
    format_interval,
    format_number,
    format_sentence,
    format_whole,
)
from survey.editions.chapters.panels import (
    AlternativeEffect,
    EditionLagProfile,
    LagEffect,
    StartBin,
    StartEffect,
)
from survey.editions.edition import Edition

DESIGNS = {
    "interrupted": "One series before and after; no control",
    "event_study": "Boroughs of the pilot against the others",
    "staggered": "Boroughs that began at different times",
}
STRENGTHS = {"weak": "Weak: fewer than 24 weeks before", "fair": "Fair"}


def association_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.association
    if found is not None:
        yield ReportSection(
            key="together",
            heading="Perception and deployments together",
            stream="sampled",
            words=(
                "Whether boroughs with more deployments had a different index in the period "
                "after, once what is peculiar to each borough and each period is set aside.",
            ),
            verdict=report_verdict(found),
            points=found.caveats,
            measures=measure_links("association"),
        )


def lag_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.profile
    if found is None:
        return
    yield ReportSection(
        key="lags",
        heading="Week by week, with a placebo",
        stream="sampled",
        words=(
            format_sentence(found.sentence),
            "Only the week before was chosen beforehand; the others describe. The placebo asks of "
            "deployments that had not happened yet, and should show nothing.",
        ),
        figure=ReportChart(
            chart="lags",
            title="Index points per deployment per 10,000, by weeks before",
            subtitle=f"Dot: estimate; bar: {LEVEL}; ring: placebo, the week after.",
            table=ReportTable(
                caption="The association at each lag",
                head=("Weeks before", f"Index points ({LEVEL})", "p (Holm)"),
                rows=tuple(
                    (ReportCell(lag_name(one)), *lag_cells(one))
                    for one in (found.placebo, *found.lags)
                ),
            ),
        ),
        tables=(
            ReportTable(
                caption="The week before, under other choices",
                head=("Choice", f"Index points ({LEVEL})"),
                rows=tuple(
                    (ReportCell(choice_sentence(one)), effect_cell(one)) for one in found.otherwise
                ),
            ),
        )
        if found.otherwise
        else (),
        measures=measure_links("lag_profile", "association"),
    )


def choice_sentence(one: AlternativeEffect) -> str:
    return f"{one.choice[:1].upper()}{one.choice[1:]}"


def lag_name(one: LagEffect) -> str:
    if one.lag < 0:
        return "Placebo: the week after"
    return "The same week" if one.lag == 0 else format_whole(one.lag)


def lag_cells(one: LagEffect) -> tuple[ReportCell, ReportCell]:
    return effect_cell(one), text_cell(WITHHELD) if one.p is None else ReportCell(p_value(one.p))


def p_value(p: float) -> str:
    # Two decimals would print 0.00, which no p is.
    return "below 0.01" if p < 0.01 else f"{p:.2f}"


def effect_cell(one: LagEffect | AlternativeEffect) -> ReportCell:
    if one.beta is None:
        return ReportCell("too few to tell")
    limits = "" if one.low is None else f" ({format_interval(one.low, one.high)})"
    return ReportCell(f"{format_number(one.beta)}{limits}")


def pilot_start_sections(edition: Edition) -> Iterator[ReportSection]:
    found = edition.starts
    if not found:
        return
    yield ReportSection(
        key="starts",
        heading="What the start of the pilot left",
        stream="sampled",
        words=tuple(format_sentence(one.sentence) for one in found),
        tables=(
            ReportTable(
                caption="The step at the start, by design",
                head=("Design", f"Step in index points ({LEVEL})", "Strength"),
                rows=tuple(
                    (
                        ReportCell(f"{DESIGNS[one.design]}, from {format_day(one.day)}"),
                        step_cell(one),
                        ReportCell(STRENGTHS[one.strength]),
                    )
                    for one in found
                ),
                wordy=True,
            ),
        ),
        measures=measure_links("start_effect"),
    )
    for one in found:
        if one.bins:
            yield event_study_section(one)


def step_cell(one: StartEffect) -> ReportCell:
    if one.step is None:
        return ReportCell("too few to tell")
    limits = "" if one.low is None else f" ({format_interval(one.low, one.high)})"
    return ReportCell(f"{format_number(one.step)}{limits}")


def event_study_section(one: StartEffect) -> ReportSection:
    return ReportSection(
        key=f"bins-{one.design}".replace("_", "-"),
        heading="Two weeks at a time around the start",
        level=3,
        figure=ReportChart(
            chart=f"bins-{one.design}".replace("_", "-"),
            title="Index points against the last two weeks before the start",
            subtitle=f"Dot: effect; bar: {LEVEL}; dashed line: {format_day(one.day)}. Dots "
            "before the "
            "line should lie around 0.",
            table=ReportTable(
                caption=f"Two weeks at a time: {DESIGNS[one.design].casefold()}",
                head=("Weeks from the start", f"Index points ({LEVEL})"),
                rows=tuple(
                    (ReportCell(format_number(of.weeks, "#,##0")), bin_cell(of)) for of in one.bins
                ),
            ),
        ),
    )


def bin_cell(one: StartBin) -> ReportCell:
    if one.effect is None:
        return text_cell(WITHHELD)
    if one.low is None or one.high is None:
        return ReportCell("0, by definition")
    return ReportCell(f"{format_number(one.effect)} ({format_interval(one.low, one.high)})")


def panel_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    yield from association_rows("panel", periods.whole, edition.association)


def lag_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    found, period = edition.profile, periods.whole
    if found is None:
        return
    for one in (found.placebo, *found.lags):
        name = "placebo, the week after" if one.lag < 0 else f"lag {one.lag}"
        p = "" if one.p is None else f"p after Holm {one.p:.3f}"
        yield bounded_row(("lags", period, "", "", name), None, (one.beta, one.low, one.high), p)
    for other in found.otherwise:
        key = "lags", period, "", "", f"lag 1: {other.choice}"
        yield bounded_row(key, None, (other.beta, other.low, other.high))


def start_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for one in edition.starts:
        key = f"start: {one.design}", str(one.day), "", ""
        yield bounded_row((*key, "step"), None, (one.step, one.low, one.high), one.strength)
        for found in one.bins:
            figure = found.effect, found.low, found.high
            yield bounded_row((*key, f"weeks {found.weeks}"), None, figure)


def panel_charts(edition: Edition) -> NamedCharts:
    if edition.profile and any(one.beta is not None for one in edition.profile.lags):
        yield "lags", lag_chart(edition.profile)
    for start in edition.starts:
        if any(one.effect is not None for one in start.bins):
            yield f"bins-{start.design}".replace("_", "-"), start_chart(start)


def lag_chart(found: EditionLagProfile) -> charts.EffectChart:
    """The chart of lags in order of time; the placebo, the week after, is a ring."""
    every = (found.placebo, *found.lags)
    lags = tuple(one.lag for one in every)
    return charts.EffectChart(
        title="Index points per deployment per 10,000, by weeks before",
        description=" ".join(f"{lag_in_words(one)}." for one in every),
        axis="Weeks before (-1: the week after, a placebo)",
        weeks=lags,
        reach=(-1.5, max(lags) + 0.5),
        effects=tuple(
            charts.Effect(one.lag, one.beta, one.low, one.high, one.lag < 0)
            for one in every
            if one.beta is not None
        ),
    )


def lag_in_words(one: LagEffect) -> str:
    name = "Placebo" if one.lag < 0 else f"Lag {one.lag}"
    if one.beta is None:
        return f"{name}: too few to tell"
    if one.low is None or one.high is None:
        return f"{name}: {format_number(one.beta)}"
    return (
        f"{name}: {format_number(one.beta)}, {format_number(one.low)} to {format_number(one.high)}"
    )


def start_chart(found: StartEffect) -> charts.EffectChart:
    """The chart of effects around the start, one dot for every two weeks; the reference is 0 by
    definition and has no interval.
    """
    ends = tuple(one.weeks for one in found.bins)
    before = [one for one in found.bins if one.weeks < 0 and one.low is not None]
    around = sum((one.low or 0) <= 0 <= (one.high or 0) for one in before)
    return charts.EffectChart(
        title="Index points against the last two weeks before the start",
        description=(
            f"{len(found.bins)} times of two weeks. Of {len(before)} before the start, {around} "
            "have an interval around 0. The table holds every figure."
        ),
        axis="Weeks from the start",
        weeks=ends,
        reach=(min(ends) - 1, max(ends) + 1),
        effects=tuple(
            charts.Effect(one.weeks, one.effect, one.low, one.high, one.low is None)
            for one in found.bins
            if one.effect is not None
        ),
        # Half way between the last two weeks before the start, at -2, and the first two after it,
        # at 0.
        start=-1.0,
        spread=True,
    )
