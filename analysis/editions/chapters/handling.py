"""What people whose case was closed say about how it was handled, and how many did not answer.

They are a stream of their own. Every owner of a case that was closed in a quarter is asked, so
nobody is drawn and nothing is weighted. A quarter is shown once it is final, and never changes.
"""

from collections.abc import Iterator

from analysis.disclosure import EVENTS, FEWEST_RESPONDENTS, PEOPLE, rounded_figure
from analysis.editions.chapter import Chapter, CountRule, TableRules
from analysis.editions.chapters.encounters import share_with_limits
from analysis.editions.workings import Workings
from survey.editions.caseload import HANDLING_GROUPS, HANDLING_QUESTIONS, HandlingQuarter
from survey.editions.figures import FigureTable, TableFigure, table_counts

NAMES = tuple(HANDLING_QUESTIONS.answer_names())


def compute(workings: Workings) -> Iterator[FigureTable]:
    """The final quarters of a year, the newest first; a week has none of its own."""
    for quarter in workings.inputs.handling:
        yield quarter_table(quarter, workings.inputs.city)


def quarter_table(quarter: HandlingQuarter, city: str) -> FigureTable:
    """Cases closed, opened again by their owner and answered about; the answers to each question in
    three groups, with its base: the people who gave any.
    """
    counts = [
        ("closed", "", quarter.closed),
        ("returned", "", quarter.returned),
        ("answered", "", quarter.answered),
    ]
    for name in NAMES:
        groups = quarter.groups(name)
        counts.append((f"{name} base", "", sum(groups.values())))
        counts += [(name, group, count) for group, count in groups.items()]
    return FigureTable(
        kind=QUARTER.kind,
        key=(str(quarter.quarter),),
        domain=city,
        first=quarter.quarter,
        last=quarter.last,
        counts=table_counts(*counts),
    )


def made_shares(table: FigureTable) -> Iterator[TableFigure]:
    """Shares of published counts with their exact limits, and what is known of all closed cases:
    the share that agrees if nobody else would, and if everybody else would (Horowitz and Manski,
    1998), for all values that the rounded counts can have.
    """
    yield from share_with_limits(("answered", ""), table.count("answered"), table.count("closed"))
    for name in NAMES:
        base, closed = table.count(f"{name} base"), table.count("closed")
        for group in HANDLING_GROUPS:
            yield from share_with_limits((name, group), table.count(name, group), base)
        agree = table.count(name, "agree")
        if agree and base and closed:
            of, given, said = (EVENTS.bounds(count) for count in (closed, base, agree))
            others = max(given.low - said.high, 0)
            yield TableFigure(
                name=f"{name} of all",
                low=rounded_figure(said.low / of.high),
                high=rounded_figure(1 - others / of.high),
            )


QUARTER = TableRules(
    kind="handling",
    facts=(),
    counts={
        "closed": CountRule("handling closed", PEOPLE),
        "returned": CountRule("handling returned", PEOPLE),
        "answered": CountRule("handling answered", PEOPLE),
    }
    | {
        count: rule
        for name in NAMES
        for count, rule in (
            (f"{name} base", CountRule(f"handling base {name}")),
            (
                name,
                # No share of fewer than 30 people.
                CountRule(
                    f"handling answer {name}",
                    cells=True,
                    whole=f"{name} base",
                    least=(f"{name} base", FEWEST_RESPONDENTS),
                ),
            ),
        )
    },
    needs=("answered",),
    made=made_shares,
)
CHAPTER = Chapter(name="handling", tables=(QUARTER,), compute_tables=compute)
