"""The section on published figures that have changed since the previous edition."""

from collections.abc import Callable, Iterator

from api.editions.behind import drill_down_links
from api.editions.report import (
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.formatting import format_count, format_dates, format_whole, tactic_name
from survey.editions.chapters.quality import RestatedFigure
from survey.editions.edition import Edition

MOST = 30


def restated_section(edition: Edition, names: Callable[[str], str]) -> Iterator[ReportSection]:
    found = edition.restated
    if found:
        yield ReportSection(
            key="restated",
            heading="What publishers have restated",
            words=(
                f"Since the edition before, {format_whole(len(found))} figures of deployments "
                "are told "
                "otherwise. This edition has the newer ones, and the edition before stands as it "
                f"was. {shortened_note(len(found))}Counts to the nearest 5.",
            ),
            tables=(restated_table(found[:MOST], names),),
            measures=measure_links("restated"),
            rows=drill_down_links(edition, "files"),
        )


def shortened_note(number: int) -> str:
    if number <= MOST:
        return ""
    return f"The {MOST} that moved most are listed; all are in the CSV and JSON. "


def restated_table(found: tuple[RestatedFigure, ...], names: Callable[[str], str]) -> ReportTable:
    return ReportTable(
        caption="Figures that were restated",
        head=("Where and when", "Use", "Was", "Is"),
        rows=tuple(
            (
                ReportCell(f"{names(row.area)}, {format_dates(row.start, row.end)}"),
                ReportCell(tactic_name(row.tactic)),
                text_cell(format_count(row.was)),
                text_cell(format_count(row.now)),
            )
            for row in found
        ),
    )
