"""The words of a paper form in its reader's language: fixed ones, numbers, and conditions.

Translations of the fixed words are in the catalogue of pages, as a phrase has one translation.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial

import msgspec

from api.locales import gettext_in
from survey.sentences import N_
from survey.surveys import expressions, instruments

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
LONG_WORD = re.compile(r"[^\s\u200b]{24,}")
BREAK = "\u200b"  # where a word that is wider than a line may be parted
# PDF/UA forbids these; overrides of the text direction are removed with them.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u202d\u202e]")
CODE = re.compile(r"[A-Za-z]{2,3}")

ENGLISH = {
    "how": N_("How to fill it in"),
    "pen": N_("Use a pen. Leave empty what you do not want to answer, unless it must be answered."),
    "one": N_("one answer only"),
    "many": N_("as many as you like"),
    "undo": N_("Ticked the wrong one? Cross it out and tick another."),
    "more_room": N_("No room left? Continue on another sheet, with the number of the question."),
    "kept": N_("What we keep"),
    "no_name": N_("We do not ask for your name: please do not write it anywhere."),
    "kept_words": N_(
        "We keep your borough, your answers, the language and the hour they came."
    ),
    "sampled": N_("We also keep the neighbourhood your letter was sent to, not your code."),
    "danger": N_("If someone is in danger now, call 999."),
    "access_code": N_("The access code from your letter"),
    "borough_survey": N_("Which borough do you live in?"),
    "borough_feedback": N_("Which borough is it about?"),
    "borough_complaint": N_("In which borough did it happen?"),
    "or_postcode": N_("Or a postcode, or its first half"),
    "postcode": N_("We use it to find the borough: only the borough is stored."),
    "required": N_("must be answered"),
    "required_when": N_("must be answered if {condition}"),
    "only_if": N_("Answer only if {condition}."),
    "note_only_if": N_("This is for you only if {condition}."),
    "part_only_if": N_("Questions {first} to {last}: answer only if {condition}."),
    "round_only_if": N_("Answer what follows only if {condition}."),
    "read_only": N_("nothing to fill in here"),
    "decline": N_("Prefer not to say"),
    "dont_know": N_("I don’t know"),
    "most": N_("No more than {most}."),
    "rank": N_("Give each one a place: 1 is the first."),
    "agree": N_("I agree"),
    "hand_over": N_("Hand it over with this form, or send it online."),
    "handed": N_("It comes with this form"),
    "from_to": N_("From {least} to {most}."),
    "least": N_("{least} or more."),
    "up_to": N_("{most} or less."),
    "steps": N_("In steps of {step}."),
    "day": N_("Day"),
    "month": N_("Month"),
    "year": N_("Year"),
    "hour": N_("Hour"),
    "minute": N_("Minute"),
    "more_rounds": N_("There may be more: continue on another sheet, with the questions’ numbers."),
    "filter_answer": N_(
        "Choose only among those with your answer to question {number} in brackets."
    ),
    "filter": N_("Choose only among those for which {condition}."),
    "answer_to": N_("[your answer to question {number}]"),
    "quote": N_("You may quote my words, as long as nothing identifies me"),
    "quote_hint": N_("You do not have to agree. A person reads a quote before it is printed."),
    "contact": N_("How can we contact you? (optional)"),
    "contact_words": N_(
        "We need it only to give you the number and the passphrase with which you can follow "
        "your complaint. You can also leave this empty, hand the form over and ask for them. We "
        "store it separately from everything else."
    ),
    "thanks": N_("That was all. Thank you."),
    "send_to": N_("Send it by post to:"),
    "asks": N_("{name} is asking."),
    "questions": N_("Questions about this survey: {contact}"),
    "office": N_("For the person who enters this"),
    "reference": N_("Reference"),
    "version": N_("version {version}"),
    "form": N_("Form"),
    "page": N_("page {page} of {pages}"),
    "and": N_(" and "),
    "or": N_(" or "),
    "or_quoted": N_("’ or ‘"),
    "ticked": N_("you ticked ‘{option}’ at question {number}"),
    "not_ticked": N_("you did not tick ‘{option}’ at question {number}"),
    "agreed": N_("you ticked the box at question {number}"),
    "not_agreed": N_("you did not tick the box at question {number}"),
    "answered": N_("you answered ‘{option}’ at question {number}"),
    "not_answered": N_("you did not answer ‘{option}’ at question {number}"),
    "something": N_("you answered question {number}"),
    "nothing": N_("you did not answer question {number}"),
    "compared": N_("your answer to question {number} is {comparison} {option}"),
    ">": N_("more than"),
    "<": N_("less than"),
    ">=": N_("at least"),
    "<=": N_("at most"),
    "holds": N_("this is true: {expression}"),
    "question": N_("question {number}"),
    "scan": N_("Scan the code with your phone, or open the address and enter the code."),
    "once": N_("The code opens the survey once."),
}  # fmt: skip
# The keys for not answering, where forms are typed in.
WITHHELD_KEYS = {instruments.DECLINED: "p", instruments.DONT_KNOW: "d"}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FormWords = Mapping[str, str]
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


@cache
def form_words(language: str) -> Mapping[str, str]:
    """The fixed words in a language, or in English if they are not translated."""
    translated = partial(gettext_in, main_language(language))
    return {key: translated(text) for key, text in ENGLISH.items()}


def filled_sentence(words: Mapping[str, str], key: str, **values: object) -> str:
    """A fixed sentence with its values; braces in a value are left as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), words[key])


