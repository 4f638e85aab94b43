"""What was found, and what changed since the previous edition and why."""

from collections.abc import Iterator, Sequence

from api.editions.cells import AreaNamer, area_namer
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    bounded_row,
    figure_row,
    has_before,
    page_before,
    page_before_label,
    words_row,
)
from api.locales import (
    WITHHELD,
    format_change,
    format_number,
    format_range,
    format_sentence,
    format_whole,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.actions import ChangeDecomposition
from survey.sentences import N_

MOST_FINDINGS = 5
MOST_THEMES = 6
MOST_AREAS = 8
FINDINGS_HEAD = (N_("Finding"), N_("How sure"), N_("What follows"))
PARTS = {
    "answers": N_("New data"),
    "restated": N_("Revised"),
    "recoded": N_("Recoded"),
    "method": N_("Method"),
}
ALLOWED = N_(
    "The largest of many changes is always partly chance. So we show what is left of it once we "
    "know all others of its kind: it can be smaller than now minus before."
)
CHOSEN = N_("The interval of a theme or borough allows for its choice from all of its kind.")
FIGURES = {
    ("perception index", "points"): N_("Perception index, {area}"),
    ("deployments", "events"): N_("Deployments, {area}"),
    ("deployments", "per_10_000"): N_("Deployments per 10,000, {area}"),
    ("complaints", "events"): N_("Complaints, {area}"),
    ("complaints", "per_10_000"): N_("Complaints per 10,000, {area}"),
}


def what_changed_section(edition: Edition) -> Iterator[ReportSection]:
    """The findings of a week: up to five, each with how sure it is; if there are none, the five
    largest changes.
    """
    if edition.kind == "monthly":
        return
    heading = _("What changed")
    if edition.findings:
        table = findings_table(edition, heading)
    elif edition.moved and has_before(edition):
        table = largest_changes_table(edition, heading)
    else:
        return
    yield ReportSection(
        key="changed", heading=heading, tables=(table,), measures=measure_links("what_moved")
    )


def summary_section(edition: Edition) -> Iterator[ReportSection]:
    """The findings of a month, also what did not change: up to five, how sure each is, and what
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
                ReportCell(format_sentence(finding.sentence)),
                ReportCell(finding.confidence),
                ReportCell(format_sentence(finding.so_what)),
            )
            for finding in edition.findings[:MOST_FINDINGS]
        ),
        wordy=True,
    )


def largest_changes_table(edition: Edition, caption: str) -> ReportTable:
    names = area_namer(edition)
    return ReportTable(
        caption=caption,
        head=(
            *(_("Figure"), page_before_label(edition)),
            *(_("Now"), _("Change (95% interval)")),
        ),
        rows=tuple(
            (ReportCell(figure_name(change, names)), *change_cells(change))
            for change in shown_changes(edition)[:MOST_FINDINGS]
        ),
        note=_(ALLOWED),
    )


def decomposition_section(edition: Edition) -> Iterator[ReportSection]:
    names, changes = area_namer(edition), shown_changes(edition)
    if not changes or not has_before(edition):
        return
    of_parts = [name for name in PARTS if any(getattr(change, name) for change in changes)]
    parts = [] if of_parts == ["answers"] else of_parts
    yield ReportSection(
        key="moved",
        heading=_("Compared with {before}").format(before=page_before(edition)),
        words=tuple(change_notes(edition, changes)),
        tables=(
            ReportTable(
                caption=_("What changed, and why"),
                head=(
                    _("Figure"),
                    page_before_label(edition),
                    _("Now"),
                    _("Change (95% interval)"),
                ),
                rows=tuple(
                    (ReportCell(figure_name(change, names)), *change_cells(change))
                    for change in changes
                ),
            ),
        ),
        for_statisticians=ForStatisticians(
            words=(_(CHOSEN),) if any(change.looked > 1 for change in changes) else (),
            tables=(parts_table(changes, parts, names),) if parts else (),
        ),
        measures=measure_links("what_moved"),
    )


def shown_changes(edition: Edition) -> list[ChangeDecomposition]:
    """The changes that a page lists: the city, then the clearest of themes and of boroughs.

    Of a count and its rate the rate is listed.
    """
    rated = {
        (change.figure, change.domain) for change in edition.moved if change.unit == "per_10_000"
    }
    rows = [
        change
        for change in edition.moved
        if change.unit != "events" or (change.figure, change.domain) not in rated
    ]
    themes = [row for row in rows if row.table == "themes"]
    told = any(finding.was is not None for finding in edition.findings)
    city = [
        row
        for row in rows
        if row.domain == edition.city
        and row.table != "themes"
        # The findings say it by another interval, and two on a page would contradict each other.
        and not (told and row.table == "index")
    ]
    areas = [row for row in rows if row.domain != edition.city]
    names = area_namer(edition)
    return [
        *city,
        *clearest(themes, MOST_THEMES, names),
        *clearest(areas, MOST_AREAS, names),
    ]


def clearest(
    rows: Sequence[ChangeDecomposition], most: int, names: AreaNamer
) -> Sequence[ChangeDecomposition]:
    """The first `most` rows if their changes allow for picking the largest; else, as in editions
    from before changes were pooled, all rows by name.
    """
    if all(row.low is None or row.allowed is not None for row in rows):
        return rows[:most]
    return sorted(rows, key=lambda row: figure_name(row, names))


def parts_table(
    changes: Sequence[ChangeDecomposition], parts: Sequence[str], names: AreaNamer
) -> ReportTable:
    """Each change split into these parts."""
    return ReportTable(
        caption=_("The parts of each change"),
        head=(_("Figure"), *(_(PARTS[name]) for name in parts)),
        rows=tuple(
            (
                ReportCell(figure_name(change, names)),
                *(
                    text_cell(WITHHELD) if part is None else ReportCell(change_text(change, part))
                    for part in (getattr(change, name) for name in parts)
                ),
            )
            for change in changes
        ),
        note=_(
            "The parts add up to now minus before: new answers, texts and events; deployment "
            "figures that publishers revised; texts read under a newer codebook; and the method."
        ),
    )


def change_notes(edition: Edition, changes: Sequence[ChangeDecomposition]) -> Iterator[str]:
    yield _(
        "{city} comes first, then themes and boroughs. Changes that rounding alone can make are "
        "left out."
    ).format(city=edition.city)
    picked = max((change.looked for change in changes), default=1)
    if picked > 1:
        yield _(
            "Themes and boroughs are those that changed most clearly, of up to {looked} of a kind. "
            "{allowed}"
        ).format(looked=picked, allowed=_(ALLOWED))
    if edition.kind == "weekly":
        yield _(
            "The index and themes cover four weeks, and rates 13 weeks. Two reports that are "
            "closer than that share days."
        )
    if len(edition.moved) > len(changes):
        yield _(
            "The table lists the first {most}; all {number} are in the CSV and Parquet."
        ).format(most=len(changes), number=len(edition.moved))


def figure_name(decomposition: ChangeDecomposition, names: AreaNamer) -> str:
    area = names(decomposition.domain)
    message = FIGURES.get((decomposition.figure, decomposition.unit))
    if message:
        return _(message).format(area=area)
    theme = decomposition.figure.replace("_", " ")
    return _("{theme}, {area}").format(theme=f"{theme[:1].upper()}{theme[1:]}", area=area)


def change_cells(decomposition: ChangeDecomposition) -> tuple[ReportCell, ...]:
    return (
        ReportCell(level_text(decomposition, decomposition.was)),
        ReportCell(level_text(decomposition, decomposition.now)),
        ReportCell(change_with_interval(decomposition)),
    )


def change_with_interval(decomposition: ChangeDecomposition) -> str:
    """The change, with its interval where there is one: +0.6 (−0.9 to +2.1)."""
    change = change_text(decomposition, change_of(decomposition))
    if decomposition.low is None or decomposition.high is None:
        return change
    limits = format_range(
        change_text(decomposition, decomposition.low),
        change_text(decomposition, decomposition.high),
    )
    return _("{change} ({limits})").format(change=change, limits=limits)


def change_of(decomposition: ChangeDecomposition) -> float:
    """Now minus before, or the change that allows for picking it from many."""
    return (
        decomposition.now - decomposition.was
        if decomposition.allowed is None
        else decomposition.allowed
    )


def level_text(decomposition: ChangeDecomposition, value: float) -> str:
    if decomposition.unit in ("events", "texts"):
        return format_whole(value)
    if decomposition.unit == "share":
        return f"{format_number(100 * value)}%"
    return (
        format_number(value, "#,##0.00", places=2)
        if decomposition.unit == "per_10_000"
        else format_number(value)
    )


def change_text(decomposition: ChangeDecomposition, value: float) -> str:
    if decomposition.unit in ("events", "texts"):
        return format_change(value, "+#,##0;-#,##0", places=0)
    if decomposition.unit == "per_10_000":
        return format_change(value, "+#,##0.00;-#,##0.00", places=2)
    return format_change(100 * value if decomposition.unit == "share" else value)


def finding_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for finding in edition.findings:
        said = f"{finding.sentence} {finding.confidence}. {finding.so_what}"
        yield words_row("findings", periods.whole, edition.city, "finding", said)


def change_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for change in edition.moved:
        yield from change_reason_rows(change, periods.whole)


def change_reason_rows(decomposition: ChangeDecomposition, whole: str) -> Iterator[ExportRow]:
    """The figure before and now, and the four reasons that add up to the difference."""
    for name, value in (
        ("was", decomposition.was),
        ("now", decomposition.now),
        ("by new answers", decomposition.answers),
        ("by revised deployments", decomposition.restated),
        ("by recoding", decomposition.recoded),
        ("by method", decomposition.method),
    ):
        measure = f"{decomposition.table}: {decomposition.figure}, {name}"
        yield figure_row(
            "what moved", whole, decomposition.domain, measure, value, decomposition.unit
        )
    # Counts are rounded: only one with an interval has a change that says more than both of them.
    if decomposition.unit != "events" or decomposition.low is not None:
        measure = f"{decomposition.table}: {decomposition.figure}, change"
        yield bounded_row(
            ("what moved", whole, decomposition.domain, "", measure),
            decomposition.looked,
            (change_of(decomposition), decomposition.low, decomposition.high),
            decomposition.unit,
        )
