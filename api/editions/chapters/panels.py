"""Perception and deployments week by week, and since the start of the pilot."""

from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import report_verdict, verdict_facts
from api.editions.chapters.titles import titled_chart
from api.editions.charts import NamedCharts
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, association_rows, bounded_row
from api.locales import (
    WITHHELD,
    format_day,
    format_interval,
    format_number,
    format_sentence,
    format_short_day,
    format_whole,
)
from api.locales import edition_gettext as _
from survey.editions import Edition, force
from survey.sentences import N_

DESIGNS = {
    "interrupted": N_("One series before and after, without a comparison"),
    "event_study": N_("Boroughs of the pilot compared with the others"),
    "staggered": N_("Boroughs that started at different times"),
}
STRENGTHS = {"weak": N_("Weak: fewer than 24 weeks before the start"), "fair": N_("Fair")}
LAG_TITLE = N_("Index points per deployment per 10,000 residents")
START_TITLE = N_("Index points compared with the last two weeks before the start")


def association_section(edition: Edition) -> Iterator[ReportSection]:
    association = edition.association
    if association is not None:
        yield ReportSection(
            key="together",
            heading=_("Perception and deployments together"),
            stream="sampled",
            words=(
                _(
                    "In the week after more deployments in a borough, did residents there think "
                    "differently of the police? We compare each borough with itself over time."
                ),
            ),
            verdict=report_verdict(association),
            points=association.caveats,
            for_statisticians=ForStatisticians(
                words=(
                    *verdict_facts(association),
                    _(
                        "Lasting differences between boroughs, and changes that all boroughs "
                        "share, are removed first."
                    ),
                )
            ),
            measures=measure_links("association"),
        )


def lag_section(edition: Edition) -> Iterator[ReportSection]:
    profile = edition.profile
    if profile is None:
        return
    yield ReportSection(
        key="lags",
        heading=_("Week by week, with a placebo check"),
        stream="sampled",
        words=(
            format_sentence(profile.sentence),
            _(
                "Only the week before was chosen beforehand; the other weeks only describe. The "
                "placebo check uses next week's deployments, which cannot have had an "
                "effect, so it should show nothing."
            ),
        ),
        figure=titled_chart(
            edition,
            "lags",
            _(LAG_TITLE),
            " ".join(lag_notes(edition, profile)),
            ReportTable(
                caption=_("The association at each lag"),
                head=(_("Weeks before"), _("Index points (95% interval)"), _("p (Holm)")),
                rows=tuple(
                    (
                        ReportCell(lag_name(lag)),
                        effect_cell(lag),
                        text_cell(WITHHELD) if lag.p is None else ReportCell(p_value(lag.p)),
                    )
                    for lag in (profile.placebo, *profile.lags)
                ),
            ),
        ),
        tables=(choice_table(profile),) if profile.otherwise else (),
        measures=measure_links("lag_profile", "association"),
        statisticians_only=True,
    )


def lag_notes(edition: Edition, profile: force.EditionLagProfile) -> Iterator[str]:
    """What the marks are and which way is up, and what one week's usual deployments come to."""
    yield _(
        "Up to {day}. Above 0: more deployments, higher index. Bar: 95% interval; across 0, no "
        "link is shown."
    ).format(day=format_short_day(edition.end))
    rates = [rate.per_10_000 for rate in edition.deployments if rate.domain == edition.city]
    before = [lag for lag in profile.lags if lag.lag == 1 and None not in (lag.beta, lag.low)]
    if edition.rates_counted and edition.rates_counted.days and before and rates and rates[0]:
        a_week = 7 * rates[0] / edition.rates_counted.days
        usual = (a_week * (limit or 0) for limit in (before[0].beta, before[0].low, before[0].high))
        yield _(
            "Twice as many ({city}: {rate} per 10,000 a week) would go with {points} points a week "
            "later."
        ).format(
            city=edition.city,
            rate=format_number(a_week, "0.00", places=2),
            points=figure_cell(*usual).text,
        )


def choice_table(profile: force.EditionLagProfile) -> ReportTable:
    return ReportTable(
        caption=_("The week before, under other choices"),
        head=(_("Choice"), _("Index points (95% interval)")),
        rows=tuple(
            (ReportCell(effect.choice), effect_cell(effect)) for effect in profile.otherwise
        ),
    )


def lag_name(effect: force.LagEffect) -> str:
    if effect.lag < 0:
        return _("Placebo check: the week after")
    return _("The same week") if effect.lag == 0 else format_whole(effect.lag)


def p_value(p: float) -> str:
    # Two decimals would print 0.00, which no p is.
    return _("below 0.01") if p < 0.01 else f"{p:.2f}"


def effect_cell(effect: force.LagEffect | force.AlternativeEffect) -> ReportCell:
    return figure_cell(effect.beta, effect.low, effect.high)


def figure_cell(value: float | None, low: float | None, high: float | None) -> ReportCell:
    if value is None:
        return ReportCell(_("not enough data"))
    limits = "" if low is None else f" ({format_interval(low, high)})"
    return ReportCell(f"{format_number(value)}{limits}")


def pilot_start_sections(edition: Edition) -> Iterator[ReportSection]:
    starts = edition.starts
    if not starts:
        return
    yield ReportSection(
        key="starts",
        heading=_("Effect of the start"),
        stream="sampled",
        words=tuple(format_sentence(start.sentence) for start in starts),
        tables=(
            ReportTable(
                caption=_("The step at the start, by design"),
                head=(_("Design"), _("Step in index points (95% interval)"), _("Strength")),
                rows=tuple(start_cells(start) for start in starts),
                wordy=True,
            ),
        ),
        measures=measure_links("start_effect"),
    )
    for pilot_start in starts:
        if pilot_start.bins:
            yield event_study_section(pilot_start)


