"""A submission becomes a response, or a refusal that names every fault: nothing else comes out."""

import datetime
import math
import sys
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.cases import case_from_submission
from survey.problems import Invalid, Problem
from survey.surveys import responses
from survey.surveys.instruments import Text
from survey.surveys.item_types.answers import DayAndCity
from survey.surveys.item_types.texts import UNPRINTABLE
from survey.surveys.ready import load_ready_instruments
from survey.surveys.responses import AnswerContext, Submission
from tests.api.pages.survey_of_everything import EVERYTHING, FILLED

TODAY = datetime.date(2008, 6, 1)
GOOD = {name: answer for _, answers in FILLED.values() for name, answer in answers.items()}
SAMPLED = next(one for one in load_ready_instruments() if one.mode == "sampled")
READY_ANSWERS = {
    "feedback": {"subject": "taser", "story": "They aimed a Taser at him."},
    "complaint": {
        "narrative": "They aimed a Taser at him.",
        "allegations": ["use_of_force_taser"],
        "happened_on": "2007-12-14",
        "concerning": "other",
        "ground": "asked_me",
    },
}
REQUIRED_ANSWERS = {"which": "one", "polite": 1, "quick": 5, "day": "2007-12-10", "agreed": True}


def accept_answers(answers, **given):
    submission = Submission(area="Hackney", answers=answers, **given)
    return responses.accept_submission(EVERYTHING, submission, "E09000012", AnswerContext(TODAY))


def answer_faults(**answers):
    with pytest.raises(Invalid) as refused:
        accept_answers(REQUIRED_ANSWERS | answers)
    assert refused.value.code == "answers.invalid"
    return {fault.where: fault.sentence for fault in refused.value.faults}


@pytest.mark.parametrize("age", ["under_16", "16-24", None])
@pytest.mark.parametrize("slug", READY_ANSWERS)
def test_a_child_is_not_quoted_whatever_way_the_words_came(slug, age):
    """Pages and kiosks saw to it; programs, phones, paper and uploads sent consent as it was."""
    [instrument] = [one for one in load_ready_instruments() if one.slug == slug]
    answers = READY_ANSWERS[slug] | ({"age": age} if age else {})
    submission = Submission(area="Hackney", answers=answers, may_quote=True)
    accept = case_from_submission if slug == "complaint" else responses.accept_submission
    accepted = accept(instrument, submission, "E09000012", AnswerContext(TODAY))
    assert accepted.may_quote is (age != "under_16")


def test_every_kind_of_answer_is_kept_as_it_was_given():
    response = accept_answers(GOOD)
    assert response.answers | response.texts == {k: v for k, v in GOOD.items() if k != "why"}
    assert (response.instrument, response.version, response.mode) == ("everything", 1, "open")


def test_words_stand_apart_from_the_other_answers():
    response = accept_answers(REQUIRED_ANSWERS | {"why": " Because. ", "line": "e\u0301"})
    assert response.texts == {"why": "Because.", "line": "\u00e9"}
    assert not set(response.answers) & set(EVERYTHING.texts())


def test_what_was_declined_is_kept_but_is_no_text():
    response = accept_answers(REQUIRED_ANSWERS | {"works": "dont_know", "why": "prefer_not_to_say"})
    assert response.answers["works"] == "dont_know"
    assert "why" not in response.texts


