"""The report of a scrutiny panel's meeting as a view, a PDF and a CSV; the page has its parts."""

from collections.abc import Iterator
from functools import lru_cache

from api.editions.chapters import scrutiny
from api.editions.files import export
from api.editions.report import (
    ReportCell,
    ReportChapter,
    ReportSection,
    ReportTable,
    ReportView,
    measure_links,
)
from api.editions.rows import HEAD, NAME_AT
from api.formatting import format_day, format_whole
from api.translating import edition_gettext as _
from api.translating import edition_language
from survey.editions.scrutiny import MeetingReport, SafeMeetingReport, StratumMarks


def meeting_view(one: MeetingReport, *, version: int, sha256: str = "") -> ReportView:
    """The report of a meeting in reading order; without a hash it is the panel's own."""
    public = isinstance(one, SafeMeetingReport)
    return ReportView(
        title=one.panel,
        period=format_day(one.held_on),
        label=_("Meeting {number}, {day}").format(number=one.number, day=format_day(one.held_on)),
        kind="meeting",
        start=one.held_on.isoformat(),
        number=version,
        as_of=format_day(one.as_of),
        made_on=(one.as_of.year, one.as_of.month, one.as_of.day),
        sha256=sha256,
        synthetic=one.synthetic,
        lead=tuple(scrutiny.estimate_words(one)),
        headline=(),
        stats=(),
        front=(
            ReportSection(
                key="marks",
                heading=_("What the panel found"),
                words=(_(scrutiny.WHAT_IT_IS), *scrutiny.meeting_words(one)),
                tables=scrutiny.mark_tables(one),
                measures=measure_links("panel_share"),
            ),
            *answer_sections(one),
        ),
        chapters=(
            ReportChapter(
                key="how", heading=_("The draw, and the members"), sections=tuple(how_sections(one))
            ),
        ),
        notes=(),
        correction=(),
        planted="",
        strip=_(scrutiny.ROUNDED) if public else _("For the panel: not to be passed on."),
        basis=tuple(report_basis(one, sha256)),
        attribution=(),
    )


def answer_sections(one: MeetingReport) -> Iterator[ReportSection]:
    """What the police answered to marks and triggers, and what was agreed."""
    asked = [
        scrutiny.answer_table(found, caption)
        for found, caption in (
            (one.answers, _("Answers to amber and red marks")),
            (one.triggers, _("Answers that community triggers asked for")),
        )
        if scrutiny.has_asked(found)
    ]
    if asked:
        yield ReportSection(
            key="answers",
            heading=_("What the police answered"),
            words=(
                _(
                    "The police answer each amber and red mark by a day. This is as of {day}."
                ).format(day=format_day(one.as_of)),
                *trigger_words(one),
            ),
            tables=tuple(asked),
        )
    if one.actions:
        yield ReportSection(
            key="actions",
            heading=_("Learning and actions"),
            words=tuple(scrutiny.overdue_words(one)),
            tables=(scrutiny.action_table(one),),
        )


def trigger_words(one: MeetingReport) -> Iterator[str]:
    if scrutiny.has_asked(one.triggers) and one.triggers_from:
        yield _("Triggers count from {first} to {last}.").format(
            first=format_day(one.triggers_from), last=format_day(one.held_on)
        )


def how_sections(one: MeetingReport) -> Iterator[ReportSection]:
    """How records were drawn, and how far the members agreed."""
    yield ReportSection(
        key="draw",
        heading=_("How records were drawn"),
        words=tuple(draw_words(one)),
        tables=(scrutiny.rule_table(one), *sizes_table(one)),
    )
    agreement = tuple(scrutiny.agreement_words(one))
    if agreement:
        yield ReportSection(
            key="agreement",
            heading=_("How far the members agreed"),
            words=agreement,
            measures=measure_links("panel_agreement"),
        )


def draw_words(one: MeetingReport) -> Iterator[str]:
    if one.seeded_on:
        yield _(
            "The seed was fixed on {day}, before the file was opened. With the seed, the rule and "
            "the file anybody can draw the records again: ./soundings panel draw --check."
        ).format(day=format_day(one.seeded_on))
    if one.sealed:
        yield _("The force had handed over the file before that, so nobody could pick the records.")
    elif one.sealed is not None:
        yield _(
            "The force handed over the file only after that, so it could have chosen the "
            "references of the records, and with them which records were drawn."
        )
    if one.first and one.last:
        yield _("The records are from {first} to {last}.").format(
            first=format_day(one.first), last=format_day(one.last)
        )
    if one.members:
        yield _("Members who marked: {number}.").format(number=one.members)


def sizes_table(one: MeetingReport) -> Iterator[ReportTable]:
    """How many records each stratum has, where that is published."""
    rows = [*one.strata, *([one.marks] if one.marks else [])]
    if any(row.size is not None for row in one.strata):
        yield ReportTable(
            caption=_("Records from which chance drew"),
            head=(_("Stratum"), _("Records"), _("Drawn")),
            rows=tuple(map(size_cells, rows)),
        )


def size_cells(one: StratumMarks) -> tuple[ReportCell, ...]:
    return (
        ReportCell(one.name or _("All")),
        scrutiny.count_cell(one.size),
        scrutiny.count_cell(one.drawn),
    )


def report_basis(one: MeetingReport, sha256: str) -> Iterator[tuple[str, str]]:
    for name, value in (
        (_("Seed"), one.seed),
        (_("File (SHA-256)"), one.file_sha256),
        (_("Drawn records (SHA-256)"), one.drawn_sha256),
        (_("Records in the file"), "" if one.rows is None else format_whole(one.rows)),
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


def render_meeting_pdf(one: SafeMeetingReport, version: int, sha256: str) -> bytes:
    """The PDF of a published report, in the reader's language if reports are translated into it."""
    return render_pdf(one, version, sha256, edition_language())


# A published report never changes, so its PDF can serve the next reader of that language.
@lru_cache(maxsize=16)
def render_pdf(one: SafeMeetingReport, version: int, sha256: str, language: str) -> bytes:
    view = meeting_view(one, version=version, sha256=sha256)
    said = page_words(view, version)
    words = export.paper_words(view) | {
        "language": language,
        "edition": said["about"],
        "footer": _("Version {number}, as of {day}, SHA-256 {hash}").format(
            number=version, day=view.as_of, hash=sha256[:12]
        ),
        "made_up": said["made_up"],
        "how_made": _("How to draw the records again"),
        "annex": _("How it was done"),
    }
    return export.compile_view(export.PDF_TEMPLATE, view, words, {})


def render_meeting_csv(one: SafeMeetingReport) -> bytes:
    """The figures of a report as CSV, with the columns that editions have."""
    rows = ((*row[:NAME_AT], one.panel, *row[NAME_AT:]) for row in scrutiny.report_rows(one))
    return export.rows_as_csv(HEAD, rows)
