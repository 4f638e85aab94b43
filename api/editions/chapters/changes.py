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
from survey.editions.chapters.changes import ChangeDecomposition
from survey.editions.edition import Edition

MOST_FINDINGS = 5
MOST_MOVED = 15
LIKELY = ("How sure", "So what")


def what_changed_section(edition: Edition) -> Iterator[ReportSection]:
    """Up to five findings, each with how sure it is; without findings, the five largest changes."""
    names, found = area_namer(edition), edition.findings[:MOST_FINDINGS]
    rows = tuple(
        (
            ReportCell(format_sentence(one.sentence)),
            ReportCell(one.confidence),
            ReportCell(format_sentence(one.so_what)),
        )
        for one in found
    )
    head = ("What", *LIKELY)
    if not found and edition.moved:
        largest = edition.moved[:MOST_FINDINGS]
        rows = tuple(
            (ReportCell(figure_name(one, names)), *was_and_now_cells(one)) for one in largest
        )
        head = ("What", "Was", "Is")
    if rows:
        yield ReportSection(
            key="changed",
            heading="What changed",
            tables=(ReportTable(caption="What changed", head=head, rows=rows, wordy=bool(found)),),
            measures=measure_links("what_moved"),
        )


def summary_section(edition: Edition) -> Iterator[ReportSection]:
    """Up to five findings: what was found, how sure that is, and what follows from it."""
    found = edition.findings[:MOST_FINDINGS]
    if found:
        yield ReportSection(
            key="summary",
            heading="Summary",
            tables=(
                ReportTable(
                    caption="Summary",
                    head=("Finding", *LIKELY),
                    rows=tuple(
                        (
                            ReportCell(format_sentence(one.sentence)),
                            ReportCell(one.confidence),
                            ReportCell(format_sentence(one.so_what)),
                        )
                        for one in found
                    ),
                    wordy=True,
                ),
            ),
            measures=measure_links("what_moved"),
        )


def decomposition_section(edition: Edition) -> Iterator[ReportSection]:
    names, found = area_namer(edition), edition.moved
    if not found:
        return
    listed = (
        f" The {MOST_MOVED} that moved most are listed; all are in the CSV and Parquet."
        if len(found) > MOST_MOVED
        else ""
    )
    yield ReportSection(
        key="moved",
        heading="What moved since the edition before, and why",
        words=(
            "Each figure that moved is split into four reasons that add up to the whole: new "
            "answers, texts and events; deployments that were restated; texts that were read under "
            f"a newer codebook; and the method.{listed}",
        ),
        tables=(
            ReportTable(
                caption="What moved, and why",
                head=("Figure", "Was", "Is", "Change", "New", "Restated", "Recoded", "Method"),
                rows=tuple(
                    (ReportCell(figure_name(one, names)), *decomposition_cells(one))
                    for one in found[:MOST_MOVED]
                ),
            ),
        ),
        measures=measure_links("what_moved"),
    )


def figure_name(one: ChangeDecomposition, names: AreaNamer) -> str:
    figure = one.figure.replace("_", " ")
    if one.unit == "per_10_000":
        figure += " per 10,000"
    return f"{figure[:1].upper()}{figure[1:]}, {names(one.domain)}"


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
        return f"{format_number(100 * value)}\N{NO-BREAK SPACE}%"
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
        ("by restated deployments", one.restated),
        ("by recoding", one.recoded),
        ("by method", one.method),
    ):
        measure = f"{one.table}: {one.figure}, {name}"
        yield figure_row("what moved", whole, one.domain, measure, value, one.unit)
