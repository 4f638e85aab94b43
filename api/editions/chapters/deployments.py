"""Deployments: key figures, by week, by severity, and on persons who may need special care."""

import datetime
from collections.abc import Iterator

import msgspec

from analysis.disclosure import edition_days
from api.editions import charts, tables
from api.editions.cells import counts_note, last_time, look_word, rate_key_figure, why_withheld
from api.editions.chapters.history import said_before
from api.editions.chapters.titles import titled_chart
from api.editions.charts import NamedCharts
from api.editions.report import (
    FigureWord,
    ForStatisticians,
    KeyFigure,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    counted_dates,
    days_unit,
    figure_row,
    no_rate_reason,
    period_dates,
    rate_row,
    shown_status,
    uses_dates,
    window_label,
    words_row,
)
from api.locales import (
    WITHHELD,
    category_name,
    format_count,
    format_dates,
    format_day,
    format_range,
    format_short_day,
    format_whole,
    tactic_name,
)
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from survey.editions import Edition
from survey.editions.force import PeriodDeployments, VulnerableUses
from survey.sentences import N_

KINDS = {
    "under_18": N_("Under 18"),
    "over_64": N_("Over 64"),
    "mental": N_("A mental health condition"),
    "physical": N_("A physical condition"),
    "any_disability": N_("Either condition"),
}
FIRED = "fired"
SIX_DAYS = datetime.timedelta(days=6)
USES_RECORDED = N_("Taser uses recorded")
RANGE_WORDS = {
    "below": ("▼", N_("Fewer than expected")),
    "within": ("=", N_("As expected")),
    "above": ("▲", N_("More than expected")),
}
USES_BY_WEEK = N_("Deployments by week and most severe use")
USES = N_("Deployments by their most severe use")
TERMS = N_(
    "From most to least severe. Drive-stun: pressed against the body; angled: after darts were "
    "fired. Arced: sparked as a warning. Red-dotted: its laser dot is on a person."
)


def period_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The deployments of the period, with the range expected from the weeks before."""
    period = edition.this_period
    if period is None:
        return
    known = period.events is not None
    yield KeyFigure(
        label=_(USES_RECORDED),
        window=period_label_of_uses(edition),
        value=text_cell(format_count(period.events)),
        unit=days_unit(edition, edition.period_counted) if known else "",
        word=range_word(period) if known else None,
        change=last_time(edition, "deployments"),
        meaning=" ".join(
            (
                _("A use counts also where the device was only drawn."),
                *tables.elsewhere_note(period),
            )
        )
        if known
        else why_withheld(),
        interval=" ".join(expected_note(period)),
        base=" ".join(running_note(period, edition)) or period_dates(edition),
        stream="police",
        scale=range_scale(period),
        measure=measure_links("expected_deployments")[0],
    )


def range_word(period: PeriodDeployments) -> FigureWord | None:
    """Where the deployments lie against the expected range; None if there is no range."""
    if period.side not in RANGE_WORDS:
        return None
    sign, words = RANGE_WORDS[period.side]
    return FigureWord(sign, _(words), look=period.side != "within")


def range_scale(period: PeriodDeployments) -> tuple[float, float, float] | None:
    """The expected range and the count, on a line that begins at 0."""
    if period.events is None or period.low is None or period.high is None:
        return None
    end = max(period.events, period.high) * 1.25
    return 100 * period.low / end, 100 * period.events / end, 100 * period.high / end


def period_label_of_uses(edition: Edition) -> str:
    """The period in words, or its counted days where these are only a part of it."""
    counted = edition.period_counted
    if counted is None or counted.is_whole:
        return window_label(edition.start, edition)
    return period_dates(edition)


def running_note(deployments: PeriodDeployments, edition: Edition) -> Iterator[str]:
    """The running total with its days, if it is shown."""
    if deployments.cumulative is None:
        return
    count = _(format_count(deployments.cumulative))
    if deployments.until is None or deployments.until == edition.end:
        yield _("Since {day}: {count}").format(day=format_day(deployments.since), count=count)
    else:
        yield _("{first} to {last}: {count}").format(
            first=format_day(deployments.since), last=format_day(deployments.until), count=count
        )


def expected_note(deployments: PeriodDeployments) -> Iterator[str]:
    """The range expected from the weeks before, if there is one."""
    if deployments.low is not None and deployments.high is not None:
        expected = format_range(format_whole(deployments.low), format_whole(deployments.high))
        yield _("Expected: {range}.").format(range=expected)


def person_figure(edition: Edition) -> Iterator[KeyFigure]:
    """Uses on people under 18, with the usual number of the year before."""
    young = next((person for person in edition.persons if person.kind == "under_18"), None)
    if young is None:
        return
    known = young.period is not None
    counted = young.counted or edition.period_counted
    yield KeyFigure(
        label=_("Uses on people under 18"),
        window=period_label_of_uses(edition),
        value=text_cell(format_count(young.period)),
        unit=days_unit(edition, counted) if young.period else "",
        word=look_word(edition, "under_18"),
        change=last_time(edition, "under_18"),
        meaning=_("Age as the officer saw it.") if known else why_withheld(),
        interval=usual_text(young),
        base=since_text(young, edition),
        stream="police",
        measure=measure_links("persons_of_care")[0],
    )


def usual_text(uses: VulnerableUses) -> str:
    """The average over as many days as the longer count, in the year before."""
    if uses.typical is None:
        return ""
    until = uses.until or uses.since
    return f"{usual_heading((until - uses.since).days + 1)}: {format_whole(uses.typical)}"


def since_text(uses: VulnerableUses, edition: Edition) -> str:
    count = _(format_count(uses.window))
    if uses.until is None or uses.until == edition.end:
        return _("Since {day}: {count}").format(day=format_day(uses.since), count=count)
    return _("{first} to {last}: {count}").format(
        first=format_day(uses.since), last=format_day(uses.until), count=count
    )


def rate_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The rate of the window, where nothing was reported for the period itself."""
    if edition.this_period is None:
        counted = edition.rates_counted
        whole = counted is None or counted.is_whole
        window = window_label(edition.rates_from, edition) if whole else uses_dates(edition)
        why = no_rate_reason(counted) or None
        for rate in edition.deployments:
            if rate.domain == edition.city:
                yield rate_key_figure(
                    rate,
                    _(USES_RECORDED),
                    "deployment_rate",
                    window=window,
                    why=why,
                    change=said_before(edition, "deployments", rate.domain),
                )


