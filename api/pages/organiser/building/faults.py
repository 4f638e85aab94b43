"""What is wrong with a survey, in the words of its questions instead of their names."""

import re
from collections.abc import Iterable

import msgspec

from api.pages.forms import Errors
from survey.formats.expressions import logic
from survey.formats.languages import ENGLISH_NAMES
from survey.problems import Fault, Problem
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import AnyPart, Instrument
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.instruments.instrument import and_list, words_by_name
from survey.surveys.instruments.references import EXPRESSION_FIELDS
from survey.surveys.refusals import bad_instrument

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


class SurveyFault(msgspec.Struct, frozen=True):
    """One fault: the question's name and words, the form field, and a sentence."""

    name: str
    about: str
    field: str
    sentence: str


def survey_faults(instrument: Instrument, faults: Iterable[Fault]) -> list[SurveyFault]:
    """Each fault once, with the question that it is about."""
    words = words_by_name(instrument.items)
    found: dict[tuple[str, str], SurveyFault] = {}
    for fault in faults:
        one = survey_fault(fault, words)
        found.setdefault((one.about, one.sentence), one)
    return list(found.values())


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
        codes = match[1].split(", ")
        return f"is not translated into {and_list([ENGLISH_NAMES.get(c, c) for c in codes])}"
    if match := REPEATED.fullmatch(sentence):
        return f"is repeated inside {words.get(match[1], match[1])}, which is repeated itself"
    if match := TYPE_CHANGED.fullmatch(sentence):
        return "is another type of question than before: remove it, then add a new one"
    # A name that the survey lacks has no words, so it stays as it was written.
    return REFERENCE.sub(lambda m: words.get(m[1], m[0]), sentence)


def fault_line(one: SurveyFault) -> str:
    """A fault as a line of an error summary."""
    return f"{one.about}{':' if one.field else ''} {one.sentence}"


def form_errors(refused: Problem, instrument: Instrument) -> Errors:
    """Each fault at its form field; a fault of the whole survey has no field."""
    if refused.faults:
        return [(one.field, fault_line(one)) for one in survey_faults(instrument, refused.faults)]
    field = "name" if refused.code in ("question.name", "question.taken") else ""
    return [(field, f"{refused.sentence} {refused.remedy}".strip())]


def draft_warnings(draft: InstrumentDraft) -> list[SurveyFault]:
    """What an organiser should look at before publishing."""
    return survey_faults(draft.instrument, acts.draft_warnings(draft))


def check_known_names(draft: InstrumentDraft, part: AnyPart) -> None:
    """Refuse a rule that names a question this survey does not have."""
    known = words_by_name(draft.instrument.items)
    rules = {field: getattr(part, field, "") or "" for field in EXPRESSION_FIELDS}
    found = [
        Fault(f"{part.name}: {field}", f"there is no question called “{name}” in this survey")
        for field, rule in rules.items()
        for name in REFERENCE.findall(rule)
        if name not in known
    ]
    found += [
        Fault(f"{part.name}: {field}", "write the name of a question as ${name}")
        for field, rule in rules.items()
        if "${" in REFERENCE.sub("", rule)
    ]
    if found:
        raise bad_instrument(tuple(found))
