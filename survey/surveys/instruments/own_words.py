"""Finds the calculations that repeat a respondent's free text, which must not be exported.

A calculation may copy a text, directly or through other calculations. Its value counts as free
text unless it can only be yes or no, a length or a number of things.
"""

from collections.abc import Iterable

from survey.surveys.expressions import (
    Bracket,
    Call,
    Chain,
    Either,
    Negative,
    Path,
    Reference,
    Tree,
    UnreadableExpression,
    read_expression,
)
from survey.surveys.item_types import AnyPart, Calculate, Item, all_parts

# These return a length, a count or a boolean, never any of the text.
WORDLESS = frozenset(
    {
        "string-length", "count", "count-non-empty", "count-selected", "selected", "contains",
        "starts-with", "ends-with", "regex", "not", "boolean", "boolean-from-string", "checklist",
        "weighted-checklist", "position",
    }
)  # fmt: skip
ANY = "*"
TESTS = frozenset({"and", "or", "=", "!=", "<", "<=", ">", ">="})


def free_text_names(parts: Iterable[AnyPart]) -> list[str]:
    """The questions and calculations whose values are a respondent's free text, in order."""
    asked = list(all_parts(parts))
    found = {
        part.name
        for part in asked
        if isinstance(part, Item) and part.is_free_text and not part.is_fixed()
    }
    left = {part.name: part.calculation for part in asked if isinstance(part, Calculate)}
    # Round by round, because a calculation may copy words by way of another one.
    while found and (
        more := {name for name, one in left.items() if may_contain_answers(one, found)}
    ):
        found |= more
        left = {name: one for name, one in left.items() if name not in more}
    return [part.name for part in asked if part.name in found]


def may_contain_answers(expression: str, names: set[str]) -> bool:
    """Whether the value of an expression may contain the answer to one of these questions."""
    try:
        held = held_names(read_expression(expression))
    except (RecursionError, UnreadableExpression):  # nobody can say
        return bool(names)
    return bool(held & names) or (ANY in held and bool(names))


def held_names(tree: Tree) -> set[str]:
    """The names whose values an expression may return; ANY for those of any node."""
    match tree:
        case Reference(name):
            return {name}
        case Path(steps, start):  # a predicate is not part of the value
            names = {ANY if one.open else one.name for one in steps} - {""}
            return names | (held_names(start) if start is not None else set())
        case Call(name, given):
            # The condition of an `if` decides, but is no part of the value.
            passed = given[1:] if name == "if" else given
            return set() if name in WORDLESS else held_by_any(passed)
        case Chain(first, rest):
            is_test = any(sign in TESTS for sign, _ in rest)
            return set() if is_test else held_by_any([first, *(value for _, value in rest)])
        case Bracket(inner) | Negative(inner):
            return held_names(inner)
        case Either(parts):
            return held_by_any(parts)
    return set()


def held_by_any(trees: Iterable[Tree]) -> set[str]:
    return {name for one in trees for name in held_names(one)}
