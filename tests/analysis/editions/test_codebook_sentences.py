"""What changed in a codebook, as sentences that can be translated whole."""

import pytest

from analysis.editions.codebook import edit_sentence
from survey.sentences import Sentence
from survey.themes.codebooks import Rename, Retire, Split, Theme

NAMES = {"a": "Feeling safe", "b": "Safety", "c": "At night", "d": "In parks"}


def part(theme):
    return Theme(id=theme, name={"en": NAMES[theme]}, description="", examples=())


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Rename(theme="a", name={"en": "Safety"}), "“Feeling safe” is now called “Safety”."),
        (Retire(theme="a"), "“Feeling safe” was retired."),
        (
            Split(theme="a", parts=(part("b"), part("c"))),
            "“Feeling safe” was split into “Safety” and “At night”.",
        ),
        (
            Split(theme="a", parts=(part("b"), part("c"), part("d"))),
            "“Feeling safe” was split into “Safety”, “At night” and “In parks”.",
        ),
    ],
)
def test_an_edit_is_a_sentence_that_remembers_its_message(edit, words):
    after = NAMES | {"a": "Safety"}
    found = edit_sentence(edit, NAMES, after)
    assert found == words
    assert isinstance(found, Sentence)
    assert "Feeling safe" not in found.source.message
