"""Who answered the survey and who did not: dispositions, response rates, and whom answers miss."""

from collections.abc import Iterator

from api.editions.cells import area_namer
from api.editions.report import ReportCell, ReportSection, ReportTable, measure_links, text_cell
from api.editions.rows import ExportRow, Periods, figure_row
from api.locales import (
    WITHHELD,
    format_count,
    format_dates,
    format_day,
    format_number,
    format_share,
    group_name,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.perception import GroupRepresentation, OutcomeSource, SampleResponse
from survey.sentences import N_

# AAPOR's letters stand behind, for readers who compare surveys.
SENT = {
    "complete": N_("Answered every question of the index (I)"),
    "partial": N_("Answered enough of them (P)"),
    "broken_off": N_("Sent less than that: broken off (R)"),
}
LETTERS = {
    "refused": N_("Refused (R)"),
    "not_reached": N_("Not reached (NC)"),
    "unable": N_("Unable to answer (O)"),
    "undelivered": N_("Returned undelivered (UO)"),
    "ineligible": N_("Not eligible (NE)"),
}
SILENT = N_("Nothing came back (UH)")
RATES = {
    "rr1": N_("Complete answers, of all invited who may be eligible (RR1)"),
    "rr2": N_("Complete and partial answers, of all invited who may be eligible (RR2)"),
    "rr3": N_("Complete, of an estimate of those eligible (RR3)"),
    "rr4": N_("Complete and partial, of an estimate of those eligible (RR4)"),
    "rr5": N_("Complete, of those known to be eligible (RR5)"),
    "rr6": N_("Complete and partial, of those known to be eligible (RR6)"),
    "coop1": N_("Complete, of those reached: cooperation rate (COOP1)"),
    "coop2": N_("Complete and partial, of those reached (COOP2)"),
    "eligible": N_("Share of the silent taken to be eligible (e)"),
}
LEAST_SHORT = 0.02
NO_FRAME = N_(
    "Anybody may write in, so nobody knows how many did not. Answers of people who wrote in have "
    "no response rate, and none is given."
)
NOT_INVITED = N_(
    "No response rate is given for the survey: how many people were invited is not recorded here, "
    "or some answered without an invitation from here."
)
NOT_RECORDED = N_(
    "Nobody recorded why letters were not answered. That is why there is no rate among people "
    "known to be eligible (RR3 to RR6) and no cooperation rate."
)
SOURCES: dict[OutcomeSource, str] = {
    "visits": N_("Why people did not answer was recorded by interviewers who visited them."),
    "both": N_(
        "Why people did not answer was recorded by interviewers who visited them in some boroughs, "
        "and from letters in the others."
    ),
}
WITHDRAWN = N_(
    "People who withdrew their answer, and those invited only lately, count as not answering."
)


def response_sections(edition: Edition) -> Iterator[ReportSection]:
    if edition.kind != "monthly" or not (edition.response or edition.represented):
        return
    found = edition.response
    yield ReportSection(
        key="response",
        heading=_("Who answered, and who did not"),
        stream="sampled",
        words=tuple(response_words(edition)),
        tables=() if found is None else (rates_table(found),),
        folded=tuple(response_tables(edition)),
        measures=measure_links("response_rate"),
    )
    if edition.represented:
        yield ReportSection(
            key="represented",
            heading=_("Whom the answers miss"),
            stream="sampled",
            level=3,
            words=(
                _(
                    "Per cent of the answers and of the residents aged 16 and over. Weights make "
                    "up for groups who answered less often, and cannot make up for those within a "
                    "group who did not answer."
                ),
                *shortfall_words(edition),
            ),
            folded=(represented_table(edition),),
            measures=measure_links("representation"),
        )


def shortfall_words(edition: Edition) -> Iterator[str]:
    """The group that is furthest short of its share of residents, if by more than rounding."""
    short = [
        (one.residents - one.drawn, one)
        for one in edition.represented
        if one.drawn is not None and one.residents is not None
    ]
    by, most = max(short, key=lambda pair: pair[0], default=(0.0, None))
    if most is not None and by >= LEAST_SHORT:
        yield _(
            "Furthest short of {n} groups: {group}, {drawn} of the answers (by chance of being "
            "drawn) and {residents} of residents."
        ).format(
            n=len(short),
            group=people_name(most),
            drawn=format_share(most.drawn or 0.0),
            residents=format_share(most.residents or 0.0),
        )


def people_name(representation: GroupRepresentation) -> str:
    """The people of a group within a sentence."""
    name = group_name(representation.dimension, representation.category)
    return _("people aged {ages}").format(ages=name) if representation.dimension == "age" else name


def response_words(edition: Edition) -> Iterator[str]:
    found = edition.response
    if found is None:
        yield _(NOT_INVITED)
    else:
        if found.since is not None:
            yield _("Counted over {days}.").format(days=format_dates(found.since, edition.end))
        yield _(WITHDRAWN)
        if not found.recorded:
            yield _(NOT_RECORDED)
        elif found.source in SOURCES:
            yield _(SOURCES[found.source])
        yield from repeated_words(found)
    yield _(NO_FRAME)


def repeated_words(response: SampleResponse) -> Iterator[str]:
    """Which counts are repeated from earlier reports, by the day up to which these counted."""
    named = {"answered": N_("Answered"), **SENT, **LETTERS}
    for until in sorted({day for _name, day in response.as_of}):
        names = [_(named[name]) for name, day in response.as_of if day == until]
        yield _(
            "Repeated from an earlier report, counted to {day}, because what was added since "
            "cannot be shown: {names}. The rates use these counts."
        ).format(day=format_day(until), names="; ".join(names))


def response_tables(edition: Edition) -> Iterator[ReportTable]:
    found = edition.response
    if found is None:
        return
    yield ReportTable(
        caption=_("What became of the people invited"),
        head=(_("What became of them"), _("People")),
        rows=tuple(
            (ReportCell(name), text_cell(format_count(count))) for name, count in outcomes(found)
        ),
        note=_(
            "The letters are those of AAPOR's Standard Definitions. Counts are to the nearest 5."
        ),
    )
    if edition.response_by_area:
        yield area_table(edition)


def outcomes(response: SampleResponse) -> Iterator[tuple[str, int | None]]:
    """Each outcome of the people invited, in words, and how many had it."""
    yield _("Invited"), response.invited
    for field, name in SENT.items():
        yield _(name), getattr(response, field)
    if response.recorded:
        for field, name in LETTERS.items():
            yield _(name), getattr(response, field)
    yield _(SILENT), response.silent


def rates_table(response: SampleResponse) -> ReportTable:
    return ReportTable(
        caption=_("Response rates"),
        head=(_("Rate"), _("Per cent")),
        rows=tuple(
            (ReportCell(_(name)), share_cell(rate))
            for field, name in RATES.items()
            for rate in [getattr(response, field)]
            if rate is not None or field == "rr1"
        ),
    )


def share_cell(share: float | None) -> ReportCell:
    return text_cell(WITHHELD if share is None else f"{format_number(100 * share)}%")


def area_table(edition: Edition) -> ReportTable:
    names = area_namer(edition)
    return ReportTable(
        caption=_("Response by borough"),
        head=(_("Borough"), _("Invited"), _("Complete answers"), _("Response rate (RR1)")),
        rows=tuple(
            (
                ReportCell(names(row.area)),
                text_cell(format_count(row.invited)),
                text_cell(format_count(row.complete)),
                share_cell(row.rr1),
            )
            for row in edition.response_by_area
        ),
        note=_(
            "The borough is where people were drawn, and the rate is of all invited there. Counts "
            "are to the nearest 5."
        ),
    )


def represented_table(edition: Edition) -> ReportTable:
    return ReportTable(
        caption=_("Groups among the answers and among residents"),
        head=(
            _("Group"),
            _("Answers"),
            _("Share"),
            _("By chance"),
            _("Weighted"),
            _("Residents"),
        ),
        rows=tuple(
            (
                ReportCell(group_name(row.dimension, row.category)),
                text_cell(format_count(row.n)),
                *(
                    text_cell(WITHHELD if share is None else format_share(share))
                    for share in (row.answers, row.drawn, row.weighted, row.residents)
                ),
            )
            for row in edition.represented
        ),
        note=_(
            "By chance: each answer counts by its chance of being drawn. Weighted: as in this "
            "report. Where a group is too small to show, no share of its kind of group is shown."
        ),
    )


def response_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    found = edition.response
    if found is not None:
        first, ends = found.since or edition.start, dict(found.as_of)
        period = f"{first}/{edition.end}"
        named = {"invited": "invited", "answered": "answered", "silent": "nothing came back"}
        recorded = tuple(LETTERS) if found.recorded else ()
        for field in ("invited", "answered", *SENT, *recorded, "silent"):
            measure = named.get(field, field.replace("_", " "))
            days = f"{first}/{ends.get(field, edition.end)}"
            yield figure_row("response", days, edition.city, measure, getattr(found, field))
        for field in RATES:
            if (rate := getattr(found, field)) is not None or field == "rr1":
                measure = "e" if field == "eligible" else field.upper()
                yield figure_row("response", period, edition.city, measure, rate, "AAPOR")
        for row in edition.response_by_area:
            for measure, value in (("invited", row.invited), ("complete", row.complete)):
                yield figure_row("response by borough", period, row.area, measure, value)
            yield figure_row("response by borough", period, row.area, "RR1", row.rr1, "AAPOR")
    for group in edition.represented:
        table = f"representation: {group.dimension}"
        yield figure_row(table, periods.index, group.category, "answers", group.n)
        for rows_measure, share in (
            ("share of answers", group.answers),
            ("share by chance of being drawn", group.drawn),
            ("share after weighting", group.weighted),
            ("share of residents", group.residents),
        ):
            yield figure_row(table, periods.index, group.category, rows_measure, share)
