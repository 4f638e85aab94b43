"""Who answered the survey and who did not: dispositions, response rates, and whom answers miss."""

from collections.abc import Iterator

from api.editions.cells import area_namer
from api.editions.report import ForStatisticians, ReportSection, measure_links
from api.editions.rows import ExportRow, Periods, export_periods
from api.editions.tables import Column, DeclaredTable, Row
from api.locales import edition_gettext as _
from api.locales import format_dates, format_day, format_number, format_share, group_name
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
NO_FRAME = N_("Anybody may write in, so nobody can say what share of people did.")
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
    tables = tuple(table.page for table in response_tables(edition))
    yield ReportSection(
        key="response",
        heading=_("Who answered, and who did not"),
        stream="sampled",
        words=tuple(response_words(edition)),
        for_statisticians=ForStatisticians(tuple(counting_words(edition)), tables),
        measures=measure_links("response_rate"),
    )
    if edition.represented:
        yield ReportSection(
            key="represented",
            heading=_("Whom the answers miss"),
            stream="sampled",
            level=3,
            words=(
                *shortfall_words(edition),
                _(
                    "Weights make up for groups who answer less often. They cannot make up for "
                    "people within a group who did not answer."
                ),
            ),
            for_statisticians=ForStatisticians(tables=(represented_table(edition).page,)),
            measures=measure_links("representation"),
        )


def shortfall_words(edition: Edition) -> Iterator[str]:
    """The group that is furthest short of its share of residents, if by more than rounding."""
    short = [
        (group.residents - group.drawn, group)
        for group in edition.represented
        if group.drawn is not None and group.residents is not None
    ]
    by, most = max(short, key=lambda pair: pair[0], default=(0.0, None))
    if most is not None and by >= LEAST_SHORT:
        yield _(
            "Furthest short of {n} groups: {group}. They are {residents} of residents and {drawn} "
            "of those who answered, after allowing for whom we invited."
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
    """How many of the people invited answered, or why nobody can say."""
    response = edition.response
    if response is None:
        yield _(NOT_INVITED)
    elif response.rr1 is not None:
        yield _(
            "Of people invited who may take part, {share} answered every question of the index."
        ).format(share=format_share(response.rr1))
    yield _(NO_FRAME)


def counting_words(edition: Edition) -> Iterator[str]:
    """How outcomes were counted, and who recorded why people did not answer."""
    response = edition.response
    if response is not None:
        if response.since is not None:
            yield _("Counted over {days}.").format(days=format_dates(response.since, edition.end))
        yield _(WITHDRAWN)
        if not response.recorded:
            yield _(NOT_RECORDED)
        elif response.source in SOURCES:
            yield _(SOURCES[response.source])
        yield from repeated_words(response)


def repeated_words(response: SampleResponse) -> Iterator[str]:
    """Which counts are repeated from earlier reports, by the day up to which these counted."""
    named = {"answered": N_("Answered"), **SENT, **LETTERS}
    for until in sorted({day for _name, day in response.as_of}):
        names = [_(named[name]) for name, day in response.as_of if day == until]
        yield _(
            "Repeated from an earlier report, counted to {day}, because what was added since "
            "cannot be shown: {names}. The rates use these counts."
        ).format(day=format_day(until), names="; ".join(names))


def outcome_table(edition: Edition, response: SampleResponse) -> DeclaredTable:
    """How many of the people invited had each outcome; files also say how many answered."""
    since, until = response.since or edition.start, dict(response.as_of)
    letters = LETTERS if response.recorded else {}
    named = {"invited": N_("Invited"), "answered": "", **SENT, **letters, "silent": SILENT}
    return DeclaredTable(
        _("What became of the people invited"),
        _("What became of them"),
        (Column(_("People")),),
        [
            Row(
                words and _(words),
                ("response", f"{since}/{until.get(outcome, edition.end)}", edition.city, ""),
                (getattr(response, outcome),),
                "nothing came back" if outcome == "silent" else outcome.replace("_", " "),
            )
            for outcome, words in named.items()
        ],
        _("The letters are those of AAPOR's Standard Definitions. Counts are to the nearest 5."),
    )


def rates_table(response: SampleResponse, days: str = "", city: str = "") -> DeclaredTable:
    key = "response", days, city, ""
    return DeclaredTable(
        _("Response rates"),
        _("Rate"),
        (Column(_("Per cent"), words=per_cent, method="AAPOR"),),
        [
            Row(_(words), key, (rate,), "e" if name == "eligible" else name.upper())
            for name, words in RATES.items()
            for rate in [getattr(response, name)]
            if rate is not None or name == "rr1"
        ],
    )


def per_cent(share: float) -> str:
    return f"{format_number(100 * share)}%"


def area_table(edition: Edition, days: str) -> DeclaredTable:
    names = area_namer(edition)
    return DeclaredTable(
        _("Response by borough"),
        _("Borough"),
        (
            Column(_("Invited"), "invited"),
            Column(_("Complete answers"), "complete"),
            Column(_("Response rate (RR1)"), "RR1", per_cent, "AAPOR"),
        ),
        [
            Row(
                names(area.area),
                ("response by borough", days, area.area, ""),
                (area.invited, area.complete, area.rr1),
            )
            for area in edition.response_by_area
        ],
        _(
            "The borough is where people were drawn, and the rate is of all invited there. Counts "
            "are to the nearest 5."
        ),
    )


def represented_table(edition: Edition) -> DeclaredTable:
    days = export_periods(edition).index
    return DeclaredTable(
        _("Groups among the answers and among residents"),
        _("Group"),
        (
            Column(_("Answers"), "answers"),
            Column(_("Share"), "share of answers", format_share),
            Column(_("Allowing for the draw"), "share by chance of being drawn", format_share),
            Column(_("Weighted"), "share after weighting", format_share),
            Column(_("Residents"), "share of residents", format_share),
        ),
        [
            Row(
                group_name(group.dimension, group.category),
                (f"representation: {group.dimension}", days, group.category, ""),
                (group.n, group.answers, group.drawn, group.weighted, group.residents),
            )
            for group in edition.represented
        ],
        _(
            "Per cent of the answers and of residents aged 16 and over. Allowing for the draw: an "
            "answer counts for more where fewer people were drawn. Weighted: as in this report. "
            "Where a group is too small to show, no share of its kind of group is shown."
        ),
    )


def response_tables(edition: Edition) -> Iterator[DeclaredTable]:
    """What became of the people invited, the rates that follow, and those of each borough."""
    response = edition.response
    if response is not None:
        days = f"{response.since or edition.start}/{edition.end}"
        yield outcome_table(edition, response)
        yield rates_table(response, days, edition.city)
        if edition.response_by_area:
            yield area_table(edition, days)


def response_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for table in (*response_tables(edition), represented_table(edition)):
        yield from table.export()
