"""Which questions of a page depend on the answers to other questions of it."""

from collections.abc import Iterable, Iterator

from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import (
    AnyPart,
    Calculate,
    Instrument,
    QuestionGroup,
    QuestionPage,
    Repeat,
    all_parts,
)


class FollowUps:
    """Which questions of a page depend on others of it, by their own conditions or their group's.

    They come a page later, so that nothing appears on a page that somebody has just answered.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.calculations = {
            item.name: item.calculation
            for item in all_parts(instrument.items)
            if isinstance(item, Calculate)
        }

    def turns(self, page: QuestionPage | Repeat) -> dict[str, int]:
        """For each question, after how many pages it is asked: 0 is at once."""
        conditions = dict(question_conditions(page.items))
        found: dict[str, int] = {}
        for name, condition in conditions.items():
            needed = self.names_in(condition) & found.keys()
            found[name] = max((found[one] + 1 for one in needed), default=0)
        return found

    def names_in(self, expression: str, deeper: int = 5) -> set[str]:
        """The questions an expression asks about, also by way of calculations."""
        names = set(REFERENCE.findall(expression))
        # Bounded: in a draft that is tried out, calculations may name each other in a circle.
        if deeper:
            for name in names & self.calculations.keys():
                names |= self.names_in(self.calculations[name], deeper - 1)
        return names


def question_conditions(parts: Iterable[AnyPart], outer: str = "") -> Iterator[tuple[str, str]]:
    """Each question with the expressions that decide if it is asked and what it offers."""
    for part in parts:
        condition = f"{outer} {part.relevant} {getattr(part, 'filter', '')}"
        if isinstance(part, QuestionGroup | QuestionPage):
            yield from question_conditions(part.items, condition)
        elif not isinstance(part, Repeat):
            yield part.name, condition
