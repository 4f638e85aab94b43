"""Finds the calculations that repeat a respondent's free text, which must not be exported.

A calculation may copy a text, directly or through other calculations. Its value counts as free
text unless it can only be yes or no, a length or a number of things.
"""

import re
from collections.abc import Iterable

from survey.surveys.instruments.items import AnyPart, Calculate, Text, all_parts

REFERENCE = re.compile(r"\$\{\s*([\w.-]+)\s*\}")
TOKEN = re.compile(
    r"""(?P<literal>"[^"]*"|'[^']*')|(?P<name>[^\W\d][\w.-]*(?::[\w.-]+)?)|(?P<call>\()"""
    r"""|(?P<close>[)\]])|(?P<open>\[)|(?P<test><=|>=|!=|=|<|>)|(?P<comma>,)"""
    r"""|(?P<any>//|(?:(?<=/)|(?<=\()|(?<=,)|^)\s*\*)|(?P<sign>[^\s\w])""",
    re.VERBOSE,
)
# These return a length, a count or a boolean, never any of the text.
WORDLESS = frozenset(
    {
        "string-length", "count", "count-non-empty", "count-selected", "selected", "contains",
        "starts-with", "ends-with", "regex", "not", "boolean", "boolean-from-string", "checklist",
        "weighted-checklist", "position",
    }
)  # fmt: skip


EXPRESSED = re.compile(r"[$()\[\]/*+=<>|]")


def is_fixed(part: AnyPart) -> bool:
    """True for a text of the survey itself: it has a value from the start and nobody changes it."""
    return isinstance(part, Text) and part.read_only and not EXPRESSED.search(part.default)


def free_text_names(parts: Iterable[AnyPart]) -> list[str]:
    """The questions and calculations whose values are a respondent's free text, in order."""
    asked = list(all_parts(parts))
    found = {part.name for part in asked if isinstance(part, Text) and not is_fixed(part)}
    left = {part.name: part.calculation for part in asked if isinstance(part, Calculate)}
    while found and (
        more := {name for name, one in left.items() if may_contain_answers(one, found)}
    ):
        found |= more
        left = {name: one for name, one in left.items() if name not in more}
    return [part.name for part in asked if part.name in found]


def may_contain_answers(expression: str, names: set[str]) -> bool:
    """Whether the value of an expression may contain the answer to one of these questions."""
    try:
        return ExpressionScan(REFERENCE.sub(r" \1 ", expression)).may_hold(names)
    except RecursionError:  # nested too deeply to say
        return True


class ExpressionScan:
    """Reads an expression bracket by bracket and collects the names whose values it may return."""

    def __init__(self, expression: str) -> None:
        found = TOKEN.finditer(expression)
        self.tokens = [(str(one.lastgroup), one.group().strip()) for one in found]
        self.at = 0

    def may_hold(self, names: set[str]) -> bool:
        held = set[str]()
        while self.at < len(self.tokens):
            held |= self.group(within="")
        return bool(held & names) or ("*" in held and bool(names))

    def group(self, within: str) -> set[str]:
        """The names that one bracket of function `within` may return; none if it is yes or no."""
        held, argument = set[str](), set[str]()
        is_test = False
        first = True
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            self.at += 1
            if kind == "close":
                break
            if kind == "open":  # a predicate is not part of the value
                self.group(within="[")
            elif kind == "call":
                argument |= self.group(within="(")
            elif kind == "name" and self.is_call():
                self.at += 1
                argument |= self.group(within=text)
            elif kind == "name":
                is_test |= text in ("and", "or")
                argument.add(text)
            elif kind == "any":
                argument.add("*")
            elif kind == "test":
                is_test = True
            elif kind == "comma":
                held |= self.passed_on(within, argument, first=first, is_test=is_test)
                argument, is_test, first = set(), False, False
        return held | self.passed_on(within, argument, first=first, is_test=is_test)

    def is_call(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] == "call"

    @staticmethod
    def passed_on(within: str, argument: set[str], *, first: bool, is_test: bool) -> set[str]:
        chooses = within == "if" and first
        return set() if is_test or chooses or within in WORDLESS else argument