def rates_section(edition: Edition) -> Iterator[ReportSection]:
    """Complaints and deployments of the same days in one table, else each in one of its own."""
    if not edition.complaints and not edition.deployments:
        return
    yield ReportSection(
        key="rates",
        heading=_("Deployments")
        if "complaints" in edition.uncollected
        else _("Complaints and deployments"),
        words=(
            *tables.counted_note(edition),
            *tables.totals_note(edition),
            tables.rates_note(edition),
        ),
        tables=tuple(tables.rate_tables(edition)),
        for_statisticians=ForStatisticians(words=(tables.interval_note(),)),
        measures=measure_links("complaint_rate", "deployment_rate"),
        rows=drill_down_links(edition, "deployments", "complaints"),
    )


def uses_section(edition: Edition) -> Iterator[ReportSection]:
    """Deployments of each week, stacked by their most severe use."""
    weeks = edition.uses_by_week
    if not weeks:
        return
    named = list(dict.fromkeys(tactic for week in weeks for tactic in dict(week.tactics)))
    # A column of blanks says nothing that a note does not say once.
    shown = [use for use in named if any(dict(week.tactics).get(use) for week in weeks)] or named
    blank = [tactic_name(use) for use in named if use not in shown]
    yield ReportSection(
        key="uses",
        heading=_("Deployments by week"),
        figure=titled_chart(
            edition,
            "uses",
            _(USES_BY_WEEK),
            " ".join(week_chart_notes(edition)),
            ReportTable(
                caption=_(USES_BY_WEEK),
                head=(_("Week starting"), *map(tactic_name, shown)),
                rows=tuple(
                    (
                        ReportCell(format_short_day(week.start)),
                        *(brief_count_cell(dict(week.tactics).get(use)) for use in shown),
                    )
                    for week in weeks
                ),
                note=_("Withheld in every week: {uses}.").format(uses=", ".join(blank))
                if blank
                else "",
            ),
        ),
        measures=measure_links("uses"),
        rows=drill_down_links(edition, "deployments"),
    )


