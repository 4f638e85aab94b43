"""What scrutiny panels found in records of the police that chance drew, and what was answered."""

from collections.abc import Iterator, Sequence

from api.editions.chapters import scrutiny_details
from api.editions.chapters.alerts import action_cells
from api.editions.chapters.scrutiny_details import count_cell
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, bounded_row, figure_row
from api.locales import edition_gettext as _
from api.locales import (
    format_count,
    format_day,
    format_share,
    format_share_interval,
    format_share_limits,
    format_short_day,
    format_whole,
)
from survey.editions import Edition
from survey.editions.scrutiny import (
    MARK_FIELDS,
    AnswerCounts,
    MeetingReport,
    SafeMeetingReport,
    StratumMarks,
)
from survey.sentences import N_

KINDS = {
    "force": N_("records of the use of force"),
    "search": N_("records of stops and searches"),
    "other": N_("records"),
}
MARKS = {
    "green": N_("Green"),
    "amber": N_("Amber"),
    "red": N_("Red"),
    "unsure": N_("Cannot tell"),
}
PARTS = {
    "left_out": N_("left out"),
    "always": N_("every record"),
    "chance": N_("by chance: {take}"),
}
WHAT_IT_IS = N_(
    "People of the community judged records of the police, drawn by chance. Each member marked "
    "each record alone. Then all of them agreed on a mark: green, amber or red."
)
ROUNDED = N_(
    "Counts are to the nearest 5, and small ones are withheld, so that no record can be singled "
    "out. Strata with few records are in one row."
)
WAYS = {
    "in_time": N_("Answered in time"),
    "late": N_("Answered late"),
    "overdue": N_("Overdue"),
    "waiting": N_("Not due yet"),
}


def panel_sections(edition: Edition) -> Iterator[ReportSection]:
    """The last meeting of each panel, and what its meetings found over time."""
    panels = {report.panel: report for report in by_day(edition.scrutiny)}
    for i, last_report in enumerate(panels.values(), 1):
        yield last_meeting_section(last_report, f"panel-{i}")
        held = [row for row in by_day(edition.scrutiny) if row.panel == last_report.panel]
        if len(held) > 1:
            yield trend_section(held, f"panel-trend-{i}")


def by_day(reports: Sequence[MeetingReport]) -> list[MeetingReport]:
    return sorted(reports, key=lambda report: (report.panel, report.held_on, report.number))


def last_meeting_section(report: MeetingReport, key: str) -> ReportSection:
    answers, tables = report.answers, mark_tables(report)
    return ReportSection(
        key=key,
        heading=_("{panel}: meeting {number}").format(panel=report.panel, number=report.number),
        words=(
            *estimate_words(report),
            *meeting_words(report),
            *scrutiny_details.video_words(report),
            *agreed_words(report),
            *overdue_words(report),
            _(WHAT_IT_IS),
        ),
        tables=(
            *tables[:1],
            *([answer_table(answers, _("Answers of the police"))] if has_asked(answers) else []),
        ),
        folded=tuple(scrutiny_details.detail_tables(report)),
        for_statisticians=ForStatisticians(
            (*estimate_details(report), *agreement_words(report), _(ROUNDED)),
            (*tables[1:], *scrutiny_details.agreement_table(report)),
        ),
        measures=measure_links("panel_share", "panel_agreement"),
    )


def meeting_words(report: MeetingReport) -> Iterator[str]:
    if not report.strata:
        yield _("It met on {day}. Too few records were drawn to publish marks.").format(
            day=format_day(report.held_on)
        )
        return
    drawn = report.marks.drawn if report.marks else None
    if drawn is None:
        yield _("It met on {day} and judged {records}.").format(
            day=format_day(report.held_on), records=_(KINDS[report.kind])
        )
        return
    message = _("It met on {day} and judged {drawn} {records}.")
    if isinstance(report, SafeMeetingReport):
        message = _("It met on {day} and judged about {drawn} {records}.")
    yield message.format(
        day=format_day(report.held_on), drawn=format_whole(drawn), records=_(KINDS[report.kind])
    )