def printable_text(text: str) -> str:
    """The text as it can be printed: forbidden characters removed, long words breakable."""
    return LONG_WORD.sub(
        lambda match: BREAK.join(match[0][n : n + 8] for n in range(0, len(match[0]), 8)),
        UNPRINTABLE.sub("", text),
    )


def isolated_text(text: str, language: str) -> str:
    """A printable name, number or address within a sentence. In a language read from right to left
    it is marked so that a phone number keeps its order.
    """
    printed = printable_text(text)
    return f"\u2068{printed}\u2069" if reads_right_to_left(language) else printed


def main_language(code: str) -> str:
    """The language of a code such as 'en-GB'; English if there is no such code."""
    first = code.partition("-")[0].lower()
    return first if CODE.fullmatch(first) else "en"


def reads_right_to_left(code: str) -> bool:
    return main_language(code) in RIGHT_TO_LEFT


class NumberedQuestion(msgspec.Struct, frozen=True):
    """A question that conditions may refer to; `options` are its answers' labels on paper."""

    number: str
    options: dict[str, str] = {}
    consent: bool = False


class NumberedForm(msgspec.Struct, frozen=True):
    """What conditions may refer to: questions and calculations, both by name."""

    words: FormWords
    questions: dict[str, NumberedQuestion]
    calculations: dict[str, str]


def numbered_form(
    parts: Iterable[instruments.AnyPart], language: str, words: FormWords, first: int
) -> NumberedForm:
    """Number the questions in their order; rows of a grid get letters, repeats keep their
    numbers.
    """
    numbered = NumberedForm(words, {}, {})
    number = first
    for part in instruments.all_parts(parts):
        if isinstance(part, instruments.Calculate):
            numbered.calculations[part.name] = part.calculation
        elif isinstance(part, instruments.Item) and part.is_asked:
            labels = {
                key: instruments.wording_text(text, language)
                for key, text in part.answer_labels().items()
            }
            options = labels | no_answer_boxes(part, words) if labels else {}
            numbered.questions[part.name] = NumberedQuestion(str(number), options, part.is_tick)
            for place, name in enumerate(part.row_texts()):
                numbered.questions[name] = NumberedQuestion(
                    f"{number}{row_letters(place)}", options
                )
            number += 1
    return numbered


def no_answer_boxes(item: instruments.Item, words: FormWords) -> dict[str, str]:
    """The labels of the boxes for not answering, as on the pages."""
    if not item.may_decline:
        return {}
    unsure = {instruments.DONT_KNOW: words["dont_know"]} if item.offers_dont_know else {}
    return unsure | {instruments.DECLINED: words["decline"]}


def answer_keys(item: instruments.Item, numbered: NumberedForm) -> dict[str, tuple[str, str]]:
    """The code and the label of each answer that can be chosen, by the key to type for it, in the
    order in which they are printed.
    """
    places = {code: str(place) for place, code in enumerate(item.answer_labels(), 1)}
    withheld = no_answer_boxes(item, numbered.words)
    labels = numbered.questions[item.name].options | withheld
    codes = [*item.shown_labels(), *withheld]
    return {(places | WITHHELD_KEYS)[code]: (code, labels[code]) for code in codes}