WRONG = [
    ("which", "four", "needs one of the options offered"),
    ("which", ["one"], "needs one of the options offered"),
    ("which", 1, "needs one of the options offered"),
    ("which", "  ", "needs an answer"),
    ("several", ["one", "one"], "needs some of the options offered, each once"),
    ("several", "one", "needs some of the options offered, each once"),
    ("several", ["one", "two", "three"], "needs 2 options at most"),
    ("works", 0, "needs a whole number from 1 to 5"),
    ("works", 6, "needs a whole number from 1 to 5"),
    ("works", 1.0, "needs a whole number from 1 to 5"),
    ("works", True, "needs a whole number from 1 to 5"),
    ("works", "5", "needs a whole number from 1 to 5"),
    ("works", [5], "needs a whole number from 1 to 5"),
    ("polite", 6, "needs a whole number from 1 to 5"),
    ("safe", 11, "needs a whole number from 0 to 10"),
    ("safe", -1, "needs a whole number from 0 to 10"),
    ("times", 2**70, "needs a whole number from 0 to 50"),
    ("times", 2.0, "needs a whole number from 0 to 50"),
    ("far", math.nan, "needs a number from 0 to 1000000"),
    ("far", math.inf, "needs a number from 0 to 1000000"),
    ("far", "2", "needs a number"),
    ("far", True, "needs a number"),
    ("why", 3, "needs some text"),
    ("why", "a\0b", "has characters that cannot be printed"),
    ("why", "a\x1b[31m", "has characters that cannot be printed"),
    ("line", "x" * 21, "needs 20 characters at most; there are 21"),
    ("day", "2008-06-02", "needs a date that is not in the future"),
    ("day", "1899-12-31", "needs a date after 1900"),
    ("day", "2007-02-30", "needs a date such as 2007-12-10"),
    ("day", 20071210.5, "needs a date such as 2007-12-10"),
    ("day", 20071210, "needs a date such as 2007-12-10"),
    ("day", "2007-W50-1", "needs a date such as 2007-12-10"),
    ("order", ["one", "two"], "needs every option once, in your order"),
    ("agreed", "yes", "needs true or false"),
    ("agreed", False, "needs an answer"),
    ("unheard_of", 1, "is not a question in this survey"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), WRONG)
def test_what_breaks_a_rule_is_named(name, answer, sentence):
    assert answer_faults(**{name: answer}) == {name: sentence}


def test_all_faults_are_told_at_once():
    assert set(answer_faults(which="four", safe=11, unheard_of=1)) == {
        "which",
        "safe",
        "unheard_of",
    }


def test_of_many_strange_names_only_some_are_told():
    assert len(answer_faults(**{f"q{n}": 1 for n in range(5_000)})) == responses.MOST_UNKNOWN_NAMES


def test_a_sampled_survey_needs_its_code():
    with pytest.raises(Invalid) as refused:
        responses.accept_submission(
            SAMPLED, Submission(answers={}), "E09000012", AnswerContext(TODAY)
        )
    assert refused.value.code == "access_code.needed"


scalars = (
    st.text() | st.integers() | st.floats() | st.booleans() | st.sampled_from(["one", "dont_know"])
)
names = st.sampled_from(EVERYTHING.answer_names()) | st.text()
anything = st.dictionaries(names, scalars | st.lists(st.text()))


@given(anything)
@settings(max_examples=150, deadline=None)
def test_nothing_but_a_response_or_a_problem_comes_out(answers):
    try:
        response = accept_answers(REQUIRED_ANSWERS | answers)
    except Problem:
        pass
    else:
        assert set(response.answers) | set(response.texts) <= set(EVERYTHING.answer_names())
        msgspec.json.encode(response)


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip
fields = st.sampled_from(["borough", "postcode", "language", "access_code", "answers", "status"])


@given(st.dictionaries(fields, junk | anything) | junk)
@settings(max_examples=150, deadline=None)
def test_any_json_is_a_response_or_a_refusal(document):
    try:
        submission = msgspec.json.decode(msgspec.json.encode(document), type=Submission)
        responses.accept_submission(EVERYTHING, submission, "E09000012", AnswerContext(TODAY))
    except (Problem, msgspec.ValidationError):
        pass


@given(st.text())
@settings(deadline=None)
def test_words_that_are_kept_can_be_printed_and_kept_again_unchanged(text):
    item = Text(name="why", text={"en": "Why?"})
    try:
        answer = item.stored_answer(text, DayAndCity(TODAY))
    except ValueError:
        return
    assert "\0" not in answer
    assert item.stored_answer(answer, DayAndCity(TODAY)) == answer


@pytest.mark.parametrize("language", ["en", "ar", "pt-BR", "zh-Hant-TW"])
def test_a_language_is_called_by_its_tag(language):
    sent = msgspec.json.encode({"language": language, "answers": {}})
    assert msgspec.json.decode(sent, type=Submission).language == language


@pytest.mark.parametrize("language", ["", "e", "e\0n", "English please", "x" * 36, "en_GB", "-"])
def test_nothing_else_is_a_language(language):
    sent = msgspec.json.encode({"language": language, "answers": {}})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(sent, type=Submission)


def test_what_cannot_be_printed_is_what_unicode_calls_control_or_surrogate():
    characters = map(chr, range(sys.maxunicode + 1))
    assert [c for c in characters if UNPRINTABLE.fullmatch(c)] == [
        c
        for c in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"
    ]
