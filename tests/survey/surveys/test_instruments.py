"""Questions about who answers, and the categories that the weighting makes of the answers."""

import msgspec
import pytest

from survey.problems import Invalid
from survey.surveys.instruments import KINDS, Option, SelectOne, check_instrument
from survey.surveys.ready import load_block, load_ready_instruments
from survey.surveys.sums import MARGINS, SumLayout

ABOUT_YOU = load_block("about-you")
SURVEY = next(one for one in load_ready_instruments() if one.slug == "taser-trial")
WITH_BLOCK = check_instrument(msgspec.structs.replace(SURVEY, items=ABOUT_YOU, index=None))


def test_nobody_has_to_say_who_they_are():
    asked = [item for item in ABOUT_YOU if isinstance(item, SelectOne)]
    assert [item.name for item in asked] == [
        *("age", "sex", "gender_same", "ethnicity", "disability", "mental_health", "carer")
    ]
    assert all(item.may_decline and not item.required for item in asked)


def test_every_kind_of_residents_can_be_said():
    """The 19 ethnic groups of the 2021 census make up its five, and no margin lacks a category."""
    margins = WITH_BLOCK.margins()
    assert set(margins) == set(MARGINS)
    for margin, item in margins.items():
        assert set(KINDS[margin]) <= set(item.kinds().values())
    assert len(margins["ethnicity"].options) == 19
    assert set(margins["ethnicity"].kinds().values()) == set(KINDS["ethnicity"])


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"ethnicity": "bangladeshi", "age": "75+"}, ("75+", "", "asian", "")),
        ({"ethnicity": "roma", "sex": "male", "disability": "no"}, ("", "male", "white", "no")),
        (
            {"ethnicity": "prefer_not_to_say", "age": "under_16"},
            ("under_16", "", "prefer_not_to_say", ""),
        ),
        ({"ethnicity": ["roma"], "gender_same": "no"}, ("", "", "", "")),
    ],
)
def test_an_answer_counts_as_the_kind_it_says(answers, kind):
    assert SumLayout(WITH_BLOCK).kind(answers) == kind


@pytest.mark.parametrize(
    ("margin", "said"),
    [("ethnicity", "take asian, black"), (None, "take no kind without a margin")],
)
def test_an_option_of_a_kind_that_nobody_weighs_by_is_refused(margin, said):
    options = (Option("a", {"en": "A"}, kind="martian"), Option("b", {"en": "B"}))
    item = SelectOne(name="group", text={"en": "Group?"}, options=options, margin=margin)
    with pytest.raises(Invalid) as refused:
        check_instrument(msgspec.structs.replace(SURVEY, items=(item,), index=None))
    assert said in refused.value.faults[0].sentence
