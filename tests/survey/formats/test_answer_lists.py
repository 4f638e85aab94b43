"""Answers to choose from that come in a separate CSV file become an ordinary, filtered list."""

import pytest

from survey.formats import readers
from survey.formats.answer_lists import missing_list_files, read_answers, with_answer_list
from survey.formats.expressions import logic as expressions
from survey.formats.foreign import AnswerListColumns
from survey.problems import Invalid
from survey.surveys.instruments import check_instrument
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.responses import validate_answers
from tests.survey.formats.test_everyday_forms import HEAD, part_named, xlsx_file
from tests.survey.formats.test_expressions import context_of

TOWNS = "code;title;title::Français (fr);side;people\nb;Bow;Bô;east;9\na;Acton;;west;7\n".encode()
COLUMNS = AnswerListColumns("code", "title")


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


def import_with_list(*rows, head, **sheets):
    return readers.read("form.xlsx", xlsx_file(head, *rows, **sheets))


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
    found = import_with_list(
        ["select_one s", "side", "Side?", "", "", "", ""],
        [kind, "town", "Town?", *more, ""],
        ["calculate", "people", "", "", "", "", "pulldata('towns', 'people', 'code', ${town})"],
        head=[*HEAD, "choice_filter", "parameters", "appearance", "calculation"],
        choices=sheets,
    )
    draft = InstrumentDraft(instrument=found.instrument, lists=found.lists)
    assert missing_list_files(draft) == ["towns.csv"]
    options = read_answers("towns.csv", TOWNS, draft.lists["towns.csv"], "en")
    draft = with_answer_list(draft, "towns.csv", options)
    assert missing_list_files(draft) == []
    one = draft.instrument
    assert expressions.faults_of_expressions(check_instrument(one)) == []
    assert part_named(draft, "town").list == "towns"
    answers, faults = validate_answers(one, {"side": "west", "town": "a"}, context_of(one))
    assert (answers["people"], faults) == ("7", [])
    _, faults = validate_answers(one, {"side": "west", "town": "b"}, context_of(one))
    assert [fault.where for fault in faults] == ["town"]
