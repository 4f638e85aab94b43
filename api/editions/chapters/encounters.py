"""What people whom the police met answered, how many of those asked, and who did not answer."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from api.editions.cells import AreaNamer, area_namer
from api.editions.chapters.response import (
    LETTERS,
    NOT_RECORDED,
    SILENT,
    rates_table,
    repeated_words,
)
from api.editions.report import (
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, bounded_row, figure_row
from api.formatting import (
    format_count,
    format_dates,
    format_day,
    format_share,
    format_share_interval,
    format_whole,
)
from api.translating import edition_gettext as _
from api.translating import edition_ngettext as _n
from survey.editions.chapters.encounters import (
    AskedGroup,
    EncounterQuestion,
    EncounterShare,
    EncounterSurvey,
)
from survey.editions.edition import Edition
from survey.encounters.asking import Dimension, Rule
from survey.sentences import N_

DIMENSIONS: dict[Dimension, str] = {
    "kind": N_("Kind of encounter"),
    "area": N_("Borough"),
    "age": N_("Age"),
    "sex": N_("Sex"),
    "ethnicity": N_("Ethnic group"),
}
NEVER_ASKED: dict[Rule, str] = {
    "under_16": N_("people under 16"),
    "domestic_abuse": N_("people in cases of domestic abuse"),
    "death": N_("people in cases in which somebody died"),
    "medical": N_("people in a medical emergency"),
    "open_complaint": N_("people with an open complaint"),
    "unwilling": N_("people who asked not to be contacted"),
}
WHO_THEY_ARE = N_(
    "These people met the police, such as in a stop, and were asked about it afterwards, each with "
    "a code of their own. They are never counted together with residents we asked or people who "
    "wrote in."
)
USE = N_(
    "Use these figures to see how people found such an encounter. They say nothing about "
    "residents, or about people who were not asked."
)
NOT_COVERED = N_(
    "The intervals are about chance and rounding. They do not cover people who did not answer and "
    "may think otherwise."
)
ROUNDED = N_(
    "Counts are to the nearest 5; small ones are withheld. Shares are made from these counts, so "
    "the shares of a question need not add up to 100%."
)
METHOD = "share of counts to the nearest 5, need not add up to 100%; exact limits"
RATES = ("rr1", "rr2", "rr3", "rr4", "rr5", "rr6", "coop1", "coop2")
LEAST_SHORT = 0.02


def survey_sections(edition: Edition) -> Iterator[ReportSection]:
    for number, one in enumerate(edition.encounters, 1):
        yield answers_section(edition, one, f"met-{number}")
        yield asked_section(edition, one, f"met-asked-{number}")


def answers_section(edition: Edition, one: EncounterSurvey, key: str) -> ReportSection:
    shown = [found for found in one.questions if found.status != "withheld"]
    return ReportSection(
        key=key,
        heading=one.title,
        stream="met",
        words=(
            _(WHO_THEY_ARE),
            *asked_words(edition, one),
            _(USE),
            *answer_words(edition, one, shown),
        ),
        tables=with_spoken_names(one, map(question_table, shown)),
        measures=measure_links("encounter_share"),
    )


def asked_words(edition: Edition, one: EncounterSurvey) -> Iterator[str]:
    """How many were asked about which encounters, and how many answered."""
    asked, answered = one.response.invited, one.response.answered
    yield _n(
        "People were asked once, about encounters of {days}.",
        "People were asked in {n} waves, about encounters of {days}.",
        one.waves,
    ).format(n=format_whole(one.waves), days=format_dates(one.first_day, one.last_day))
    if asked and answered:
        yield _("About {asked} were asked. About {answered} of them had answered by {day}.").format(
            asked=format_whole(asked),
            answered=format_whole(answered),
            day=format_day(edition.data_as_of),
        )
    if one.never_asked:
        names = [_(NEVER_ASKED[rule]) for rule in one.never_asked]
        yield _("Never asked: {groups}.").format(groups="; ".join(names))


def answer_words(
    edition: Edition, one: EncounterSurvey, shown: list[EncounterQuestion]
) -> Iterator[str]:
    if not shown:
        yield _(
            "What people said cannot be shown: too few have answered, or too few since the last "
            "report."
        )
        return
    # Fewer than answered: a used code has no day, so these are all that were used until today.
    yield _("These answers came by {day}.").format(day=format_day(edition.end))
    yield _(ROUNDED) + " " + _(NOT_COVERED)
    if len(shown) < len(one.questions):
        yield _n(
            "{n} question is not shown: it has too few answers, or too few since the last report.",
            "{n} questions are not shown: each has too few answers, or too few since the last "
            "report.",
            hidden := len(one.questions) - len(shown),
        ).format(n=format_whole(hidden))


def question_table(found: EncounterQuestion) -> ReportTable:
    notes = []
    if found.base:
        answered = _("About {n} people answered this question.")
        notes.append(answered.format(n=format_whole(found.base)))
    if found.several:
        notes.append(_("They could choose several answers."))
    if found.status == "flagged":
        notes.append(_("Fewer than 100 answers: read the interval, not the share."))
    return ReportTable(
        caption=found.text,
        head=(_("Answer"), _("People"), _("Share (95% interval)")),
        rows=tuple(map(share_cells, found.answers)),
        note=" ".join(notes),
    )


def share_cells(one: EncounterShare) -> tuple[ReportCell, ...]:
    return (
        ReportCell(one.words),
        text_cell(format_count(one.count)),
        text_cell(format_share_interval(one.share, one.low, one.high)),
    )


def asked_section(edition: Edition, one: EncounterSurvey, key: str) -> ReportSection:
    names, found = area_namer(edition), one.response
    return ReportSection(
        key=key,
        heading=_("Who of them answered, and who did not"),
        stream="met",
        level=3,
        words=(
            _("Counted since {day}.").format(day=format_day(one.since)),
            *shortfall_words(one, names),
            *([] if found.recorded else [_(NOT_RECORDED)]),
            *repeated_words(found),
        ),
        tables=with_spoken_names(one, [rates_table(found)]),
        folded=with_spoken_names(one, [outcome_table(one), *group_tables(one, names)]),
        measures=measure_links("response_rate"),
    )


def with_spoken_names(
    one: EncounterSurvey, tables: Iterable[ReportTable]
) -> tuple[ReportTable, ...]:
    """The tables, each with the survey in its name: residents have a table of response rates too,
    and so has each other survey of this kind.
    """
    return tuple(replace(table, spoken_name=f"{one.title}: {table.caption}") for table in tables)


def shortfall_words(one: EncounterSurvey, names: AreaNamer) -> Iterator[str]:
    """The group that is furthest short of its share of those asked, if by more than rounding."""
    short = [
        (group.share_asked - group.share_answered, group)
        for group in one.groups
        if group.share_asked is not None and group.share_answered is not None
    ]
    by, most = max(short, key=lambda pair: pair[0], default=(0.0, None))
    if most is None or by < LEAST_SHORT:
        return
    yield _(
        "Furthest short of {n} groups ({dimension}): {group}, {answered} of those who answered "
        "and {asked} of those asked."
    ).format(
        n=len(short),
        dimension=_(DIMENSIONS[most.dimension]).lower(),
        group=names(most.category),
        answered=format_share(most.share_answered or 0.0),
        asked=format_share(most.share_asked or 0.0),
    )


def outcome_table(one: EncounterSurvey) -> ReportTable:
    found = one.response
    rows = [(_("Asked"), found.invited), (_("Answered (I)"), found.complete)]
    if found.recorded:
        rows += [(_(words), getattr(found, name)) for name, words in LETTERS.items()]
    rows.append((_(SILENT), found.silent))
    return ReportTable(
        caption=_("What became of the people asked"),
        head=(_("What became of them"), _("People")),
        rows=tuple((ReportCell(name), text_cell(format_count(count))) for name, count in rows),
        note=_(
            "The letters are those of AAPOR's Standard Definitions. An answer is sent only when it "
            "is complete, so none is partial."
        ),
    )


def group_tables(one: EncounterSurvey, names: AreaNamer) -> Iterator[ReportTable]:
    """The groups of the file among those asked and those who answered."""
    for dimension, words in DIMENSIONS.items():
        mine = [group for group in one.groups if group.dimension == dimension]
        if len(mine) > 1:
            yield ReportTable(
                caption=_("{dimension}: asked and answered").format(dimension=_(words)),
                head=(_("Group"), _("Of those asked"), _("Of those who answered")),
                rows=tuple(group_cells(group, names) for group in mine),
                note=_("Counts begin at 10 and are to the nearest 5. Shares are made from them."),
            )


def group_cells(group: AskedGroup, names: AreaNamer) -> tuple[ReportCell, ...]:
    return (
        ReportCell(group_words(group, names)),
        count_cell(group.asked, group.share_asked),
        count_cell(group.answered, group.share_answered),
    )


def count_cell(count: int | None, share: float | None) -> ReportCell:
    """A count with its share of everybody asked, or of everybody who answered."""
    words = format_count(count)
    return text_cell(words) if share is None else ReportCell(f"{words} ({format_share(share)})")


def group_words(group: AskedGroup, names: AreaNamer) -> str:
    name = names(group.category)
    return name[:1].upper() + name[1:]


def survey_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for one in edition.encounters:
        key = f"people the police met: {one.title}", f"{one.since}/{edition.end}"
        for row in (*response_rows(one, key), *group_rows(one, key), *question_rows(one, key)):
            yield with_stream(row)


def with_stream(row: ExportRow) -> ExportRow:
    return *row[:3], "met", *row[4:]


def response_rows(one: EncounterSurvey, key: tuple[str, str]) -> Iterator[ExportRow]:
    found = one.response
    yield figure_row(*key, "", "asked", found.invited)
    yield figure_row(*key, "", "answered", found.answered)
    table, period = key
    ends = {name: f"{one.since}/{day}" for name, day in found.as_of}
    for name in (*LETTERS, "silent"):
        days = ends.get(name, period)
        yield figure_row(table, days, "", name.replace("_", " "), getattr(found, name))
    for name in RATES:
        yield figure_row(*key, "", name.upper(), getattr(found, name), "AAPOR")


def group_rows(one: EncounterSurvey, key: tuple[str, str]) -> Iterator[ExportRow]:
    for group in one.groups:
        domain, about = (
            (group.category, group.dimension)
            if group.dimension == "area"
            else ("", f"{group.dimension} {group.category}")
        )
        for name in ("asked", "answered", "share_asked", "share_answered"):
            measure = f"{about}: {name.replace('_', ' of ')}"
            yield figure_row(*key, domain, measure, getattr(group, name))


def question_rows(one: EncounterSurvey, key: tuple[str, str]) -> Iterator[ExportRow]:
    for found in one.questions:
        yield figure_row(*key, "", f"{found.text}: people who answered", found.base)
        for answer in found.answers:
            measure = f"{found.text}: {answer.words}"
            figure = answer.share, answer.low, answer.high
            yield bounded_row((*key, "", "", measure), answer.count, figure, METHOD)
