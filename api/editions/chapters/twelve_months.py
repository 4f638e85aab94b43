"""The twelve months to the end of a month, and the change on the year before, by borough."""

import datetime
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from api.editions.cells import area_namer, estimate_cells, no_rate_note, rate_cell
from api.editions.chapters.trends import NAMES
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportSection,
    ReportTable,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    bounded_row,
    counted_dates,
    estimate_row,
    no_rate_reason,
    rate_row,
)
from api.locales import (
    WITHHELD,
    format_change,
    format_dates,
    format_day,
    format_number,
    format_range,
    format_whole,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.force import TwelveMonths, YearCounts, YearIndex, YearMeasure, YearRow
from survey.sentences import N_

WHOLE_CHANGE = "+#,##0;-#,##0"
COUNTS: dict[YearMeasure, str] = {
    "deployments": N_("Deployments · per 10,000"),
    "complaints": N_("Complaints · per 10,000"),
}
# Why a measure has no figures, and why it has no change.
SHORT: dict[YearMeasure, str] = {
    "deployments": N_("There are no deployments of twelve months. {reason}"),
    "complaints": N_(
        "There are no complaints of twelve months: complaints have been collected for less than a "
        "whole year."
    ),
}
NO_CHANGE: dict[YearMeasure, str] = {
    "deployments": N_(
        "Deployments have no change on the year before: {days} of its {of_days} days were counted."
    ),
    "complaints": N_(
        "Complaints have no change on the year before: they were not collected for all of it."
    ),
}
VARY = N_(
    "{what} vary {phi} times as much from month to month as chance alone allows; the intervals "
    "allow for that."
)
CHANCE_SHARE = 20  # one interval of 95 % in twenty leaves out the true value


class YearColumn(NamedTuple):
    """A column: its heading, and the cell of each place."""

    heading: str
    cells: dict[str, ReportCell]


def year_section(edition: Edition) -> Iterator[ReportSection]:
    months = edition.twelve_months
    if months is None:
        return
    yield ReportSection(
        key="twelve-months",
        heading=_("Twelve months, and the change on the year before"),
        words=tuple(year_words(months)),
        for_statisticians=ForStatisticians(words=tuple(vary_words(months))),
        tables=(year_table(edition, months),),
        measures=measure_links("twelve_months"),
        rows=drill_down_links(edition, "deployments", "complaints"),
    )


def year_words(months: TwelveMonths) -> Iterator[str]:
    """Which days are counted, what has no figure or change and why, and what chance does."""
    yield _("{dates}, compared with the twelve months from {before}.").format(
        dates=format_dates(months.start, months.end), before=format_day(months.before)
    )
    for count in months.counts:
        yield from counts_words(count)
    if months.index and not any(index_row.before for index_row in months.index):
        yield _("The index has no change: too few weeks of the year before have answers.")
    places = len(changed_places(months))
    if places >= CHANCE_SHARE:
        yield _(
            "Some of these changes are chance. If nothing at all had changed, the intervals of "
            "about {few} of {many} places would still leave out 0."
        ).format(few=format_whole(places / CHANCE_SHARE), many=format_whole(places))


def counts_words(counts: YearCounts) -> Iterator[str]:
    if counts.no_change == "short":
        reason = no_rate_reason(counts.counted)
        # Where no force ever sent figures there is nothing to explain.
        if counts.measure == "complaints" or counts.counted.no_rate != "none":
            yield _(SHORT[counts.measure]).format(reason=reason)
        return
    days = counted_dates(counts.counted, (counts.counted.start, counts.counted.end))
    if not counts.counted.is_whole:
        yield _("{what}: {dates}.").format(what=_(NAMES[counts.measure]), dates=days)
    if counts.no_change == "before":
        then = counts.counted_before
        yield _(NO_CHANGE[counts.measure]).format(days=then.days, of_days=then.of_days)


def vary_words(months: TwelveMonths) -> Iterator[str]:
    """How much counts vary from month to month, where they do so more than by chance."""
    for counts in months.counts:
        if not counts.no_change and counts.phi > 1:
            what = _(NAMES[counts.measure])
            yield _(VARY).format(what=what, phi=format_number(counts.phi))


def changed_places(months: TwelveMonths) -> set[str]:
    rows: list[YearRow | YearIndex] = [
        *(row for count in months.counts for row in count.rows),
        *months.index,
    ]
    return {row.domain for row in rows if row.change is not None}


def year_table(edition: Edition, months: TwelveMonths) -> ReportTable:
    columns = [*year_columns(months)]
    names = area_namer(edition)
    places = sorted(
        {place for column in columns for place in column.cells},
        key=lambda place: (place != edition.city, names(place)),
    )
    return ReportTable(
        caption=_("Twelve months to {end}, by borough").format(end=format_day(months.end)),
        head=(_("Borough"), *(column.heading for column in columns)),
        rows=tuple(
            (
                ReportCell(names(place)),
                *(column.cells.get(place, text_cell(WITHHELD)) for column in columns),
            )
            for place in places
        ),
        note=" ".join((_("In brackets: 95% interval."), no_rate_note())),
    )


def year_columns(months: TwelveMonths) -> Iterator[YearColumn]:
    for count in months.counts:
        if count.rows:
            yield YearColumn(
                _(COUNTS[count.measure]), {row.domain: rate_cell(row.now) for row in count.rows}
            )
            if not count.no_change:
                cells = {row.domain: per_cent_cell(row) for row in count.rows}
                heading = _("{what}: change on the year before").format(
                    what=_(NAMES[count.measure])
                )
                yield YearColumn(heading, cells)
    if months.index:
        yield YearColumn(
            _("Perception index"),
            {index_row.domain: index_cell(index_row) for index_row in months.index},
        )
        if any(index_row.before for index_row in months.index):
            cells = {index_row.domain: points_cell(index_row) for index_row in months.index}
            yield YearColumn(_("Index: change in points"), cells)


def per_cent_cell(row: YearRow) -> ReportCell:
    """The change of a count in per cent, with its interval."""
    if row.change is None or row.low is None or row.high is None:
        return text_cell(WITHHELD)
    change, low, high = (
        f"{format_change(number, WHOLE_CHANGE, places=0)}%"
        for number in (row.change, row.low, row.high)
    )
    return ReportCell(f"{change} ({format_range(low, high)})")


def index_cell(index: YearIndex) -> ReportCell:
    """The index with its interval, and below it how many answered."""
    value, answers = estimate_cells(index.now)
    if index.now.value is None:
        return value
    under = _("{answers} answers").format(answers=answers.text)
    return msgspec.structs.replace(value, under=under)


def points_cell(index: YearIndex) -> ReportCell:
    """The change of the index in points, with its interval."""
    if index.change is None or index.low is None or index.high is None:
        return text_cell(WITHHELD)
    change, low, high = (format_change(each) for each in (index.change, index.low, index.high))
    return ReportCell(f"{change} ({format_range(low, high)})")


def year_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    months = edition.twelve_months
    if months is None:
        return
    for count in months.counts:
        yield from count_rows(count)
    for row in months.index:
        yield from index_rows(months, row)


def count_rows(counts: YearCounts) -> Iterator[ExportRow]:
    table = f"twelve months: {counts.measure}"
    now, before = (
        "/".join(map(str, days.span)) for days in (counts.counted, counts.counted_before)
    )
    for row in counts.rows:
        yield rate_row(table, now, row.now)
        if row.before is not None:
            yield rate_row(table, before, row.before)
            key = table, now, row.domain, "", "change on the year before, per cent"
            limits = row.change, row.low, row.high
            method = f"Clopper-Pearson of rates per day, φ {counts.phi:g}"
            yield bounded_row(key, row.now.events, limits, method)


def index_rows(months: TwelveMonths, row: YearIndex) -> Iterator[ExportRow]:
    table, now = "twelve months: index", f"{months.start}/{months.end}"
    yield estimate_row(table, now, "perception index", row.now)
    if row.before is not None:
        before = f"{months.before}/{months.start - datetime.timedelta(days=1)}"
        yield estimate_row(table, before, "perception index, year before", row.before)
        key = table, now, row.domain, "sampled", "change on the year before, points"
        yield bounded_row(
            key, row.now.n, (row.change, row.low, row.high), "difference of two years"
        )
