"""The gate of a survey's own results, which move while people answer and can be narrowed to a part.

Whoever looks knows the rules, can look as often as they like, may know who answered when, and may
have answered often themselves. So a table is shown from ten people on, moves only when ten or more
have come or gone, and a part is shown only if its answers came on several days, and what is left
when all shown parts are taken from the whole is nobody, or ten people or more. Counts of parts are
rounded to five. All these tens are of answers that open results: a few an hour from each source.
"""

from collections.abc import Mapping, Sequence

from analysis.disclosure.counts import FEWEST_TO_COUNT, ROUNDING
from survey.surveys.sums import AnswerTable, PartTables, QuestionTables

# Of many answers, figures move when a hundredth has come: ten more change nothing that one can see.
PARTS_OF_A_STEP = 100
FEWEST_DAYS = 3  # whoever pads a part has to go on for days, in which others answer too


def has_moved(before: int, now: int) -> bool:
    """Whether figures at `before` answers are made again at `now` answers."""
    return abs(now - before) >= max(FEWEST_TO_COUNT, before // PARTS_OF_A_STEP)


def opening_answers(table: AnswerTable) -> int:
    """How many answers of a table count toward a threshold."""
    return table.base if table.opening is None else table.opening


def may_open(table: AnswerTable) -> bool:
    """Whether enough answers that count have come for a part, on enough days."""
    several = table.days is None or table.days >= FEWEST_DAYS
    return several and opening_answers(table) >= FEWEST_TO_COUNT


def moved_tables(before: QuestionTables, now: QuestionTables) -> QuestionTables:
    """The tables to show: each as before, until ten people or more have come or gone."""
    found = {}
    for question in {**before, **now}:
        old, new = before.get(question), now.get(question)
        # A table that is gone counts fewer than ten people now: how many is not known here.
        left = opening_answers(new) if new else FEWEST_TO_COUNT - 1
        shown = old if old and abs(left - opening_answers(old)) < FEWEST_TO_COUNT else new
        if shown and opening_answers(shown) >= FEWEST_TO_COUNT:
            found[question] = shown
    return found


def moved_parts(before: PartTables, now: PartTables) -> PartTables:
    """The same for every part; parts without a table are left out."""
    found = {
        part: moved_tables(before.get(part, {}), now.get(part, {})) for part in {**before, **now}
    }
    return {part: tables for part, tables in found.items() if tables}


def shown_parts(
    whole: AnswerTable | None, parts: Mapping[str, AnswerTable]
) -> dict[str, AnswerTable]:
    """The parts of a question that may be shown, rounded; the others are withheld.

    `whole` has the answers of all parts and of people in none.
    """
    if whole is None or opening_answers(whole) < FEWEST_TO_COUNT:
        return {}
    by_size = sorted(parts, key=lambda part: (opening_answers(parts[part]), part), reverse=True)
    shown = [part for part in by_size if may_open(parts[part])]
    while shown and tells_of_the_rest(whole, [parts[one] for one in shown]):
        shown.pop()
    return {part: rounded_table(parts[part]) for part in sorted(shown)}


def tells_of_the_rest(whole: AnswerTable, shown: Sequence[AnswerTable]) -> bool:
    """Whether what is left of the whole when these parts are taken away is somebody, and fewer than
    ten people.
    """
    rest = opening_answers(whole) - sum(map(opening_answers, shown))
    return whole.base != sum(one.base for one in shown) and abs(rest) < FEWEST_TO_COUNT


def shown_groups(table: AnswerTable | None) -> dict[str, int]:
    """How many of each group answered, rounded to five; only groups of ten people or more.

    The page of who has not been heard from is made of these. Nobody and nine people look alike
    there, so the words for a group do not change when its first person answers. The table moves as
    all of them do: by ten people or more, so a group that comes into sight between two looks is
    one to which any of ten people or more may have come, and nothing says which. What a group
    lacks is worked out from the rounded figures and the census, never from the count behind them.
    """
    if table is None or opening_answers(table) < FEWEST_TO_COUNT:
        return {}
    opening = table.counts if table.opening_counts is None else table.opening_counts
    return {
        group: rounded_to_five(count)
        for group, count in table.counts.items()
        if opening.get(group, 0) >= FEWEST_TO_COUNT
    }


def rounded_table(table: AnswerTable) -> AnswerTable:
    counts = {answer: rounded_to_five(count) for answer, count in table.counts.items()}
    return AnswerTable(rounded_to_five(table.base), counts)


def rounded_to_five(count: int) -> int:
    return ROUNDING * ((count + ROUNDING // 2) // ROUNDING)