def row_letters(place: int) -> str:
    """a to z, then aa, ab and so on."""
    before = row_letters(place // len(LETTERS) - 1) if place >= len(LETTERS) else ""
    return before + LETTERS[place % len(LETTERS)]


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


def condition_in_words(expression: str, form: NumberedForm) -> str:
    """What follows 'only if': words if the expression is simple, else the expression with question
    numbers.
    """
    try:
        return claims_in_words(read_claims(expression), form)
    # A stranger's survey may nest brackets deeper than Python's stack.
    except (NoPlainWords, RecursionError):
        left = iter(range(MOST_WRITTEN_OUT))
        text = expand_expression(expression, form, left)
        return filled_sentence(
            form.words,
            "holds",
            expression=text if len(text) <= LONGEST else text[:LONGEST] + "…",
        )


def expand_expression(
    expression: str, form: NumberedForm, left: Iterator[int], depth: int = 0
) -> str:
    """The expression with question numbers in place of names; calculations are written out until
    `left` runs out.
    """

    def write_name(match: re.Match[str]) -> str:
        name = match[1]
        if name in form.questions:
            return filled_sentence(form.words, "question", number=form.questions[name].number)
        if name in form.calculations and depth < DEEPEST and next(left, None) is not None:
            inner = form.calculations[name]
            return f"({expand_expression(inner, form, left, depth + 1)})"
        return name

    return expressions.REFERENCE.sub(write_name, expression.strip())


def read_claims(expression: str) -> AnswerClaim | JoinedClaims:
    """The statements of an expression; raises if the expression holds anything but statements."""
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
                by, tuple(claims_of(operand) for operand in (first, *[value for _, value in rest]))
            )
        case expressions.Chain(expressions.Reference(name), ((sign, value),)) if sign in MIRRORED:
            return AnswerClaim(name, sign, plain_value(value))
        case expressions.Chain(value, ((sign, expressions.Reference(name)),)) if sign in MIRRORED:
            return AnswerClaim(name, MIRRORED[sign], plain_value(value))
        case expressions.Call("selected", (expressions.Reference(name), value)):
            return AnswerClaim(name, "=", plain_value(value))
        case expressions.Call("not", (inner,)):
            claim = claims_of(inner)
            if isinstance(claim, AnswerClaim) and claim.sign in OPPOSITE:
                return msgspec.structs.replace(claim, sign=OPPOSITE[claim.sign])
    raise NoPlainWords("no statement about one answer")


def plain_value(tree: expressions.Tree) -> str:
    """A text without quotation marks, or a number as it is written; raises for anything else."""
    match tree:
        case expressions.Literal(text) | expressions.Number(text):
            return text.strip("'\"")
        case expressions.Negative(expressions.Number(text)):
            return f"-{text}"
    raise NoPlainWords("compared with something other than a text or a number")


def claims_in_words(said: AnswerClaim | JoinedClaims, form: NumberedForm, within: str = "") -> str:
    if isinstance(said, AnswerClaim):
        return claim_in_words(said, form)
    if (options := options_in_words(said, form)) is not None:
        return options
    words = form.words[said.by].join(claims_in_words(part, form, said.by) for part in said.parts)
    return f"({words})" if within and within != said.by else words


def options_in_words(said: JoinedClaims, form: NumberedForm) -> str | None:
    """The boxes of one question in one phrase, where the statements are joined by "or" and each
    names one of these boxes; else None.
    """
    claims = [part for part in said.parts if isinstance(part, AnswerClaim) and part.sign == "="]
    names = {part.name for part in claims}
    if said.by != "or" or len(claims) < len(said.parts) or len(names) > 1:
        return None
    known = known_question(claims[0], form)
    if any(part.value not in known.options for part in claims):
        return None
    return ticked_in_words([known.options[part.value] for part in claims], known, form)


def ticked_in_words(options: list[str], known: NumberedQuestion, form: NumberedForm) -> str:
    text = form.words["or_quoted"].join(options)
    return filled_sentence(form.words, "ticked", option=text, number=known.number)


def known_question(claim: AnswerClaim, form: NumberedForm) -> NumberedQuestion:
    if claim.name not in form.questions:
        raise NoPlainWords(claim.name)
    return form.questions[claim.name]


def claim_in_words(claim: AnswerClaim, form: NumberedForm) -> str:
    known = known_question(claim, form)
    if claim.sign in COMPARED:
        return comparison_in_words(claim, known, form)
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
    return filled_sentence(form.words, key, option=option, number=known.number)


def comparison_in_words(claim: AnswerClaim, known: NumberedQuestion, form: NumberedForm) -> str:
    """A comparison with a number, in words; where the options are numbers, as on an agreement
    scale, the boxes that fulfil it.
    """
    if not NUMBER.fullmatch(claim.value) or known.consent:
        raise NoPlainWords(claim.value)
    if not known.options:
        values = {"comparison": form.words[claim.sign], "option": claim.value}
        return filled_sentence(form.words, "compared", number=known.number, **values)
    holds = COMPARED[claim.sign]
    options = [
        text
        for name, text in known.options.items()
        if NUMBER.fullmatch(name) and holds(float(name), float(claim.value))
    ]
    if not options:
        raise NoPlainWords(claim.value)
    return ticked_in_words(options, known, form)
