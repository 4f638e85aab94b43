"""How complete and how good the data are, and which published figures were revised."""

from collections.abc import Iterator

from api.editions.cells import READ_BY, AreaNamer, area_namer
from api.editions.report import (
    ReportCell,
    ReportSection,
    ReportTable,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, bounded_row, figure_row, words_row
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from api.locales import format_count, format_dates, format_sentence, format_whole, tactic_name
from survey.editions import Edition
from survey.editions.figures import Completeness, RestatedFigure

MOST = 30


def late_in_words(number_of: int | None) -> str:
    if number_of is None:
        return _("a few")
    return format_whole(number_of) if number_of else _("none")


def restated_section(edition: Edition) -> Iterator[ReportSection]:
    revisions = edition.restated
    if revisions:
        yield ReportSection(
            key="restated",
            heading=_("What publishers have revised"),
            words=(
                restated_sentence(len(revisions)),
                restated_counts_note(revisions),
                *shortened_note(len(revisions)),
            ),
            tables=(restated_table(revisions[:MOST], area_namer(edition)),),
            measures=measure_links("restated"),
            rows=drill_down_links(edition, "files"),
        )


def restated_sentence(number: int) -> str:
    return _n(
        "Since the report before this one, {n} deployment figure has been revised. This report "
        "uses the newer one; the one before is unchanged.",
        "Since the report before this one, {n} deployment figures have been revised. This report "
        "uses the newer ones; the one before is unchanged.",
        number,
    ).format(n=format_whole(number))


def restated_counts_note(revisions: tuple[RestatedFigure, ...]) -> str:
    exact = [revision.published for revision in revisions]
    if all(exact):
        return _("Counts are exactly as published.")
    if any(exact):
        return _("Counts of published tables are exact, others are to the nearest 5.")
    return _("Counts are to the nearest 5.")


def shortened_note(number: int) -> Iterator[str]:
    if number > MOST:
        yield _(
            "The table lists the {most} that changed most; all are in the CSV and JSON."
        ).format(most=MOST)


def restated_table(revisions: tuple[RestatedFigure, ...], names: AreaNamer) -> ReportTable:
    return ReportTable(
        caption=_("Figures that were revised"),
        head=(_("Where and when"), _("Use"), _("Before"), _("Now")),
        rows=tuple(
            (
                ReportCell(f"{names(row.area)}, {format_dates(row.start, row.end)}"),
                ReportCell(tactic_name(row.tactic)),
                text_cell(format_count(row.was)),
                text_cell(format_count(row.now)),
            )
            for row in revisions
        ),
    )


def quality_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.quality:
        yield ReportSection(
            key="quality",
            heading=_("How good the data are"),
            points=tuple(format_sentence(note.sentence) for note in edition.quality),
            measures=measure_links("completeness"),
            rows=drill_down_links(edition, "files"),
        )


def completeness_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    completeness = edition.completeness
    if completeness is not None:
        for name, value in (
            (f"boroughs with answers, of {completeness.of_areas}", completeness.areas),
            (f"weeks reported, of {completeness.of_weeks}", completeness.weeks),
            *days_reported(completeness),
            ("deployments reported late", completeness.late),
        ):
            yield figure_row("completeness", periods.whole, edition.city, name, value)


def days_reported(completeness: Completeness) -> Iterator[tuple[str, int]]:
    """The days with deployment figures; older editions do not have them."""
    if completeness.days is not None:
        yield f"days reported, of {completeness.of_days}", completeness.days


def accuracy_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    """How far two people agreed on themes, and the machine with them."""
    accuracy = edition.accuracy
    if accuracy is not None and accuracy.f1.value is not None:
        key = "themes", str(accuracy.quarter), edition.city, ""
        for measure, figure in (
            ("Krippendorff's alpha of two people", accuracy.alpha),
            ("F1: machine and people", accuracy.f1),
        ):
            limits = figure.value, figure.low, figure.high
            yield bounded_row((*key, measure), accuracy.labels, limits, READ_BY["people"])


def note_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for line in edition.quality:
        yield words_row("quality", periods.whole, edition.city, line.kind, line.sentence)


def restated_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    yield from map(restated_row, edition.restated)


def restated_row(figure: RestatedFigure) -> ExportRow:
    """A figure that has changed since the previous edition."""
    key = "restated", f"{figure.start}/{figure.end}", figure.area, "", figure.tactic
    was = "withheld or not reported" if figure.was is None else str(figure.was)
    status = "withheld" if figure.now is None else "shown"
    return *key, figure.now, figure.now, None, None, f"was {was}; {figure.source}", status