def estimate_words(report: MeetingReport) -> Iterator[str]:
    """The share of all records in a sentence, or why it is withheld."""
    estimate = report.estimate
    if estimate is None:
        return
    if estimate.least is None:
        yield _("The share of all records is withheld: it could give small counts away.")
        return
    share = format_share(estimate.least)
    yield _(
        "If the panel had judged all records from which it drew, it would have marked about "
        "{share} of them amber or red, very likely {limits}."
    ).format(share=share, limits=format_share_limits(estimate.low, estimate.high))


def estimate_details(report: MeetingReport) -> Iterator[str]:
    """What the share of all records rests on, and how it is rounded."""
    estimate = report.estimate
    if estimate is None or estimate.least is None:
        return
    if estimate.most is not None and format_share(estimate.most) != format_share(estimate.least):
        yield _("With the records that the panel could not judge, it would be {share}.").format(
            share=format_share(estimate.most)
        )
    if estimate.records:
        yield _("The panel drew from {records} records.").format(
            records=format_whole(estimate.records)
        )
    if estimate.step:
        yield _("Share and limits are to the nearest {points} points.").format(
            points=format_whole(100 * estimate.step)
        )


def agreed_words(report: MeetingReport) -> Iterator[str]:
    """Whether the members agreed more than chance gives, in plain words."""
    agreement = report.agreement
    if agreement is None or agreement.low is None or agreement.high is None:
        return
    if agreement.low > 0:
        yield _("When each member marked alone, they agreed more often than by chance.")
    elif agreement.high < 0:
        yield _("When each member marked alone, they agreed less often than by chance.")
    else:
        yield _("When each member marked alone, they may have agreed no more often than by chance.")


def agreement_words(report: MeetingReport) -> Iterator[str]:
    agreement = report.agreement
    if agreement is None or agreement.alpha is None:
        return
    words = _(
        "When each member marked alone, they agreed with Krippendorff's α = {alpha} ({low} to "
        "{high}): 1 is full agreement, 0 what chance gives."
    ).format(
        alpha=f"{agreement.alpha:z.2f}",
        low="–" if agreement.low is None else f"{agreement.low:z.2f}",
        high="–" if agreement.high is None else f"{agreement.high:z.2f}",
    )
    if agreement.high is not None and agreement.high < 0:
        words += " " + _("They agreed less than chance would give.")
    elif agreement.low is not None and agreement.low <= 0:
        words += " " + _("Chance alone could give as much agreement.")
    yield words


def overdue_words(report: MeetingReport) -> Iterator[str]:
    if report.overdue_actions:
        yield _("Actions of the meeting that are overdue: {n}.").format(n=report.overdue_actions)


def has_asked(counts: AnswerCounts | None) -> bool:
    return counts is not None and bool(counts.asked)


def mark_tables(report: MeetingReport) -> tuple[ReportTable, ...]:
    """The marks of each colour, and those of each stratum with its share of all its records."""
    if report.marks is None or not report.strata:
        return ()
    return colour_table(report.marks), stratum_table(report)


def colour_table(marks: StratumMarks) -> ReportTable:
    return ReportTable(
        caption=_("Joint marks"),
        head=(_("Drawn"), *(_(words) for words in MARKS.values()), _("Amber or red")),
        rows=(tuple(count_cell(getattr(marks, field)) for field in ("drawn", *MARKS, "marked")),),
    )


def stratum_table(report: MeetingReport) -> ReportTable:
    return ReportTable(
        caption=_("Joint marks by stratum"),
        head=(
            _("Stratum"),
            _("Drawn"),
            _("Green"),
            _("Amber or red"),
            _("Amber or red, of all its records (95% interval)"),
        ),
        rows=tuple(map(stratum_cells, report.strata)),
    )


def stratum_cells(marks: StratumMarks) -> tuple[ReportCell, ...]:
    counts = marks.drawn, marks.green, marks.marked
    if marks.low is None:
        limits = format_count(None)
    elif marks.low == marks.high:
        # Every record was drawn and judged.
        limits = format_share(marks.low)
    else:
        limits = format_share_limits(marks.low, marks.high)
    return ReportCell(marks.name), *map(count_cell, counts), text_cell(limits)


