"""People whom the police met: what they answered, how many of those asked, and who did not.

They are a stream of their own. Everybody in a file of encounters was asked, so there is no sample
of residents and nothing is weighted: a figure is a share of the people who answered.
"""

import datetime
from collections.abc import Iterator
from typing import get_args

from msgspec.structs import replace

from analysis.disclosure import EVENTS, FEWEST_RESPONDENTS, PEOPLE, rounded_figure
from analysis.editions.chapter import Chapter, CountRule, TableRules
from analysis.editions.chapters.response import with_rates
from analysis.editions.workings import Workings
from analysis.statistics.rates import clopper_pearson
from survey.editions.figures import FigureTable, TableFigure, table_counts
from survey.editions.perception import RATES, met_response
from survey.surveys.encounters import Dimension, EncounterAnswers
from survey.surveys.samples import LETTER_OUTCOMES

ASKED, ANSWERED, BASE, OPTION = "met asked", "met answered", "met base", "met option"
EVERYBODY = {"asked": CountRule(ASKED, PEOPLE), "answered": CountRule(ANSWERED, PEOPLE)}
TAIL = 0.025


def compute(workings: Workings) -> Iterator[FigureTable]:
    """The surveys that were answered in the month; a week has too few answers."""
    if workings.inputs.kind == "monthly":
        for fields in workings.inputs.met:
            yield from survey_tables(fields, workings.inputs.city, workings.inputs.end)


def survey_tables(
    met_survey: EncounterAnswers, city: str, end: datetime.date
) -> Iterator[FigureTable]:
    """A survey of people whom the police met, from the day of its first wave on.

    First the people asked by the end of the period, and how many of them had answered by the day as
    of which the edition was made; then the groups of each dimension among both; then the answers to
    each question received by the end of the period, with `base` the number of people who gave any.
    """
    everybody = met_survey.sums.everybody
    people = [("asked", "", everybody.asked), ("answered", "", everybody.answered)]
    letters = [("letters", name, met_survey.outcomes.get(name, 0)) for name in LETTER_OUTCOMES]
    survey = FigureTable(
        kind=SURVEY.kind,
        key=(met_survey.survey,),
        domain=city,
        first=met_survey.since,
        last=end,
        facts=(
            ("title", met_survey.title),
            ("waves", met_survey.waves),
            ("first_day", str(met_survey.first_day)),
            ("last_day", str(met_survey.last_day)),
            ("never_asked", " ".join(met_survey.never_asked)),
            ("recorded", int(any(met_survey.outcomes.values()))),
        ),
        counts=table_counts(*people, *letters),
    )
    yield survey
    for dimension, tallies in met_survey.sums.groups.items():
        asked = [("group asked", name, tally.asked) for name, tally in tallies.items()]
        answered = [("group answered", name, tally.answered) for name, tally in tallies.items()]
        yield replace(
            survey,
            kind=f"met by {dimension}",
            facts=(),
            counts=table_counts(*people, *asked, *answered),
        )
    for question in met_survey.questions:
        # Who may choose several answers is counted more than once.
        column = "choices" if question.several else "people"
        answers = [(column, words, count) for words, count in question.counts.items()]
        yield replace(
            survey,
            kind=QUESTION.kind,
            key=(met_survey.survey, question.item),
            facts=(("text", question.text),),
            counts=table_counts(("base", "", question.base), *answers),
        )


def made_rates(table: FigureTable) -> Iterator[TableFigure]:
    """AAPOR's rates of the published counts, and how many are silent."""
    response = with_rates(met_response(table))
    for name in ("silent", *RATES):
        yield TableFigure(name=name, value=getattr(response, name))


def made_group_shares(table: FigureTable) -> Iterator[TableFigure]:
    """The share of each group of those asked, and of those who answered."""
    for count in table.counts:
        if count.row:
            whole = table.count(count.name.removeprefix("group "))
            yield TableFigure(name=count.name, row=count.row, value=share_of(count.count, whole))


def share_of(part: int | None, whole: int | None) -> float | None:
    """One published count as a share of another; it reveals no more than these two counts."""
    return rounded_figure(min(part / whole, 1.0)) if part and whole else None


def made_answer_shares(table: FigureTable) -> Iterator[TableFigure]:
    """The share of each answer, with exact limits that hold for every true value that the rounded
    counts can have.
    """
    for count in table.counts:
        if count.row:
            yield from share_with_limits(("share", count.row), count.count, table.count("base"))


def share_with_limits(
    name: tuple[str, str], part: int | None, whole: int | None
) -> Iterator[TableFigure]:
    """One published count as a share of another, with exact limits (Clopper-Pearson) that hold for
    every true value of both; `name` is that of the figure and of its row.
    """
    if part and whole:
        given, people = EVENTS.bounds(part), EVENTS.bounds(whole)
        low, _ = clopper_pearson(given.low, people.high, TAIL)
        _, high = clopper_pearson(min(given.high, people.low), people.low, TAIL)
        yield TableFigure(
            name=name[0],
            row=name[1],
            value=share_of(part, whole),
            low=rounded_figure(low),
            high=rounded_figure(high),
        )


SURVEY = TableRules(
    kind="met",
    facts=("title", "waves", "first_day", "last_day", "never_asked", "recorded"),
    counts=EVERYBODY | {"letters": CountRule("met letters", repeats=True)},
    made=made_rates,
)
# The groups of each dimension, and whoever is in none, add up to everybody.
GROUPS = tuple(
    TableRules(
        kind=f"met by {dimension}",
        facts=(),
        counts=EVERYBODY
        | {
            "group asked": CountRule(f"{ASKED} by {dimension}", PEOPLE, True, "asked"),
            "group answered": CountRule(f"{ANSWERED} by {dimension}", PEOPLE, True, "answered"),
        },
        needs=("asked", "answered"),
        made=made_group_shares,
    )
    for dimension in get_args(Dimension)
)
QUESTION = TableRules(
    kind="met question",
    facts=("text",),
    counts={
        "base": CountRule(BASE),
        # No share of fewer than 30 people.
        "people": CountRule(OPTION, cells=True, whole="base", least=("base", FEWEST_RESPONDENTS)),
        "choices": CountRule(OPTION, cells=True, least=("base", FEWEST_RESPONDENTS)),
    },
    needs=("asked", "answered"),
    made=made_answer_shares,
)
CHAPTER = Chapter(name="encounters", tables=(SURVEY, *GROUPS, QUESTION), compute_tables=compute)
