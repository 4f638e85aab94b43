"""Word error rate: counted by hand, and by group."""

import pytest

from analysis.speech import SpokenCount, group_error_rates, spoken_words, word_errors


@pytest.mark.parametrize(
    ("said", "written", "errors", "words"),
    [
        ("They stopped my son.", "they stopped my son", 0, 4),
        ("They stopped my son.", "They stopped my sun.", 1, 4),
        ("They stopped my son.", "They stopped son.", 1, 4),
        ("They stopped my son.", "They have stopped my son.", 1, 4),
        ("They stopped my son.", "", 4, 4),
        ("son", "they stopped my son today", 4, 1),
        ("I’m not sure", "I'm not sure", 0, 3),
        ("a b c d", "b c d a", 2, 4),
        ("", "anything", 1, 0),
    ],
)
def test_errors_are_the_fewest_changes_of_words(said, written, errors, words):
    assert word_errors(said, written) == (errors, words)


def test_capitals_and_punctuation_do_not_count():
    assert spoken_words("Well – “No!”, he said.") == ["well", "no", "he", "said"]


def test_the_rate_of_a_group_is_over_all_its_words():
    counts = [
        SpokenCount("Scotland", 1, 10),
        SpokenCount("London", 0, 10),
        SpokenCount("Scotland", 5, 20),
        SpokenCount("London", 2, 10),
        SpokenCount("one", 3, 6),
    ]
    scotland, london, one = group_error_rates(counts, seed=1)
    assert (scotland.group, scotland.recordings, scotland.words) == ("Scotland", 2, 30)
    assert scotland.rate == pytest.approx(6 / 30)
    assert (scotland.low, scotland.high) == (pytest.approx(0.1), pytest.approx(0.25))
    assert london.rate == pytest.approx(0.1)
    assert (one.low, one.high) == (0, float("inf"))
    assert group_error_rates(counts, seed=1) == [scotland, london, one]
