"""Tables of figures that page and files share, and those of rates by borough."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from api.editions.cells import area_namer, no_rate_notes, rate_cell
from api.editions.report import ReportCell, ReportTable, text_cell
from api.editions.rows import ExportRow, bounded_row, complaints_dates, no_rate_reason, uses_dates
from api.locales import edition_gettext as _
from api.locales import format_count, format_share_interval, format_whole
from survey.editions import Edition
from survey.editions.figures import Rate
from survey.editions.force import PeriodDeployments
from survey.words import is_london


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
    counts = (
        _("Complaints are to the nearest 5; deployments are exactly as published: {source}.")
        if edition.as_published
        else _("Counts are to the nearest 5.")
    ).format(source=edition.as_published)
    rates = _(
        "Rates are per 10,000 residents, for the days named, with their 95% interval. Residents "
        "are not the people police met: a rate does not show why."
    )
    return f"{counts} {rates}"


def interval_note() -> str:
    """What the interval of a rounded count allows for."""
    return _(
        "The interval of a rounded count allows for the rounding, and for the smaller counts that "
        "have no rate. Some say only up to where the rate may be: any lower rate could have led to "
        "this count."
    )


def totals_note(edition: Edition) -> Iterator[str]:
    """Why the period's total is not the sum of the boroughs, where both count the same window."""
    period = edition.this_period
    if period is None or edition.kind != "monthly" or not edition.deployments:
        return
    yield from elsewhere_note(period)
    if period.elsewhere is None:
        yield _("The total of the month also counts uses outside the boroughs; rates do not.")


def elsewhere_note(deployments: PeriodDeployments) -> Iterator[str]:
    """How many of the period's uses were outside the boroughs, where that is public."""
    if deployments.elsewhere and deployments.events is not None:
        said = _(
            "{total} uses in all: {inside} in the boroughs, {outside} elsewhere, such as at "
            "Heathrow or outside the force's area, where no residents are counted: they are in no "
            "rate."
        )
        if not is_london():
            said = _(
                "{total} uses in all: {inside} in the boroughs, {outside} elsewhere, where no "
                "residents are counted: they are in no rate."
            )
        yield said.format(
            total=format_whole(deployments.events),
            inside=format_whole(deployments.events - deployments.elsewhere),
            outside=format_whole(deployments.elsewhere),
        )


def has_same_days(edition: Edition) -> bool:
    """Whether complaints and deployments are counted over the same days."""
    counted = edition.rates_counted
    return counted is None or counted.is_comparable


def rate_tables(edition: Edition) -> Iterator[ReportTable]:
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


# A count or share, or a figure with its limits: base, value, low, high.
Figure = float | tuple[float | None, float | None, float | None, float | None] | None

# How a page says a figure that is neither a count nor a share with its limits.
Words = Callable[[float], str] | None


class Column(NamedTuple):
    """A figure of each row: its heading on the page, and its measure in files, in which "{row}" is
    the row's own.

    Without a heading files alone have it, without a measure the page alone.
    """

    head: str
    measure: str = "{row}"
    words: Words = None
    method: str = ""
    stream: str = ""


class Row(NamedTuple):
    """A row: its name on the page, without which files alone have it; in files its table, days,
    area and stream, and its measure.
    """

    name: str
    key: tuple[str, str, str, str]
    figures: Sequence[Figure]
    measure: str = ""


class DeclaredTable(NamedTuple):
    """Figures declared once, for page and files alike; `head` heads the rows of the page."""

    caption: str
    head: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""

    @property
    def page(self) -> ReportTable:
        return ReportTable(
            caption=self.caption,
            head=(self.head, *(column.head for column in self.columns if column.head)),
            rows=tuple(
                (
                    ReportCell(row.name),
                    *(
                        figure_cell(figure, column.words)
                        for column, figure in zip(self.columns, row.figures, strict=True)
                        if column.head
                    ),
                )
                for row in self.rows
                if row.name
            ),
            note=self.note,
        )

    def export(self) -> Iterator[ExportRow]:
        for row in self.rows:
            for column, figure in zip(self.columns, row.figures, strict=True):
                # A count is its own base.
                n = figure if isinstance(figure, int) else None
                n, *limits = figure if isinstance(figure, tuple) else (n, figure, None, None)
                if measure := column.measure.format(row=row.measure):
                    key = (*row.key[:3], column.stream or row.key[3], measure)
                    yield bounded_row(key, n, limits, column.method)


def figure_cell(figure: Figure, words: Words) -> ReportCell:
    if isinstance(figure, tuple):
        return text_cell(format_share_interval(*figure[1:]))
    if words is None or figure is None:
        return text_cell(format_count(None if figure is None else int(figure)))
    return text_cell(words(figure))
