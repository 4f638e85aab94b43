"""Rates of complaints and deployments by borough, and tables of figures with their intervals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from api.editions.cells import area_namer, interval_cell, no_rate_notes, rate_cell
from api.editions.report import ReportCell, ReportTable, text_cell
from api.editions.rows import ExportRow, bounded_row, complaints_dates, no_rate_reason, uses_dates
from api.locales import edition_gettext as _
from api.locales import format_count, format_whole
from survey.editions import Edition
from survey.editions.figures import FigureTable, Rate
from survey.editions.force import PeriodDeployments


def counted_note(edition: Edition) -> Iterator[str]:
    """The days that the rates count, if one table holds all; else why there are two."""
    reason = no_rate_reason(edition.rates_counted)
    if reason:
        yield reason
    elif has_same_days(edition):
        yield f"{uses_dates(edition)}."
    else:
        yield _(
            "Deployments are not known for some days in between, so complaints of the same "
            "days cannot be set next to them."
        )


def rates_note(edition: Edition) -> str:
    if edition.as_published:
        return _(
            "Complaints are to the nearest 5; deployments are exactly as published: {source}. "
            "Rates are per 10,000 residents and for the days named, with their 95% interval; that "
            "of rounded counts allows for the rounding and for the smaller counts that have no "
            "rate; it says up to where any lower rate could have led to this count. Residents are "
            "not the people police met: a rate does not show why."
        ).format(source=edition.as_published)
    return _(
        "Counts are to the nearest 5; rates are per 10,000 residents and for the days named, with "
        "their 95% interval, which allows for the rounding and for the smaller counts that have no "
        "rate; it says up to where any lower rate could have led to this count. Residents are not "
        "the people police met: a rate does not show why."
    )


def totals_note(edition: Edition) -> Iterator[str]:
    """Why the total of the period and that of the boroughs differ, where both are of one window."""
    found = edition.this_period
    if found is None or edition.kind != "monthly" or not edition.deployments:
        return
    yield from elsewhere_note(found)
    if found.elsewhere is None:
        yield _(
            "The total of the month also counts uses outside the boroughs, where nobody lives; "
            "rates do not."
        )


def elsewhere_note(deployments: PeriodDeployments) -> Iterator[str]:
    """How many of the period's uses were outside the boroughs, where that is public."""
    if deployments.elsewhere and deployments.events is not None:
        yield _(
            "{total} uses in all: {inside} in the boroughs, {outside} elsewhere, such as at "
            "Heathrow or outside the force's area, where no residents are counted: they are in no "
            "rate."
        ).format(
            total=format_whole(deployments.events),
            inside=format_whole(deployments.events - deployments.elsewhere),
            outside=format_whole(deployments.elsewhere),
        )


def has_same_days(edition: Edition) -> bool:
    """Whether complaints and deployments are counted over the same days."""
    counted = edition.rates_counted
    return counted is None or counted.is_comparable


def tables(edition: Edition) -> Iterator[ReportTable]:
    if "complaints" in edition.uncollected:
        yield from deployments_tables(edition)
        return
    if has_same_days(edition):
        yield rates_table(
            edition,
            _("Complaints and deployments by borough"),
            (_("Complaints · per 10,000"), edition.complaints),
            (_("Deployments · per 10,000"), edition.deployments),
        )
        return
    yield rates_table(
        edition,
        _("Complaints by borough, {dates}").format(dates=complaints_dates(edition)),
        (_("Complaints · per 10,000"), edition.complaints),
    )
    yield from deployments_tables(edition)


def deployments_tables(edition: Edition) -> Iterator[ReportTable]:
    if edition.deployments:
        yield rates_table(
            edition,
            _("Deployments by borough, {dates}").format(dates=uses_dates(edition)),
            (_("Deployments · per 10,000"), edition.deployments)
            if not no_rate_reason(edition.rates_counted)
            else (_("Deployments"), edition.deployments),
        )


def rates_table(
    edition: Edition, caption: str, *columns: tuple[str, tuple[Rate, ...]]
) -> ReportTable:
    """The counts and rates of each area: a column for each heading with its rates."""
    names = area_namer(edition)
    domains = sorted(
        {rate.domain for _heading, rates in columns for rate in rates},
        key=lambda domain: (domain != edition.city, names(domain)),
    )
    return ReportTable(
        caption=caption,
        head=(_("Borough"), *(heading for heading, _rates in columns)),
        rows=tuple(
            (
                ReportCell(names(domain)),
                *(
                    rate_cell(next((rate for rate in rates if rate.domain == domain), None))
                    for _heading, rates in columns
                ),
            )
            for domain in domains
        ),
        note=" ".join(no_rate_notes(rate for _heading, rates in columns for rate in rates)),
    )


class IntervalColumn(NamedTuple):
    """A figure of each row: its heading on the page, and what files say before and after the row.

    It is `of` a count of the table, or of the row's own, which then has a column before it.
    """

    figure: str
    head: str
    before: str
    after: str
    method: str
    of: str = ""


def interval_table(
    table: FigureTable,
    columns: Sequence[IntervalColumn],
    head: str,
    *,
    caption: str,
    names: Mapping[str, str] | None = None,
    note: str = "",
    blank_note: str = "",
) -> ReportTable:
    """The table as a page shows it, the last column first; `head` heads its rows.

    `names` are the words of the rows, if these are no words. `blank_note` is said where a figure of
    the first column is withheld.
    """
    own = not columns[0].of
    rows = [(row, table.figure(columns[0].figure, row).value) for row in table.rows]
    return ReportTable(
        caption=caption,
        head=(
            head,
            *([_("People")] if own else []),
            *(column.head for column in reversed(columns)),
        ),
        rows=tuple(
            (
                ReportCell(_(names[row]) if names else row),
                *([text_cell(format_count(table.row_count(row)))] if own else []),
                *(interval_cell(table.figure(column.figure, row)) for column in reversed(columns)),
            )
            for row, _value in rows
        ),
        note=blank_note if blank_note and any(value is None for _row, value in rows) else note,
    )


def interval_rows(
    table: FigureTable, columns: Sequence[IntervalColumn], key: tuple[str, str, str, str]
) -> Iterator[ExportRow]:
    """The figures of the table for files, row by row."""
    for row in table.rows:
        for column in columns:
            n = table.count(column.of) if column.of else table.row_count(row)
            measure = f"{column.before}{row}{column.after}"
            yield bounded_row(
                (*key, measure), n, table.figure(column.figure, row).cells, column.method
            )
