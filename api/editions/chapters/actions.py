"""The section on what the working group decided to do, and the outcome."""

from collections.abc import Iterator

from api.editions.report import ReportCell, ReportSection, ReportTable
from api.formatting import format_short_day
from survey.editions.actions import Action
from survey.editions.edition import Edition


def actions_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.actions:
        last = "Actions from last month" if edition.kind == "monthly" else "Actions agreed before"
        yield ReportSection(
            key="actions",
            heading=last,
            tables=(
                ReportTable(
                    caption="What was agreed, and what became of it",
                    head=("Action", "Owner", "Due", "Standing"),
                    rows=tuple(
                        (ReportCell(one.what), *action_cells(one)) for one in edition.actions
                    ),
                    wordy=True,
                ),
            ),
        )


def action_cells(one: Action) -> tuple[ReportCell, ...]:
    standing = f"{one.status}: {one.outcome}" if one.outcome else one.status
    return ReportCell(one.owner), ReportCell(format_short_day(one.due)), ReportCell(standing)
