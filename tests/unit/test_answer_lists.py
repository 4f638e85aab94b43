"""Answers that come in a CSV file beside a survey become an ordinary, filtered list."""

import pytest

from survey.formats import expressions, readers
from survey.formats.answer_lists import read_answers, waiting_lists, with_answers
from survey.formats.instruments import AnswerList
from survey.instruments import check
from survey.instruments.drafts import Draft
from survey.problems import Invalid
from survey.responses import check_answers
from tests.unit.test_everyday_forms import HEAD, named, sheet
from tests.unit.test_expressions import occasion

TOWNS = "code;title;title::Français (fr);side;people\nb;Bow;Bô;east;9\na;Acton;;west;7\n".encode()
COLUMNS = AnswerList("code", "title")


def test_a_file_gives_names_words_and_what_filters_ask():
    bow, acton = read_answers("towns.csv", TOWNS, COLUMNS, "en")
    assert (bow.name, bow.text) == ("b", {"en": "Bow", "fr": "Bô"})
    assert acton.traits == {"code": "a", "side": "west", "people": "7"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a CSV file with a header row"),
        (b"name,label\nb,Bow\na,Acton\n", "it has no column “code”. It has name, label."),
        (b"code,title\nb,Bow\nb,Acton\n", "row 3: “b” is in the list twice"),
        (b"code,title\nb,Bow\n", "fewer than two answers"),
        (b"code,title\n" + b"".join(b"c%d,C\n" % n for n in range(1001)), "1,000 at most"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_cause(content, said):
    with pytest.raises(Invalid) as refused:
        read_answers("towns.csv", content, COLUMNS, "en")
    assert said in refused.value.sentence


def imported(*rows, head, **sheets):
    return readers.read("form.xlsx", sheet(head, *rows, **sheets))


SIDES = [["list_name", "name", "label"], ["s", "east", "E"], ["s", "west", "W"]]


@pytest.mark.parametrize(
    ("kind", "more", "sheets"),
    [
        ("select_one_from_file towns.csv", ["side=${side}", "value=code label=title", ""], SIDES),
        ("select_one t", ["", "", "search('towns', 'matches', 'side', ${side})"],
         [*SIDES, ["t", "code", "title"]]),
    ],
)  # fmt: skip
def test_a_survey_waits_for_its_list_and_can_be_published_with_it(kind, more, sheets):
    found = imported(
        ["select_one s", "side", "Side?", "", "", "", ""],
        [kind, "town", "Town?", *more, ""],
        ["calculate", "people", "", "", "", "", "pulldata('towns', 'people', 'code', ${town})"],
        head=[*HEAD, "choice_filter", "parameters", "appearance", "calculation"],
        choices=sheets,
    )
    draft = Draft(instrument=found.instrument, lists=found.lists)
    assert waiting_lists(draft) == ["towns.csv"]
    options = read_answers("towns.csv", TOWNS, draft.lists["towns.csv"], "en")
    draft = with_answers(draft, "towns.csv", options)
    assert waiting_lists(draft) == []
    one = draft.instrument
    assert expressions.check(check(one)) == []
    assert named(draft, "town").list == "towns"
    kept, faults = check_answers(one, {"side": "west", "town": "a"}, occasion(one))
    assert (kept["people"], faults) == ("7", [])
    _, faults = check_answers(one, {"side": "west", "town": "b"}, occasion(one))
    assert [fault.where for fault in faults] == ["town"]
