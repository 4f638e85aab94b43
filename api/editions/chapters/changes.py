"""What was found, and what changed since the previous edition and why."""

from collections.abc import Iterator

from api.editions.cells import AreaNamer, area_namer
from api.editions.report import (
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    figure_row,
    words_row,
)
from api.formatting import (
    WITHHELD,
    format_change,
    format_number,
    format_sentence,
    format_whole,
)
from api.translating import edition_gettext as _
from survey.editions.chapters.changes import ChangeDecomposition
from survey.editions.edition import Edition
from survey.sentences import N_

MOST_FINDINGS = 5
MOST_MOVED = 15
FINDINGS_HEAD = (N_("Finding"), N_("How sure"), N_("What follows"))
FIGURES = {
    ("perception index", "points"): N_("Perception index, {area}"),
    ("deployments", "events"): N_("Deployments, {area}"),
    ("deployments", "per_10_000"): N_("Deployments per 10,000, {area}"),
    ("complaints", "events"): N_("Complaints, {area}"),
    ("complaints", "per_10_000"): N_("Complaints per 10,000, {area}"),
}


def what_changed_section(edition: Edition) -> Iterator[ReportSection]:
    """Of a week: up to five findings, each with how sure it is; without findings, the five largest
    changes.
    """
    if edition.kind == "monthly":
        return
    heading = _("What changed")
    if edition.findings:
        table = findings_table(edition, heading)
    elif edition.moved:
        table = largest_changes_table(edition, heading)
    else:
        return
    yield ReportSection(
        key="changed", heading=heading, tables=(table,), measures=measure_links("what_moved")
    )


def summary_section(edition: Edition) -> Iterator[ReportSection]:
    """Of a month, also what holds without a change: up to five findings, how sure each is, and what
    follows from it.
    """
    if edition.kind == "monthly" and edition.findings:
        yield ReportSection(
            key="summary",
            heading=_("Summary"),
            tables=(findings_table(edition, _("Summary")),),
            measures=measure_links("what_moved"),
        )


def findings_table(edition: Edition, caption: str) -> ReportTable:
    return ReportTable(
        caption=caption,
        head=tuple(map(_, FINDINGS_HEAD)),
        rows=tuple(
            (
                ReportCell(format_sentence(one.sentence)),
                ReportCell(one.confidence),
                ReportCell(format_sentence(one.so_what)),
            )
            for one in edition.findings[:MOST_FINDINGS]
        ),
        wordy=True,
    )


def largest_changes_table(edition: Edition, caption: str) -> ReportTable:
    names = area_namer(edition)
    return ReportTable(
        caption=caption,
        head=(_("Figure"), _("Before"), _("Now")),
        rows=tuple(
            (ReportCell(figure_name(one, names)), *was_and_now_cells(one))
            for one in edition.moved[:MOST_FINDINGS]
        ),
    )


def decomposition_section(edition: Edition) -> Iterator[ReportSection]:
    names, found = area_namer(edition), edition.moved
    if not found:
        return
    yield ReportSection(
        key="moved",
        heading=_("What changed since the last edition, and why"),
        words=tuple(decomposition_notes(len(found))),
        tables=(
            ReportTable(
                caption=_("What changed, and why"),
                head=(
                    *(_("Figure"), _("Before"), _("Now"), _("Change"), _("New data")),
                    *(_("Revised"), _("Recoded"), _("Method")),
                ),
                rows=tuple(
                    (ReportCell(figure_name(one, names)), *decomposition_cells(one))
                    for one in found[:MOST_MOVED]
                ),
            ),
        ),
        measures=measure_links("what_moved"),
    )


def decomposition_notes(number: int) -> Iterator[str]:
    yield _(
        "Each change is split into four parts that add up to it: new answers, texts and events; "
        "deployment figures that publishers revised; texts read under a newer codebook; and the "
        "method."
    )
    if number > MOST_MOVED:
        yield _(
            "The table lists the {most} that changed most; all are in the CSV and Parquet."
        ).format(most=MOST_MOVED)


def figure_name(one: ChangeDecomposition, names: AreaNamer) -> str:
    area = names(one.domain)
    message = FIGURES.get((one.figure, one.unit))
    if message:
        return _(message).format(area=area)
    theme = one.figure.replace("_", " ")
    return _("{theme}, {area}").format(theme=f"{theme[:1].upper()}{theme[1:]}", area=area)


def was_and_now_cells(one: ChangeDecomposition) -> tuple[ReportCell, ReportCell]:
    return ReportCell(level_text(one, one.was)), ReportCell(level_text(one, one.now))


def decomposition_cells(one: ChangeDecomposition) -> tuple[ReportCell, ...]:
    reasons = (one.answers, one.restated, one.recoded, one.method)
    return (
        *was_and_now_cells(one),
        ReportCell(change_text(one, one.now - one.was)),
        *(text_cell(WITHHELD) if x is None else ReportCell(change_text(one, x)) for x in reasons),
    )


def level_text(one: ChangeDecomposition, value: float) -> str:
    if one.unit in ("events", "texts"):
        return format_whole(value)
    if one.unit == "share":
        return f"{format_number(100 * value)}%"
    return (
        format_number(value, "#,##0.00", places=2)
        if one.unit == "per_10_000"
        else format_number(value)
    )


def change_text(one: ChangeDecomposition, value: float) -> str:
    if one.unit in ("events", "texts"):
        return format_change(value, "+#,##0;-#,##0", places=0)
    if one.unit == "per_10_000":
        return format_change(value, "+#,##0.00;-#,##0.00", places=2)
    return format_change(100 * value if one.unit == "share" else value)


def finding_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for one in edition.findings:
        said = f"{one.sentence} {one.confidence}. {one.so_what}"
        yield words_row("findings", periods.whole, edition.city, "finding", said)


def change_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for one in edition.moved:
        yield from change_reason_rows(one, periods.whole)


def change_reason_rows(one: ChangeDecomposition, whole: str) -> Iterator[ExportRow]:
    """The figure before and now, and the four reasons that add up to the difference."""
    for name, value in (
        ("was", one.was),
        ("now", one.now),
        ("by new answers", one.answers),
        ("by revised deployments", one.restated),
        ("by recoding", one.recoded),
        ("by method", one.method),
    ):
        measure = f"{one.table}: {one.figure}, {name}"
        yield figure_row("what moved", whole, one.domain, measure, value, one.unit)
