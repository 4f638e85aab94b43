"""What the readers of LimeSurvey and SurveyJS share: names, wordings, and terms of conditions."""

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar, Generic, TypeVar

from survey.surveys.expressions import TokenReader
from survey.surveys.instruments import Wording

RESERVED = ("meta", "data")  # names that an XForm reserves
LONGEST_NAME = 60
# How tightly a piece of XPath binds, loosest first.
OR, AND, EQUAL, RELATED, ADDED, MULTIPLIED, WHOLE = range(7)
Term = TypeVar("Term")


class Unconvertible(ValueError):
    """An expression that cannot be converted; the sentence says why."""


class FreeNames:
    """The names that are in use; another one of the same name gets a number."""

    def __init__(self, reserved: Collection[str] = ()) -> None:
        self.used = set(reserved)
        self.numbers: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """The name itself, or with the next number if it is in use already."""
        name = wanted
        while name in self.used:
            # Remembered, so that thousands of equal names do not each count up from 2.
            number = self.numbers[wanted] = self.numbers.get(wanted, 1) + 1
            ending = f"_{number}"
            name = wanted[: LONGEST_NAME - len(ending)] + ending
        self.used.add(name)
        return name


def joined_wording(*wordings: Wording, by: str = "\n") -> Wording:
    """Several wordings joined with `by`, for each language."""
    codes = dict.fromkeys(code for wording in wordings for code in wording)
    return {code: by.join(one[code] for one in wordings if code in one) for code in codes}


def all_conditions(*conditions: str) -> str:
    """Several conditions joined by 'and'; empty ones are ignored."""
    given = [one for one in conditions if one]
    return " and ".join(f"({one})" for one in given) if len(given) > 1 else "".join(given)


class ForeignReader(TokenReader, Generic[Term]):
    """Reads an expression of another program into a term of XPath, the loosest operators first.

    `levels` are the program's operators, each level with how tightly its XPath binds; `operators`
    are the kinds of tokens that can be one, and `deepest` is how many brackets may be in brackets.
    """

    wrong = Unconvertible
    levels: ClassVar[Sequence[tuple[int, Collection[str]]]]
    operators: ClassVar[tuple[str, ...]]
    deepest: ClassVar[int]

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        super().__init__(tokens)
        self.depth = 0

    def operand(self) -> Term:
        """What stands between operators."""
        raise NotImplementedError

    def join(self, level: int, sign: str, left: Term, right: Callable[[], Term]) -> Term:
        """The term that an operator makes of what is before it and, if it is read, after it."""
        raise NotImplementedError

    def level(self, depth: int = 0) -> Term:
        if depth == len(self.levels):
            return self.operand()
        binds, signs = self.levels[depth]
        left = self.level(depth + 1)
        while sign := self.take_operator(signs):
            left = self.join(binds, sign, left, lambda: self.level(depth + 1))
        return left

    def take_operator(self, wanted: Collection[str]) -> str:
        """Take the next token if it is one of these operators, in any case; '' if not."""
        found = self.peek().lower()
        if found in wanted and self.kind() in self.operators:
            self.at += 1
            return found
        return ""

    def read_nested(self, read: Callable[[], Term]) -> Term:
        self.depth += 1
        if self.depth > self.deepest:
            raise Unconvertible("it is nested too deeply")
        found = read()
        self.depth -= 1
        return found

    def values_until(self, end: str) -> list[Term]:
        """The terms between commas, up to a closing bracket."""
        found: list[Term] = []
        while self.peek() != end:
            found.append(self.read_nested(self.level))
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return found