def week_chart_notes(edition: Edition) -> Iterator[str]:
    """The days, how uses are counted, and what was expected: of all uses together."""
    weeks, period = edition.uses_by_week, edition.this_period
    yield f"{format_dates(weeks[0].start, weeks[-1].start + SIX_DAYS)}."
    yield counts_note(edition)
    if not edition.as_published:
        yield _("Those from 1 to 4 are withheld, so a bar can be lower than its week's total.")
    if period and range_word(period):
        yield _(
            "{dates}: {n} deployments. {expected} Fired: {fired}, for which there is no range."
        ).format(
            dates=period_dates(edition),
            n=format_count(period.events),
            expected=" ".join(expected_note(period)),
            fired=format_count(dict(edition.tactics).get(FIRED)),
        )


def brief_count_cell(number_of: int | None) -> ReportCell:
    """A count in a large table, where the usual words for zero would be too long."""
    return ReportCell(_("none")) if number_of == 0 else text_cell(format_count(number_of))


def tactics_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.tactics:
        chart = ReportChart(
            chart="tactics",
            title=_(USES),
            subtitle=" ".join(tactics_note(edition)),
            table=ReportTable(
                caption=_(USES),
                head=(_("Most severe use"), _("Deployments")),
                rows=tuple(
                    (ReportCell(tactic_name(tactic)), text_cell(format_count(number_of)))
                    for tactic, number_of in edition.tactics
                ),
            ),
        )
        drawn = charts.enough_bars(dict(edition.tactics).values())
        yield ReportSection(
            key="tactics",
            heading=_("What was done with the device"),
            period=period_dates(edition),
            words=() if drawn else (chart.subtitle,),
            figure=chart if drawn else None,
            tables=() if drawn else (chart.table,),
            measures=measure_links("uses"),
            rows=drill_down_links(edition, "deployments"),
        )


def tactics_note(edition: Edition) -> Iterator[str]:
    """The days, how uses are counted, and why they may not add up to another total."""
    dates = period_dates(edition)
    yield _("{dates}. Each deployment counts once, under its most severe use.").format(dates=dates)
    yield _(TERMS)
    if not edition.as_published:
        yield _("Counts are to the nearest 5, so they may not add up.")
        return
    yield counts_note(edition)
    if edition.this_period is not None:
        yield from tables.elsewhere_note(edition.this_period)


def persons_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.persons:
        yield ReportSection(
            key="persons",
            heading=_("Children, older and disabled people"),
            words=(
                _("As the officer saw it. One person can be in several rows."),
                counts_note(edition),
            ),
            tables=(persons_table(edition),),
            measures=measure_links("persons_of_care"),
            rows=drill_down_links(edition, "deployments"),
        )


def persons_table(edition: Edition) -> ReportTable:
    since = min(person.since for person in edition.persons)
    until = max(person.until or edition.end for person in edition.persons)
    days = person_days(edition.persons[0], edition)
    return ReportTable(
        caption=_("Uses on people who may need special care"),
        head=(
            _("Person"),
            days,
            format_dates(since, until),
            usual_heading((until - since).days + 1),
        ),
        rows=tuple(
            (
                ReportCell(
                    _(KINDS[person.kind]) if person.kind in KINDS else category_name(person.kind)
                ),
                *persons_cells(person, edition, days),
            )
            for person in edition.persons
        ),
        note=_("The average is for as many days, over the year before them."),
    )


def person_days(uses: VulnerableUses, edition: Edition) -> str:
    """The days on which uses on people of this kind were counted, in words."""
    return counted_dates(uses.counted, edition_days(edition))


def usual_heading(days: int) -> str:
    """The heading of the column with the average of the year before, over `days` days."""
    weeks, rest = divmod(days, 7)
    if rest:
        return _("Average for as many days last year")
    return _n("Average for {n} week last year", "Average for {n} weeks last year", weeks).format(
        n=weeks
    )


def persons_cells(uses: VulnerableUses, edition: Edition, days: str) -> tuple[ReportCell, ...]:
    """The cells of a kind of people, with the days counted if these are not the heading's
    `days`.
    """
    usual = text_cell(WITHHELD) if uses.typical is None else ReportCell(format_whole(uses.typical))
    mine = person_days(uses, edition)
    period = msgspec.structs.replace(
        text_cell(format_count(uses.period)), under="" if mine == days else mine
    )
    return period, text_cell(format_count(uses.window)), usual


