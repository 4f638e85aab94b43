"""What a survey says between its questions is shown: notes, hints, and answers nobody may
change.
"""

from api.pages.resident.questionnaire.steps import closing_notes, questionnaire_steps
from survey.surveys.instruments import (
    Borough,
    Instrument,
    Note,
    Option,
    QuestionGroup,
    QuestionPage,
    Repeat,
    SelectOne,
    Text,
)
from survey.surveys.responses import EvaluationResult

YES = SelectOne(
    name="yes",
    text={"en": "Yes?"},
    options=(Option("yes", {"en": "Yes"}), Option("no", {"en": "No"})),
)


def survey(*items):
    home = Borough(name="home", text={"en": "Home"})
    return Instrument(
        slug="words",
        version=1,
        mode="open",
        kind="survey",
        title={},
        summary={},
        items=(home, *items),
    )


def notes_by_page(*items, answers=None, passed_over=()):
    """The notes before each page, and those after the last page."""
    settled = EvaluationResult(passed_over=frozenset(passed_over))
    pages = questionnaire_steps(survey(*items), answers or {}, settled)
    closing = closing_notes(survey(*items), answers or {}, settled)
    return {page.name: english_words(page.notes) for page in pages}, english_words(closing)


def english_words(wordings):
    return [one["en"] for one in wordings]


def note(name, text, **more):
    return Note(name=name, text={"en": text}, **more)


def test_a_page_of_words_alone_stands_before_the_next_question():
    page = QuestionPage(
        name="intro", text={"en": "Welcome"}, items=(note("a", "First"), note("b", "Then"))
    )
    notes, closing = notes_by_page(page, YES)
    assert notes["yes"] == ["Welcome", "First", "Then"]
    assert closing == []


def test_a_note_that_depends_on_an_answer_is_on_the_next_page():
    page = QuestionPage(
        name="page", items=(YES, note("why", "You said yes", relevant="${yes} = 'yes'"))
    )
    notes, _ = notes_by_page(page, Text(name="more", text={"en": "More?"}), answers={"yes": "yes"})
    assert notes["more"] == ["You said yes"]


def test_words_of_a_last_group_are_said_at_the_end_and_those_of_an_empty_one_are_not():
    last = QuestionGroup(name="end", text={"en": "The end"}, items=(note("thanks", "Thank you"),))
    none = QuestionGroup(
        name="none", text={"en": "More about you"}, items=(Text(name="t", text={}),)
    )
    _, closing = notes_by_page(YES, last, none, passed_over={"t"})
    assert closing == ["The end", "Thank you"]


def test_a_note_is_shown_with_its_hint():
    notes, _ = notes_by_page(note("a", "Look.", hint={"en": "Twice."}), YES)
    assert notes["yes"] == ["Look. Twice."]
    page = QuestionPage(name="page", items=(note("a", "Look.", hint={"en": "Twice."}), YES))
    (step,) = [
        one
        for one in questionnaire_steps(survey(page), {}, EvaluationResult())
        if one.name == "page"
    ]
    assert step.items[0].text == {"en": "Look. Twice."}


def test_what_nobody_may_change_is_shown_and_not_asked():
    fixed = Text(name="fixed", text={"en": "Your area"}, default="North", read_only=True)
    notes, _ = notes_by_page(fixed, YES, answers={"fixed": "North"})
    assert list(notes) == ["home", "yes"]
    assert notes["yes"] == ["Your area: North"]
    page = QuestionPage(name="page", items=(fixed, YES))
    (step,) = [
        one
        for one in questionnaire_steps(survey(page), {}, EvaluationResult())
        if one.name == "page"
    ]
    assert [type(one) for one in step.items] == [Note, SelectOne]


def test_words_within_a_round_stay_in_it():
    child = Repeat(name="child", items=(note("a", "Of child"), Text(name="t", text={"en": "T"})))
    pages = questionnaire_steps(survey(child), {"child": [{}]}, EvaluationResult())
    (step,) = [one for one in pages if one.name == "child.1"]
    assert [one.name for one in step.items] == ["a", "t"]
