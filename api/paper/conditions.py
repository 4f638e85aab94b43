"""An instrument's conditions in words, for a person who holds a paper form."""

import operator
import re
from collections.abc import Callable, Iterator

import msgspec

from api.paper.words import NumberedForm, NumberedQuestion, filled_sentence
from survey.surveys import expressions

# 5 < ${age} is said as ${age} > 5: the words begin with the answer.
MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
OPPOSITE = {"=": "!=", "!=": "="}
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
NUMBER = re.compile(r"-?\d+(\.\d+)?")
AGREED = "OK"  # how a ticked consent is written
# Calculations may refer to themselves, which would never end.
DEEPEST = 8
MOST_WRITTEN_OUT, LONGEST = 50, 2_000


class AnswerClaim(msgspec.Struct, frozen=True):
    """A statement about the answer to one question."""

    name: str
    sign: str
    value: str


class JoinedClaims(msgspec.Struct, frozen=True):
    """Several statements of which all or any must hold; `by` is 'and' or 'or'."""

    by: str
    parts: tuple["AnswerClaim | JoinedClaims", ...]


class NoPlainWords(ValueError):
    """The expression is not of a form that can be put into words."""


def condition_in_words(expression: str, numbered_form: NumberedForm) -> str:
    """What follows 'only if': words if the expression is simple, else the expression with question
    numbers.
    """
    try:
        return claims_in_words(read_claims(expression), numbered_form)
    # A stranger's survey may nest brackets deeper than Python's stack.
    except (NoPlainWords, RecursionError):
        left = iter(range(MOST_WRITTEN_OUT))
        text = expand_expression(expression, numbered_form, left)
        return filled_sentence(
            numbered_form.words,
            "holds",
            expression=text if len(text) <= LONGEST else text[:LONGEST] + "…",
        )


def expand_expression(
    expression: str, numbered_form: NumberedForm, left: Iterator[int], depth: int = 0
) -> str:
    """The expression with question numbers, and calculations written out as long as `left`
    lasts.
    """

    def write_name(match: re.Match[str]) -> str:
        name = match[1]
        if name in numbered_form.questions:
            return filled_sentence(
                numbered_form.words, "question", number=numbered_form.questions[name].number
            )
        if name in numbered_form.calculations and depth < DEEPEST and next(left, None) is not None:
            inner = numbered_form.calculations[name]
            return f"({expand_expression(inner, numbered_form, left, depth + 1)})"
        return name

    return expressions.REFERENCE.sub(write_name, expression.strip())


def read_claims(expression: str) -> AnswerClaim | JoinedClaims:
    """The statements of an expression; raises if it has anything else."""
    try:
        return claims_of(expressions.read_expression(expression))
    except expressions.UnreadableExpression:
        raise NoPlainWords(expression) from None


def claims_of(tree: expressions.Tree) -> AnswerClaim | JoinedClaims:
    match tree:
        case expressions.Bracket(within):
            return claims_of(within)
        case expressions.Chain(first, ((("and" | "or") as by, _), *_) as rest):
            return JoinedClaims(
                by, tuple(claims_of(one) for one in (first, *[value for _, value in rest]))
            )
        case expressions.Chain(expressions.Reference(name), ((sign, value),)) if sign in MIRRORED:
            return AnswerClaim(name, sign, plain_value(value))
        case expressions.Chain(value, ((sign, expressions.Reference(name)),)) if sign in MIRRORED:
            return AnswerClaim(name, MIRRORED[sign], plain_value(value))
        case expressions.Call("selected", (expressions.Reference(name), value)):
            return AnswerClaim(name, "=", plain_value(value))
        case expressions.Call("not", (inner,)):
            found = claims_of(inner)
            if isinstance(found, AnswerClaim) and found.sign in OPPOSITE:
                return msgspec.structs.replace(found, sign=OPPOSITE[found.sign])
    raise NoPlainWords("no statement about one answer")


def plain_value(tree: expressions.Tree) -> str:
    """A text or a number as it is written, without quotation marks."""
    match tree:
        case expressions.Literal(text) | expressions.Number(text):
            return text.strip("'\"")
        case expressions.Negative(expressions.Number(text)):
            return f"-{text}"
    raise NoPlainWords("compared with something other than a text or a number")


def claims_in_words(
    found: AnswerClaim | JoinedClaims, numbered_form: NumberedForm, within: str = ""
) -> str:
    if isinstance(found, AnswerClaim):
        return claim_in_words(found, numbered_form)
    if (options := options_in_words(found, numbered_form)) is not None:
        return options
    words = numbered_form.words[found.by].join(
        claims_in_words(part, numbered_form, found.by) for part in found.parts
    )
    return f"({words})" if within and within != found.by else words


def options_in_words(found: JoinedClaims, numbered_form: NumberedForm) -> str | None:
    """Several boxes of one question in one phrase; None if the statements are about anything
    else.
    """
    claims = [part for part in found.parts if isinstance(part, AnswerClaim) and part.sign == "="]
    names = {part.name for part in claims}
    if found.by != "or" or len(claims) < len(found.parts) or len(names) > 1:
        return None
    known = known_question(claims[0], numbered_form)
    if any(part.value not in known.options for part in claims):
        return None
    return ticked_in_words([known.options[part.value] for part in claims], known, numbered_form)


def ticked_in_words(
    options: list[str], known: NumberedQuestion, numbered_form: NumberedForm
) -> str:
    text = numbered_form.words["or_quoted"].join(options)
    return filled_sentence(numbered_form.words, "ticked", option=text, number=known.number)


def known_question(claim: AnswerClaim, numbered_form: NumberedForm) -> NumberedQuestion:
    if claim.name not in numbered_form.questions:
        raise NoPlainWords(claim.name)
    return numbered_form.questions[claim.name]


def claim_in_words(claim: AnswerClaim, numbered_form: NumberedForm) -> str:
    known = known_question(claim, numbered_form)
    if claim.sign in COMPARED:
        return comparison_in_words(claim, known, numbered_form)
    no = "" if claim.sign == "=" else "not_"
    if not claim.value:
        key = "something" if no else "nothing"
    elif known.consent and claim.value == AGREED:
        key = f"{no}agreed"
    elif known.options or known.consent:
        key = f"{no}ticked"
    else:
        key = f"{no}answered"
    if key.endswith("ticked") and claim.value not in known.options:
        raise NoPlainWords(claim.value)
    option = known.options.get(claim.value, claim.value)
    return filled_sentence(numbered_form.words, key, option=option, number=known.number)


def comparison_in_words(
    claim: AnswerClaim, known: NumberedQuestion, numbered_form: NumberedForm
) -> str:
    """A comparison with a number in words; on an agreement scale, the boxes that meet it."""
    if not NUMBER.fullmatch(claim.value) or known.consent:
        raise NoPlainWords(claim.value)
    if not known.options:
        values = {"comparison": numbered_form.words[claim.sign], "option": claim.value}
        return filled_sentence(numbered_form.words, "compared", number=known.number, **values)
    holds = COMPARED[claim.sign]
    options = [
        text
        for name, text in known.options.items()
        if NUMBER.fullmatch(name) and holds(float(name), float(claim.value))
    ]
    if not options:
        raise NoPlainWords(claim.value)
    return ticked_in_words(options, known, numbered_form)
