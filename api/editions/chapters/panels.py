"""The sections on perception and deployments week by week, and on the pilot's start."""

from collections.abc import Iterator

from api.editions.chapters.index import LEVEL
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.formatting import (
    WITHHELD,
    format_day,
    format_interval,
    format_number,
    format_ratio,
    format_sentence,
    format_whole,
)
from survey.editions.chapters.panels import (
    AlternativeEffect,
    LagEffect,
    StartBin,
    StartEffect,
)
from survey.editions.chapters.received import ComplaintRatio
from survey.editions.edition import Edition

DESIGNS = {
    "interrupted": "One series before and after; no control",
    "event_study": "Boroughs of the pilot against the others",
    "staggered": "Boroughs that began at different times",
}
STRENGTHS = {"weak": "Weak: fewer than 24 weeks before", "fair": "Fair"}


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
    return "below 0.01" if p < 0.01 else f"{p:.2f}"


def effect_cell(one: LagEffect | AlternativeEffect) -> ReportCell:
    if one.beta is None:
        return ReportCell("too few to tell")
    limits = "" if one.low is None else f" ({format_interval(one.low, one.high)})"
    return ReportCell(f"{format_number(one.beta)}{limits}")


def complaint_ratio_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.complained
    if found is not None:
        yield ReportSection(
            key="complained",
            heading="Complaints after deployments",
            words=(format_sentence(found.sentence), *dispersion_note(found)),
            tables=(
                ReportTable(
                    caption="Rate ratio of complaints, by two models",
                    head=("Model", f"Rate ratio ({LEVEL})"),
                    rows=(
                        (
                            ReportCell("Negative binomial"),
                            text_cell(format_ratio(found.ratio, found.low, found.high)),
                        ),
                        (ReportCell("Poisson, errors by borough"), clustered_cell(found)),
                    ),
                ),
            ),
            measures=measure_links("complaint_ratio"),
        )


def clustered_cell(found: ComplaintRatio) -> ReportCell:
    if found.clustered_low is None or found.clustered_high is None:
        return text_cell(WITHHELD)
    return ReportCell(f"limits {found.clustered_low:.2f} to {found.clustered_high:.2f}")


def dispersion_note(found: ComplaintRatio) -> Iterator[str]:
    if found.dispersion is not None:
        yield f"Complaints vary more than chance: dispersion {found.dispersion:.2f}."


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
