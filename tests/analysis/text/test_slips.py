"""Slips of the keys and quotation marks do not change what a text is read as."""

import random

import pytest

from analysis.text.courtesies import text_to_read
from analysis.text.masked_words import without_slips
from tests.bench.text import invariances

MEANT = [
    ("They nveer came", "They never came"),
    ("they iddn't listen", "they didn't listen"),
    ("they dind't listen", "they didn't listen"),
    ("they didnt’ listen", "they didnt’ listen"),
    ("she was wonedrful and calmmed me", "she was wonderful and calmed me"),
    ("Neithher of them. Nohting was done", "Neither of them. Nothing was done"),
    ("IGONRED AGAIN", "IGNORED AGAIN"),
    # words of the field, of the street, and other endings are none
    ("tasered by a bodycam copper, innit", "tasered by a bodycam copper, innit"),
    ("statistics, pronouns, escalate", "statistics, pronouns, escalate"),
    # a capital inside a sentence may be a name; too short, or nothing near
    ("in Harringay with Nveer and Denisse", "in Harringay with Nveer and Denisse"),
    ("ok vle xqzzt", "ok vle xqzzt"),
    ("", ""),
]
QUOTED = [
    ('"They never came."', "They never came."),
    ("“They said ‘move’ and laughed”", "They said  move  and laughed"),
    ("« Ils ne sont pas venus »", "Ils ne sont pas venus"),
    ("they didn’t and I'm sad :'(", "they didn't and I'm sad :'("),
    ("the officers' van", "the officers  van"),
    ("'They lied.' 'Thank you.'", "They lied."),
]


@pytest.mark.parametrize(("written", "meant"), MEANT)
def test_a_word_that_is_none_is_read_as_the_word_that_was_meant(written, meant):
    assert without_slips(written) == meant
    assert without_slips(meant) == meant


@pytest.mark.parametrize(("written", "read"), QUOTED)
def test_quotation_marks_are_not_read(written, read):
    assert text_to_read(written).strip() == read
    assert len(text_to_read(written)) == len(written)


def test_slips_and_quotation_marks_change_no_side():
    """A sample of them; all are in `test_what_must_not_matter_changes_no_side`."""
    few = random.Random(invariances.SEED).sample(invariances.plain_texts(), 20)
    groups = {"a slip of the keys", "as a quotation", "with curly apostrophes"}
    changes = [one for one in invariances.other_changes() if one.group in groups]
    found = invariances.shares_changed(tuple(few), changes)
    assert found.keys() == groups
    assert all(changed / of <= invariances.TARGET for changed, of in found.values())
