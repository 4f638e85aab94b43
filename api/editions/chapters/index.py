"""The perception index: of the city over time, by borough, and by a small-area model."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from api.editions import areas, cells, charts
from api.editions.chapters.history import index_before, said_before, verdict_word
from api.editions.chapters.titles import titled_chart
from api.editions.charts import NamedCharts
from api.editions.report import (
    FigureWord,
    KeyFigure,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    Spark,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    bounded_row,
    estimate_row,
    index_dates,
    shown_status,
    window_label,
)
from api.locales import (
    WITHHELD,
    format_day,
    format_interval,
    format_number,
    format_share_interval,
    format_short_day,
    format_whole,
    item_subject,
)
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from survey.editions import Edition
from survey.editions.figures import Estimate
from survey.editions.perception import SeriesPoint, SmallAreaEstimate


def key_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The city's index as the first main figure, with its weeks as a spark line."""
    for figure in area_figure(edition, edition.city):
        withheld = figure.value.withheld
        yield msgspec.structs.replace(
            figure,
            label=_("How residents see the police"),
            word=None if withheld else change_word(edition),
            change=cells.last_time(edition, "index"),
            meaning=cells.why_withheld() if withheld else index_meaning(edition),
            spark=index_spark(edition),
        )


def area_figure(edition: Edition, area: str) -> Iterator[KeyFigure]:
    """The index of a borough, or of the city."""
    for estimate in edition.index:
        if estimate.domain == area:
            value = estimate.value
            shown = value is not None
            interval = format_interval(estimate.low, estimate.high)
            yield KeyFigure(
                label=_("Perception index"),
                window=window_label(edition.index_from, edition),
                value=text_cell(WITHHELD if value is None else format_number(value)),
                unit=_("of 100") if shown else "",
                interval=_("Very likely {interval}").format(interval=interval) if shown else "",
                base=respondents_text(estimate, index_dates(edition)),
                stream="sampled",
                scale=interval_scale(estimate),
                measure=measure_links("perception_index")[0],
            )


def change_word(edition: Edition) -> FigureWord | None:
    """What the finding on the city's index says of it; an alert on it comes first."""
    verdict = next((finding.verdict for finding in edition.findings if finding.verdict), "")
    return cells.look_word(edition, "index_signal") or verdict_word(verdict)


def index_meaning(edition: Edition) -> str:
    """What the scale means, and how many agree with the first question where that is published."""
    scale = _("From 0 to 100, where 50 is neither good nor bad.")
    for item in edition.agreement[:1]:
        if item.agree.value is not None:
            agree = _("{n} in 100 agree: {statement}.").format(
                n=format_whole(item.agree.value), statement=item_subject(item.item)
            )
            return f"{scale} {agree}"
    return scale


def index_spark(edition: Edition) -> Spark | None:
    points = [charts.estimate_point(row.start, row.estimate) for row in edition.index_series]
    known = [point for point in edition.index_series if point.estimate.value is not None]
    if not known:
        return None
    said = _("By week, from {first} to {last}").format(
        first=level_in_words(known[0]), last=level_in_words(known[-1])
    )
    return areas.spark(points, said, (220, 44))


def respondents_text(estimate: Estimate, dates: str) -> str:
    """How many people answered, and in which days."""
    if estimate.n is None:
        return _("Number of respondents withheld")
    return _n(
        "{n} resident answered, {dates}", "{n} residents answered, {dates}", estimate.n
    ).format(n=format_whole(estimate.n), dates=dates)


def interval_scale(estimate: Estimate) -> tuple[float, float, float] | None:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    return estimate.low, estimate.value, estimate.high


def areas_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.index and edition.tiles:
        yield ReportSection(
            key="boroughs",
            heading=_("Boroughs at a glance"),
            stream="sampled",
            period=index_dates(edition),
            words=(
                _(
                    "{window} The perception index of each borough: the darker, the higher. A sign "
                    "marks a borough outside the range that we expect around the index for {city}. "
                    "Boroughs far above or far below have the same signs."
                ).format(window=cells.index_window(edition), city=edition.city),
            ),
            tiles=areas.area_tiles(edition),
            measures=measure_links("perception_index", "funnel_standing"),
            rows=drill_down_links(edition, "answers"),
        )


