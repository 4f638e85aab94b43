"""What a panel said of each step, its reasons, and which records had no body-worn video."""

from collections.abc import Iterator, Sequence

import msgspec

from api.editions.report import ReportCell, ReportTable, text_cell
from api.editions.rows import ExportRow, bounded_row, figure_row
from api.locales import edition_gettext as _
from api.locales import format_count, format_short_day, format_whole
from survey.editions.scrutiny import (
    MarkAgreement,
    MeetingDetails,
    MeetingReport,
    SafeMeetingReport,
    StepMarks,
)
from survey.scrutiny import schemes
from survey.sentences import N_

VERDICTS = {"met": N_("Met"), "not_met": N_("Not met"), "unsure": N_("Cannot tell")}
NO_VIDEO = {
    "not_switched_on": N_("It was not switched on"),
    "no_camera": N_("The officer had no camera"),
    "not_kept": N_("It was not kept"),
    "not_handed_over": N_("It was not handed over"),
    "not_stated": N_("No reason was stated"),
}

assert NO_VIDEO == schemes.NO_VIDEO


def count_cell(count: int | None) -> ReportCell:
    return text_cell(format_count(count) if count is None else format_whole(count))


def details_of(report: MeetingReport) -> MeetingDetails:
    """The details of a report; empty ones where it was stored before there were any."""
    if isinstance(report.details, msgspec.UnsetType):
        return MeetingDetails()
    return report.details


def video_words(report: MeetingReport) -> Iterator[str]:
    """How many of the drawn records had no body-worn video."""
    video = details_of(report).video
    if video is None:
        return
    if video.none is None:
        yield _(
            "How many of the records had no body-worn video is withheld: it could give small "
            "counts away."
        )
        return
    message = _("{none} of the records drawn had no body-worn video.")
    if video.none == 0:
        message = _("No record drawn is known to lack body-worn video.")
    elif isinstance(report, SafeMeetingReport):
        message = _("About {none} of the records drawn had no body-worn video.")
    yield message.format(none=format_whole(video.none))


def detail_tables(report: MeetingReport) -> Iterator[ReportTable]:
    """The steps or the reasons, and why there was no video; a table of blanks is left out."""
    details = details_of(report)
    if any(shown_counts(step) for step in details.steps):
        yield ReportTable(
            caption=_("Steps of {scheme}: joint marks").format(scheme=details.scheme),
            head=(_("Step"), *(_(words) for words in VERDICTS.values())),
            rows=tuple(
                (ReportCell(step_words(step)), *map(count_cell, step_counts(step)))
                for step in details.steps
            ),
        )
    if any(reason.given for reason in details.reasons):
        yield ReportTable(
            caption=_("Reasons of joint marks"),
            head=(_("Reason"), _("Records")),
            rows=tuple(
                (ReportCell(reason.reason), count_cell(reason.given)) for reason in details.reasons
            ),
        )
    video = details.video
    if video and any((video.there, video.none, video.unknown)):
        yield ReportTable(
            caption=_("Body-worn video of the records drawn"),
            head=(_("Body-worn video"), _("Records")),
            rows=(
                (ReportCell(_("There was some")), count_cell(video.there)),
                (ReportCell(_("There was none")), count_cell(video.none)),
                *(
                    (
                        ReportCell(
                            _("None: {reason}").format(
                                reason=_(NO_VIDEO.get(row.reason, row.reason))
                            )
                        ),
                        count_cell(row.number),
                    )
                    for row in video.reasons
                ),
                (ReportCell(_("Nobody knew")), count_cell(video.unknown)),
            ),
        )


def step_words(step: StepMarks) -> str:
    return f"{step.key}: {step.words}"


def step_counts(step: StepMarks) -> tuple[int | None, ...]:
    return step.met, step.not_met, step.unsure


def shown_counts(step: StepMarks) -> bool:
    return any(count is not None for count in step_counts(step))


def agreement_table(report: MeetingReport) -> Iterator[ReportTable]:
    """How far members agreed on each step when each marked alone."""
    steps = details_of(report).steps
    if any(step.agreement and step.agreement.alpha is not None for step in steps):
        yield ReportTable(
            caption=_("Agreement by step: Krippendorff's α of members who marked alone"),
            head=(_("Step"), _("α (95% interval)"), _("Records")),
            rows=tuple(agreement_cells(step) for step in steps),
        )


def agreement_cells(step: StepMarks) -> tuple[ReportCell, ...]:
    known = step.agreement or MarkAgreement(records=None, alpha=None, low=None, high=None)
    low, high = (
        format_count(None) if end is None else f"{end:z.2f}" for end in (known.low, known.high)
    )
    words = (
        format_count(None)
        if known.alpha is None
        else _("{alpha} ({low} to {high})").format(alpha=f"{known.alpha:z.2f}", low=low, high=high)
    )
    return ReportCell(step_words(step)), text_cell(words), count_cell(known.records)


def detail_trends(reports: Sequence[MeetingReport]) -> Iterator[ReportTable]:
    """Steps not met, or reasons given, in each meeting that marked as the last one did."""
    last = details_of(reports[-1])
    alike = [report for report in reports if details_of(report).scheme == last.scheme]
    # A report that was stored before there were details has no scheme.
    if not last.scheme or len(alike) < 2:
        return
    rows = [
        (
            step_words(step),
            [
                next((old.not_met for old in details_of(report).steps if old.key == step.key), None)
                for report in alike
            ],
        )
        for step in last.steps
    ] or [
        (
            reason.reason,
            [
                next(
                    (
                        old.given
                        for old in details_of(report).reasons
                        if old.reason == reason.reason
                    ),
                    None,
                )
                for report in alike
            ],
        )
        for reason in last.reasons
    ]
    video = [details_of(report).video for report in alike]
    rows.append((_("No body-worn video"), [counts.none if counts else None for counts in video]))
    rows.append((_("Drawn"), [report.marks.drawn if report.marks else None for report in alike]))
    yield ReportTable(
        caption=_("Steps not met, by meeting") if last.steps else _("Reasons given, by meeting"),
        head=(
            _("Step") if last.steps else _("Reason"),
            *(f"{report.number}, {format_short_day(report.held_on)}" for report in alike),
        ),
        rows=tuple((ReportCell(name), *map(count_cell, counts)) for name, counts in rows),
    )


def detail_rows(report: MeetingReport, key: tuple[str, str, str]) -> Iterator[ExportRow]:
    """A row for each figure of the details."""
    details = details_of(report)
    for step in details.steps:
        for verdict in VERDICTS:
            yield figure_row(*key, f"step {step.key}: {verdict}", getattr(step, verdict))
        if step.agreement:
            known = step.agreement
            limits = known.alpha, known.low, known.high
            measure = f"step {step.key}: Krippendorff's alpha of the members"
            yield bounded_row((*key, "", measure), known.records, limits)
    for reason in details.reasons:
        yield figure_row(*key, f"reason: {reason.reason}", reason.given)
    if details.video:
        for name in ("there", "none", "unknown"):
            yield figure_row(*key, f"body-worn video: {name}", getattr(details.video, name))
        for row in details.video.reasons:
            yield figure_row(*key, f"no body-worn video: {row.reason}", row.number)
