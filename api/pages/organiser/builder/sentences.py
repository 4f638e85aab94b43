"""Conditions of a draft as sentences that organisers can search, and its faults in words.

A condition that no sentence can say stays an expression, shown under "Advanced".
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from api.pages.forms import Errors, Form
from api.paper.layout import number_questions
from api.paper.words import AGREED, AnswerClaim, JoinedClaims, NoPlainWords, read_claims
from survey.formats.expressions import logic
from survey.formats.languages import ENGLISH_NAMES
from survey.problems import Fault, Problem
from survey.surveys import instruments
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.instruments.references import EXPRESSION_FIELDS
from survey.surveys.refusals import bad_instrument

MOST_WORDS = 80
MOST_ROWS = 10
SPARE_ROWS = 2
MOST_OFFERED = 3_000
MOST_SUGGESTED = 20
NUMBER_GAP = "…"  # replaced by a number still to be typed
LIMITS = {">=": "is at least", "<=": "is at most"}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# The kinds of expression of a question, each with its label and its field in the form.
RULE_LABELS = {
    "relevant": ("Only ask this if", "relevant"),
    "required": ("Must be answered if", "required_when"),
    "constraint": ("Validation rule", "constraint"),
    "calculate": ("Calculation", "calculation"),
    "count": ("How many times", "count"),
    "default": ("Default answer", "default"),
    "choice_filter": ("Which answers are offered", "filter"),
}
BY_FIELD = {field: (label, field) for label, field in RULE_LABELS.values()}
WHOLE_SURVEY = {
    "items": "The survey",
    "survey": "The survey",
    "index": "The index",
    "follows": "This version",
    "slug": "The address",
    "version": "The version",
    "kind": "The survey",
}
NO_QUESTIONS = "there is nothing to answer"
KNOWN_SENTENCES = {
    NO_QUESTIONS: "has no questions yet. Add one, then publish",
    "needs at least two different options": "needs two different answers or more",
    "has no questions": "has no questions in it: add one, or remove it",
    "the index uses it, but it is not an agreement question": (
        "is part of the index, so it must be an agreement question"
    ),
    "was the name of another question before; use another name": "has the name that another "
    "question had before: change it under Advanced",
    logic.TOO_MUCH: f"cannot be published: {logic.TOO_MUCH}",
    "two questions have this name": "has the same name as another question: rename one of them "
    "under Advanced",
}
UNREADABLE_RULE = re.compile(r"""(?P<quote>['"])(?P<rule>.*)(?P=quote): (?P<why>.*)""", re.DOTALL)
UNTRANSLATED = re.compile(r"has no text in (.+)")
REPEATED = re.compile(r"is repeated within (\S+), which is repeated itself")
TYPE_CHANGED = re.compile(r"is another kind of question than .* was; make it a new one")
DATA_PATH = re.compile(r"\s?/data/(?:[\w.-]+/)*([\w.-]+)\s?")
UNREADABLE = "has a condition or calculation that cannot be read. Check the rules under Advanced"


class ConditionOffer(msgspec.Struct, frozen=True):
    """A condition that can be chosen: its sentence, its claim and its expression."""

    sentence: str
    claim: AnswerClaim
    expression: str


class ChosenConditions(msgspec.Struct, frozen=True):
    """The conditions of a question as the form shows them, joined by `by`.

    `written` if the expression cannot be shown as sentences. `suggested` gives, by the number of
    the form's row, the sentences that match what was typed in that row.
    """

    sentences: tuple[str, ...] = ()
    by: str = "and"
    written: bool = False
    suggested: dict[int, tuple[str, ...]] = {}


def offers_before(draft: InstrumentDraft, name: str) -> list[ConditionOffer]:
    """Every condition on answers to questions before this one, up to a limit."""
    numbered_form = number_questions(draft.instrument, draft.all_languages()[0])
    offers: list[ConditionOffer] = []
    for part in instruments.all_parts(draft.instrument.items):
        # The page carries every offer, so a very long survey offers only its first ones.
        if part.name == name or len(offers) > MOST_OFFERED:
            break
        if not isinstance(part, instruments.Item) or not part.is_asked:
            continue
        for asked, text in (part.row_texts() or {part.name: part.text}).items():
            known = numbered_form.questions[asked]
            about = f"{known.number}. {shorten(instruments.wording_text(text) or asked)}"
            offers += answer_offers(part, asked, about, known.options)
    return offers


def shorten(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"


def answer_offers(
    part: instruments.Item, name: str, about: str, options: Mapping[str, str]
) -> Iterator[ConditionOffer]:
    """Every condition on the answer to one question."""
    hidden = () if part.withheld_in_conditions else instruments.WITHHELD
    for value, words in options.items():
        if value not in hidden or value in part.answer_labels():
            yield build_offer(part, f"{about} is “{words}”", AnswerClaim(name, "=", value))
            yield build_offer(part, f"{about} is not “{words}”", AnswerClaim(name, "!=", value))
    if part.is_tick:
        yield build_offer(part, f"{about} is ticked", AnswerClaim(name, "=", AGREED))
    if part.is_number:
        for sign, words in LIMITS.items():
            yield build_offer(
                part, f"{about} {words} {NUMBER_GAP}", AnswerClaim(name, sign, NUMBER_GAP)
            )
    yield build_offer(part, f"{about} was answered", AnswerClaim(name, "!=", ""))
    yield build_offer(part, f"{about} was not answered", AnswerClaim(name, "=", ""))


def build_offer(part: instruments.Item, sentence: str, claim: AnswerClaim) -> ConditionOffer:
    named = f"${{{claim.name}}}"
    # XPath knows no escapes: a value with one kind of quote has to be in the other.
    literal = f'"{claim.value}"' if "'" in claim.value else f"'{claim.value}'"
    if claim.sign in LIMITS:
        return ConditionOffer(sentence, claim, f"{named} {claim.sign} {claim.value}")
    return ConditionOffer(sentence, claim, part.condition(claim.name, claim.sign, literal))


def sentences_by_claim(offers: list[ConditionOffer]) -> dict[AnswerClaim, str]:
    return {offer.claim: offer.sentence for offer in offers}


def chosen_conditions(expression: str, sentences: Mapping[AnswerClaim, str]) -> ChosenConditions:
    """An expression as sentences; `written` is set if some part of it has no sentence."""
    if not expression.strip():
        return ChosenConditions()
    try:
        claims = read_claims(expression)
    except (NoPlainWords, RecursionError):
        # An expression may be nested more deeply than the reader can follow.
        return ChosenConditions(written=True)
    parts = claims.parts if isinstance(claims, JoinedClaims) else (claims,)
    by = claims.by if isinstance(claims, JoinedClaims) else "and"
    said = [claim_sentence(part, sentences) for part in parts if isinstance(part, AnswerClaim)]
    # All or nothing: saving only the parts that have sentences would drop the others.
    if len(said) < len(parts) or "" in said or len(said) > MOST_ROWS:
        return ChosenConditions(written=True)
    return ChosenConditions(tuple(said), by)


def claim_sentence(claim: AnswerClaim, sentences: Mapping[AnswerClaim, str]) -> str:
    """The sentence for a claim about an answer; "" if there is none."""
    if claim.sign in LIMITS:
        gap = sentences.get(AnswerClaim(claim.name, claim.sign, NUMBER_GAP), "")
        return gap.replace(NUMBER_GAP, claim.value) if NUMBER.fullmatch(claim.value) else ""
    return sentences.get(claim, "")


def conditions_in_words(draft: InstrumentDraft) -> dict[str, str]:
    """The condition of each question that has one, in words, by the question's name."""
    sentences = sentences_by_claim(offers_before(draft, ""))
    conditions: dict[str, str] = {}
    for part in instruments.all_parts(draft.instrument.items):
        if part.relevant:
            chosen = chosen_conditions(part.relevant, sentences)
            said = f" {chosen.by} ".join(chosen.sentences)
            conditions[part.name] = said or "its condition under Advanced is true"
    return conditions


def parse_condition(
    form: Form, now: str, offers: list[ConditionOffer]
) -> tuple[str, ChosenConditions, Errors]:
    """The expression that a form asks for, its rows to show again, and its errors.

    An expression that was edited by hand takes precedence over the sentences.
    """
    by = "or" if form["when-by"] == "or" else "and"
    typed = [
        (n, form[f"when-{n}-pick"] or form[f"when-{n}"])
        for n in range(1, MOST_ROWS + SPARE_ROWS + 1)
    ]
    typed = [(n, text) for n, text in typed if text]
    written = form.get("relevant", now).strip()
    sentences = sentences_by_claim(offers)
    before = chosen_conditions(now, sentences)
    if written != now.strip() or (before.written and not typed):
        return written, chosen_conditions(written, sentences), []
    expressions: list[str] = []
    wrong: Errors = []
    suggested: dict[int, tuple[str, ...]] = {}
    for place, (_, text) in enumerate(typed, 1):
        fitting = matching_offers(text, offers)
        if len(fitting) == 1:
            expressions.append(fitting[0].expression)
        else:
            suggested[place] = tuple(offer.sentence for offer in fitting[:MOST_SUGGESTED])
            wrong.append((f"when-{place}", why_unclear(text, fitting)))
    shown = ChosenConditions(tuple(text for _, text in typed), by, suggested=suggested)
    # The same condition in two rows is written once.
    return f" {by} ".join(dict.fromkeys(expressions)), shown, wrong


def why_unclear(text: str, fitting: list[ConditionOffer]) -> str:
    if not fitting:
        return f"No earlier answer matches “{text[:60]}”. Type a word of the question or the answer"
    if len(fitting) > 1:
        return f"{len(fitting)} earlier answers match “{text[:60]}”. Choose one of them"
    return ""


def matching_offers(text: str, offers: list[ConditionOffer]) -> list[ConditionOffer]:
    """The one condition that matches exactly, or all that contain every word typed."""
    plain = " ".join(text.split()).casefold()
    exact = [
        offer
        for offer in offers
        if offer.sentence.casefold() == plain and NUMBER_GAP not in offer.sentence
    ]
    if exact:
        return exact[:1]
    for number_offer in offers:
        if number_offer.claim.value == NUMBER_GAP:
            before = number_offer.sentence.removesuffix(NUMBER_GAP).casefold()
            number = plain.removeprefix(before)
            if plain.startswith(before) and NUMBER.fullmatch(number):
                spelled = number_offer.expression.replace(NUMBER_GAP, number)
                sentence = number_offer.sentence.replace(NUMBER_GAP, number)
                return [
                    ConditionOffer(
                        sentence,
                        AnswerClaim(number_offer.claim.name, number_offer.claim.sign, number),
                        spelled,
                    )
                ]
    read = [
        (plain_words(offer.sentence), offer) for offer in offers if offer.claim.value != NUMBER_GAP
    ]
    said = plain_words(text)
    if len(as_said := [offer for words, offer in read if f" {said} " in f" {words} "]) == 1:
        return as_said
    return offers_with_words(said.split(), read) or offers_with_words(said.split()[1:], read)


def offers_with_words(
    words: list[str], read: list[tuple[str, ConditionOffer]]
) -> list[ConditionOffer]:
    """The conditions with all these words as whole words; if there are none, also those with them
    within longer words.

    Unless "not" is asked for, whole-word matches with "not" are left out if others remain.
    """
    if not words:
        return []
    matches = [(sentence, offer) for sentence, offer in read if all(w in sentence for w in words)]
    whole = [pair for pair in matches if {*words} <= {*pair[0].split()}]
    meant = [pair for pair in whole if "not" in words or "not" not in pair[0].split()]
    return [condition for _, condition in (meant or whole or matches)]


def plain_words(sentence: str) -> str:
    """A sentence in lower case, without punctuation."""
    return " ".join(re.findall(r"[^\W_]+", sentence.casefold()))


class SurveyFault(msgspec.Struct, frozen=True):
    """One fault: the question's name and words, the form field, and a sentence."""

    name: str
    about: str
    field: str
    sentence: str


def survey_faults(instrument: instruments.Instrument, faults: Iterable[Fault]) -> list[SurveyFault]:
    """The faults without repeats, each with the question that it is about."""
    words = instruments.words_by_name(instrument.items)
    question_faults: dict[tuple[str, str], SurveyFault] = {}
    for fault in faults:
        question_fault = survey_fault(fault, words)
        question_faults.setdefault((question_fault.about, question_fault.sentence), question_fault)
    return list(question_faults.values())


def survey_fault(fault: Fault, words: dict[str, str]) -> SurveyFault:
    place, _, rule = fault.where.partition(": ")
    name = place.partition(".")[0]
    label, field = RULE_LABELS.get(rule, BY_FIELD.get(rule, ("", "")))
    sentence = fault_sentence(fault.sentence, words)
    if name not in words:
        about = WHOLE_SURVEY.get(name, "The survey")
        from_elsewhere = name == "items" and fault.sentence not in KNOWN_SENTENCES
        if from_elsewhere and not fault.sentence.startswith("has too many"):
            sentence = UNREADABLE  # a parser's message, which names things nobody sees here
        return SurveyFault("", about, "", sentence)
    if label:
        sentence = f"{label}: {sentence}"
    return SurveyFault(name, words[name], field, sentence)


def fault_sentence(sentence: str, words: dict[str, str]) -> str:
    if sentence in KNOWN_SENTENCES:
        return KNOWN_SENTENCES[sentence]
    if match := UNREADABLE_RULE.fullmatch(sentence):
        # The parser answers in paths of the XForm; an organiser wrote ${name}.
        rule = DATA_PATH.sub(r"${\1}", match["rule"])
        return f"“{rule}” cannot be read: {match['why'].replace(chr(39), chr(34))}"
    if match := UNTRANSLATED.fullmatch(sentence):
        missing = [ENGLISH_NAMES.get(code, code) for code in match[1].split(", ")]
        return f"is not translated into {instruments.and_list(missing)}"
    if match := REPEATED.fullmatch(sentence):
        return f"is repeated inside {words.get(match[1], match[1])}, which is repeated itself"
    if match := TYPE_CHANGED.fullmatch(sentence):
        return "is another type of question than before: remove it, then add a new one"
    # A name that the survey lacks has no words, so it stays as it was written.
    return REFERENCE.sub(lambda m: words.get(m[1], m[0]), sentence)


def fault_line(fault: SurveyFault) -> str:
    """A fault as a line of an error summary."""
    return f"{fault.about}{':' if fault.field else ''} {fault.sentence}"


def form_errors(refused: Problem, instrument: instruments.Instrument) -> Errors:
    """Each fault at its form field; a fault of the whole survey has no field."""
    if refused.faults:
        return [
            (fault.field, fault_line(fault)) for fault in survey_faults(instrument, refused.faults)
        ]
    field = "name" if refused.code in ("question.name", "question.taken") else ""
    return [(field, f"{refused.sentence} {refused.remedy}".strip())]


def draft_warnings(draft: InstrumentDraft) -> list[SurveyFault]:
    """What an organiser should look at before publishing."""
    return survey_faults(draft.instrument, acts.draft_warnings(draft))


def check_known_names(draft: InstrumentDraft, part: instruments.AnyPart) -> None:
    """Refuse a rule that names a question this survey does not have."""
    known = instruments.words_by_name(draft.instrument.items)
    rules = {field: getattr(part, field, "") or "" for field in EXPRESSION_FIELDS}
    faults = [
        Fault(f"{part.name}: {field}", f"there is no question called “{name}” in this survey")
        for field, rule in rules.items()
        for name in REFERENCE.findall(rule)
        if name not in known
    ]
    faults += [
        Fault(f"{part.name}: {field}", "write the name of a question as ${name}")
        for field, rule in rules.items()
        if "${" in REFERENCE.sub("", rule)
    ]
    if faults:
        raise bad_instrument(tuple(faults))
