"""The report of a scrutiny panel's meeting as a view, a PDF and a CSV; the page has its parts."""

from collections.abc import Iterator
from functools import lru_cache

from api.editions import files
from api.editions.chapters import scrutiny, scrutiny_details
from api.editions.report import (
    ReportCell,
    ReportChapter,
    ReportSection,
    ReportTable,
    ReportView,
    measure_links,
)
from api.editions.rows import HEAD, NAME_AT
from api.locales import edition_gettext as _
from api.locales import format_day, format_whole
from survey.editions.scrutiny import MeetingReport, SafeMeetingReport, StratumMarks


def meeting_view(report: MeetingReport, *, version: int, sha256: str = "") -> ReportView:
    """The report of a meeting in reading order; `sha256` is empty in the panel's own version."""
    public = isinstance(report, SafeMeetingReport)
    return ReportView(
        language="en",
        title=report.panel,
        period=format_day(report.held_on),
        label=_("Meeting {number}, {day}").format(
            number=report.number, day=format_day(report.held_on)
        ),
        kind="meeting",
        start=report.held_on.isoformat(),
        number=version,
        as_of=format_day(report.as_of),
        made_on=(report.as_of.year, report.as_of.month, report.as_of.day),
        sha256=sha256,
        synthetic=report.synthetic,
        lead=(*scrutiny.estimate_words(report), *scrutiny.estimate_details(report)),
        headline=(),
        stats=(),
        front=(
            ReportSection(
                key="marks",
                heading=_("What the panel found"),
                words=(
                    _(scrutiny.WHAT_IT_IS),
                    *scrutiny.meeting_words(report),
                    *scrutiny_details.video_words(report),
                ),
                tables=(
                    *scrutiny.mark_tables(report),
                    *scrutiny_details.detail_tables(report),
                ),
                measures=measure_links("panel_share"),
            ),
            *answer_sections(report),
        ),
        chapters=(
            ReportChapter(
                key="how",
                heading=_("The draw, and the members"),
                sections=tuple(how_sections(report)),
            ),
        ),
        notes=(),
        correction=(),
        planted="",
        strip=_(scrutiny.ROUNDED) if public else _("For the panel: not to be passed on."),
        basis=tuple(report_basis(report, sha256)),
        attribution=(),
    )


def answer_sections(report: MeetingReport) -> Iterator[ReportSection]:
    """What the police answered to marks and triggers, and what was agreed."""
    asked = [
        scrutiny.answer_table(counts, caption)
        for counts, caption in (
            (report.answers, _("Answers to amber and red marks")),
            (report.triggers, _("Answers that community triggers asked for")),
        )
        if scrutiny.has_asked(counts)
    ]
    if asked:
        yield ReportSection(
            key="answers",
            heading=_("What the police answered"),
            words=(
                _(
                    "The police answer each amber and red mark by a day. This is as of {day}."
                ).format(day=format_day(report.as_of)),
                *trigger_words(report),
            ),
            tables=tuple(asked),
        )
    if report.actions:
        yield ReportSection(
            key="actions",
            heading=_("Learning and actions"),
            words=tuple(scrutiny.overdue_words(report)),
            tables=(scrutiny.action_table(report),),
        )


def trigger_words(report: MeetingReport) -> Iterator[str]:
    if scrutiny.has_asked(report.triggers) and report.triggers_from:
        yield _("Triggers count from {first} to {last}.").format(
            first=format_day(report.triggers_from), last=format_day(report.held_on)
        )


def how_sections(report: MeetingReport) -> Iterator[ReportSection]:
    """How records were drawn, and how far the members agreed."""
    yield ReportSection(
        key="draw",
        heading=_("How records were drawn"),
        words=tuple(draw_words(report)),
        tables=(scrutiny.rule_table(report), *sizes_table(report)),
    )
    agreement = tuple(scrutiny.agreement_words(report))
    if agreement:
        yield ReportSection(
            key="agreement",
            heading=_("How far the members agreed"),
            words=agreement,
            tables=tuple(scrutiny_details.agreement_table(report)),
            measures=measure_links("panel_agreement"),
        )


def draw_words(report: MeetingReport) -> Iterator[str]:
    if report.seeded_on:
        yield _(
            "The seed was fixed on {day}, before the file was opened. With the seed, the rule and "
            "the file anybody can draw the records again: ./soundings panel draw --check."
        ).format(day=format_day(report.seeded_on))
    if report.sealed:
        yield _("The force had handed over the file before that, so nobody could pick the records.")
    elif report.sealed is not None:
        yield _(
            "The force handed over the file only after that, so it could have chosen the "
            "references of the records, and with them which records were drawn."
        )
    if report.first and report.last:
        yield _("The records are from {first} to {last}.").format(
            first=format_day(report.first), last=format_day(report.last)
        )
    if report.members:
        yield _("Members who marked: {number}.").format(number=report.members)


def sizes_table(report: MeetingReport) -> Iterator[ReportTable]:
    """How many records each stratum has, where that is published."""
    rows = [*report.strata, *([report.marks] if report.marks else [])]
    if any(row.size is not None for row in report.strata):
        yield ReportTable(
            caption=_("Records from which chance drew"),
            head=(_("Stratum"), _("Records"), _("Drawn")),
            rows=tuple(map(size_cells, rows)),
        )


def size_cells(marks: StratumMarks) -> tuple[ReportCell, ...]:
    return (
        ReportCell(marks.name or _("All")),
        scrutiny_details.count_cell(marks.size),
        scrutiny_details.count_cell(marks.drawn),
    )


def report_basis(report: MeetingReport, sha256: str) -> Iterator[tuple[str, str]]:
    for name, value in (
        (_("Seed"), report.seed),
        (_("File (SHA-256)"), report.file_sha256),
        (_("Drawn records (SHA-256)"), report.drawn_sha256),
        (_("Records in the file"), "" if report.rows is None else format_whole(report.rows)),
        (_("Fingerprint (SHA-256)"), sha256),
    ):
        if value:
            yield name, value


def page_words(view: ReportView, newest: int) -> dict[str, str]:
    """The words around a report on its page and in its PDF."""
    return {
        "later": _("There is a later report of this meeting:"),
        "newest": _("version {number}").format(number=newest),
        "about": _("Version {number}, answers and actions as of {day}.").format(
            number=view.number, day=view.as_of
        ),
        "made_up": _("Every figure in this report was made up."),
    }


# A published report never changes, so its PDF can serve the next reader.
@lru_cache(maxsize=16)
def render_meeting_pdf(report: SafeMeetingReport, version: int, sha256: str) -> bytes:
    view = meeting_view(report, version=version, sha256=sha256)
    said = page_words(view, version)
    words = files.paper_words(view) | {
        "edition": said["about"],
        "footer": _("Version {number}, as of {day}, SHA-256 {hash}").format(
            number=version, day=view.as_of, hash=sha256[:12]
        ),
        "made_up": said["made_up"],
        "how_made": _("How to draw the records again"),
        "annex": _("How it was done"),
    }
    return files.compile_view(files.PDF_TEMPLATE, view, words, {})


def render_meeting_csv(report: SafeMeetingReport) -> bytes:
    """The figures of a report as CSV, with the columns that editions have."""
    rows = ((*row[:NAME_AT], report.panel, *row[NAME_AT:]) for row in scrutiny.report_rows(report))
    return files.rows_as_csv(HEAD, rows)
