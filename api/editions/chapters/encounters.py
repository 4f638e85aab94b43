"""What people whom the police met answered, how many of those asked, and who did not answer."""

import datetime
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from analysis.disclosure import FEWEST_UNFLAGGED
from api.editions.cells import AreaNamer, area_namer
from api.editions.chapters import response
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, figure_row
from api.editions.tables import Column, DeclaredTable, Row
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from api.locales import format_count, format_dates, format_day, format_share, format_whole
from survey.editions import Edition
from survey.editions.figures import FigureTable
from survey.editions.perception import RATES, met_response
from survey.sentences import N_
from survey.surveys.encounters import Dimension

DIMENSIONS: dict[Dimension, str] = {
    "kind": N_("Kind of encounter"),
    "area": N_("Borough"),
    "age": N_("Age"),
    "sex": N_("Sex"),
    "ethnicity": N_("Ethnic group"),
}
NEVER_ASKED: dict[str, str] = {
    "under_16": N_("people under 16"),
    "domestic_abuse": N_("people in cases of domestic abuse"),
    "death": N_("people in cases in which somebody died"),
    "medical": N_("people in a medical emergency"),
    "open_complaint": N_("people with an open complaint"),
    "unwilling": N_("people who asked not to be contacted"),
}
WHO_THEY_ARE = N_(
    "These people met the police, such as in a stop, and were asked about it afterwards. Their "
    "answers show how people found it. They say nothing about residents, or about people who were "
    "not asked."
)
NOT_COVERED = N_(
    "The intervals allow for chance and rounding. People who did not answer may think otherwise."
)
ROUNDED = N_(
    "Counts are to the nearest 5; small ones are withheld. Shares are made from these counts, so "
    "the shares of a question need not add up to 100%."
)
METHOD = "share of counts to the nearest 5, need not add up to 100%; exact limits"
LEAST_SHORT = 0.02
GROUPS = "group asked", "group answered"


def met_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    """How many answered; of the first survey alone, because surveys are never added up."""
    for table in edition.tables_of("met")[:1]:
        asked, answered = table.count("asked"), table.count("answered")
        if asked and answered:
            return _("{answered} of {asked} people who were asked answered").format(
                answered=format_whole(answered), asked=format_whole(asked)
            )
    return ""


def survey_sections(edition: Edition) -> Iterator[ReportSection]:
    for number, table in enumerate(edition.tables_of("met"), 1):
        yield answers_section(edition, table, f"met-{number}")
        yield asked_section(edition, table, f"met-asked-{number}")


def answers_section(edition: Edition, table: FigureTable, key: str) -> ReportSection:
    questions = edition.tables_of("met question", *table.key)
    shown = [question for question in questions if any(map(question.row_count, question.rows))]
    return ReportSection(
        key=key,
        heading=table.text("title"),
        stream="met",
        words=(
            *answered_words(edition, table),
            _(WHO_THEY_ARE),
            asked_sentence(table),
            *answer_words(edition, len(shown), len(questions)),
        ),
        tables=with_spoken_names(
            table, (question_table(shown_question).page for shown_question in shown)
        ),
        measures=measure_links("encounter_share"),
    )


def answered_words(edition: Edition, table: FigureTable) -> Iterator[str]:
    """How many of those asked had answered, where both may be shown."""
    asked, answered = table.count("asked"), table.count("answered")
    if asked and answered:
        yield _("About {answered} of about {asked} people had answered by {day}.").format(
            asked=format_whole(asked),
            answered=format_whole(answered),
            day=format_day(edition.data_as_of),
        )


def asked_sentence(table: FigureTable) -> str:
    """How often people were asked, and about encounters of which days."""
    days = (datetime.date.fromisoformat(table.text(name)) for name in ("first_day", "last_day"))
    return _n(
        "They were asked once, about encounters of {days}.",
        "They were asked in {n} waves, about encounters of {days}.",
        table.number("waves"),
    ).format(n=format_whole(table.number("waves")), days=format_dates(*days))


