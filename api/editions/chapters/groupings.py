"""Groups of boroughs that are looked at together: a table for each grouping."""

from collections.abc import Iterator

from api.editions.cells import SMALL, area_namer, estimate_cells, no_rate_notes, rate_cell
from api.editions.report import ReportCell, ReportSection, ReportTable, measure_links, text_cell
from api.editions.rows import (
    ExportRow,
    Periods,
    complaints_dates,
    estimate_row,
    index_dates,
    rate_row,
    uses_dates,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.figures import GroupedFigures
from survey.sentences import N_

WHAT_A_GROUP_IS = N_(
    "The index of a group is made of all answers from its boroughs. A figure is withheld where it "
    "would give away one borough."
)


def grouped_sections(edition: Edition) -> Iterator[ReportSection]:
    """Each grouping with its groups in the order of the city's list, folded."""
    for grouped in edition.grouped:
        yield ReportSection(
            key=f"grouped-{grouped.name}",
            heading=grouped.name,
            words=(_(WHAT_A_GROUP_IS),),
            folded=(grouped_table(edition, grouped),),
            measures=measure_links("perception_index", "deployment_rate", "complaint_rate"),
        )


def grouped_table(edition: Edition, grouped: GroupedFigures) -> ReportTable:
    names = area_namer(edition)
    index = {estimate.domain: estimate_cells(estimate) for estimate in grouped.index}
    uses, complaints = (
        {rate.domain: rate_cell(rate) for rate in of}
        for of in (grouped.deployments, grouped.complaints)
    )
    missing = text_cell("\N{EN DASH}")
    small = any(estimate.status == "flagged" for estimate in grouped.index)
    return ReportTable(
        caption=_("Index, deployments and complaints by group"),
        head=(
            _("Group"),
            _("Index (95% interval), {dates}").format(dates=index_dates(edition)),
            _("Answers"),
            _("Deployments, {dates}").format(dates=uses_dates(edition)),
            _("Complaints, {dates}").format(dates=complaints_dates(edition)),
        ),
        rows=tuple(
            (
                ReportCell(
                    group.name,
                    under=", ".join(map(names, group.areas)),
                    address=f"/reports/boroughs/{group.code}",
                ),
                *index.get(group.code, (missing, missing)),
                uses.get(group.code, missing),
                complaints.get(group.code, missing),
            )
            for group in grouped.groups
        ),
        note=" ".join(
            (
                *([_(SMALL)] if small else []),
                *no_rate_notes((*grouped.deployments, *grouped.complaints)),
            )
        ),
    )


def group_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for grouped in edition.grouped:
        for estimate in grouped.index:
            yield estimate_row("index by group", periods.index, "perception index", estimate)
        for rate in grouped.deployments:
            yield rate_row("deployments by group", periods.uses, rate)
        for rate in grouped.complaints:
            yield rate_row("complaints by group", periods.complaints, rate)
