"""The twelve months to the end of a month, and the change on the year before, by borough."""

import datetime
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from api.editions.cells import area_namer, estimate_cells, no_rate_note, rate_cell
from api.editions.report import (
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
from api.formatting import (
    WITHHELD,
    format_change,
    format_dates,
    format_day,
    format_number,
    format_range,
    format_whole,
)
from api.translating import edition_gettext as _
from survey.editions.edition import Edition
from survey.editions.force import TwelveMonths, YearCounts, YearIndex, YearMeasure, YearRow
from survey.sentences import N_

WHOLE_CHANGE = "+#,##0;-#,##0"
COUNTS: dict[YearMeasure, str] = {
    "deployments": N_("Deployments · per 10,000"),
    "complaints": N_("Complaints · per 10,000"),
}
DAYS: dict[YearMeasure, str] = {
    "deployments": N_("Deployments: {dates}."),
    "complaints": N_("Complaints: {dates}."),
}
CHANGES: dict[YearMeasure, str] = {
    "deployments": N_("Deployments: change on the year before"),
    "complaints": N_("Complaints: change on the year before"),
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
VARY: dict[YearMeasure, str] = {
    "deployments": N_(
        "Deployments vary {phi} times as much from month to month as chance alone allows; the "
        "intervals allow for that."
    ),
    "complaints": N_(
        "Complaints vary {phi} times as much from month to month as chance alone allows; the "
        "intervals allow for that."
    ),
}
CHANCE_SHARE = 20  # one interval of 95 % in twenty leaves out the true value


class YearColumn(NamedTuple):
    """A column: its heading, and the cell of each place."""

    heading: str
    cells: dict[str, ReportCell]


def year_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.twelve_months
    if found is None:
        return
    yield ReportSection(
        key="twelve-months",
        heading=_("Twelve months, and the change on the year before"),
        words=tuple(year_words(found)),
        tables=(year_table(edition, found),),
        measures=measure_links("twelve_months"),
        rows=drill_down_links(edition, "deployments", "complaints"),
    )


def year_words(found: TwelveMonths) -> Iterator[str]:
    """Which days are counted, what has no figure or change and why, and what chance does."""
    yield _("{dates}, compared with the twelve months from {before}.").format(
        dates=format_dates(found.start, found.end), before=format_day(found.before)
    )
    for one in found.counts:
        yield from counts_words(one)
    if found.index and not any(one.before for one in found.index):
        yield _("The index has no change: too few weeks of the year before have answers.")
    places = len(changed_places(found))
    if places >= CHANCE_SHARE:
        yield _(
            "Read the changes as a whole: without any change at all, about {few} of {many} places "
            "would have an interval that leaves out 0."
        ).format(few=format_whole(places / CHANCE_SHARE), many=format_whole(places))


def counts_words(one: YearCounts) -> Iterator[str]:
    if one.no_change == "short":
        reason = no_rate_reason(one.counted)
        # Where no force ever sent figures there is nothing to explain.
        if one.measure == "complaints" or one.counted.no_rate != "none":
            yield _(SHORT[one.measure]).format(reason=reason)
        return
    days = counted_dates(one.counted, (one.counted.start, one.counted.end))
    if not one.counted.is_whole:
        yield _(DAYS[one.measure]).format(dates=days)
    if one.no_change == "before":
        then = one.counted_before
        yield _(NO_CHANGE[one.measure]).format(days=then.days, of_days=then.of_days)
    elif one.phi > 1:
        yield _(VARY[one.measure]).format(phi=format_number(one.phi))


def changed_places(found: TwelveMonths) -> set[str]:
    rows: list[YearRow | YearIndex] = [
        *(row for one in found.counts for row in one.rows),
        *found.index,
    ]
    return {row.domain for row in rows if row.change is not None}


def year_table(edition: Edition, found: TwelveMonths) -> ReportTable:
    columns = [*year_columns(found)]
    names = area_namer(edition)
    places = sorted(
        {place for one in columns for place in one.cells},
        key=lambda place: (place != edition.city, names(place)),
    )
    return ReportTable(
        caption=_("Twelve months to {end}, by borough").format(end=format_day(found.end)),
        head=(_("Borough"), *(one.heading for one in columns)),
        rows=tuple(
            (
                ReportCell(names(place)),
                *(one.cells.get(place, text_cell(WITHHELD)) for one in columns),
            )
            for place in places
        ),
        note=" ".join((_("In brackets: 95% interval."), no_rate_note())),
    )


def year_columns(found: TwelveMonths) -> Iterator[YearColumn]:
    for one in found.counts:
        if one.rows:
            yield YearColumn(
                _(COUNTS[one.measure]), {row.domain: rate_cell(row.now) for row in one.rows}
            )
            if not one.no_change:
                cells = {row.domain: per_cent_cell(row) for row in one.rows}
                yield YearColumn(_(CHANGES[one.measure]), cells)
    if found.index:
        yield YearColumn(
            _("Perception index"),
            {one.domain: index_cell(one) for one in found.index},
        )
        if any(one.before for one in found.index):
            cells = {one.domain: points_cell(one) for one in found.index}
            yield YearColumn(_("Index: change in points"), cells)


def per_cent_cell(row: YearRow) -> ReportCell:
    """The change of a count in per cent, with its interval."""
    if row.change is None or row.low is None or row.high is None:
        return text_cell(WITHHELD)
    change, low, high = (
        f"{format_change(one, WHOLE_CHANGE, places=0)}%" for one in (row.change, row.low, row.high)
    )
    return ReportCell(f"{change} ({format_range(low, high)})")


def index_cell(one: YearIndex) -> ReportCell:
    """The index with its interval, and below it how many answered."""
    value, answers = estimate_cells(one.now)
    if one.now.value is None:
        return value
    under = _("{answers} answers").format(answers=answers.text)
    return msgspec.structs.replace(value, under=under)


def points_cell(one: YearIndex) -> ReportCell:
    """The change of the index in points, with its interval."""
    if one.change is None or one.low is None or one.high is None:
        return text_cell(WITHHELD)
    change, low, high = (format_change(each) for each in (one.change, one.low, one.high))
    return ReportCell(f"{change} ({format_range(low, high)})")


def year_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    found = edition.twelve_months
    if found is None:
        return
    for one in found.counts:
        yield from count_rows(one)
    for row in found.index:
        yield from index_rows(found, row)


def count_rows(one: YearCounts) -> Iterator[ExportRow]:
    table = f"twelve months: {one.measure}"
    now, before = ("/".join(map(str, days.span)) for days in (one.counted, one.counted_before))
    for row in one.rows:
        yield rate_row(table, now, row.now)
        if row.before is not None:
            yield rate_row(table, before, row.before)
            key = table, now, row.domain, "", "change on the year before, per cent"
            limits = row.change, row.low, row.high
            method = f"Clopper-Pearson of rates per day, φ {one.phi:g}"
            yield bounded_row(key, row.now.events, limits, method)


def index_rows(found: TwelveMonths, row: YearIndex) -> Iterator[ExportRow]:
    table, now = "twelve months: index", f"{found.start}/{found.end}"
    yield estimate_row(table, now, "perception index", row.now)
    if row.before is not None:
        before = f"{found.before}/{found.start - datetime.timedelta(days=1)}"
        yield estimate_row(table, before, "perception index, year before", row.before)
        key = table, now, row.domain, "sampled", "change on the year before, points"
        yield bounded_row(
            key, row.now.n, (row.change, row.low, row.high), "difference of two years"
        )