def index_series_section(edition: Edition) -> Iterator[ReportSection]:
    points = edition.index_series
    if not points:
        return
    table = ReportTable(
        caption=_("Perception index over time"),
        head=(_("Week from"), _("Index (95% interval)"), _("Answers")),
        rows=tuple(
            (ReportCell(week_name(point)), *cells.estimate_cells(point.estimate))
            for point in points
        ),
        note=_(cells.SMALL) if any(p.estimate.status == "flagged" for p in points) else "",
    )
    yield ReportSection(
        key="index",
        heading=_("Perception index over time"),
        stream="sampled",
        figure=titled_chart(
            edition,
            "index-series",
            _("Perception index, {city}").format(city=edition.city),
            " ".join(series_notes(edition)),
            table,
        ),
        points=tuple(charts.event_notes(edition.marks, points[0].start, edition.end)),
        measures=measure_links("perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def series_notes(edition: Edition) -> Iterator[str]:
    """What the chart shows, with the figures that its title compares; gaps and hollow points only
    where it has some.
    """
    points = edition.index_series
    first, last = format_short_day(points[0].start), format_short_day(edition.end)
    yield _("By week, from {first} to {last}").format(first=first, last=last) + "."
    for estimate in edition.index:
        if estimate.domain == edition.city and index_before(edition):
            before = said_before(edition, "index", edition.city)
            yield f"{index_dates(edition)}: {cells.value_cell(estimate).text}. {before}."
    yield _("From 0 to 100: higher is better. Band: 95% interval. The scale does not begin at 0.")
    if any(point.estimate.value is None for point in points):
        yield _("Where the line has a gap, the figure is withheld.")
    yield from hollow_note(point.estimate for point in points)


def hollow_note(estimates: Iterable[Estimate]) -> Iterator[str]:
    if any(estimate.status == "flagged" for estimate in estimates):
        yield _("A hollow point has fewer than 100 answers.")


def week_name(point: SeriesPoint) -> str:
    """The first cell of the week's row."""
    return format_short_day(point.start)


def by_area_section(edition: Edition) -> Iterator[ReportSection]:
    """Each borough by the small-area model where there is one, else its own answers."""
    if edition.small_areas:
        yield from small_areas_section(edition)
    else:
        yield from index_by_area_section(edition)


def index_by_area_section(edition: Edition) -> Iterator[ReportSection]:
    if not edition.index:
        return
    names = cells.area_namer(edition)
    rows = sorted(
        edition.index,
        key=lambda estimate: (estimate.domain != edition.city, names(estimate.domain)),
    )
    yield ReportSection(
        key="index-by-borough",
        heading=_("Perception index by borough"),
        stream="sampled",
        period=index_dates(edition),
        figure=ReportChart(
            chart="index-by-area",
            title=_("Perception index of each borough, ordered by name"),
            subtitle=" ".join(
                (
                    _(
                        "{window} From 0 to 100. Dot: index; bar: 95% interval; dashed line: "
                        "{city}. Where two bars overlap, either borough may be higher."
                    ).format(window=cells.index_window(edition), city=edition.city),
                    *off_the_line(edition, edition.index),
                    *hollow_note(edition.index),
                )
            ),
            table=ReportTable(
                caption=_("Perception index by borough"),
                head=(_("Borough"), _("Index (95% interval)"), _("Answers")),
                rows=tuple(
                    (ReportCell(names(row.domain)), *cells.estimate_cells(row)) for row in rows
                ),
                note=_(cells.SMALL) if any(row.status == "flagged" for row in rows) else "",
            ),
        ),
        measures=measure_links("perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def small_areas_section(edition: Edition) -> Iterator[ReportSection]:
    names = cells.area_namer(edition)
    areas = sorted(edition.small_areas, key=lambda area: names(area.domain))
    if not areas:
        return
    yield ReportSection(
        key="small-areas",
        heading=_("Perception index by borough, own answers and model"),
        statisticians_only=True,
        stream="sampled",
        period=index_dates(edition),
        words=(
            _(
                "Where a borough has few answers, the model of small areas also uses those of the "
                "others: the fewer its answers, the closer its figure is to theirs."
            ),
        ),
        figure=ReportChart(
            chart="small-areas",
            title=_("Perception index of each borough, by its own answers and by the model"),
            subtitle=" ".join(
                (
                    _(
                        "{window} From 0 to 100. Dot and bar: model, 95% interval; stroke: own "
                        "answers; dashed line: {city}."
                    ).format(window=cells.index_window(edition), city=edition.city),
                    *off_the_line(edition, areas),
                    *own_answers(areas),
                )
            ),
            table=small_area_table(areas, names),
        ),
        measures=measure_links("small_area", "perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def off_the_line(
    edition: Edition, estimates: Sequence[Estimate] | Sequence[SmallAreaEstimate]
) -> Iterator[str]:
    """How many intervals leave out the city's figure, as printed: a picture is not so exact.

    How many would by chance is known of boroughs' own answers, and not of a model.
    """
    city = next((row.value for row in edition.index if row.domain == edition.city), None)
    known = [
        (round(estimate.low, 1), round(estimate.high, 1))
        for estimate in estimates
        if estimate.domain != edition.city
        and estimate.low is not None
        and estimate.high is not None
    ]
    if city is None or not known:
        return
    off = sum(not low <= round(city, 1) <= high for low, high in known)
    yield _n(
        "{n} of the {shown} bars does not reach the line.",
        "{n} of the {shown} bars do not reach the line.",
        off,
    ).format(n=format_whole(off), shown=format_whole(len(known)))
    if off and estimates is edition.index:
        few = areas.few_by_chance(len(known))
        yield _("By chance, {few} would not.").format(few=few)


def own_answers(areas: Sequence[SmallAreaEstimate]) -> Iterator[str]:
    """On how few answers of its own a borough rests."""
    counts = [area.direct.n for area in areas if area.direct.n]
    if counts:
        few, most = format_whole(min(counts)), format_whole(max(counts))
        yield _("A borough's own figure rests on {few} to {most} answers.").format(
            few=few, most=most
        )


def small_area_table(estimates: Sequence[SmallAreaEstimate], names: cells.AreaNamer) -> ReportTable:
    return ReportTable(
        caption=_("Perception index by borough, own answers and model"),
        head=(_("Borough"), _("Model"), _("Own answers"), _("Answers"), _("Own share")),
        rows=tuple(
            (ReportCell(names(estimate.domain)), *small_area_cells(estimate))
            for estimate in estimates
        ),
        note=_(
            "All with their 95% interval. Own share: how much the borough's own answers count. "
            "* Fewer than 100 answers."
        ),
    )


def small_area_cells(estimate: SmallAreaEstimate) -> tuple[ReportCell, ...]:
    if estimate.value is None:
        return (text_cell(WITHHELD), *cells.estimate_cells(estimate.direct), text_cell(WITHHELD))
    model = f"{format_number(estimate.value)} ({format_interval(estimate.low, estimate.high)})"
    return (
        ReportCell(model),
        *cells.estimate_cells(estimate.direct),
        text_cell(format_share_interval(estimate.own, None, None)),
    )


def index_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for estimate in edition.index:
        yield estimate_row("index", periods.index, "perception index", estimate)
    for point in edition.index_series:
        yield estimate_row("index series", str(point.start), "perception index", point.estimate)


def small_area_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    table, period = "small areas", periods.index
    for area in edition.small_areas:
        yield estimate_row(table, period, "perception index, own answers", area.direct)
        key = table, period, area.domain, "sampled", "perception index, model"
        own = "" if area.own is None else f"; own share {area.own:.2f}"
        yield bounded_row(
            key, area.direct.n, (area.value, area.low, area.high), f"Fay-Herriot{own}"
        )


def tile_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for tile in edition.tiles:
        key = "standing", periods.index, tile.area, "sampled", f"standing of {tile.name}"
        yield *key, None, tile.value, None, None, areas.tile_words(tile), shown_status(tile.value)


def index_charts(edition: Edition) -> NamedCharts:
    if any(point.estimate.value is not None for point in edition.index_series):
        yield "index-series", series_chart(edition)
    # A month shows the model instead of own answers, and no chart is drawn without its section.
    if edition.kind == "monthly" and any(area.value is not None for area in edition.small_areas):
        yield "small-areas", small_area_chart(edition)
    elif any(estimate.value is not None for estimate in edition.index):
        yield "index-by-area", area_chart(edition)


def series_chart(edition: Edition) -> charts.LineChart:
    points = tuple(
        charts.estimate_point(point.start, point.estimate, week_name(point))
        for point in edition.index_series
    )
    return charts.LineChart(
        title=_("Perception index over time"),
        description=" ".join(
            (
                charts.line_description(points, format_number),
                *charts.event_notes(edition.marks, points[0].start, edition.end),
            )
        ),
        points=points,
        end=charts.line_end(points, format_number),
        marks=charts.marks_between(edition.marks, points[0].start, edition.end),
        wide=edition.kind == "monthly",
    )


def level_in_words(point: SeriesPoint) -> str:
    return f"{format_number(point.estimate.value or 0)} ({format_day(point.start)})"


def area_chart(edition: Edition) -> charts.DotChart:
    """The chart of each borough's own answers, in order of name, because it is not a ranking."""
    names = cells.area_namer(edition)
    city = next((estimate for estimate in edition.index if estimate.domain == edition.city), None)
    rows = [
        charts.DotRow(
            names(estimate.domain),
            estimate.value,
            estimate.low,
            estimate.high,
            estimate.status == "flagged",
        )
        for estimate in edition.index
        if estimate.domain != edition.city
    ]
    shown = sum(row.value is not None for row in rows)
    return charts.DotChart(
        title=_("Perception index by borough, ordered by name"),
        description=" ".join(
            (
                _n(
                    "{n} borough is shown, with its 95% interval.",
                    "{n} boroughs are shown, each with its 95% interval.",
                    shown,
                ).format(n=shown),
                *withheld_sentence(len(rows) - shown),
                _("The table has every figure."),
            )
        ),
        rows=tuple(sorted(rows, key=lambda row: row.name)),
        line=cells.city_line(city),
        step=20,
    )


def withheld_sentence(hidden: int) -> Iterator[str]:
    """How many boroughs a chart leaves out, if any."""
    if hidden:
        yield _n(
            "{n} borough is withheld.",
            "{n} boroughs are withheld.",
            hidden,
        ).format(n=hidden)


def small_area_chart(edition: Edition) -> charts.DotChart:
    """The chart of small areas: the model as a dot on its interval, own answers as a stroke."""
    names = cells.area_namer(edition)
    city = next((estimate for estimate in edition.index if estimate.domain == edition.city), None)
    rows = [
        charts.DotRow(names(area.domain), area.value, area.low, area.high, second=area.direct.value)
        for area in edition.small_areas
    ]
    shown = [row for row in rows if row.value is not None]
    both = sum(dot.second is not None for dot in shown)
    return charts.DotChart(
        title=_("Each borough's own answers compared with the model, ordered by name"),
        description=" ".join(
            (
                _("The model has figures for {shown} of {boroughs} boroughs.").format(
                    shown=len(shown), boroughs=len(rows)
                ),
                _(
                    "For {both} of them the chart also shows the index from their own answers."
                ).format(both=both),
                *withheld_sentence(len(rows) - len(shown)),
                _("The table has every figure."),
            )
        ),
        rows=tuple(sorted(rows, key=lambda row: row.name)),
        line=cells.city_line(city),
        step=20,
        strokes=True,
    )
