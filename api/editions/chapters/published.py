"""Perception as others have published it, with deployments."""

from collections.abc import Iterator, Sequence

import msgspec

from api.editions.cells import (
    AreaNamer,
    area_namer,
    no_rate_note,
    rate_cell,
    report_tile,
    report_verdict,
    value_cell,
)
from api.editions.report import (
    ReportCell,
    ReportSection,
    ReportTable,
    ReportTile,
    drill_down_links,
    measure_links,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    association_rows,
    estimate_row,
    rate_row,
)
from api.editions.windows import counted_dates, no_rate_reason
from api.formatting import format_day, format_number, format_whole, item_name
from api.translating import edition_gettext as _
from survey.editions.chapters.index import BoroughTile, TilePosition
from survey.editions.chapters.published import PerceptionComparison
from survey.editions.edition import Edition
from survey.editions.figures import Estimate
from survey.sentences import N_

UNIT = N_("percentage points")


def published_sections(edition: Edition) -> Iterator[ReportSection]:
    """The last quarter of each item, as tiles and as a table, and the conclusion."""
    names = area_namer(edition)
    for item in dict.fromkeys(row.item for row in edition.beside):
        rows = last_quarter_rows(edition.beside, item)
        areas = {one.area for one in edition.tiles}
        boroughs = [row for row in rows if row.perception.domain in areas]
        # The publisher's figure for the whole force comes under a code that is no borough's.
        force = next((row.perception for row in rows if row.perception.domain not in areas), None)
        yield ReportSection(
            key=f"published-{item.replace('_', '-')}",
            heading=_("{item}: published figures to {day}").format(
                item=item_name(item), day=format_day(rows[0].quarter_end)
            ),
            period=_("{months} months to {day}").format(
                months=rows[0].months, day=format_day(rows[0].quarter_end)
            ),
            words=(published_words(force, rows[0].months),),
            tiles=tuple(published_tile(one, boroughs, force) for one in edition.tiles),
            tables=(published_table(boroughs, names),),
            measures=measure_links("published_perception", "deployment_rate"),
            rows=drill_down_links(edition, "files"),
        )
    if edition.published_association is not None:
        yield ReportSection(
            key="published",
            heading=_("Published perception and deployments together"),
            verdict=report_verdict(edition.published_association, UNIT),
            points=edition.published_association.caveats,
            measures=measure_links("association"),
        )


def last_quarter_rows(
    rows: Sequence[PerceptionComparison], item: str
) -> list[PerceptionComparison]:
    end = max(row.quarter_end for row in rows if row.item == item)
    return [row for row in rows if (row.item, row.quarter_end) == (item, end)]


def published_words(force: Estimate | None, months: int) -> str:
    if force is None or force.value is None:
        return _(
            "Per cent of residents over {months} months, as published. Earlier quarters are in the "
            "CSV."
        ).format(months=months)
    return _(
        "Per cent of residents over {months} months, as published. A tile shows whether the "
        "borough's interval leaves out the figure for the whole force, {figure}. Earlier quarters "
        "are in the CSV."
    ).format(months=months, figure=format_number(force.value))


def published_tile(
    one: BoroughTile, rows: Sequence[PerceptionComparison], force: Estimate | None
) -> ReportTile:
    """A borough's published figure on its tile."""
    mine = next((row.perception for row in rows if row.perception.domain == one.area), None)
    value = mine.value if mine is not None else None
    position = published_standing(mine, force)
    return report_tile(msgspec.structs.replace(one, value=value, standing=position), mine)


def published_standing(mine: Estimate | None, force: Estimate | None) -> TilePosition:
    if mine is None or mine.low is None or mine.high is None:
        return "withheld"
    # Without a figure for the whole force no borough can be above or below it.
    if force is None or force.value is None or mine.low <= force.value <= mine.high:
        return "within"
    return "below" if mine.high < force.value else "above"


def published_table(rows: Sequence[PerceptionComparison], names: AreaNamer) -> ReportTable:
    boroughs = sorted(rows, key=lambda row: names(row.perception.domain))
    return ReportTable(
        caption=_("Published perception compared with the quarter's deployments"),
        head=(
            _("Borough"),
            _("Per cent (95% interval)"),
            _("Answers"),
            _("Deployments · per 10,000"),
        ),
        rows=tuple(
            (
                ReportCell(names(row.perception.domain)),
                value_cell(row.perception),
                ReportCell(base_text(row.perception.n)),
                rate_cell(row.deployments),
            )
            for row in boroughs
        ),
        note=" ".join((*deployment_days(boroughs), no_rate_note())),
    )


def deployment_days(rows: Sequence[PerceptionComparison]) -> Iterator[str]:
    """The days of the quarter that its deployments count, and why there may be no rate."""
    counted = rows[0].counted if rows else None
    if counted is None:
        return
    if counted.days:
        dates = counted_dates(counted, (counted.start, counted.end))
        yield _("Deployments: {dates}.").format(dates=dates)
    if reason := no_rate_reason(counted):
        yield reason


def base_text(answers: int | None) -> str:
    return _("not published") if answers is None else format_whole(answers)


def comparison_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for row in edition.beside:
        end = str(row.quarter_end)
        yield estimate_row("published perception", end, row.item, row.perception)
        if row.deployments is not None:
            days = "/".join(map(str, row.counted.span)) if row.counted else end
            yield rate_row("published perception: deployments", days, row.deployments)


def panel_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    yield from association_rows("published panel", periods.whole, edition.published_association)
