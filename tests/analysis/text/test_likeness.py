"""How alike two texts are."""

import pytest

from analysis.text.copies import jaccard_with_others

TEXT = "They pointed a Taser at my brother outside the bakery and shouted at him to lie down."


def test_the_same_words_are_wholly_alike_whatever_their_case_signs_and_marks():
    assert jaccard_with_others(TEXT, [TEXT.upper().replace(".", "!"), f"{TEXT} [name]"]) == [
        1.0,
        1.0,
    ]


def test_a_text_with_a_sentence_of_its_own_is_still_alike():
    assert jaccard_with_others(TEXT, [f"{TEXT} I saw it."])[0] == pytest.approx(0.9, abs=0.05)


def test_another_story_and_a_few_words_are_not():
    other = "My flat was searched and the door broken; nobody has paid for it since last winter."
    assert max(jaccard_with_others(TEXT, [other, "They pointed a Taser", ""])) < 0.1
    assert jaccard_with_others("Rude.", [TEXT, "Rude."]) == [0.0, 0.0]
    assert jaccard_with_others(TEXT, []) == []