def use_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for rate in edition.deployments:
        yield rate_row("deployments", periods.uses, rate)
    for tactic, count in edition.tactics:
        yield figure_row("tactics", periods.period_uses, edition.city, tactic, count)
    for week in edition.uses_by_week:
        for tactic, count in week.tactics:
            yield figure_row("uses by week", str(week.start), edition.city, tactic, count)
    period = edition.this_period
    if period is not None:
        since = f"{period.since}/{period.until or edition.end}"
        key = "this period", periods.period_uses, edition.city, "", "deployments"
        events = period.events
        yield *key, events, events, period.low, period.high, "range expected", shown_status(events)
        yield figure_row("this period", since, edition.city, "deployments since", period.cumulative)
    yield from counted_rows(edition)


def counted_rows(edition: Edition) -> Iterator[ExportRow]:
    """How many days of each window were counted, and why there may be no rate."""
    for table, counted_days in (
        ("deployments", edition.rates_counted),
        ("this period", edition.period_counted),
    ):
        if counted_days is not None:
            window, whole = (
                f"{counted_days.start}/{counted_days.end}",
                f"of {counted_days.of_days} days",
            )
            yield figure_row(table, window, edition.city, "days counted", counted_days.days, whole)
            if counted_days.no_rate:
                reason = no_rate_reason(counted_days)
                yield words_row(table, window, edition.city, "no rate", reason)


def person_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for person in edition.persons:
        since = f"{person.since}/{person.until or edition.end}"
        first, last = person.counted.span if person.counted else edition_days(edition)
        yield figure_row("persons", f"{first}/{last}", edition.city, person.kind, person.period)
        yield figure_row("persons", since, edition.city, person.kind, person.window)
        yield figure_row("persons", since, edition.city, f"{person.kind}, usual", person.typical)


def use_charts(edition: Edition) -> NamedCharts:
    # Where every week is none or withheld the chart would be an empty frame.
    if any(n for week in edition.uses_by_week for n in dict(week.tactics).values()):
        yield "uses", weekly_chart(edition)
    if charts.enough_bars(dict(edition.tactics).values()):
        bars = tuple(
            charts.Bar(tactic_name(tactic), count or 0, _(format_count(count)))
            for tactic, count in edition.tactics
        )
        said = " ".join(f"{bar.name}: {bar.label}." for bar in bars)
        yield "tactics", charts.BarChart(title=_(USES), description=said, rows=bars)


def fired_and_others(counts: dict[str, int | None]) -> tuple[int | None, int | None]:
    """The uses in which a device was fired, and the sum of all others that are shown."""
    others = [count for use, count in counts.items() if use != FIRED and count is not None]
    return counts.get(FIRED), sum(others) if others else None


def expected_in_week(edition: Edition) -> tuple[float, float, str] | None:
    """The range expected in the newest week of the chart, if the edition is of that week."""
    period = edition.this_period
    weeks = edition.uses_by_week
    if edition.kind != "weekly" or period is None or weeks[-1].start != edition.start:
        return None
    counted = edition.period_counted
    if period.low is None or period.high is None or not (counted is None or counted.is_whole):
        return None
    span = format_range(format_whole(period.low), format_whole(period.high))
    return period.low, period.high, _("Expected {range}").format(range=span)


def weekly_chart(edition: Edition) -> charts.StackedChart:
    weeks = [(week.start, dict(week.tactics)) for week in edition.uses_by_week]
    halves = [(start, fired_and_others(counts)) for start, counts in weeks]
    kinds = tactic_name(FIRED), _("All other uses")
    about = ", ".join(
        _("{use}: about {n}").format(
            use=kind, n=format_whole(sum(half[part] or 0 for _day, half in halves))
        )
        for part, kind in enumerate(kinds)
    )
    most = max(halves, key=lambda week: sum(n or 0 for n in week[1]))[0]
    expected = expected_in_week(edition)
    words = _("Most in the week from {day}. Over all weeks: {uses}.").format(
        day=format_day(most), uses=about
    )
    return charts.StackedChart(
        title=_(USES_BY_WEEK),
        description=f"{words} {expected[2]}.".strip() if expected else words,
        kinds=kinds,
        expected=expected,
        weeks=tuple(
            charts.WeekBars(format_short_day(start), start, half) for start, half in halves
        ),
        marks=edition.marks,
    )