def never_asked_words(table: FigureTable) -> Iterator[str]:
    if rules := table.text("never_asked").split():
        names = [_(NEVER_ASKED[rule]) for rule in rules]
        yield _("Never asked: {groups}.").format(groups="; ".join(names))


def answer_words(edition: Edition, shown: int, questions: int) -> Iterator[str]:
    if not shown:
        yield _(
            "What people said cannot be shown: too few have answered, or too few since the last "
            "report."
        )
        return
    # Fewer than answered: a used code has no day, so these are all that were used until today.
    yield _("These answers came by {day}.").format(day=format_day(edition.end))
    yield _(ROUNDED) + " " + _(NOT_COVERED)
    if hidden := questions - shown:
        yield _n(
            "{n} question is not shown: it has too few answers, or too few since the last report.",
            "{n} questions are not shown: each has too few answers, or too few since the last "
            "report.",
            hidden,
        ).format(n=format_whole(hidden))


def question_table(table: FigureTable, key: tuple[str, str] = ("", "")) -> DeclaredTable:
    notes, text, base = [], table.text("text"), table.count("base")
    if base:
        answered = _("About {n} people answered this question.")
        notes.append(answered.format(n=format_whole(base)))
    if any(count.name == "choices" for count in table.counts):
        notes.append(_("They could choose several answers."))
    if (base or 0) < FEWEST_UNFLAGGED:
        notes.append(_("Fewer than 100 answers: read the interval, not the share."))
    rows = []
    for row in table.rows:
        count = table.row_count(row)
        share = count, *table.figure("share", row).cells
        rows.append(Row(row, (*key, "", ""), (count, share), f"{text}: {row}"))
    columns = Column(_("People"), ""), Column(_("Share (95% interval)"), method=METHOD)
    return DeclaredTable(text, _("Answer"), columns, rows, " ".join(notes))


def asked_section(edition: Edition, table: FigureTable, key: str) -> ReportSection:
    names, counts, groups = area_namer(edition), met_response(table), groups_of(edition, table)
    rows = [(_("Asked"), counts.invited), (_("Answered (I)"), counts.complete)]
    if counts.recorded:
        rows += [
            (_(words), table.count("letters", name)) for name, words in response.LETTERS.items()
        ]
    outcomes = ReportTable(
        caption=_("What became of the people asked"),
        head=(_("What became of them"), _("People")),
        rows=tuple(
            (ReportCell(name), text_cell(format_count(count)))
            for name, count in (*rows, (_(response.SILENT), counts.silent))
        ),
        note=_(
            "The letters are those of AAPOR's Standard Definitions. An answer is sent only when it "
            "is complete, so none is partial."
        ),
    )
    return ReportSection(
        key=key,
        heading=_("Who of them answered, and who did not"),
        stream="met",
        level=3,
        words=(*shortfall_words(groups, names),),
        for_statisticians=ForStatisticians(
            (
                *never_asked_words(table),
                _("Counted since {day}.").format(day=format_day(table.first)),
                *([] if counts.recorded else [_(response.NOT_RECORDED)]),
                *response.repeated_words(counts),
            ),
            with_spoken_names(
                table,
                [response.rates_table(counts).page, outcomes, *group_tables(groups, names)],
            ),
        ),
        measures=measure_links("response_rate"),
    )


def groups_of(edition: Edition, table: FigureTable) -> dict[Dimension, FigureTable]:
    """The groups of the file among those asked and those who answered, by dimension."""
    return {
        dimension: group_table
        for dimension in DIMENSIONS
        for group_table in edition.tables_of(f"met by {dimension}", *table.key)
    }


def with_spoken_names(
    survey_table: FigureTable, tables: Iterable[ReportTable]
) -> tuple[ReportTable, ...]:
    """The tables, each with the survey in its spoken name: residents, and other surveys of people
    the police met, have tables of response rates with the same caption.
    """
    title = survey_table.text("title")
    return tuple(replace(table, spoken_name=f"{title}: {table.caption}") for table in tables)


