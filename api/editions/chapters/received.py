"""What was received: answers, complaints about Tasers, and complaints after deployments."""

from collections.abc import Iterator

from analysis import disclosure
from api.editions.cells import (
    area_namer,
    last_time,
    rate_key_figure,
    rate_limits,
    rate_text,
    why_withheld,
)
from api.editions.chapters.history import said_before
from api.editions.report import (
    ForStatisticians,
    KeyFigure,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    EACH_ONCE,
    ExportRow,
    Periods,
    bounded_row,
    complaints_dates,
    days_unit,
    export_periods,
    figure_row,
    rate_row,
    rates_label,
    window_label,
)
from api.editions.tables import Column, DeclaredTable, Row
from api.locales import (
    WITHHELD,
    format_count,
    format_range,
    format_ratio,
    format_sentence,
    format_whole,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.caseload import ComplaintRatio
from survey.editions.figures import Rate
from survey.sentences import N_

STREAMS = {
    "sampled": N_("Answers of residents asked"),
    "open": N_("People who wrote in"),
    "complaints": N_("Complaints"),
}
NO_MARGIN = N_("Not a sample: no margin of error.")


def taser_figure(edition: Edition) -> Iterator[KeyFigure]:
    complaints = edition.about_taser
    if complaints is None:
        return
    rate: Rate = complaints.rate
    known = rate.events is not None
    rated = _("{rate} per 10,000 residents ({interval})").format(
        rate=rate_text(rate), interval=rate_limits(rate)
    )
    # A month next to the median of weeks would look like a multiple of what is usual.
    usual = edition.kind == "weekly" and complaints.median is not None
    median = _("In a usual week: {n}").format(n=format_whole(complaints.median or 0))
    yield KeyFigure(
        label=_("Complaints about Tasers"),
        window=window_label(edition.start, edition),
        value=text_cell(format_count(rate.events)),
        unit=days_unit(edition) if rate.events else "",
        change=last_time(edition, "about_taser", known=known),
        meaning=_("Complaints that say how a Taser was used.") if known else why_withheld(),
        interval=rated if rate.per_10_000 is not None else _(NO_MARGIN),
        base=median if usual else "",
        stream="complaints",
        measure=measure_links("complaints_about")[0],
    )


def rate_figure(edition: Edition) -> Iterator[KeyFigure]:
    """The rate of all complaints, shown if those about a Taser have no figure of their own."""
    if edition.about_taser is None and "complaints" not in edition.uncollected:
        window = rates_label(edition, disclosure.complaints_window(edition))
        for rate in edition.complaints:
            if rate.domain == edition.city:
                before = said_before(edition, "complaints", rate.domain)
                yield rate_key_figure(
                    rate, _("Complaints"), "complaint_rate", window=window, change=before
                )


def wrote_figure(edition: Edition) -> Iterator[KeyFigure]:
    city = any(row.domain == edition.city for row in edition.received)
    if city and "open" not in edition.uncollected:
        number = received_count(edition, "open")
        yield KeyFigure(
            label=_("People who wrote in"),
            window=window_label(edition.start, edition),
            value=text_cell(format_count(number)),
            unit=days_unit(edition) if number else "",
            change=last_time(edition, "wrote", known=number is not None),
            meaning=_("They chose to write and speak only for themselves.")
            if number is not None
            else why_withheld(),
            interval=_(NO_MARGIN),
            base=" ".join(voices_note(edition)),
            stream="open",
            measure=measure_links("received")[0],
        )


def voices_note(edition: Edition) -> Iterator[str]:
    """How many people wrote with each campaign counted once; only where that changes the count."""
    once = received_count(edition, "open_voices")
    if once is not None and once != received_count(edition, "open"):
        yield _("With each campaign counted once: {n}.").format(n=format_count(once))


def received_count(edition: Edition, stream: str) -> int | None:
    rows = [row for row in edition.received if row.domain == edition.city]
    count: int | None = getattr(rows[0], stream) if rows else None
    return count


def received_table(edition: Edition) -> DeclaredTable:
    """What was received of each stream; the page has those that are collected here."""
    names, days = area_namer(edition), export_periods(edition).whole
    return DeclaredTable(
        _("What was received, by stream; never added up"),
        _("Area"),
        [
            Column("" if name in edition.uncollected else _(words), "received", stream=name)
            for name, words in STREAMS.items()
        ],
        [
            Row(
                names(row.domain),
                ("received", days, row.domain, ""),
                [getattr(row, name) for name in STREAMS],
            )
            for row in edition.received
        ],
        " ".join(complaints_elsewhere(edition)),
    )


def complaints_elsewhere(edition: Edition) -> Iterator[str]:
    """The city's complaints over the days of its rate, where the table withholds the whole
    count.
    """
    rate = next(
        (complaint for complaint in edition.complaints if complaint.domain == edition.city), None
    )
    blank = (
        received_count(edition, "complaints") is None and "complaints" not in edition.uncollected
    )
    if edition.received and blank and rate is not None and rate.events:
        yield _(
            "Complaints in {city}, {dates}: {n}, as next to the deployments of these days."
        ).format(city=edition.city, dates=complaints_dates(edition), n=format_count(rate.events))


def complaint_ratio_section(edition: Edition) -> Iterator[ReportSection]:
    ratio = edition.complained
    if ratio is not None:
        at_once = edition.complained_same_week
        known = at_once if at_once is not None and at_once.ratio is not None else None
        same_week = () if known is None else (format_sentence(known.sentence),)
        yield ReportSection(
            key="complained",
            heading=_("Complaints after deployments"),
            words=(*same_week, format_sentence(ratio.sentence)),
            for_statisticians=ForStatisticians(
                words=tuple(dispersion_note(ratio)), tables=(ratio_table(ratio, known),)
            ),
            measures=measure_links("complaint_ratio"),
        )


def ratio_table(ratio: ComplaintRatio, same_week: ComplaintRatio | None) -> ReportTable:
    """The ratios by model; with a column for the same week where it is known."""
    columns = (ratio,) if same_week is None else (same_week, ratio)
    heads = (_("Same week (95% interval)"), _("Week after (95% interval)"))
    return ReportTable(
        caption=_(
            "Rate ratio of complaints for one more deployment per {number} residents, from two "
            "models"
        ).format(number=format_whole(ratio.per)),
        head=(_("Model"), *heads[-len(columns) :]),
        rows=(
            (
                ReportCell(_("Negative binomial")),
                *(
                    text_cell(format_ratio(column.ratio, column.low, column.high))
                    for column in columns
                ),
            ),
            (
                ReportCell(_("Poisson, errors clustered by borough")),
                *map(clustered_cell, columns),
            ),
        ),
    )


def clustered_cell(ratio: ComplaintRatio) -> ReportCell:
    if ratio.clustered_low is None or ratio.clustered_high is None:
        return text_cell(WITHHELD)
    limits = format_range(f"{ratio.clustered_low:.2f}", f"{ratio.clustered_high:.2f}")
    return ReportCell(_("interval {limits}").format(limits=limits))


def dispersion_note(ratio: ComplaintRatio) -> Iterator[str]:
    """How much complaints vary; more than by chance where the plain Poisson error is rejected."""
    if ratio.dispersion is None:
        return
    message = (
        _("Complaints vary more than by chance: dispersion {dispersion}, where chance gives 1.")
        if ratio.varies_more_than_chance
        else _("Complaints vary about as much as by chance: dispersion {dispersion}.")
    )
    yield message.format(dispersion=f"{ratio.dispersion:.2f}")


def rate_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for rate in edition.complaints:
        yield rate_row("complaints", periods.complaints, rate)


def taser_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    about, table = edition.about_taser, "this period: complaints"
    if about is not None:
        yield rate_row(table, periods.whole, about.rate)
        measure = "median of 13 weeks"
        yield figure_row(table, periods.whole, edition.city, measure, about.median)


def ratio_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for table, ratio in (
        ("complaints in the week of deployments", edition.complained_same_week),
        ("complaints after deployments", edition.complained),
    ):
        if ratio is None:
            continue
        unit = f"per deployment per {ratio.per:,} residents"
        key = table, periods.whole, "", "", "rate ratio"
        figure = ratio.ratio, ratio.low, ratio.high
        yield bounded_row(key, None, figure, f"negative binomial, {unit}")
        limits = ratio.clustered_low, ratio.clustered_high
        known = "withheld" if None in limits else "shown"
        yield *key, None, None, *limits, f"Poisson, limits clustered by area, {unit}", known
        yield figure_row(table, periods.whole, "", "dispersion", ratio.dispersion)


def received_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    yield from received_table(edition).export()
    # Voices are counted for the city alone, and its row is the first.
    for row in edition.received[:1]:
        for stream, count in (
            ("open", row.open_voices),
            ("complaints", row.complaint_voices),
        ):
            status = "withheld" if count is None else "shown"
            key = "received", periods.whole, row.domain, stream, "received, as voices"
            yield *key, count, count, None, None, EACH_ONCE, status
