"""Names of options: made from their words, unless something else already refers to the name."""

import msgspec
import pytest

from survey.surveys.instruments import Instrument, Option, SelectOne
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.instruments.options import name_options

SEX = SelectOne(
    name="sex",
    text={"en": "Your sex"},
    options=(Option("female", {"en": "Female"}), Option("male", {"en": "Male"})),
)


def names_after(before):
    """The names once somebody has written "Woman" over the first option."""
    draft = InstrumentDraft(
        instrument=Instrument(
            slug="a-survey",
            version=1,
            kind="survey",
            mode="open",
            title={"en": "A"},
            summary={},
            items=(before,),
        )
    )
    first = msgspec.structs.replace(before.options[0], text={"en": "Woman"})
    after = msgspec.structs.replace(before, options=(first, *before.options[1:]))
    return [option.name for option in name_options(draft, before, after, None).options]


@pytest.mark.parametrize(("margin", "first"), [(None, "woman"), ("sex", "female")])
def test_an_option_that_the_weighting_knows_keeps_its_name(margin, first):
    assert names_after(msgspec.structs.replace(SEX, margin=margin)) == [first, "male"]


def test_a_code_that_was_never_made_of_words_stays():
    coded = (Option("1", {"en": "Female"}), Option("2", {"en": "Male"}))
    assert names_after(msgspec.structs.replace(SEX, options=coded)) == ["1", "2"]
