"""What a survey says between its questions is shown: notes, hints, and what nobody may change."""

from api.pages.resident.steps import closing_notes, steps_of
from survey.instruments import Borough, Choice, Group, Instrument, Note, Option, Page, Repeat, Text
from survey.responses import Settled

YES = Choice(
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


def way(*items, answers=None, passed_over=()):
    """The notes before each page, and those behind the last."""
    settled = Settled(passed_over=frozenset(passed_over))
    pages = steps_of(survey(*items), answers or {}, settled)
    closing = closing_notes(survey(*items), answers or {}, settled)
    return {page.name: said(page.notes) for page in pages}, said(closing)


def said(wordings):
    return [one["en"] for one in wordings]


def note(name, text, **more):
    return Note(name=name, text={"en": text}, **more)


def test_a_page_of_words_alone_stands_before_the_next_question():
    page = Page(name="intro", text={"en": "Welcome"}, items=(note("a", "First"), note("b", "Then")))
    notes, closing = way(page, YES)
    assert notes["yes"] == ["Welcome", "First", "Then"]
    assert closing == []


def test_a_note_that_an_answer_brings_up_is_on_the_page_behind():
    page = Page(name="page", items=(YES, note("why", "You said yes", relevant="${yes} = 'yes'")))
    notes, _ = way(page, Text(name="more", text={"en": "More?"}), answers={"yes": "yes"})
    assert notes["more"] == ["You said yes"]


def test_words_of_a_last_group_are_said_at_the_end_and_those_of_an_empty_one_are_not():
    last = Group(name="end", text={"en": "The end"}, items=(note("thanks", "Thank you"),))
    none = Group(name="none", text={"en": "More about you"}, items=(Text(name="t", text={}),))
    _, closing = way(YES, last, none, passed_over={"t"})
    assert closing == ["The end", "Thank you"]


def test_a_note_is_shown_with_its_hint():
    notes, _ = way(note("a", "Look.", hint={"en": "Twice."}), YES)
    assert notes["yes"] == ["Look. Twice."]
    page = Page(name="page", items=(note("a", "Look.", hint={"en": "Twice."}), YES))
    (step,) = [one for one in steps_of(survey(page), {}, Settled()) if one.name == "page"]
    assert step.items[0].text == {"en": "Look. Twice."}


def test_what_nobody_may_change_is_shown_and_not_asked():
    fixed = Text(name="fixed", text={"en": "Your area"}, default="North", read_only=True)
    notes, _ = way(fixed, YES, answers={"fixed": "North"})
    assert list(notes) == ["home", "yes"]
    assert notes["yes"] == ["Your area: North"]
    page = Page(name="page", items=(fixed, YES))
    (step,) = [one for one in steps_of(survey(page), {}, Settled()) if one.name == "page"]
    assert [type(one) for one in step.items] == [Note, Choice]


def test_words_within_a_round_stay_in_it():
    child = Repeat(name="child", items=(note("a", "Of child"), Text(name="t", text={"en": "T"})))
    pages = steps_of(survey(child), {"child": [{}]}, Settled())
    (step,) = [one for one in pages if one.name == "child.1"]
    assert [one.name for one in step.items] == ["a", "t"]
