"""What is wrong with a survey, in the words of its questions instead of their names."""

import re
from collections.abc import Iterable

import msgspec

from survey.formats.expressions import trial
from survey.formats.languages import ENGLISH
from survey.instruments import AnyPart, Instrument
from survey.instruments import drafts as acts
from survey.instruments.drafts import Draft
from survey.instruments.references import EXPRESSIONS, NAMED
from survey.instruments.wordings import words_by_name
from survey.problems import Fault, Problem, bad_instrument

# A rule of a question by the name that an expression has, and its field in the form.
RULES = {
    "relevant": ("Only ask this if", "relevant"),
    "required": ("Must be answered if", "required_when"),
    "constraint": ("Validation rule", "constraint"),
    "calculate": ("Calculation", "calculation"),
    "count": ("How many times", "count"),
    "default": ("Default answer", "default"),
    "choice_filter": ("Which answers are offered", "filter"),
}
BY_FIELD = {field: (label, field) for label, field in RULES.values()}
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
KNOWN = {
    NO_QUESTIONS: "has no questions yet. Add one, then publish",
    "needs at least two different options": "needs two different answers or more",
    "has no questions": "has no questions in it: add one, or remove it",
    "the index uses it, but it is not an agreement question": (
        "is part of the index, so it must be an agreement question"
    ),
    "was the name of another question before; use another name": "has the name that another "
    "question had before: change it under Advanced",
    trial.TOO_MUCH: f"cannot be published: {trial.TOO_MUCH}",
    "two questions have this name": "has the same name as another question: rename one of them "
    "under Advanced",
}
WRITTEN = re.compile(r"""(?P<quote>['"])(?P<rule>.*)(?P=quote): (?P<why>.*)""", re.DOTALL)
UNTRANSLATED = re.compile(r"has no text in (\S+)")
REPEATED = re.compile(r"is repeated within (\S+), which is repeated itself")
FORMERLY = re.compile(r"is another kind of question than .* was; make it a new one")
PATH = re.compile(r"\s?/data/(?:[\w.-]+/)*([\w.-]+)\s?")
UNREADABLE = "has a condition or calculation that cannot be read. Check the rules under Advanced"


class Said(msgspec.Struct, frozen=True):
    """One thing that is wrong: the question's name and words, the field, and a sentence."""

    name: str
    about: str
    field: str
    sentence: str


def in_words(instrument: Instrument, faults: Iterable[Fault]) -> list[Said]:
    """Each fault once, with the question that it is about."""
    words = words_by_name(instrument)
    found: dict[tuple[str, str], Said] = {}
    for fault in faults:
        one = said_of(fault, words)
        found.setdefault((one.about, one.sentence), one)
    return list(found.values())


def said_of(fault: Fault, words: dict[str, str]) -> Said:
    place, _, rule = fault.where.partition(": ")
    name = place.partition(".")[0]
    label, field = RULES.get(rule, BY_FIELD.get(rule, ("", "")))
    sentence = sentence_in_words(fault.sentence, words)
    if name not in words:
        about = WHOLE_SURVEY.get(name, "The survey")
        from_elsewhere = name == "items" and fault.sentence not in KNOWN
        if from_elsewhere and not fault.sentence.startswith("has too many"):
            sentence = UNREADABLE  # another program's words, which name what nobody sees here
        return Said("", about, "", sentence)
    if label:
        sentence = f"{label}: {sentence}"
    return Said(name, words[name], field, sentence)


def sentence_in_words(sentence: str, words: dict[str, str]) -> str:
    if sentence in KNOWN:
        return KNOWN[sentence]
    if match := WRITTEN.fullmatch(sentence):
        rule = PATH.sub(r"${\1}", match["rule"])
        return f"“{rule}” cannot be read: {match['why'].replace(chr(39), chr(34))}"
    if match := UNTRANSLATED.fullmatch(sentence):
        return f"is not translated into {ENGLISH.get(match[1], match[1])}"
    if match := REPEATED.fullmatch(sentence):
        return f"is repeated inside {words.get(match[1], match[1])}, which is repeated itself"
    if match := FORMERLY.fullmatch(sentence):
        return "is another type of question than before: remove it, then add a new one"
    return NAMED.sub(lambda m: words.get(m[1], m[0]), sentence)


def in_one_line(one: Said) -> str:
    """As an error summary has it."""
    return f"{one.about}{':' if one.field else ''} {one.sentence}"


def errors_in_words(refused: Problem, instrument: Instrument) -> list[tuple[str, str]]:
    """Each thing that is wrong at its field; what is wrong with the whole stands alone."""
    if refused.faults:
        return [(one.field, in_one_line(one)) for one in in_words(instrument, refused.faults)]
    field = "name" if refused.code in ("question.name", "question.taken") else ""
    return [(field, f"{refused.sentence} {refused.remedy}".strip())]


def warnings_in_words(draft: Draft) -> list[Said]:
    """What an organiser should look at; each question with its languages in one line."""
    return in_words(draft.instrument, acts.warnings(draft))


def refuse_unknown_names(draft: Draft, part: AnyPart) -> None:
    """Refuse a rule that speaks of a question that is not there, before anything reads it."""
    known = words_by_name(draft.instrument)
    rules = {field: getattr(part, field, "") or "" for field in EXPRESSIONS}
    found = [
        Fault(f"{part.name}: {field}", f"there is no question called “{name}” in this survey")
        for field, rule in rules.items()
        for name in NAMED.findall(rule)
        if name not in known
    ]
    found += [
        Fault(f"{part.name}: {field}", "write the name of a question as ${name}")
        for field, rule in rules.items()
        if "${" in NAMED.sub("", rule)
    ]
    if found:
        raise bad_instrument(tuple(found))