def start_cells(effect: force.StartEffect) -> tuple[ReportCell, ...]:
    design = _("{design}, from {day}").format(
        design=_(DESIGNS[effect.design]), day=format_day(effect.day)
    )
    return (
        ReportCell(design),
        figure_cell(effect.step, effect.low, effect.high),
        ReportCell(_(STRENGTHS[effect.strength])),
    )


def event_study_section(effect: force.StartEffect) -> ReportSection:
    return ReportSection(
        key=f"bins-{effect.design}".replace("_", "-"),
        heading=_("Two weeks at a time, before and after the start"),
        level=3,
        statisticians_only=True,
        figure=ReportChart(
            chart=f"bins-{effect.design}".replace("_", "-"),
            title=_(START_TITLE),
            subtitle=_(
                "Dot: effect; bar: 95% interval; cross: 0 by definition; dashed line: {day}. Dots "
                "before the line should be around 0."
            ).format(day=format_day(effect.day)),
            table=ReportTable(
                caption=_("{design}, two weeks at a time").format(design=_(DESIGNS[effect.design])),
                head=(_("Weeks from the start"), _("Index points (95% interval)")),
                rows=tuple((ReportCell(bin_name(of)), bin_cell(of)) for of in effect.bins),
            ),
        ),
    )


def bin_name(start_bin: force.StartBin) -> str:
    return format_number(start_bin.weeks, "#,##0")


def bin_cell(start_bin: force.StartBin) -> ReportCell:
    if start_bin.effect is None:
        return text_cell(WITHHELD)
    if start_bin.low is None or start_bin.high is None:
        return ReportCell(_("0, by definition"))
    return ReportCell(
        f"{format_number(start_bin.effect)} ({format_interval(start_bin.low, start_bin.high)})"
    )


def panel_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    yield from association_rows("panel", periods.whole, edition.association)


def lag_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    profile, period = edition.profile, periods.whole
    if profile is None:
        return
    for effect in (profile.placebo, *profile.lags):
        name = "placebo, the week after" if effect.lag < 0 else f"lag {effect.lag}"
        p = "" if effect.p is None else f"p after Holm {effect.p:.3f}"
        yield bounded_row(
            ("lags", period, "", "", name), None, (effect.beta, effect.low, effect.high), p
        )
    for other in profile.otherwise:
        key = "lags", period, "", "", f"lag 1: {other.choice}"
        yield bounded_row(key, None, (other.beta, other.low, other.high))


def start_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for start in edition.starts:
        key = f"start: {start.design}", str(start.day), "", ""
        yield bounded_row((*key, "step"), None, (start.step, start.low, start.high), start.strength)
        for start_bin in start.bins:
            figure = start_bin.effect, start_bin.low, start_bin.high
            yield bounded_row((*key, f"weeks {start_bin.weeks}"), None, figure)


def panel_charts(edition: Edition) -> NamedCharts:
    if edition.profile and any(lag.beta is not None for lag in edition.profile.lags):
        yield "lags", lag_chart(edition.profile)
    for start in edition.starts:
        if any(start_bin.effect is not None for start_bin in start.bins):
            yield f"bins-{start.design}".replace("_", "-"), start_chart(start)


def lag_chart(profile: force.EditionLagProfile) -> charts.EffectChart:
    """The chart of lags in order of time; the placebo, the week after, is a cross."""
    every = (profile.placebo, *profile.lags)
    lags = tuple(effect.lag for effect in every)
    return charts.EffectChart(
        title=_(LAG_TITLE),
        description=" ".join(lag_in_words(effect) for effect in every),
        axis=_("Weeks before (cross: the week after, a check)"),
        weeks=lags,
        reach=(-1.5, max(lags) + 0.5),
        effects=tuple(
            charts.Effect(
                lag_name(effect), effect.lag, effect.beta, effect.low, effect.high, effect.lag < 0
            )
            for effect in every
            if effect.beta is not None
        ),
    )


def lag_in_words(effect: force.LagEffect) -> str:
    figure = effect_cell(effect).text
    if effect.lag < 0:
        return _("Placebo check: {figure}.").format(figure=figure)
    return _("Lag {lag}: {figure}.").format(lag=effect.lag, figure=figure)


def start_chart(effect: force.StartEffect) -> charts.EffectChart:
    """The chart of effects around the start, one dot for every two weeks; the reference is 0 by
    definition and has no interval.
    """
    ends = tuple(start_bin.weeks for start_bin in effect.bins)
    before = [
        start_bin for start_bin in effect.bins if start_bin.weeks < 0 and start_bin.low is not None
    ]
    around = sum((start_bin.low or 0) <= 0 <= (start_bin.high or 0) for start_bin in before)
    return charts.EffectChart(
        title=_(START_TITLE),
        description=_(
            "Periods of two weeks: {periods}. Before the start: {before}; those with an interval "
            "that includes 0: {around}. The table has every figure."
        ).format(periods=len(effect.bins), before=len(before), around=around),
        axis=_("Weeks from the start"),
        weeks=ends,
        reach=(min(ends) - 1, max(ends) + 1),
        effects=tuple(
            charts.Effect(
                bin_name(start_bin),
                start_bin.weeks,
                start_bin.effect,
                start_bin.low,
                start_bin.high,
                start_bin.low is None,
            )
            for start_bin in effect.bins
            if start_bin.effect is not None
        ),
        # Half way between the last two weeks before the start, at -2, and the first two after it,
        # at 0.
        start=-1.0,
        spread=True,
    )