def shortfall_words(groups: dict[Dimension, FigureTable], names: AreaNamer) -> Iterator[str]:
    """The group that is furthest short of its share of those asked, if by more than rounding."""
    short = [
        (asked.value - answered.value, dimension, asked.row, asked.value, answered.value)
        for dimension, table in groups.items()
        for asked in table.column("group asked")
        for answered in [table.figure("group answered", asked.row)]
        if asked.value is not None and answered.value is not None
    ]
    if not short:
        return
    by, dimension, group, asked_share, answered_share = max(
        short, key=lambda shortfall: shortfall[0]
    )
    if by >= LEAST_SHORT:
        yield _(
            "Furthest short of {n} groups ({dimension}): {group}. They are {asked} of those asked "
            "and {answered} of those who answered."
        ).format(
            n=len(short),
            dimension=_(DIMENSIONS[dimension]).lower(),
            group=names(group),
            answered=format_share(answered_share),
            asked=format_share(asked_share),
        )


def group_tables(groups: dict[Dimension, FigureTable], names: AreaNamer) -> Iterator[ReportTable]:
    for dimension, table in groups.items():
        if len(table.rows) > 1:
            yield ReportTable(
                caption=_("{dimension}: asked and answered").format(
                    dimension=_(DIMENSIONS[dimension])
                ),
                head=(_("Group"), _("Of those asked"), _("Of those who answered")),
                rows=tuple(
                    (
                        ReportCell(names(row)[:1].upper() + names(row)[1:]),
                        *(count_cell(table, name, row) for name in GROUPS),
                    )
                    for row in table.rows
                ),
                note=_("Counts begin at 10 and are to the nearest 5. Shares are made from them."),
            )


def count_cell(table: FigureTable, name: str, row: str) -> ReportCell:
    """A count with its share of everybody asked, or of everybody who answered."""
    words, share = format_count(table.count(name, row)), table.figure(name, row).value
    return text_cell(words) if share is None else ReportCell(f"{words} ({format_share(share)})")


def survey_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for table in edition.tables_of("met"):
        key = f"people the police met: {table.text('title')}", f"{table.first}/{table.last}"
        groups = groups_of(edition, table)
        questions = edition.tables_of("met question", *table.key)
        for row in (
            *response_rows(table, key),
            *group_rows(groups, key),
            *answer_rows(questions, key),
        ):
            yield *row[:3], "met", *row[4:]


def response_rows(table: FigureTable, key: tuple[str, str]) -> Iterator[ExportRow]:
    for count in table.counts:
        period = f"{table.first}/{count.until or table.last}"
        measure = (count.row or count.name).replace("_", " ")
        yield figure_row(key[0], period, "", measure, count.count)
    yield figure_row(*key, "", "silent", met_response(table).silent)
    for name in RATES[:-1]:
        yield figure_row(*key, "", name.upper(), table.figure(name).value, "AAPOR")
    if (eligible := table.figure("eligible").value) is not None:
        yield figure_row(*key, "", "E", eligible, "AAPOR")


def group_rows(groups: dict[Dimension, FigureTable], key: tuple[str, str]) -> Iterator[ExportRow]:
    for dimension, table in groups.items():
        for row in table.rows:
            is_area = dimension == "area"
            domain, about = (row, dimension) if is_area else ("", f"{dimension} {row}")
            for name in ("asked", "answered"):
                count = table.count(f"group {name}", row)
                yield figure_row(*key, domain, f"{about}: {name}", count)
            for name in ("asked", "answered"):
                share = table.figure(f"group {name}", row).value
                yield figure_row(*key, domain, f"{about}: share of {name}", share)


def answer_rows(questions: Iterable[FigureTable], key: tuple[str, str]) -> Iterator[ExportRow]:
    for question in questions:
        measure = f"{question.text('text')}: people who answered"
        yield figure_row(*key, "", measure, question.count("base"))
        yield from question_table(question, key).export()