def answer_table(counts: AnswerCounts | None, caption: str) -> ReportTable:
    given = counts or AnswerCounts()
    return ReportTable(
        caption=caption,
        head=(_("Asked"), *(_(words) for words in WAYS.values())),
        rows=(tuple(text_cell(format_count(getattr(given, way))) for way in ("asked", *WAYS)),),
    )


def trend_section(reports: Sequence[MeetingReport], key: str) -> ReportSection:
    return ReportSection(
        key=key,
        heading=_("{panel}: its meetings over time").format(panel=reports[0].panel),
        words=(
            _(
                "Each meeting draws other records. Compare the shares with their intervals, not "
                "the counts."
            ),
        ),
        tables=(trend_table(reports),),
        folded=tuple(scrutiny_details.detail_trends(reports)),
        measures=measure_links("panel_share"),
    )


def trend_table(reports: Sequence[MeetingReport]) -> ReportTable:
    return ReportTable(
        caption=_("Meetings of the panel"),
        head=(
            _("Meeting"),
            _("Drawn"),
            _("Amber or red"),
            _("Amber or red, of all records (95% interval)"),
            _("Answers overdue"),
        ),
        rows=tuple(map(trend_cells, reports)),
    )


def trend_cells(report: MeetingReport) -> tuple[ReportCell, ...]:
    marks = report.marks or StratumMarks(name="")
    share = report.estimate
    overdue = report.answers.overdue if report.answers else None
    return (
        ReportCell(f"{report.number}, {format_short_day(report.held_on)}"),
        count_cell(marks.drawn),
        count_cell(marks.marked),
        text_cell(
            format_share_interval(share.least, share.low, share.high)
            if share
            else format_count(None)
        ),
        count_cell(overdue),
    )


def action_table(report: MeetingReport) -> ReportTable:
    return ReportTable(
        caption=_("What was agreed, and what happened"),
        head=(_("Action"), _("Owner"), _("Due"), _("Status")),
        rows=tuple((ReportCell(action.what), *action_cells(action)) for action in report.actions),
        wordy=True,
    )


def rule_table(report: MeetingReport) -> ReportTable:
    """The parts of a panel's rule in their order, and how many records each part left out, where
    that is known.
    """
    left_out = {exclusion.reason: exclusion.number for exclusion in report.left_out}
    return ReportTable(
        caption=_("The rule, in its order"),
        head=(_("Records"), _("Drawn"), _("Left out")),
        rows=tuple(
            (
                ReportCell(part.name),
                ReportCell(_(PARTS[part.part]).format(take=part.take)),
                count_cell(left_out.get(part.name)) if part.part == "left_out" else ReportCell("–"),
            )
            for part in report.rule
        ),
    )


def meeting_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for report in by_day(edition.scrutiny):
        yield from report_rows(report)


def report_rows(report: MeetingReport) -> Iterator[ExportRow]:
    """A row for each figure of a report."""
    table, days = f"scrutiny panel: {report.panel}", f"{report.first or ''}/{report.last or ''}"
    key = table, days if report.first else str(report.held_on), str(report.number)
    if report.estimate:
        estimate = report.estimate
        figure = estimate.least, estimate.low, estimate.high
        measure = "amber or red, of all records"
        yield bounded_row((*key, "", measure), estimate.records, figure, estimate.method)
    if report.agreement:
        agreement = report.agreement
        limits = agreement.alpha, agreement.low, agreement.high
        measure = "Krippendorff's alpha of the members"
        yield bounded_row((*key, "", measure), agreement.records, limits)
    for row in (*report.strata, *([report.marks] if report.marks else [])):
        name = row.name or "all"
        for mark in ("size", "drawn", *MARK_FIELDS, "marked"):
            yield figure_row(*key, f"{name}: {mark}", getattr(row, mark))
        if row.low is not None:
            yield bounded_row(
                (*key, "", f"{name}: share marked"), row.drawn, (row.least, row.low, row.high)
            )
    yield from scrutiny_details.detail_rows(report, key)
    for name, counts in (("answers", report.answers), ("triggers", report.triggers)):
        if counts:
            for way in ("asked", *WAYS):
                yield figure_row(*key, f"{name}: {way}", getattr(counts, way))
