"""Which questions the expressions and wordings of a survey refer to, and what passes on free text.

A calculation may copy a respondent's text, directly or through other calculations; then it must not
be exported. Its value counts as free text unless it can only be yes or no, a length or a number of
things.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from survey.surveys import expressions
from survey.surveys.item_types import AnyPart, Calculate, Container, Item, OptionsItem, all_parts

EXPRESSION_FIELDS = (
    "relevant",
    "constraint",
    "required_when",
    "calculation",
    "filter",
    "count",
    "default",
)
PIPED_FIELDS = ("text", "hint", "constraint_message", "required_message")


def referenced_names(part: AnyPart) -> set[str]:
    """The names of the questions that the expressions of a part refer to."""
    return {
        name
        for field in EXPRESSION_FIELDS
        for name in expressions.REFERENCE.findall(getattr(part, field, "") or "")
    }


def text_with_renames(text: str, names: Mapping[str, str]) -> str:
    """A text with its references to questions renamed."""
    # In one pass, so that two questions can swap their names.
    return expressions.REFERENCE.sub(lambda match: f"${{{names.get(match[1], match[1])}}}", text)


def map_expressions(part: AnyPart, act: Callable[[str], str]) -> AnyPart:
    """A part with `act` applied to each of its own expressions."""
    fields = {
        field: act(getattr(part, field)) for field in EXPRESSION_FIELDS if hasattr(part, field)
    }
    return replace(part, **fields)


def part_with_renames(part: AnyPart, names: Mapping[str, str]) -> AnyPart:
    """A part, and all it contains, with references renamed in expressions and wordings."""

    def rename(text: str) -> str:
        return text_with_renames(text, names)

    fields: dict[str, object] = {
        field: {code: rename(text) for code, text in wording.items()}
        for field in PIPED_FIELDS
        if (wording := getattr(part, field, None))
    }
    if isinstance(part, Container):
        fields["items"] = tuple(part_with_renames(item, names) for item in part.items)
    if isinstance(part, OptionsItem):
        fields["options"] = tuple(
            replace(option, text={code: rename(text) for code, text in option.text.items()})
            for option in part.options
        )
    return map_expressions(replace(part, **fields), rename)


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
    names = {
        part.name
        for part in asked
        if isinstance(part, Item) and part.is_free_text and not part.is_fixed()
    }
    left = {part.name: part.calculation for part in asked if isinstance(part, Calculate)}
    # Round by round, because a calculation may copy words by way of another one.
    while names and (
        more := {name for name, formula in left.items() if may_contain_answers(formula, names)}
    ):
        names |= more
        left = {name: calculation for name, calculation in left.items() if name not in more}
    return [part.name for part in asked if part.name in names]


def may_contain_answers(expression: str, names: set[str]) -> bool:
    """Whether the value of an expression may contain the answer to one of these questions."""
    try:
        held = held_names(expressions.read_expression(expression))
    except (RecursionError, expressions.UnreadableExpression):  # nobody can say
        return bool(names)
    return bool(held & names) or (ANY in held and bool(names))


def held_names(tree: expressions.Tree) -> set[str]:
    """The names of the questions and calculations whose values an expression may return; with ANY
    among them if it may return the value of any question.
    """
    match tree:
        case expressions.Reference(name):
            return {name}
        case expressions.Path(steps, start):  # a predicate is not part of the value
            names = {ANY if step.open else step.name for step in steps} - {""}
            return names | (held_names(start) if start is not None else set())
        case expressions.Call(name, given):
            # The condition of an `if` decides, but is no part of the value.
            passed = given[1:] if name == "if" else given
            return set() if name in WORDLESS else held_by_any(passed)
        case expressions.Chain(first, rest):
            is_test = any(sign in TESTS for sign, _ in rest)
            return set() if is_test else held_by_any([first, *(value for _, value in rest)])
        case expressions.Bracket(inner) | expressions.Negative(inner):
            return held_names(inner)
        case expressions.Either(parts):
            return held_by_any(parts)
    return set()


def held_by_any(trees: Iterable[expressions.Tree]) -> set[str]:
    return {name for tree in trees for name in held_names(tree)}
