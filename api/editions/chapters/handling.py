"""How people whose case was closed say it was handled, and how many of them did not answer."""

from collections.abc import Iterator, Sequence

from analysis.disclosure import FEWEST_UNFLAGGED
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods
from api.editions.tables import Column, DeclaredTable, Row
from api.locales import edition_gettext as _
from api.locales import (
    format_count,
    format_dates,
    format_share,
    format_share_interval,
    format_share_limits,
    format_whole,
)
from survey.editions import Edition
from survey.editions.caseload import HANDLING_QUESTIONS
from survey.editions.figures import FigureTable
from survey.sentences import N_

TABLE, STREAM = "handling", "closed"
# As the form asks; a test compares them.
STATEMENTS = {
    "fairly": N_("I was treated fairly"),
    "informed": N_("I was kept informed of what happened"),
    "understood": N_("I understood the outcome and the reasons for it"),
    "speed": N_("My complaint was dealt with quickly enough"),
    "again": N_("If I had reason to, I would complain here again"),
}
WHO_THEY_ARE = N_(
    "Everyone whose case the working group closed was asked, without a name. The answers are in no "
    "case and are never added to other answers. People who did not answer may think otherwise."
)
METHOD = "share of counts to the nearest 5; exact limits"
BOUNDS_METHOD = "if nobody else agreed, and if everybody else did"


def handling_section(edition: Edition) -> Iterator[ReportSection]:
    """The newest final quarter, and the share that found it fair in those before."""
    tables = edition.tables_of("handling")
    for table in tables[:1]:
        before = (quarters_table(tables),) if len(tables) > 1 else ()
        yield ReportSection(
            key=TABLE,
            heading=_("How people found the handling of their case"),
            stream=STREAM,
            words=(*answered_words(table), _(WHO_THEY_ARE)),
            folded=(question_table(table).page, *before),
            for_statisticians=ForStatisticians((), (people_table(table).page,)),
            measures=measure_links("handling_share"),
        )


def answered_words(table: FigureTable) -> Iterator[str]:
    closed, answered = table.count("closed"), table.count("answered")
    if closed and answered:
        yield _(
            "About {closed} cases were closed, {dates}. The owners of about {answered} said how "
            "theirs was handled."
        ).format(
            closed=format_whole(closed),
            dates=format_dates(*table.days),
            answered=format_whole(answered),
        )
    fairly, of_all = table.figure("fairly", "agree"), table.figure("fairly of all")
    if fairly.value is not None:
        yield _("{share} of those who said agree that they were treated fairly ({limits}).").format(
            share=format_share(fairly.value), limits=format_share_limits(fairly.low, fairly.high)
        )
    if of_all.low is not None and of_all.high is not None:
        yield _("Of everybody asked it is at least {low} and at most {high}.").format(
            low=format_share(of_all.low), high=format_share(of_all.high)
        )


def question_table(table: FigureTable) -> DeclaredTable:
    """The statements, each with the share that agrees and disagrees; files have all groups."""
    key = (TABLE, f"{table.first}/{table.last}", "", STREAM)
    rows, bases = [], []
    for name in HANDLING_QUESTIONS.answer_names():
        base, of_all = table.count(f"{name} base"), table.figure(f"{name} of all")
        shares = {
            group: (table.count(name, group), *table.figure(name, group).cells)
            for group in ("agree", "neither", "disagree")
        }
        figures = (base, *shares.values(), of_all.low, of_all.high)
        rows.append(Row(_(STATEMENTS[name]), key, figures, _(STATEMENTS[name])))
        bases.append(base or 0)
    flagged = _("Fewer than 100 answers: read the interval, not the share.")
    return DeclaredTable(
        _("What they say of the handling"),
        _("Statement"),
        (
            Column("", "{row}: people who answered"),
            Column(_("Agree (95% interval)"), "{row}: agree", method=METHOD),
            Column("", "{row}: neither", method=METHOD),
            Column(_("Disagree (95% interval)"), "{row}: disagree", method=METHOD),
            Column(_("Agree, at least"), "{row}: agree, at least", format_share, BOUNDS_METHOD),
            Column(_("At most"), "{row}: agree, at most", format_share, BOUNDS_METHOD),
        ),
        rows,
        " ".join(
            (
                _("At least and at most: of everybody asked, if nobody or everybody else agreed."),
                *([flagged] if min(bases) < FEWEST_UNFLAGGED else []),
            )
        ),
    )


def quarters_table(tables: Sequence[FigureTable]) -> ReportTable:
    """Each final quarter with who was asked and answered; files have all its statements."""
    return ReportTable(
        caption=_("Treated fairly, by quarter"),
        head=(_("Closed"), _("Cases"), _("Answered"), _("Agree (95% interval)")),
        rows=tuple(
            (
                ReportCell(format_dates(*table.days)),
                text_cell(format_count(table.count("closed"))),
                text_cell(format_count(table.count("answered"))),
                text_cell(format_share_interval(*table.figure("fairly", "agree").cells)),
            )
            for table in tables
        ),
        note=_("Other people answer in each quarter: compare the intervals, not the shares."),
    )


def people_table(table: FigureTable) -> DeclaredTable:
    """Who was asked, came back and answered."""
    share = table.count("answered"), *table.figure("answered").cells
    key = (TABLE, f"{table.first}/{table.last}", "", STREAM)
    rows = [
        Row(_("Cases closed"), key, (table.count("closed"),), "cases closed"),
        Row(_("Opened again by their owner"), key, (table.count("returned"),), "opened again"),
        Row(_("Answered"), key, (table.count("answered"),), "answered"),
    ]
    return DeclaredTable(
        _("Who was asked and who answered"),
        _("Cases"),
        (Column(_("Number")),),
        [*rows, Row(_("Share that answered (95% interval)"), key, (share,), "share that answered")],
        _("Counts are to the nearest 5 and begin at 10."),
    )


def handling_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for table in edition.tables_of("handling"):
        yield from people_table(table).export()
        yield from question_table(table).export()
